//! Deleting all that is in a space: rows, documents, the logs of its tasks and the content of artifacts and packages.
//!
//! As with a single task, files go after the commit that deletes what names them. Not here: who may delete a space, and
//! what is about it without being in it.

use regatta_core::time::Time;
use regatta_store::{Conn, Document, Query, StoreError, Tx};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::RemainsError;
use crate::app::App;
use crate::artifact::{self, Artifact};
use crate::package::{self, Package};
use crate::resource::write;
use crate::stored;

/// Kind of the store's documents.
const KIND: &str = "SpaceRemains";

/// The logs of a space that is gone from the database.
#[derive(Debug, Serialize, Deserialize)]
struct Remains {
    task_ids: Vec<String>,
}

/// Deletes all that is in a space whose tasks are over; its files go with [`sweep`], after the commit.
///
/// # Errors
/// When the database fails, or the files cannot be marked.
pub(crate) async fn empty(app: &App, tx: &mut Tx, id: &str, at: Time) -> Result<(), RemainsError> {
    for document in inside(tx, artifact::KIND, id).await? {
        let artifact: Artifact = stored::parse(&document)?;
        if let Some(blob) = &artifact.blob {
            app.artifacts.let_go(blob).await?;
        }
    }
    for document in inside(tx, package::KIND, id).await? {
        let package: Package = stored::parse(&document)?;
        app.packages.let_go(&package.blob).await?;
    }
    let task_ids = tx.task_ids_in(id).await?;
    tx.space_empty(id).await?;
    let body = json!(Remains { task_ids });
    let noted = write::part(KIND, &format!("{KIND}-{id}"), (None, ""), (&body, at));
    Ok(tx.document_insert(&noted).await?)
}

async fn inside(conn: &mut Conn, kind: &str, space_id: &str) -> Result<Vec<Document>, StoreError> {
    let query = Query {
        kind: kind.to_owned(),
        space_id: Some(Some(space_id.to_owned())),
        ..Query::default()
    };
    Ok(conn.documents(&query).await?.items)
}

/// Removes the files of spaces that are gone. What cannot be removed now only takes room, until the next start.
///
/// # Errors
/// When the database cannot be read.
pub(crate) async fn sweep(app: &App) -> Result<(), StoreError> {
    let query = Query {
        kind: KIND.into(),
        ..Query::default()
    };
    let left = app.store.read().await?.documents(&query).await?.items;
    for document in &left {
        if let Err(error) = remove(app, document).await {
            tracing::warn!(%error, document.id, "files of a deleted space stay until the next start");
        }
    }
    Ok(())
}

async fn remove(app: &App, document: &Document) -> Result<(), RemainsError> {
    app.artifacts.sweep(&app.store).await?;
    app.packages.sweep(&app.store).await?;
    let remains: Remains = stored::parse(document)?;
    for task_id in &remains.task_ids {
        if !app.driver().put_away(task_id).await {
            return Err(RemainsError::Driven);
        }
        app.logs.delete(task_id).await?;
    }
    let mut tx = app.store.begin().await?;
    tx.document_delete(KIND, &document.id).await?;
    Ok(tx.commit().await?)
}
