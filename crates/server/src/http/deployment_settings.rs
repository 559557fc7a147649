//! Deployment settings. A project shows some of them too (Octopus' rule for projects that are not in git), so each
//! change of one is a change of the other.

use regatta_core::permission::Permission as P;
use regatta_core::project::DeploymentSettings;
use regatta_store::Document;
use serde_json::{Value, json};

use super::project::{CONNECTIVITY, CONNECTIVITY_DEFAULT, GUIDED, STRATEGY};
use crate::audit::{self, Record};
use crate::call::{Call, ok};
use crate::error::ApiError;
use crate::operation::{Answer, From, Operation, Place, get, needs, put};
use crate::resource::{Body, Change, read, write};
use crate::shape::{BOOL, ID, INT, LINKS_FIELD, MODIFIED_ON, Object, SPACE_ID, Shape, TEXT, field};
use crate::time_text::iso;

const KIND: &str = "DeploymentSettings";
const THEIR_POLICY: &str = "ProjectConnectivityPolicy";

static OBJECT: Object = Object {
    name: "DeploymentSettings",
    fields: &[
        ID,
        SPACE_ID,
        field("ProjectId", TEXT).read_only(),
        field("ConnectivityPolicy", Shape::Object(&CONNECTIVITY))
            .or(CONNECTIVITY_DEFAULT)
            .kept(),
        field(THEIR_POLICY, Shape::Object(&CONNECTIVITY))
            .about("What Octopus' Go client calls the ConnectivityPolicy; taken when that is left out. Never answered."),
        field("DefaultGuidedFailureMode", GUIDED).or("\"EnvironmentDefault\""),
        field("DefaultToSkipIfAlreadyInstalled", BOOL).or("false"),
        field("DeploymentChangesTemplate", TEXT).or("null"),
        field("ReleaseNotesTemplate", TEXT).or("null"),
        field("VersioningStrategy", Shape::Object(&STRATEGY)),
        field(
            "Regatta.FailurePolicy",
            Shape::Word(&["FinishBranches", "StartNothingNew", "CancelRunning"]),
        )
        .or("\"FinishBranches\"")
        .kept(),
        field("Regatta.MaxRunning", INT)
            .or("null")
            .kept()
            .about("Actions of one deployment that run at once."),
        field("Regatta.MaxRunningPerMachine", INT)
            .or("null")
            .kept()
            .about("Actions of one deployment that run on one machine at once."),
        MODIFIED_ON,
        LINKS_FIELD,
    ],
};

/// Keys that both documents have: in the settings, and in the project.
const SHARED: &[(&str, &str)] = &[
    ("ConnectivityPolicy", "ProjectConnectivityPolicy"),
    ("DefaultGuidedFailureMode", "DefaultGuidedFailureMode"),
    (
        "DefaultToSkipIfAlreadyInstalled",
        "DefaultToSkipIfAlreadyInstalled",
    ),
    ("DeploymentChangesTemplate", "DeploymentChangesTemplate"),
    ("ReleaseNotesTemplate", "ReleaseNotesTemplate"),
    ("VersioningStrategy", "VersioningStrategy"),
];

pub(super) fn operations() -> Vec<Operation> {
    let path = "/projects/{project}/deploymentsettings";
    vec![
        get(
            "deploymentSettingsGet",
            Place::Space,
            path,
            needs(P::ProcessView, From::Project("project")),
            one,
        )
        .answers(&OBJECT),
        put(
            "deploymentSettingsReplace",
            Place::Space,
            path,
            needs(P::ProcessEdit, From::Project("project")),
            replace,
        )
        .body(&OBJECT)
        .answers(&OBJECT),
    ]
}

fn id_of(project: &str) -> String {
    format!("deploymentsettings-{project}")
}

/// Brings the settings in line with a project that was created or changed.
pub(super) async fn follow(project: &mut Change<'_>) -> Result<(), ApiError> {
    let id = id_of(&project.id);
    let found = project.tx.document(KIND, &id).await?;
    let mut body = found.as_ref().map(read::body).unwrap_or_default();
    body.insert("Id".to_owned(), json!(id));
    body.insert("SpaceId".to_owned(), json!(project.space_id));
    body.insert("ProjectId".to_owned(), json!(project.id));
    for (own, theirs) in SHARED {
        body.insert(
            (*own).to_owned(),
            project.body.get(*theirs).cloned().unwrap_or(Value::Null),
        );
    }
    match found {
        None => {
            let document = write::part(
                KIND,
                &id,
                (project.space_id.clone(), &project.id),
                (&Value::Object(body), project.now),
            );
            project.tx.document_insert(&document).await?;
        }
        Some(mut document) => {
            document.body = Value::Object(body).to_string();
            document.updated_at = project.now;
            project.tx.document_replace(&document).await?;
        }
    }
    Ok(())
}

fn shown(space: &str, settings: &Document) -> Value {
    let body = read::body(settings);
    let project = body
        .get("ProjectId")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned();
    let mut shown = Value::Object(body);
    let base = format!("/api/{space}/projects/{project}");
    shown["LastModifiedOn"] = json!(iso(settings.updated_at));
    shown["Links"] = json!({ "Self": format!("{base}/deploymentsettings"), "Project": base });
    shown
}

async fn one(call: Call) -> Answer {
    let id = id_of(&call.document().id);
    let found = call
        .read()
        .await?
        .document(KIND, &id)
        .await?
        .ok_or_else(|| ApiError::not_found(&id))?;
    Ok(ok(shown(call.space_id(), &found)))
}

/// Fills what the client left out and may leave out.
fn complete(body: &mut Body, stored: &Body) {
    let theirs = body.shift_remove(THEIR_POLICY);
    if let Some(theirs) = theirs.filter(Value::is_object) {
        body.entry("ConnectivityPolicy").or_insert(theirs);
    }
    OBJECT.keep(body, Some(stored));
}

async fn replace(mut call: Call) -> Answer {
    let Value::Object(mut body) = call.json().await? else {
        return Err(ApiError::invalid_one("expected an object"));
    };
    let project_id = call.document().id.clone();
    let id = id_of(&project_id);
    body.insert("Id".to_owned(), json!(id));
    body.insert("SpaceId".to_owned(), json!(call.space_id()));
    body.insert("ProjectId".to_owned(), json!(project_id));
    for key in ["Links", "LastModifiedOn"] {
        body.shift_remove(key);
    }
    let mut tx = call.begin().await?;
    let before = tx
        .document(KIND, &id)
        .await?
        .ok_or_else(|| ApiError::not_found(&id))?;
    write::is_based_on(&call, &before)?;
    complete(&mut body, &read::body(&before));
    serde_json::from_value::<DeploymentSettings>(Value::Object(body.clone()))
        .map_err(|error| ApiError::invalid_one(error.to_string()))?;
    let mut after = before.clone();
    after.body = Value::Object(body.clone()).to_string();
    after.updated_at = call.now();
    tx.document_replace(&after).await?;
    let mut project = tx
        .document("Projects", &project_id)
        .await?
        .ok_or_else(|| ApiError::not_found(&project_id))?;
    let mut theirs = read::body(&project);
    for (own, key) in SHARED {
        theirs.insert(
            (*key).to_owned(),
            body.get(*own).cloned().unwrap_or(Value::Null),
        );
    }
    project.body = Value::Object(theirs).to_string();
    project.updated_at = call.now();
    tx.document_replace(&project).await?;
    let message = format!("The deployment settings of {} were changed", project.name);
    audit::record(
        &mut tx,
        &call.author(),
        Record::about(&after, "Modified", message).changed(&before, &after),
    )
    .await?;
    tx.commit().await?;
    Ok(ok(shown(call.space_id(), &after)))
}
