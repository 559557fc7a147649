//! Runbooks of projects. Each has a process of its own ([`process`]), snapshots that freeze it ([`snapshot`]), and
//! runs of those ([`run`]), which the same engine carries out as deployments.

use regatta_core::permission::Permission as P;
use regatta_core::runbook::Runbook;
use regatta_core::tag_set::TagScope;
use regatta_store::Order;
use serde_json::{Value, json};

use super::deployment_process;
use super::project::{CONNECTIVITY, CONNECTIVITY_DEFAULT, GUIDED, TENANTED};
use super::tag_set::carries;
use crate::call::{Call, created as created_answer};
use crate::error::ApiError;
use crate::names;
use crate::operation::{Answer, From, Operation, Place, get, needs, post};
use crate::remains;
use crate::resource::cloning::{self, Cloning};
use crate::resource::{self, Change, Hooks, Resource, View, read, write};
use crate::shape::{
    BOOL, DESCRIPTION, ID, INT, LINKS_FIELD, MODIFIED_BY, MODIFIED_ON, NAME, Object, SLUG,
    SPACE_ID, Shape, TEXT, TEXTS, field,
};

mod copy;
mod find;
mod forget;
mod open_to;
mod preview;
mod process;
pub(super) mod run;
pub(super) mod snapshot;
mod template;

use find::{named, of_path};
pub(super) use forget::forget;
use open_to::open_to;

pub(super) const KIND: &str = "Runbooks";

static RETENTION: Object = Object {
    name: "RunbookRetentionPolicy",
    fields: &[
        field("Strategy", TEXT),
        field("QuantityToKeep", INT),
        field("Unit", TEXT),
        field("ShouldKeepForever", BOOL),
    ],
};

static OBJECT: Object = Object {
    name: "Runbook",
    fields: &[
        ID,
        SPACE_ID,
        NAME,
        SLUG,
        DESCRIPTION,
        field("ProjectId", TEXT).required(),
        field("RunbookProcessId", TEXT).read_only(),
        field("ClonedFromRunbookId", TEXT).read_only(),
        field("PublishedRunbookSnapshotId", TEXT)
            .or("null")
            .about("What is run when nobody names a snapshot; setting it publishes."),
        field("MultiTenancyMode", TENANTED).or("\"Untenanted\""),
        field("ConnectivityPolicy", Shape::Object(&CONNECTIVITY)).or(CONNECTIVITY_DEFAULT),
        field(
            "EnvironmentScope",
            Shape::Word(&["All", "Specified", "FromProjectLifecycles"]),
        )
        .or("\"All\""),
        field("Environments", TEXTS)
            .or("[]")
            .about("Where it runs, with the scope Specified."),
        field("DefaultGuidedFailureMode", GUIDED).or("\"EnvironmentDefault\""),
        field("RunRetentionPolicy", Shape::Object(&RETENTION)).or(
            r#"{"Strategy":"Count","QuantityToKeep":100,"Unit":"Items","ShouldKeepForever":false}"#,
        ),
        field("ForcePackageDownload", BOOL).or("false"),
        field("RunbookTags", TEXTS).or("[]"),
        field(
            "Regatta.FailurePolicy",
            Shape::Word(&["FinishBranches", "StartNothingNew", "CancelRunning"]),
        )
        .or("\"FinishBranches\"")
        .kept(),
        MODIFIED_ON,
        MODIFIED_BY,
        LINKS_FIELD,
    ],
};

static CLONED: Object = Object {
    name: "RunbookClone",
    fields: &[NAME, DESCRIPTION, field("ProjectId", TEXT)],
};

static CLONING: Cloning = Cloning {
    resource: &RUNBOOK,
    asked: &CLONED,
    sees: &[P::RunbookView],
    drops: &["Slug", "PublishedRunbookSnapshotId"],
    source_key: "ClonedFromRunbookId",
};

pub static RUNBOOK: Resource = Resource {
    kind: KIND,
    item_type: "Runbook",
    place: Place::Space,
    names: names!("runbook", "/runbooks"),
    object: &OBJECT,
    view: P::RunbookView,
    // It has a handler of its own, because the same request can also clone.
    create: None,
    edit: Some(P::RunbookEdit),
    delete: Some(P::RunbookEdit),
    name_key: "Name",
    name_is_unique: true,
    has_slug: true,
    order: Order::Name,
    hooks: Hooks {
        prepare: |change| Box::pin(prepare(change)),
        created: |change| Box::pin(created(change)),
        deleting: |change| Box::pin(forget::deleting(change)),
        deleted: |app| Box::pin(async { Ok(remains::tasks::remove(app).await?) }),
        owner_key: Some("ProjectId"),
        view,
        filters: &[("projectIds", "project")],
        tags: |body| {
            let project = body.get("ProjectId").and_then(Value::as_str);
            project
                .map(|id| format!("project:{id}"))
                .into_iter()
                .collect()
        },
        ..Hooks::NONE
    },
};

pub(super) fn operations() -> Vec<Operation> {
    let space = Place::Space;
    let view = needs(P::RunbookView, From::Document(KIND, "id"));
    let of_project = needs(P::RunbookView, From::Project("project"));
    let mut all = resource::operations(&RUNBOOK);
    all.extend([
        post(
            "runbookCreate",
            space,
            "/runbooks",
            needs(P::RunbookEdit, From::Items),
            create,
        )
        .body(&OBJECT)
        .answers(&OBJECT)
        .query(&["clone"])
        .summary("Creates a runbook; with ?clone={id} from another one."),
        get(
            "projectRunbookList",
            space,
            "/projects/{project}/runbooks",
            of_project,
            find::list_of_project,
        )
        .answers_page(&OBJECT)
        .query(&["skip", "take", "ids", "partialName"]),
        get(
            "projectRunbookGet",
            space,
            "/projects/{project}/runbooks/{runbook}",
            of_project,
            find::one_of_project,
        )
        .answers(&OBJECT),
        get(
            "runbookEnvironments",
            space,
            "/runbooks/{id}/environments",
            view,
            open_to::environments,
        )
        .summary("Where the runbook may run."),
        get(
            "projectRunbookEnvironments",
            space,
            "/projects/{project}/runbooks/{runbook}/environments",
            of_project,
            open_to::environments_of_project,
        )
        .summary("Where the runbook may run."),
    ]);
    all.extend(template::operations());
    all.extend(process::operations());
    all.extend(snapshot::operations());
    all.extend(run::operations());
    all.extend(preview::operations());
    all
}

fn view(view: &mut View<'_>) {
    let id = view.id;
    view.body.insert(
        "RunbookProcessId".to_owned(),
        json!(format!("RunbookProcess-{id}")),
    );
    let project = view.body.get("ProjectId").and_then(Value::as_str);
    let project = project.unwrap_or_default().to_owned();
    for (name, path) in [
        ("RunbookSnapshotTemplate", "/runbookSnapshotTemplate"),
        ("RunbookRunTemplate", "/runbookRunTemplate"),
        (
            "RunbookRunPreview",
            "/runbookRuns/preview/{environment}{?includeDisabledSteps}",
        ),
        ("RunbookEnvironments", "/environments"),
    ] {
        view.link(name, &format!("/runbooks/{id}{path}"));
    }
    view.link(
        "RunbookSnapshots",
        &format!("/projects/{project}/runbooks/{id}/runbookSnapshots{{?skip,take,searchByName}}"),
    );
    view.link(
        "RunbookProcesses",
        &format!("/runbookProcesses/RunbookProcess-{id}"),
    );
    view.link("CreateRunbookRun", "/runbookRuns");
    view.link("RunbookRuns", &format!("/runbookRuns?runbooks={id}"));
    view.link("Project", &format!("/projects/{project}"));
}

async fn prepare(change: &mut Change<'_>) -> Result<(), ApiError> {
    change.refers("ProjectId", "Projects").await?;
    change.refers("Environments", "Environments").await?;
    if let Some(before) = &change.before
        && before.get("ProjectId") != change.body.get("ProjectId")
    {
        return Err(ApiError::invalid_one(
            "ProjectId: a runbook cannot move to another project. Clone it instead.",
        ));
    }
    let published = change.text("PublishedRunbookSnapshotId").to_owned();
    if published.is_empty() {
        change.set("PublishedRunbookSnapshotId", Value::Null);
    } else {
        let found = change.tx.document(snapshot::KIND, &published).await?;
        if found.is_none_or(|found| found.owner_id.as_deref() != Some(change.id.as_str())) {
            return Err(ApiError::invalid_one(format!(
                "PublishedRunbookSnapshotId: '{published}' is no snapshot of this runbook."
            )));
        }
    }
    carries(change, "RunbookTags", TagScope::Runbook).await?;
    change.is_a::<Runbook>()
}

async fn created(change: &mut Change<'_>) -> Result<(), ApiError> {
    let source = change.text("ClonedFromRunbookId").to_owned();
    if source.is_empty() {
        deployment_process::create_empty_of_runbook(change).await
    } else {
        copy::process(change, &source).await
    }
}

async fn create(mut call: Call) -> Answer {
    let Some(source) = call.query.get("clone").map(str::to_owned) else {
        return write::create(&RUNBOOK, call).await;
    };
    let (cloned, tx) = cloning::create_open(&CLONING, &mut call, &source).await?;
    tx.commit().await?;
    Ok(created_answer(read::view(&RUNBOOK, &cloned.document)))
}
