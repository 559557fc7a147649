//! Taking a snapshot: process and variables are frozen, and perhaps published. Afterwards only the variables can be taken
//! anew.

use regatta_core::process::{DeploymentProcess, validate};
use regatta_store::{Document, Tx};
use serde_json::Value;

use super::SNAPSHOT;
use super::find::next_name;
use super::remove::{runs, variable_copies};
use crate::audit::{self, Record};
use crate::call::{Call, created, ok};
use crate::error::ApiError;
use crate::http::release::{choose, freeze};
use crate::http::runbook;
use crate::operation::Answer;
use crate::resource::read::{self, body as body_of};
use crate::resource::{Change, write};
use crate::stored;
use crate::time_text::iso;

pub(super) async fn create(mut call: Call) -> Answer {
    let publish = call.query.flag("publish")?.unwrap_or(false);
    let Value::Object(mut body) = call.json().await? else {
        return Err(ApiError::invalid_one("The request body must be an object."));
    };
    let runbook = {
        let wanted = body.get("RunbookId").and_then(Value::as_str);
        let wanted = wanted.unwrap_or_default().to_owned();
        let mut conn = call.read().await?;
        let runbook = call.find(&mut conn, runbook::KIND, &wanted).await?;
        let name = body.get("Name").and_then(Value::as_str).map(str::trim);
        if name.is_none_or(str::is_empty) {
            let name = next_name(&mut conn, &runbook.id).await?;
            body.insert("Name".to_owned(), name.into());
        }
        runbook
    };
    // The permission is asked for the runbook's own project, whatever the request calls it.
    body.insert("RunbookId".to_owned(), runbook.id.clone().into());
    body.insert("ProjectId".to_owned(), runbook.owner_id.clone().into());
    let (document, mut tx) = write::create_open(&SNAPSHOT, &mut call, body).await?;
    if publish {
        publish_in(&mut tx, &call, &runbook.id, &document).await?;
    }
    tx.commit().await?;
    Ok(created(read::view(&SNAPSHOT, &document)))
}

/// Freezes what the runbook is now, when the snapshot is made; afterwards nothing of it changes.
pub(super) async fn prepare(change: &mut Change<'_>) -> Result<(), ApiError> {
    if change.before.is_some() {
        return Ok(());
    }
    let (runbook, project) = (change.text("RunbookId"), change.text("ProjectId"));
    let process = format!("RunbookProcess-{runbook}");
    let project = project.to_owned();
    let frozen = check_process(change, &process).await?;
    let named = change.body.get("SelectedPackages").cloned();
    let selected = choose::for_snapshot(change.tx, &frozen, named.as_ref()).await?;
    change.set("SelectedPackages", selected);
    let project = change
        .tx
        .document("Projects", &project)
        .await?
        .ok_or_else(|| ApiError::not_found(&project))?;
    let now = change.now;
    let process = freeze::copy(change.tx, stored::RUNBOOK_PROCESSES, &process, now).await?;
    let variables = freeze::variables(change.tx, &project, now).await?;
    change.set("FrozenRunbookProcessId", process);
    change.set("FrozenProjectVariableSetId", variables.project);
    change.set("LibraryVariableSetSnapshotIds", variables.libraries);
    change.set("Assembled", iso(now));
    Ok(())
}

/// A snapshot of what cannot run is refused here already (as a release is).
async fn check_process(change: &mut Change<'_>, id: &str) -> Result<DeploymentProcess, ApiError> {
    let process: DeploymentProcess = stored::process(change.tx, id).await?;
    if process.steps.is_empty() {
        return Err(ApiError::invalid_one(
            "The runbook has no steps. Add at least one step before taking a snapshot.",
        ));
    }
    let problems = validate::validate(&process);
    if problems.is_empty() {
        return Ok(process);
    }
    Err(ApiError::invalid(
        problems.into_iter().map(|problem| problem.message),
    ))
}

async fn publish_in(
    tx: &mut Tx,
    call: &Call,
    runbook: &str,
    snapshot: &Document,
) -> Result<(), ApiError> {
    let before = tx
        .document(runbook::KIND, runbook)
        .await?
        .ok_or_else(|| ApiError::not_found(runbook))?;
    let mut body = body_of(&before);
    body.insert(
        "PublishedRunbookSnapshotId".to_owned(),
        snapshot.id.clone().into(),
    );
    let mut after = before.clone();
    after.body = Value::Object(body).to_string();
    after.updated_at = call.now();
    after.version = tx.document_replace(&after).await?;
    let message = format!(
        "{} of the runbook {} was published",
        snapshot.name, after.name
    );
    let record = Record::about(&after, "Modified", message).changed(&before, &after);
    Ok(audit::record(tx, &call.author(), record).await?)
}

pub(super) async fn replace(mut call: Call) -> Answer {
    let sent = call.json().await?;
    let mut body = body_of(call.document());
    for key in ["Name", "Notes"] {
        if let Some(value) = sent.get(key) {
            body.insert(key.to_owned(), value.clone());
        }
    }
    let (document, tx) = write::replace_open(&SNAPSHOT, &mut call, body).await?;
    tx.commit().await?;
    Ok(ok(read::view(&SNAPSHOT, &document)))
}

/// Freezes the variables again. Runs that wait in the queue get the new ones; one that has started keeps its own.
pub(super) async fn snapshot_variables(call: Call) -> Answer {
    let mut tx = call.begin().await?;
    let before = call.document().clone();
    let mut body = body_of(&before);
    let project_id = body.get("ProjectId").and_then(Value::as_str);
    let project_id = project_id.unwrap_or_default().to_owned();
    let project = tx
        .document("Projects", &project_id)
        .await?
        .ok_or_else(|| ApiError::not_found(&project_id))?;
    let replaced = variable_copies(&body);
    let frozen = freeze::variables(&mut tx, &project, call.now()).await?;
    body.insert(
        "FrozenProjectVariableSetId".to_owned(),
        frozen.project.into(),
    );
    body.insert(
        "LibraryVariableSetSnapshotIds".to_owned(),
        frozen.libraries.into(),
    );
    let mut after = before.clone();
    after.body = Value::Object(body).to_string();
    after.updated_at = call.now();
    after.version = tx.document_replace(&after).await?;
    if tx.document_count(&runs(&before.id)).await? > 0 {
        freeze::keep_for(&mut tx, &before.id, &replaced).await?;
    } else {
        freeze::forget(&mut tx, &replaced).await?;
    }
    let message = format!("The variables of {} were updated", after.name);
    let record = Record::about(&after, "Modified", message).changed(&before, &after);
    audit::record(&mut tx, &call.author(), record).await?;
    tx.commit().await?;
    Ok(ok(read::view(&SNAPSHOT, &after)))
}
