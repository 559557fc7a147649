//! Removing a runbook with everything that belongs to it.

use regatta_store::{Query, TaskQuery, TasksOf, Tx};

use super::{run, snapshot};
use crate::error::ApiError;
use crate::http::{deployment_process, unfinished};
use crate::remains;
use crate::resource::Change;
use crate::stored;

/// Refused while a run of it has not ended.
pub(super) async fn deleting(change: &mut Change<'_>) -> Result<(), ApiError> {
    let runs = TaskQuery {
        runbook_id: Some(change.id.clone()),
        ..TaskQuery::default()
    };
    let open = unfinished::told(change.tx, runs).await?;
    if !open.is_empty() {
        return Err(ApiError::conflict("InUse", open.join(" ")));
    }
    let tasks = TasksOf::Runbook(change.id.clone());
    let deleted = remains::tasks::delete(change.app, change.tx, &tasks, change.now).await;
    deleted.map_err(ApiError::internal)?;
    let runs = Query {
        kind: run::KIND.to_owned(),
        tags: vec![vec![format!("runbook:{}", change.id)]],
        ..Query::default()
    };
    for run in change.tx.documents(&runs).await?.items {
        change.tx.document_delete(run::KIND, &run.id).await?;
    }
    forget(change.tx, &change.id).await
}

/// Removes everything that belongs to a runbook that has no runs any more.
pub(in crate::http) async fn forget(tx: &mut Tx, runbook: &str) -> Result<(), ApiError> {
    let snapshots = Query {
        kind: snapshot::KIND.to_owned(),
        owner_id: Some(runbook.to_owned()),
        ..Query::default()
    };
    for snapshot in tx.documents(&snapshots).await?.items {
        snapshot::forget(tx, &snapshot).await?;
    }
    for kind in [stored::RUNBOOK_PROCESSES, deployment_process::version::KIND] {
        tx.documents_delete_of(kind, runbook).await?;
    }
    tx.step_durations_forget(runbook).await?;
    Ok(())
}
