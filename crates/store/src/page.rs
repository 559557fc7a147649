//! A part of a list, and how many there are in all.

use sqlx::AssertSqlSafe;

use crate::conn::{Conn, Row};
use crate::error::StoreError;
use crate::filter::Filter;

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// How many there are without `skip` and `take`.
    pub total: u64,
}

/// Where a page lies: rows to skip, rows to take (`None`: all).
pub(crate) type Window = (u64, Option<u64>);

impl Conn {
    /// `select` is the statement up to the table, `window` is (skip, take).
    pub(crate) async fn page<T>(
        &mut self,
        (table, select, order): (&str, &str, &str),
        filter: Filter,
        (skip, take): Window,
        read: fn(&Row) -> Result<T, StoreError>,
    ) -> Result<Page<T>, StoreError> {
        let (sql, values) = filter.clone().page(select, order, skip, take);
        let rows = self.rows(AssertSqlSafe(sql), values).await?;
        let items = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        let count = items.len() as u64;
        let is_last = take.is_none_or(|take| count < take) && (count > 0 || skip == 0);
        // The last page knows the total already.
        let total = if is_last {
            skip + count
        } else {
            self.count(table, filter).await?
        };
        Ok(Page { items, total })
    }

    pub(crate) async fn count(&mut self, table: &str, filter: Filter) -> Result<u64, StoreError> {
        let (sql, values) = filter.statement(&format!("SELECT count(*) FROM {table}"), "");
        Ok(self
            .number(AssertSqlSafe(sql), values)
            .await?
            .unsigned_abs())
    }
}
