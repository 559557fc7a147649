//! A row of a result, as either database answers it.

use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{Postgres, Row as _, Sqlite};

use regatta_core::time::Time;

use crate::error::StoreError;

/// One row of a result, read by column name.
pub(crate) enum Row {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

/// A type both drivers can decode.
pub(crate) trait Column:
    for<'r> sqlx::Decode<'r, Sqlite>
    + sqlx::Type<Sqlite>
    + for<'r> sqlx::Decode<'r, Postgres>
    + sqlx::Type<Postgres>
{
}
impl Column for String {}
impl Column for i64 {}
impl Column for Vec<u8> {}
impl Column for Option<String> {}
impl Column for Option<i64> {}

impl Row {
    pub(crate) fn get<T: Column>(&self, column: &str) -> Result<T, StoreError> {
        Ok(match self {
            Self::Sqlite(row) => row.try_get(column)?,
            Self::Postgres(row) => row.try_get(column)?,
        })
    }

    pub(super) fn get_at<T: Column>(&self, index: usize) -> Result<T, StoreError> {
        Ok(match self {
            Self::Sqlite(row) => row.try_get(index)?,
            Self::Postgres(row) => row.try_get(index)?,
        })
    }

    pub(crate) fn text(&self, column: &str) -> Result<String, StoreError> {
        self.get(column)
    }

    /// A text that is '' when there is none.
    pub(crate) fn present(&self, column: &str) -> Result<Option<String>, StoreError> {
        Ok(Some(self.text(column)?).filter(|text| !text.is_empty()))
    }

    pub(crate) fn int(&self, column: &str) -> Result<i64, StoreError> {
        self.get(column)
    }

    pub(crate) fn flag(&self, column: &str) -> Result<bool, StoreError> {
        Ok(self.int(column)? != 0)
    }

    pub(crate) fn time(&self, column: &str) -> Result<Time, StoreError> {
        Ok(Time(self.int(column)?))
    }

    pub(crate) fn time_opt(&self, column: &str) -> Result<Option<Time>, StoreError> {
        Ok(self.get::<Option<i64>>(column)?.map(Time))
    }
}
