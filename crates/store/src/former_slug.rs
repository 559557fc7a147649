//! Slugs that documents had before: an address with one still leads to its document. Whoever has the slug now goes first,
//! and is not looked for here.

use sqlx::AssertSqlSafe;

use crate::conn::{Conn, Tx};
use crate::document::{self, Document};
use crate::error::StoreError;
use crate::value::values;

impl Conn {
    /// The document of this kind and space that was the last to give this slug up.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn document_by_former_slug(
        &mut self,
        kind: &str,
        space_id: Option<&str>,
        slug: &str,
    ) -> Result<Option<Document>, StoreError> {
        let sql = format!(
            "SELECT {} FROM document WHERE kind = $1 AND id = \
             (SELECT document_id FROM former_slug WHERE kind = $1 AND space_id = $2 AND slug = $3)",
            document::COLUMNS
        );
        let parameters = values![kind, space_id.unwrap_or_default(), slug];
        let row = self.row(AssertSqlSafe(sql), parameters).await?;
        row.as_ref().map(document::read).transpose()
    }
}

impl Tx {
    /// Remembers the slug of a document that is about to get another one.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn former_slug_keep(&mut self, before: &Document) -> Result<(), StoreError> {
        const KEEP: &str = "INSERT INTO former_slug (kind, space_id, slug, document_id) VALUES ($1, $2, $3, $4) \
            ON CONFLICT (kind, space_id, slug) DO UPDATE SET document_id = excluded.document_id";
        let Some(slug) = &before.slug else {
            return Ok(());
        };
        let space_id = before.space_id.as_deref().unwrap_or_default();
        self.execute(KEEP, values![&before.kind, space_id, slug, &before.id])
            .await?;
        Ok(())
    }
}
