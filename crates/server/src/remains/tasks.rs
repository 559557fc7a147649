//! Deleting all tasks of a space, a project or a runbook at once, with everything that only they need.
//!
//! As with a single task, files go after the commit that deletes what names them. Not here: who may delete what.

use regatta_core::time::Time;
use regatta_store::{Document, Query, StoreError, TasksOf, Tx};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{OWNED, RemainsError};
use crate::app::App;
use crate::artifact::{self, Artifact};
use crate::resource::write;
use crate::stored;

/// Kind of the store's documents.
const KIND: &str = "TasksRemains";

/// The logs of tasks that are gone from the database.
#[derive(Debug, Serialize, Deserialize)]
struct Remains {
    task_ids: Vec<String>,
}

/// Deletes tasks that are over; their files go with [`remove`], after the commit.
///
/// # Errors
/// When the database fails, or the files cannot be marked.
pub(crate) async fn delete(
    app: &App,
    tx: &mut Tx,
    of: &TasksOf,
    at: Time,
) -> Result<(), RemainsError> {
    for document in tx.documents(&artifacts(of)).await?.items {
        let artifact: Artifact = stored::parse(&document)?;
        if let Some(blob) = &artifact.blob {
            app.artifacts.let_go(blob).await?;
        }
    }
    let task_ids = tx.task_ids_of(of).await?;
    tx.tasks_delete_of(of, OWNED).await?;
    let body = json!(Remains { task_ids });
    let id = format!("{KIND}-{}", of.id());
    let noted = write::part(KIND, &id, (None, ""), (&body, at));
    Ok(tx.document_insert(&noted).await?)
}

/// A space takes those along whose task is gone already.
fn artifacts(of: &TasksOf) -> Query {
    let all = Query {
        kind: artifact::KIND.into(),
        ..Query::default()
    };
    match of {
        TasksOf::Space(id) => Query {
            space_id: Some(Some(id.clone())),
            ..all
        },
        TasksOf::Project(_) | TasksOf::Runbook(_) => Query {
            of_tasks: Some(of.clone()),
            ..all
        },
    }
}

/// Removes the files of tasks that are gone, after the commit. What cannot be removed now only takes room, until the next
/// start.
///
/// # Errors
/// When the database cannot be read.
pub(crate) async fn remove(app: &App) -> Result<(), StoreError> {
    for document in &left(app).await? {
        let removed = match is_put_away(app, document).await {
            Ok(()) => remove_of(app, document).await,
            driven => driven,
        };
        told(document, removed);
    }
    Ok(())
}

/// Removes what an earlier process had no time for. Before anything is driven.
///
/// # Errors
/// When the database cannot be read.
pub(crate) async fn sweep(app: &App) -> Result<(), StoreError> {
    for document in &left(app).await? {
        told(document, remove_of(app, document).await);
    }
    Ok(())
}

async fn left(app: &App) -> Result<Vec<Document>, StoreError> {
    let query = Query {
        kind: KIND.into(),
        ..Query::default()
    };
    Ok(app.store.read().await?.documents(&query).await?.items)
}

fn told(document: &Document, removed: Result<(), RemainsError>) {
    if let Err(error) = removed {
        tracing::warn!(%error, document.id, "files of deleted tasks stay until the next start");
    }
}

async fn is_put_away(app: &App, document: &Document) -> Result<(), RemainsError> {
    let remains: Remains = stored::parse(document)?;
    for task_id in &remains.task_ids {
        if !app.driver().put_away(task_id).await {
            return Err(RemainsError::Driven);
        }
    }
    Ok(())
}

async fn remove_of(app: &App, document: &Document) -> Result<(), RemainsError> {
    app.artifacts.sweep(&app.store).await?;
    let remains: Remains = stored::parse(document)?;
    for task_id in &remains.task_ids {
        app.logs.delete(task_id).await?;
    }
    let mut tx = app.store.begin().await?;
    tx.document_delete(KIND, &document.id).await?;
    Ok(tx.commit().await?)
}
