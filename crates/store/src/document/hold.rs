//! Documents that must stay, or must be left alone, until a transaction ends: what is written because they are there
//! does not slip in while they are deleted.

use sqlx::AssertSqlSafe;

use super::{COLUMNS, Document, read};
use crate::conn::Tx;
use crate::error::StoreError;
use crate::value::values;

impl Tx {
    /// Keeps a document from being deleted before this transaction ends; says whether it is there. It may still be
    /// changed, and held by others.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn document_hold(&mut self, kind: &str, id: &str) -> Result<bool, StoreError> {
        let sql = format!(
            "SELECT id FROM document WHERE id = $1 AND kind = $2{}",
            self.hold_sql()
        );
        let row = self.row(AssertSqlSafe(sql), values![id, kind]).await?;
        Ok(row.is_some())
    }

    /// The document with this id, to be deleted: waits for those that hold it, and lets nobody else hold or change it
    /// before this transaction ends. To be called before looking whether anything needs it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn document_claim(
        &mut self,
        kind: &str,
        id: &str,
    ) -> Result<Option<Document>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM document WHERE id = $1 AND kind = $2{}",
            self.claim_sql()
        );
        let row = self.row(AssertSqlSafe(sql), values![id, kind]).await?;
        row.as_ref().map(read).transpose()
    }
}
