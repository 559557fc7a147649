//! Processes of projects and of runbooks: read and saved as whole documents at any of their addresses.
//!
//! A save must name the version it changes. Everything wrong with it is reported at once, and lint says what may
//! surprise. Frozen copies are read at the same addresses and cannot be saved.

use regatta_core::diff::process as differences;
use regatta_core::machine::WorkerPool;
use regatta_core::permission::Permission as P;
use regatta_core::process::DeploymentProcess;
use regatta_core::process::problem::{Level, Problem};
use regatta_core::process::validate;
use regatta_store::{AuditQuery, Document, Query, Tx};
use serde_json::{Value, json};

use crate::audit::{self, Record};
use crate::call::{Call, ok};
use crate::error::ApiError;
use crate::operation::{Access, Answer, From, Operation, Place, get, needs, post, put};
use crate::page::page;
use crate::resource::{Change, read, write};
use crate::shape::{
    BOOL, Field, ID, INT, LINKS_FIELD, Object, PROPERTIES, SPACE_ID, Shape, TEXT, TEXTS, field,
};
use crate::stored::{self, RUNBOOK_PROCESSES, process_kind};
use crate::time_text::iso;

mod diff;
mod known;
mod lint;
mod plan;
mod secret;
pub(super) mod template;
pub(super) mod version;

pub(super) use known::pool_slots;
pub(super) use secret::reseal;

pub(super) const KIND: &str = "DeploymentProcesses";

static CONTAINER: Object = Object {
    name: "Container",
    fields: &[
        field("FeedId", TEXT),
        field("Image", TEXT),
        field("GitUrl", TEXT),
        field("Dockerfile", TEXT),
    ],
};
static PACKAGE: Object = Object {
    name: "PackageReference",
    fields: &[
        field("Id", TEXT),
        field("Name", TEXT),
        field("PackageId", TEXT),
        field("FeedId", TEXT),
        field("AcquisitionLocation", TEXT),
        field("Version", TEXT),
        field("Properties", Shape::Map(&Shape::Any)),
    ],
};
static ACTION: Object = Object {
    name: "Action",
    fields: &[
        field("Id", TEXT),
        field("Name", TEXT),
        field("Slug", TEXT),
        field("ActionType", TEXT).required(),
        field("Notes", TEXT),
        field("IsDisabled", BOOL),
        field("IsRequired", BOOL),
        field("CanBeUsedForProjectVersioning", BOOL),
        field("Condition", Shape::Word(&["Success", "Variable"])),
        field("Container", Shape::Object(&CONTAINER)),
        field("WorkerPoolId", TEXT),
        field("WorkerPoolVariable", TEXT),
        field("Environments", TEXTS),
        field("ExcludedEnvironments", TEXTS),
        field("Channels", TEXTS),
        field("TenantTags", TEXTS),
        field("Packages", Shape::List(&Shape::Object(&PACKAGE))),
        field("GitDependencies", Shape::List(&Shape::Any)),
        field("Properties", PROPERTIES),
        field("Links", Shape::Any).read_only(),
    ],
};
static STEP: Object = Object {
    name: "Step",
    fields: &[
        field("Id", TEXT),
        field("Name", TEXT).required(),
        field("Slug", TEXT),
        field("PackageRequirement", Shape::Word(&["LetOctopusDecide", "BeforePackageAcquisition", "AfterPackageAcquisition"])),
        field("Condition", Shape::Word(&["Success", "Failure", "Always", "Variable"])),
        field("StartTrigger", Shape::Word(&["StartAfterPrevious", "StartWithPrevious"])),
        field("Properties", PROPERTIES)
            .about("Regatta.Step.DependsOn holds what the step waits for: a JSON array of step slugs, [] for nothing."),
        field("Actions", Shape::List(&Shape::Object(&ACTION))).required(),
    ],
};
static STEP_ITEM: Shape = Shape::Object(&STEP);
const STEPS: Field = field("Steps", Shape::List(&STEP_ITEM)).or("[]");
pub(super) static OBJECT: Object = Object {
    name: "DeploymentProcess",
    fields: &[
        ID,
        SPACE_ID,
        field("ProjectId", TEXT).read_only(),
        field("RunbookId", TEXT)
            .read_only()
            .about("Only of a runbook's process."),
        field("Version", INT)
            .about("The version a save is based on; a stale one is refused with 409."),
        field("LastSnapshotId", TEXT).read_only(),
        STEPS,
        LINKS_FIELD,
    ],
};

pub(super) fn operations() -> Vec<Operation> {
    let view = needs(P::ProcessView, From::Project("project"));
    let edit = needs(P::ProcessEdit, From::Project("project"));
    let view_id = needs(P::ProcessView, From::Document(KIND, "id"));
    let edit_id = needs(P::ProcessEdit, From::Document(KIND, "id"));
    let of_project = "/projects/{project}/deploymentprocesses";
    vec![
        get(
            "deploymentProcessList",
            Place::Space,
            "/deploymentprocesses",
            needs(P::ProcessView, From::Items),
            list,
        )
        .answers_page(&OBJECT)
        .query(&["skip", "take", "ids"]),
        get(
            "deploymentProcessGet",
            Place::Space,
            "/deploymentprocesses/{id}",
            view_id,
            one,
        )
        .answers(&OBJECT),
        put(
            "deploymentProcessReplace",
            Place::Space,
            "/deploymentprocesses/{id}",
            edit_id,
            replace,
        )
        .body(&OBJECT)
        .answers(&OBJECT),
        get(
            "deploymentProcessTemplate",
            Place::Space,
            "/deploymentprocesses/{id}/template",
            view_id,
            template::of_id,
        )
        .query(template::QUERY),
        get("projectProcessGet", Place::Space, of_project, view, one).answers(&OBJECT),
        put(
            "projectProcessReplace",
            Place::Space,
            of_project,
            edit,
            replace,
        )
        .body(&OBJECT)
        .answers(&OBJECT),
        get(
            "projectProcessTemplate",
            Place::Space,
            "/projects/{project}/deploymentprocesses/template",
            view,
            template::of_project,
        )
        .query(template::QUERY),
    ]
    .into_iter()
    .chain(looking())
    .collect()
}

/// What answers about a process without changing it.
fn looking() -> Vec<Operation> {
    let view = needs(P::ProcessView, From::Project("project"));
    let view_id = needs(P::ProcessView, From::Document(KIND, "id"));
    vec![
        planning(
            "projectProcessPlan",
            "/projects/{project}/deploymentprocesses/plan",
            view,
        ),
        comparing(
            "projectProcessDiff",
            "/projects/{project}/deploymentprocesses/diff",
            view,
        ),
        planning(
            "deploymentProcessPlan",
            "/deploymentprocesses/{id}/plan",
            view_id,
        ),
        get(
            "projectProcessVersionList",
            Place::Space,
            "/projects/{project}/deploymentprocesses/versions",
            view,
            version::list,
        )
        .answers_page(&version::OBJECT)
        .query(&["skip", "take"])
        .summary("Every save of the process, newest first: when, by whom, and what it changed."),
        get(
            "projectProcessVersionGet",
            Place::Space,
            "/projects/{project}/deploymentprocesses/versions/{number}",
            view,
            version::one,
        )
        .answers(&OBJECT)
        .summary("The process as it was saved then, without its secrets."),
        linting(
            "projectProcessLint",
            "/projects/{project}/deploymentprocesses/lint",
            view,
        ),
        linting(
            "deploymentProcessLint",
            "/deploymentprocesses/{id}/lint",
            view_id,
        ),
    ]
}

pub(super) fn linting(id: &'static str, path: &'static str, access: Access) -> Operation {
    post(id, Place::Space, path, access, lint::body)
        .body(&OBJECT)
        .answers(&lint::OBJECT)
        .summary("Says what is wrong with a process, or may surprise, without saving it.")
}

pub(super) fn planning(id: &'static str, path: &'static str, access: Access) -> Operation {
    post(id, Place::Space, path, access, plan::of_body)
        .body(&plan::REQUEST)
        .answers(&plan::OBJECT)
        .summary("Says of a process, saved or not, who waits for whom, what runs where, what may overlap and how long it takes.")
}

pub(super) fn comparing(id: &'static str, path: &'static str, access: Access) -> Operation {
    post(id, Place::Space, path, access, diff::of_body)
        .body(&diff::REQUEST)
        .answers(&diff::OBJECT)
        .summary("Says in words what is different between two processes: the saved one, frozen copies, or a draft.")
}

/// The living process, or the frozen copy the path names.
async fn found(call: &Call) -> Result<Document, ApiError> {
    let named = call.document();
    if [KIND, RUNBOOK_PROCESSES].contains(&named.kind.as_str()) {
        return Ok(named.clone());
    }
    let id = format!("deploymentprocess-{}", named.id);
    call.read()
        .await?
        .document(KIND, &id)
        .await?
        .ok_or_else(|| ApiError::not_found(&id))
}

pub(super) fn parse(document: &Document) -> Result<DeploymentProcess, ApiError> {
    serde_json::from_str(&document.body)
        .map_err(|error| ApiError::internal(format!("{}: {error}", document.id)))
}

fn shown(process: &DeploymentProcess) -> Result<Value, ApiError> {
    let mut shown = serde_json::to_value(process.to_public()).map_err(ApiError::internal)?;
    let space = process.space_id.as_str();
    let project = process.project_id.as_ref().map_or("", |id| id.as_str());
    if let Some(runbook) = &process.runbook_id {
        let own = format!("/api/{space}/runbookProcesses/{}", process.id);
        let of_runbook = format!("/api/{space}/runbooks/{runbook}");
        shown["Links"] = json!({
            "Self": own,
            "Project": format!("/api/{space}/projects/{project}"),
            "Runbook": of_runbook,
            "RunbookSnapshotTemplate": format!("{of_runbook}/runbookSnapshotTemplate"),
            "Lint": format!("{own}/lint"),
        });
        return Ok(shown);
    }
    let own = match process.id.snapshot() {
        None => format!("/api/{space}/projects/{project}/deploymentprocesses"),
        Some(_) => format!("/api/{space}/deploymentprocesses/{}", process.id),
    };
    shown["Links"] = json!({
        "Self": own,
        "Template": format!("/api/{space}/projects/{project}/deploymentprocesses/template{{?channel,releaseId}}"),
        "Project": format!("/api/{space}/projects/{project}"),
        "Lint": format!("/api/{space}/projects/{project}/deploymentprocesses/lint"),
    });
    Ok(shown)
}

pub(super) async fn one(call: Call) -> Answer {
    Ok(ok(shown(&parse(&found(&call).await?)?)?))
}

async fn list(call: Call) -> Answer {
    let (skip, take) = call.query.window()?;
    let query = Query {
        kind: KIND.to_owned(),
        space_id: Some(Some(call.space_id().to_owned())),
        ids: call.query.list("ids")?,
        ..Query::default()
    };
    let mut conn = call.read().await?;
    let mut documents = conn.documents(&query).await?.items;
    // Frozen copies belong to releases; they are read by id only.
    documents.retain(|document| query.ids.is_some() || !document.id.contains("-s-"));
    let seen = read::visible(&call, &mut conn, P::ProcessView, documents).await?;
    let total = seen.len() as u64;
    let window = seen
        .iter()
        .skip(usize::try_from(skip).unwrap_or(usize::MAX))
        .take(usize::try_from(take).unwrap_or(usize::MAX));
    let items = window
        .map(|document| shown(&parse(document)?))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(ok(page(
        "DeploymentProcess",
        items,
        total,
        &call.uri_path,
        &call.query,
    )))
}

/// The process the body stands for, as the successor of the stored one.
fn adopted(body: Value, before: &DeploymentProcess) -> Result<DeploymentProcess, Vec<Problem>> {
    let mut body = body;
    body["Id"] = json!(before.id);
    body["SpaceId"] = json!(before.space_id);
    body["ProjectId"] = json!(before.project_id);
    if before.runbook_id.is_some() {
        body["RunbookId"] = json!(before.runbook_id);
    }
    if let Some(body) = body.as_object_mut() {
        body.shift_remove("Links");
    }
    let mut process = validate::read(body)?;
    process.adopt(Some(before), &mut || uuid::Uuid::new_v4().to_string());
    Ok(process)
}

pub(super) async fn replace(mut call: Call) -> Answer {
    let body = call.json().await?;
    let before = found(&call).await?;
    if before.id.contains("-s-") {
        return Err(ApiError::invalid_one(
            "This is a frozen copy and cannot be changed. Change the process of the project or the runbook instead.",
        ));
    }
    let mut tx = call.begin().await?;
    let before = tx
        .document(&before.kind, &before.id)
        .await?
        .ok_or_else(|| ApiError::not_found(&before.id))?;
    let stored = parse(&before)?;
    if let Err(error) = check_version(&body, &stored) {
        return Err(by_whom(&mut tx, &before.id, error).await?);
    }
    let mut process = adopted(body, &stored).map_err(|problems| refused(&problems))?;
    let mut problems = validate::validate(&process);
    let pools: Vec<WorkerPool> = stored::all(&mut tx, "WorkerPools", call.space_id()).await?;
    problems.extend(validate::worker_pools(&process, &pools));
    if !problems.is_empty() {
        return Err(refused(&problems));
    }
    secret::seal(&call.app, &mut process)?;
    process.version = stored.version + 1;
    process
        .last_snapshot_id
        .clone_from(&stored.last_snapshot_id);
    let mut after = before.clone();
    after.body = serde_json::to_string(&process).map_err(ApiError::internal)?;
    after.updated_at = call.now();
    tx.document_replace(&after).await?;
    let message = format!("{} was changed", called(&stored));
    let changes = differences(&stored, &process);
    version::keep(&mut tx, &call, (&before, &after), &changes).await?;
    let record = Record::about(&after, "Modified", message)
        .changed(&before, &after)
        .says(&changes);
    audit::record(&mut tx, &call.author(), record).await?;
    tx.commit().await?;
    Ok(ok(shown(&process)?))
}

/// A refusal of a stale version says who saved in between: the reader merges, and wants to know with whom.
async fn by_whom(tx: &mut Tx, process: &str, error: ApiError) -> Result<ApiError, ApiError> {
    if error.code() != "StaleVersion" {
        return Ok(error);
    }
    let query = AuditQuery {
        regarding: vec![process.to_owned()],
        categories: vec!["Modified".to_owned()],
        take: Some(1),
        ..AuditQuery::default()
    };
    let last = tx.audit_events(&query).await?.items.pop();
    Ok(match last {
        Some(last) => error
            .fact("SavedBy", last.entry.username)
            .fact("SavedOn", iso(last.entry.occurred_at)),
        None => error,
    })
}

fn called(process: &DeploymentProcess) -> &'static str {
    if process.runbook_id.is_some() {
        "The runbook's process"
    } else {
        "The deployment process"
    }
}

fn check_version(body: &Value, stored: &DeploymentProcess) -> Result<(), ApiError> {
    match body.get("Version").and_then(Value::as_i64) {
        Some(given) if given == i64::from(stored.version) => Ok(()),
        Some(given) => Err(ApiError::stale(
            called(stored),
            given,
            i64::from(stored.version),
        )),
        None => Err(ApiError::invalid_one(
            "Version: this field is required; send the version your change is based on.",
        )),
    }
}

/// 400 with every problem, as sentences and as data for the portal.
fn refused(problems: &[Problem]) -> ApiError {
    let errors: Vec<_> = problems
        .iter()
        .filter(|problem| problem.level == Level::Error)
        .map(|problem| problem.message.clone())
        .collect();
    let details = serde_json::to_value(problems).unwrap_or_default();
    ApiError::invalid(errors).fact("Problems", details)
}

/// The process of a new project.
pub(super) async fn create_empty(project: &mut Change<'_>) -> Result<(), ApiError> {
    let space = project.space_id.clone().unwrap_or_default();
    let (Ok(id), Ok(space)) = (project.id.parse(), space.parse()) else {
        return Err(ApiError::internal("a project without an id"));
    };
    insert(project, &DeploymentProcess::empty(id, space)).await
}

/// The process of a new runbook.
pub(super) async fn create_empty_of_runbook(runbook: &mut Change<'_>) -> Result<(), ApiError> {
    let space = runbook.space_id.clone().unwrap_or_default();
    let project = runbook.text("ProjectId").parse();
    let (Ok(id), Ok(project), Ok(space)) = (runbook.id.parse(), project, space.parse()) else {
        return Err(ApiError::internal("a runbook without an id"));
    };
    insert(
        runbook,
        &DeploymentProcess::empty_of_runbook(id, project, space),
    )
    .await
}

/// Stores the process of a new project or runbook.
pub(super) async fn insert(
    owner: &mut Change<'_>,
    process: &DeploymentProcess,
) -> Result<(), ApiError> {
    let body = serde_json::to_value(process).map_err(ApiError::internal)?;
    let document = write::part(
        process_kind(process.id.as_str()),
        process.id.as_str(),
        (owner.space_id.clone(), &owner.id),
        (&body, owner.now),
    );
    Ok(owner.tx.document_insert(&document).await?)
}
