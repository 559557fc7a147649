//! Removing a release with everything that belongs to it.

use regatta_store::{Document, Tx};
use serde_json::Value;

use super::write::{active, deployments, variable_copies};
use super::{KIND, defect, freeze};
use crate::audit::{self, Record};
use crate::call::{Call, done};
use crate::error::ApiError;
use crate::http::deployment::task_of;
use crate::operation::Answer;
use crate::remains;
use crate::resource::read::body;

/// Removes a release with its deployments; refused while one of them is queued or running.
pub(super) async fn delete(call: Call) -> Answer {
    let mut tx = call.begin().await?;
    let release = call.claim(&mut tx).await?;
    if tx.task_count(&active(&release.id)).await? > 0 {
        return Err(ApiError::conflict(
            "InUse",
            format!("Release {} is being deployed.", release.name),
        )
        .help("Wait until its deployments have ended, or cancel them."));
    }
    let mut remains = Vec::new();
    for deployment in tx.documents(&deployments(&release.id)).await?.items {
        if let Some(task) = task_of(&mut tx, &deployment.id).await? {
            remains.push(remains::delete_task(&mut tx, &task.id, call.now()).await?);
        }
        tx.document_delete(&deployment.kind, &deployment.id).await?;
    }
    forget(&mut tx, &release).await?;
    let message = format!("Release {} was deleted", release.name);
    let record = Record::about(&release, "Deleted", message);
    audit::record(&mut tx, &call.author(), record).await?;
    tx.commit().await?;
    for remains in remains {
        remains.remove(&call.app).await;
    }
    Ok(done())
}

/// Removes a release that has no deployments any more, with what it froze and what was said against it.
pub(in crate::http) async fn forget(tx: &mut Tx, release: &Document) -> Result<(), ApiError> {
    tx.documents_delete_of(defect::KIND, &release.id).await?;
    let shown = body(release);
    let mut copies = variable_copies(&shown);
    let process = shown.get("ProjectDeploymentProcessSnapshotId");
    copies.extend(process.and_then(Value::as_str).map(str::to_owned));
    freeze::forget(tx, &copies).await?;
    freeze::forget_kept_for(tx, &release.id).await?;
    tx.document_delete(KIND, &release.id).await?;
    Ok(())
}
