//! Cloning a runbook: its process under new ids, with secrets sealed anew.

use regatta_core::process::DeploymentProcess;
use serde_json::{Value, json};

use crate::error::ApiError;
use crate::http::deployment_process;
use crate::resource::{Change, read};
use crate::stored::RUNBOOK_PROCESSES;

/// Copies the process of the runbook `source` as that of the new one.
pub(super) async fn process(change: &mut Change<'_>, source: &str) -> Result<(), ApiError> {
    let id = format!("RunbookProcess-{source}");
    let Some(document) = change.tx.document(RUNBOOK_PROCESSES, &id).await? else {
        return deployment_process::create_empty_of_runbook(change).await;
    };
    let mut body = Value::Object(read::body(&document));
    body["Id"] = json!(format!("RunbookProcess-{}", change.id));
    body["RunbookId"] = json!(change.id);
    body["ProjectId"] = json!(change.text("ProjectId"));
    body["Version"] = json!(0);
    let mut process: DeploymentProcess =
        serde_json::from_value(body).map_err(ApiError::internal)?;
    deployment_process::reseal(change.app, &mut process, &document.id)?;
    deployment_process::insert(change, &process).await
}
