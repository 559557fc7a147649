//! Removing a snapshot with everything that was frozen for it.

use regatta_store::{Document, Query, TaskQuery, Tx};
use serde_json::{Value, json};

use super::KIND;
use crate::audit::{self, Record};
use crate::call::{Call, done};
use crate::error::ApiError;
use crate::http::deployment::task_of;
use crate::http::release::freeze;
use crate::http::runbook::{RUNBOOK, run};
use crate::http::unfinished;
use crate::operation::Answer;
use crate::remains;
use crate::resource::read::body as body_of;
use crate::resource::{Body, texts};

pub(super) fn runs(snapshot: &str) -> Query {
    Query {
        kind: run::KIND.to_owned(),
        tags: vec![vec![format!("snapshot:{snapshot}")]],
        ..Query::default()
    }
}

pub(super) fn variable_copies(snapshot: &Body) -> Vec<String> {
    let own = snapshot.get("FrozenProjectVariableSetId");
    let own = own.and_then(Value::as_str).map(str::to_owned);
    own.into_iter()
        .chain(texts(snapshot, "LibraryVariableSetSnapshotIds"))
        .collect()
}

/// Removes a snapshot with what it froze.
pub(in crate::http::runbook) async fn forget(
    tx: &mut Tx,
    snapshot: &Document,
) -> Result<(), ApiError> {
    let body = body_of(snapshot);
    let mut copies = variable_copies(&body);
    let process = body.get("FrozenRunbookProcessId").and_then(Value::as_str);
    copies.extend(process.map(str::to_owned));
    freeze::forget(tx, &copies).await?;
    freeze::forget_kept_for(tx, &snapshot.id).await?;
    tx.document_delete(KIND, &snapshot.id).await?;
    Ok(())
}

/// Refused while it is published, or a run of it has not ended. Its runs go with it.
pub(super) async fn remove(call: Call) -> Answer {
    let mut tx = call.begin().await?;
    let snapshot = call.claim(&mut tx).await?;
    let runbook = snapshot.owner_id.clone().unwrap_or_default();
    if is_published(&mut tx, &runbook, &snapshot.id).await? {
        return Err(ApiError::conflict("InUse", "This snapshot is published.")
            .help("Publish another one first."));
    }
    let mut tasks = Vec::new();
    let made = tx.documents(&runs(&snapshot.id)).await?.items;
    for run in &made {
        tasks.extend(task_of(&mut tx, &run.id).await?);
    }
    let ids = tasks.iter().map(|task| task.id.clone()).collect();
    let of_them = TaskQuery {
        ids: Some(ids),
        ..TaskQuery::default()
    };
    let open = unfinished::told(&mut tx, of_them).await?;
    if !open.is_empty() {
        return Err(ApiError::conflict("InUse", open.join(" ")));
    }
    let mut remains = Vec::new();
    for task in &tasks {
        remains.push(remains::delete_task(&mut tx, &task.id, call.now()).await?);
    }
    for run in made {
        tx.document_delete(&run.kind, &run.id).await?;
    }
    forget(&mut tx, &snapshot).await?;
    let message = format!("{} was deleted", snapshot.name);
    let record = Record::about(&snapshot, "Deleted", message);
    audit::record(&mut tx, &call.author(), record).await?;
    tx.commit().await?;
    for remains in remains {
        remains.remove(&call.app).await;
    }
    Ok(done())
}

async fn is_published(tx: &mut Tx, runbook: &str, snapshot: &str) -> Result<bool, ApiError> {
    let runbook = tx.document(RUNBOOK.kind, runbook).await?;
    let published = runbook.as_ref().map(body_of);
    let published = published.and_then(|body| body.get("PublishedRunbookSnapshotId").cloned());
    Ok(published == Some(json!(snapshot)))
}
