//! Deleting a task with everything that only it needs: rows, documents, its log and the content of its artifacts.
//! [`tasks`] does it to many at once, [`space`] to all that is in a space.
//!
//! Files cannot be part of a transaction: what is left of a task is noted in the one that deletes it, and removed
//! after the commit; what a killed server had no time for is removed by the next one. Not here: who may delete what.

use regatta_core::time::Time;
use regatta_store::blob::{BlobError, BlobId};
use regatta_store::log::LogError;
use regatta_store::{Document, Query, StoreError, Tx};
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::artifact::{self, Artifact};
use crate::driver::{frozen, interruption, outputs};
use crate::files::SweepError;
use crate::stored;

pub(crate) mod space;
pub(crate) mod tasks;

/// Kind of the store's documents.
const KIND: &str = "TaskRemains";
/// Kinds of documents that a task owns.
const OWNED: &[&str] = &[
    artifact::KIND,
    frozen::KIND,
    interruption::KIND,
    outputs::KIND,
];

/// The files of a task that is gone from the database.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Remains {
    task_id: String,
    blobs: Vec<BlobId>,
}

/// Why files are still there.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RemainsError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Blob(#[from] BlobError),
    #[error(transparent)]
    Sweep(#[from] SweepError),
    #[error(transparent)]
    Log(#[from] LogError),
    #[error("the task's driver has not put it away yet")]
    Driven,
}

/// Deletes a task that is over; its files go with [`Remains::remove`], after the commit.
pub(crate) async fn delete_task(
    tx: &mut Tx,
    task_id: &str,
    at: Time,
) -> Result<Remains, StoreError> {
    let query = Query {
        kind: artifact::KIND.into(),
        owner_id: Some(task_id.to_owned()),
        ..Query::default()
    };
    let mut blobs = Vec::new();
    for document in tx.documents(&query).await?.items {
        let artifact: Artifact = stored::parse(&document)?;
        blobs.extend(artifact.blob);
    }
    let remains = Remains {
        task_id: task_id.to_owned(),
        blobs,
    };
    for kind in OWNED {
        tx.documents_delete_of(kind, task_id).await?;
    }
    tx.task_delete(task_id).await?;
    tx.document_insert(&remains.document(at)).await?;
    Ok(remains)
}

impl Remains {
    fn id(&self) -> String {
        format!("{KIND}-{}", self.task_id)
    }

    fn document(&self, at: Time) -> Document {
        Document {
            kind: KIND.into(),
            id: self.id(),
            space_id: None,
            owner_id: None,
            name: self.task_id.clone(),
            name_is_unique: false,
            slug: None,
            sort_order: 0,
            tags: Vec::new(),
            version: 1,
            body: serde_json::to_string(self).expect("plain data"),
            created_at: at,
            updated_at: at,
        }
    }

    /// Removes the files. What cannot be removed now only takes room, until the next start.
    pub(crate) async fn remove(self, app: &App) {
        let is_put_away = app.driver().put_away(&self.task_id).await;
        let removed = match is_put_away {
            true => self.try_remove(app).await,
            false => Err(RemainsError::Driven),
        };
        if let Err(error) = removed {
            tracing::warn!(%error, self.task_id, "files of a deleted task stay until the next start");
        }
    }

    async fn try_remove(&self, app: &App) -> Result<(), RemainsError> {
        let mut conn = app.store.read().await?;
        for blob in &self.blobs {
            app.artifacts.let_go(blob).await?;
            app.artifacts.remove_unused(&mut conn, blob).await?;
        }
        drop(conn);
        app.logs.delete(&self.task_id).await?;
        let mut tx = app.store.begin().await?;
        tx.document_delete(KIND, &self.id()).await?;
        Ok(tx.commit().await?)
    }
}

/// Removes what an earlier process had no time for. Before anything is driven.
///
/// # Errors
/// When the database cannot be read.
pub(crate) async fn sweep(app: &App) -> Result<(), StoreError> {
    tasks::sweep(app).await?;
    let query = Query {
        kind: KIND.into(),
        ..Query::default()
    };
    let left = app.store.read().await?.documents(&query).await?.items;
    for document in &left {
        let remains: Remains = stored::parse(document)?;
        if let Err(error) = remains.try_remove(app).await {
            tracing::warn!(%error, remains.task_id, "files of a deleted task cannot be removed");
        }
    }
    Ok(())
}
