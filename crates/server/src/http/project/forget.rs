//! Removing a project with everything that belongs to it.

use regatta_store::{Query, TaskQuery, TasksOf};

use crate::error::ApiError;
use crate::http::runbook::run;
use crate::http::{deployment, deployment_process, release, runbook, unfinished};
use crate::remains;
use crate::resource::Change;

/// Kinds that go with their project, and of which nothing else has to go.
const OWNED: &[&str] = &[
    "Channels",
    deployment_process::KIND,
    deployment_process::version::KIND,
    "VariableSets",
    "DeploymentSettings",
    deployment::KIND,
    run::KIND,
];

/// Refused while its tasks could still run.
pub(super) async fn deleting(change: &mut Change<'_>) -> Result<(), ApiError> {
    let open = TaskQuery {
        project_id: Some(change.id.clone()),
        ..TaskQuery::default()
    };
    unfinished::none(change.tx, open).await?;
    let tasks = TasksOf::Project(change.id.clone());
    let deleted = remains::tasks::delete(change.app, change.tx, &tasks, change.now).await;
    deleted.map_err(ApiError::internal)?;
    let tx = &mut *change.tx;
    for kind in OWNED {
        tx.documents_delete_of(kind, &change.id).await?;
    }
    let owned = |kind: &str| Query {
        kind: kind.to_owned(),
        owner_id: Some(change.id.clone()),
        ..Query::default()
    };
    for runbook in tx.documents(&owned(runbook::KIND)).await?.items {
        runbook::forget(tx, &runbook.id).await?;
        tx.document_delete(runbook::KIND, &runbook.id).await?;
    }
    for release in tx.documents(&owned(release::KIND)).await?.items {
        release::forget(tx, &release).await?;
    }
    tx.step_durations_forget(&change.id).await?;
    Ok(())
}
