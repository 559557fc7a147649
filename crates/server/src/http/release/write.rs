//! Changing and removing releases.

use regatta_store::{Document, Query, TaskQuery};
use serde_json::Value;

use super::{KIND, freeze, read, version};
use crate::audit::{self, Record};
use crate::call::{Call, done, ok};
use crate::error::ApiError;
use crate::operation::Answer;
use crate::resource::read::body;
use crate::resource::texts;

/// Version, notes and custom fields may change; what is frozen may not.
pub(super) async fn replace(mut call: Call) -> Answer {
    let sent = call.json().await?;
    let before = call.document().clone();
    let mut shown = body(&before);
    let mut after = before.clone();
    if let Some(text) = sent.get("Version").and_then(Value::as_str) {
        after.name = version::check(text)?;
        shown.insert("Version".into(), after.name.clone().into());
    }
    for key in ["ReleaseNotes", "CustomFields"] {
        if let Some(value) = sent.get(key) {
            shown.insert(key.into(), value.clone());
        }
    }
    after.body = Value::Object(shown).to_string();
    let message = format!("Release {} was changed", after.name);
    store(&call, &before, after, message).await
}

/// Freezes the variables again, as they are now. The process stays what it was.
pub(super) async fn snapshot_variables(call: Call) -> Answer {
    let before = call.document().clone();
    let mut shown = body(&before);
    let mut tx = call.begin().await?;
    let project_id = before.owner_id.clone().unwrap_or_default();
    let project = tx
        .document("Projects", &project_id)
        .await?
        .ok_or_else(|| ApiError::not_found(&project_id))?;
    let frozen = freeze::variables(&mut tx, &project, call.now()).await?;
    shown.insert("ProjectVariableSetSnapshotId".into(), frozen.project.into());
    shown.insert(
        "LibraryVariableSetSnapshotIds".into(),
        frozen.libraries.into(),
    );
    let mut after = before.clone();
    after.body = Value::Object(shown).to_string();
    after.updated_at = call.now();
    after.version = tx.document_replace(&after).await?;
    let message = format!("The variables of release {} were updated", after.name);
    audit::record(
        &mut tx,
        &call.author(),
        Record::about(&after, "Modified", message).changed(&before, &after),
    )
    .await?;
    tx.commit().await?;
    Ok(ok(read::view(&after)))
}

async fn store(call: &Call, before: &Document, mut after: Document, message: String) -> Answer {
    after.updated_at = call.now();
    let mut tx = call.begin().await?;
    after.version = tx.document_replace(&after).await?;
    audit::record(
        &mut tx,
        &call.author(),
        Record::about(&after, "Modified", message).changed(before, &after),
    )
    .await?;
    tx.commit().await?;
    Ok(ok(read::view(&after)))
}

/// Removes a release with its deployments; refused while one of them is queued or running.
pub(super) async fn delete(call: Call) -> Answer {
    let release = call.document().clone();
    let mut tx = call.begin().await?;
    let active = TaskQuery {
        release_id: Some(release.id.clone()),
        is_active: true,
        ..TaskQuery::default()
    };
    if tx.task_count(&active).await? > 0 {
        return Err(ApiError::conflict(
            "InUse",
            format!("Release {} is being deployed.", release.name),
        )
        .help("Wait until its deployments have ended, or cancel them."));
    }
    let deployments = Query {
        kind: crate::http::deployment::KIND.into(),
        tags: vec![vec![format!("release:{}", release.id)]],
        ..Query::default()
    };
    for deployment in tx.documents(&deployments).await?.items {
        tx.document_delete(&deployment.kind, &deployment.id).await?;
    }
    tx.document_delete(KIND, &release.id).await?;
    let shown = body(&release);
    let mut copies = texts(&shown, "LibraryVariableSetSnapshotIds");
    for key in [
        "ProjectDeploymentProcessSnapshotId",
        "ProjectVariableSetSnapshotId",
    ] {
        copies.extend(shown.get(key).and_then(Value::as_str).map(str::to_owned));
    }
    freeze::forget(&mut tx, &copies).await?;
    let message = format!("Release {} was deleted", release.name);
    audit::record(
        &mut tx,
        &call.author(),
        Record::about(&release, "Deleted", message),
    )
    .await?;
    tx.commit().await?;
    Ok(done())
}
