//! Numbers for ids: per kind, rising, never given twice, in the order of the commits.

use crate::conn::Tx;
use crate::error::StoreError;
use crate::value::values;

const NEXT: &str = "INSERT INTO counter (kind, last) VALUES ($1, 1)
    ON CONFLICT (kind) DO UPDATE SET last = counter.last + 1 RETURNING last";

impl Tx {
    /// A new id such as `Projects-12`; `kind` is the prefix.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn next_id(&mut self, kind: &str) -> Result<String, StoreError> {
        Ok(format!("{kind}-{}", self.next_number(kind).await?))
    }

    pub(crate) async fn next_number(&mut self, kind: &str) -> Result<i64, StoreError> {
        self.number(NEXT, values![kind]).await
    }
}
