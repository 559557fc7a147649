//! Cloning: the parts of another project under new ids. Secrets are sealed anew, because a sealed value is bound
//! to the variable it belongs to.

use regatta_core::process::DeploymentProcess;
use regatta_core::secret::Sealed;
use regatta_core::variable::VariableSet;
use regatta_store::Query;
use serde_json::{Value, json};

use crate::error::ApiError;
use crate::http::{channel, deployment_process, deployment_settings, variable};
use crate::resource::{Change, read};

/// Copies channels, process, variables and settings of the project that `ClonedFromProjectId` names.
pub(super) async fn parts(change: &mut Change<'_>) -> Result<(), ApiError> {
    let source = change.text("ClonedFromProjectId").to_owned();
    channels(change, &source).await?;
    process(change, &source).await?;
    variables(change, &source).await?;
    deployment_settings::follow(change).await
}

async fn channels(change: &mut Change<'_>, source: &str) -> Result<(), ApiError> {
    let owned = Query {
        kind: "Channels".to_owned(),
        owner_id: Some(source.to_owned()),
        ..Query::default()
    };
    for document in change.tx.documents(&owned).await?.items {
        let mut body = read::body(&document);
        body.insert("ProjectId".to_owned(), json!(change.id));
        channel::insert(change, body).await?;
    }
    Ok(())
}

async fn process(change: &mut Change<'_>, source: &str) -> Result<(), ApiError> {
    let id = format!("deploymentprocess-{source}");
    let Some(document) = change.tx.document(deployment_process::KIND, &id).await? else {
        return deployment_process::create_empty(change).await;
    };
    let mut body = Value::Object(read::body(&document));
    body["Id"] = json!(format!("deploymentprocess-{}", change.id));
    body["ProjectId"] = json!(change.id);
    body["Version"] = json!(0);
    let mut process: DeploymentProcess =
        serde_json::from_value(body).map_err(ApiError::internal)?;
    deployment_process::reseal(change.app, &mut process, &document.id)?;
    deployment_process::insert(change, &process).await
}

async fn variables(change: &mut Change<'_>, source: &str) -> Result<(), ApiError> {
    let Some(document) = change
        .tx
        .document(variable::KIND, &format!("variableset-{source}"))
        .await?
    else {
        return variable::create_empty(change).await;
    };
    let set: VariableSet<Sealed> =
        serde_json::from_str(&document.body).map_err(ApiError::internal)?;
    let mut open = set.unseal(|id, sealed| variable::unseal(change.app, id, sealed))?;
    for item in &mut open.variables {
        item.id = uuid::Uuid::new_v4().to_string();
    }
    open.id = format!("variableset-{}", change.id);
    open.owner_id.clone_from(&change.id);
    open.version = 0;
    let sealed = open.turn_secrets(|id, secret| variable::seal(change.app, id, &secret))?;
    variable::insert(change, &sealed).await
}
