//! The bytes of documents that are more than text: blobs, and which of them some document still names.
//!
//! What the documents are is the business of [`crate::artifact`] and [`crate::package`].

use std::collections::HashMap;
use std::sync::Arc;

use regatta_store::blob::{BlobError, BlobId, BlobStore, BlobWriter};
use regatta_store::{Conn, Query, Store, StoreError};

/// The tag of a document that names a blob.
pub(crate) fn blob_tag(blob: &BlobId) -> String {
    format!("blob:{}", blob.as_str())
}

/// The blobs that documents of one kind name. Cheap to clone.
#[derive(Clone)]
pub struct Files {
    pub(crate) blobs: BlobStore,
    /// Of the documents.
    kind: &'static str,
    /// Blobs that are durable while the document that names them is not: they must not be removed. Held while
    /// one is stored or removed, so that equal content is not removed under a newcomer.
    unnamed: Arc<tokio::sync::Mutex<HashMap<String, u32>>>,
}

impl Files {
    pub(crate) fn new(blobs: BlobStore, kind: &'static str) -> Self {
        Self {
            blobs,
            kind,
            unnamed: Arc::default(),
        }
    }

    /// Makes a blob durable. It stays until [`Self::named`] or
    /// [`Self::given_up`] was called as often as this, and no document names it.
    pub(crate) async fn store(&self, writer: BlobWriter) -> Result<(BlobId, u64), BlobError> {
        let mut unnamed = self.unnamed.lock().await;
        self.blobs.doubt(&writer.id()).await?;
        let (blob, length_bytes) = writer.finish().await?;
        *unnamed.entry(blob.as_str().to_owned()).or_default() += 1;
        Ok((blob, length_bytes))
    }

    /// The document that names a blob is durable.
    pub(crate) async fn named(&self, blob: &BlobId) {
        let mut unnamed = self.unnamed.lock().await;
        if release(&mut unnamed, blob) {
            self.blobs.settle(blob).await;
        }
    }

    /// The document that was to name a blob will never be.
    pub(crate) async fn given_up(&self, conn: &mut Conn, blob: &BlobId) -> Result<(), StoreError> {
        release(&mut *self.unnamed.lock().await, blob);
        self.remove_unused(conn, blob).await
    }

    /// Before a document stops naming a blob: if the server is killed right after that, the next one removes it.
    pub(crate) async fn let_go(&self, blob: &BlobId) -> Result<(), BlobError> {
        self.blobs.doubt(blob).await
    }

    /// Removes a blob that no document names any more.
    pub(crate) async fn remove_unused(
        &self,
        conn: &mut Conn,
        blob: &BlobId,
    ) -> Result<(), StoreError> {
        let unnamed = self.unnamed.lock().await;
        if unnamed.contains_key(blob.as_str()) {
            return Ok(());
        }
        if !self.is_named(conn, blob).await?
            && let Err(error) = self.blobs.delete(blob).await
        {
            // The document is gone all the same; the file only takes room, until the next start.
            tracing::warn!(%error, "the content of a deleted document cannot be removed");
            return Ok(());
        }
        self.blobs.settle(blob).await;
        Ok(())
    }

    /// Removes what a killed server stored or let go without saying so in the database.
    pub(crate) async fn sweep(&self, store: &Store) -> Result<(), SweepError> {
        let mut conn = store.read().await?;
        for blob in self.blobs.doubtful().await? {
            self.remove_unused(&mut conn, &blob).await?;
        }
        Ok(())
    }

    async fn is_named(&self, conn: &mut Conn, blob: &BlobId) -> Result<bool, StoreError> {
        let query = Query {
            kind: self.kind.into(),
            tags: vec![vec![blob_tag(blob)]],
            take: Some(1),
            ..Query::default()
        };
        Ok(!conn.documents(&query).await?.items.is_empty())
    }
}

/// Whether nobody else is about to name the blob.
fn release(unnamed: &mut HashMap<String, u32>, blob: &BlobId) -> bool {
    let Some(count) = unnamed.get_mut(blob.as_str()) else {
        return false;
    };
    *count -= 1;
    let is_last = *count == 0;
    if is_last {
        unnamed.remove(blob.as_str());
    }
    is_last
}

/// Why [`Files::sweep`] ended.
#[derive(Debug, thiserror::Error)]
pub enum SweepError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Blob(#[from] BlobError),
}
