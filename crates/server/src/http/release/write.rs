//! Changing releases.

use regatta_store::{Document, Query, TaskQuery, Tx};
use serde_json::Value;

use super::{freeze, read, version};
use crate::audit::{self, Record};
use crate::call::{Call, ok};
use crate::error::ApiError;
use crate::operation::Answer;
use crate::resource::read::body;
use crate::resource::{Body, texts};

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
    let replaced = variable_copies(&shown);
    let frozen = freeze::variables(&mut tx, &project, call.now()).await?;
    shown.insert("ProjectVariableSetSnapshotId".into(), frozen.project.into());
    shown.insert(
        "LibraryVariableSetSnapshotIds".into(),
        frozen.libraries.into(),
    );
    store_refrozen(&call, tx, (before, shown), &replaced).await
}

/// Stores the release with other frozen variables and commits; those it had stay as long as something was deployed
/// with them.
pub(super) async fn store_refrozen(
    call: &Call,
    mut tx: Tx,
    (before, shown): (Document, Body),
    replaced: &[String],
) -> Answer {
    let mut after = before.clone();
    after.body = Value::Object(shown).to_string();
    after.updated_at = call.now();
    after.version = tx.document_replace(&after).await?;
    if is_in_use(&mut tx, &before.id, replaced).await? {
        freeze::keep_for(&mut tx, &before.id, replaced).await?;
    } else {
        freeze::forget(&mut tx, replaced).await?;
    }
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

/// Ids of the frozen variables: the project's own first, then those of library sets.
pub(in crate::http) fn variable_copies(release: &Body) -> Vec<String> {
    let own = release
        .get("ProjectVariableSetSnapshotId")
        .and_then(Value::as_str)
        .map(str::to_owned);
    own.into_iter()
        .chain(texts(release, "LibraryVariableSetSnapshotIds"))
        .collect()
}

/// Whether a deployment of the release was made with these frozen variables, or one is at work that may use them.
async fn is_in_use(tx: &mut Tx, release_id: &str, copies: &[String]) -> Result<bool, ApiError> {
    if tx.task_count(&active(release_id)).await? > 0 {
        return Ok(true);
    }
    let made = tx.documents(&deployments(release_id)).await?.items;
    let uses = |deployment: &Document| {
        let body = body(deployment);
        let used = body.get("ManifestVariableSetId").and_then(Value::as_str);
        used.is_some_and(|used| copies.iter().any(|copy| copy == used))
    };
    Ok(made.iter().any(uses))
}

pub(super) fn active(release_id: &str) -> TaskQuery {
    TaskQuery {
        release_id: Some(release_id.to_owned()),
        is_active: true,
        ..TaskQuery::default()
    }
}

pub(super) fn deployments(release_id: &str) -> Query {
    Query {
        kind: crate::http::deployment::KIND.into(),
        tags: vec![vec![format!("release:{release_id}")]],
        ..Query::default()
    }
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
