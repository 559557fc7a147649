//! Removing a runbook with everything that belongs to it.

use regatta_store::{Query, TaskQuery, Tx};

use super::{run, snapshot};
use crate::error::ApiError;
use crate::http::deployment_process;
use crate::resource::Change;
use crate::stored;

pub(super) async fn deleting(change: &mut Change<'_>) -> Result<(), ApiError> {
    let open = TaskQuery {
        runbook_id: Some(change.id.clone()),
        is_active: true,
        ..TaskQuery::default()
    };
    match change.tx.task_count(&open).await? {
        0 => forget(change.tx, &change.id).await,
        count => Err(ApiError::conflict(
            "InUse",
            format!("{count} runs of this runbook have not ended."),
        )
        .help("Wait until they have ended, or cancel them.")),
    }
}

/// Removes everything that belongs to a runbook.
pub(in crate::http) async fn forget(tx: &mut Tx, runbook: &str) -> Result<(), ApiError> {
    let owned = |kind: &str| Query {
        kind: kind.to_owned(),
        owner_id: Some(runbook.to_owned()),
        ..Query::default()
    };
    for document in tx.documents(&owned(snapshot::KIND)).await?.items {
        snapshot::forget(tx, &document).await?;
    }
    for kind in [stored::RUNBOOK_PROCESSES, deployment_process::version::KIND] {
        for document in tx.documents(&owned(kind)).await?.items {
            tx.document_delete(kind, &document.id).await?;
        }
    }
    let runs = Query {
        kind: run::KIND.to_owned(),
        tags: vec![vec![format!("runbook:{runbook}")]],
        ..Query::default()
    };
    for document in tx.documents(&runs).await?.items {
        tx.document_delete(run::KIND, &document.id).await?;
    }
    Ok(())
}
