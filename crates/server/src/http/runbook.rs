//! Runbooks of projects. Each has a process of its own ([`process`]), snapshots that freeze it ([`snapshot`]), and
//! runs of those ([`run`]), which the same engine carries out as deployments.

use regatta_core::environment::Environment;
use regatta_core::permission::Permission as P;
use regatta_core::project::Project;
use regatta_core::runbook::Runbook;
use regatta_core::tag_set::TagScope;
use regatta_store::{Conn, Document, Order, Query, TaskQuery, Tx};
use serde_json::{Value, json};

use super::deployment::allowed;
use super::deployment_process::template;
use super::project::{CONNECTIVITY, CONNECTIVITY_DEFAULT, GUIDED, TENANTED};
use super::tag_set::carries;
use super::{deployment_process, environment};
use crate::call::{Call, created as created_answer, ok};
use crate::error::ApiError;
use crate::names;
use crate::operation::{Answer, From, Operation, Place, get, needs, post};
use crate::page::page;
use crate::resource::{self, Body, Change, Hooks, Resource, View, cloning, read, write};
use crate::shape::{
    BOOL, DESCRIPTION, ID, INT, LINKS_FIELD, MODIFIED_BY, MODIFIED_ON, NAME, Object, SLUG,
    SPACE_ID, Shape, TEXT, TEXTS, field,
};
use crate::stored;

mod copy;
mod preview;
mod process;
mod run;
pub(super) mod snapshot;

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
        .or("\"FinishBranches\""),
        MODIFIED_ON,
        MODIFIED_BY,
        LINKS_FIELD,
    ],
};

static CLONED: Object = Object {
    name: "RunbookClone",
    fields: &[NAME, DESCRIPTION, field("ProjectId", TEXT)],
};

static TEMPLATE: Object = Object {
    name: "RunbookSnapshotTemplate",
    fields: &[
        field("NextNameIncrement", TEXT),
        field("RunbookId", TEXT),
        field("RunbookProcessId", TEXT),
        field("Packages", Shape::List(&Shape::Any)),
        field("GitResources", Shape::List(&Shape::Any)),
    ],
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
        deleting: |change| Box::pin(deleting(change)),
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
            list_of_project,
        )
        .answers_page(&OBJECT)
        .query(&["skip", "take", "partialName"]),
        get(
            "projectRunbookGet",
            space,
            "/projects/{project}/runbooks/{runbook}",
            of_project,
            one_of_project,
        )
        .answers(&OBJECT),
        get(
            "runbookEnvironments",
            space,
            "/runbooks/{id}/environments",
            view,
            environments,
        )
        .summary("Where the runbook may run."),
        get(
            "projectRunbookEnvironments",
            space,
            "/projects/{project}/runbooks/{runbook}/environments",
            of_project,
            environments_of_project,
        )
        .summary("Where the runbook may run."),
    ]);
    all.extend(template_operations());
    all.extend(process::operations());
    all.extend(snapshot::operations());
    all.extend(run::operations());
    all.extend(preview::operations());
    all
}

fn template_operations() -> [Operation; 2] {
    [
        get(
            "runbookSnapshotTemplate",
            Place::Space,
            "/runbooks/{id}/runbooksnapshottemplate",
            needs(P::RunbookView, From::Document(KIND, "id")),
            snapshot_template,
        )
        .answers(&TEMPLATE)
        .summary("What a new snapshot has to say: a name, and its packages."),
        get(
            "projectRunbookSnapshotTemplate",
            Place::Space,
            "/projects/{project}/runbooks/{runbook}/runbooksnapshottemplate",
            needs(P::RunbookView, From::Project("project")),
            snapshot_template_of_project,
        )
        .answers(&TEMPLATE),
    ]
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
    let source = change.query.get("clone").map(str::to_owned);
    if let Some(source) = source.filter(|_| change.before.is_none()) {
        change.set("ClonedFromRunbookId", source);
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

async fn deleting(change: &mut Change<'_>) -> Result<(), ApiError> {
    let open = TaskQuery {
        runbook_id: Some(change.id.clone()),
        is_active: true,
        ..TaskQuery::default()
    };
    match change.tx.task_count(&open).await? {
        0 => forget(change.tx, &change.id).await,
        count => Err(ApiError::conflict(
            "InUse",
            format!("{count} runs of this runbook have not ended."),
        )
        .help("Wait until they have ended, or cancel them.")),
    }
}

/// Removes everything that belongs to a runbook.
pub(super) async fn forget(tx: &mut Tx, runbook: &str) -> Result<(), ApiError> {
    let owned = |kind: &str| Query {
        kind: kind.to_owned(),
        owner_id: Some(runbook.to_owned()),
        ..Query::default()
    };
    for document in tx.documents(&owned(snapshot::KIND)).await?.items {
        snapshot::forget(tx, &document).await?;
    }
    for kind in [stored::RUNBOOK_PROCESSES, deployment_process::version::KIND] {
        for document in tx.documents(&owned(kind)).await?.items {
            tx.document_delete(kind, &document.id).await?;
        }
    }
    let runs = Query {
        kind: run::KIND.to_owned(),
        tags: vec![vec![format!("runbook:{runbook}")]],
        ..Query::default()
    };
    for document in tx.documents(&runs).await?.items {
        tx.document_delete(run::KIND, &document.id).await?;
    }
    Ok(())
}

async fn create(mut call: Call) -> Answer {
    let Some(source) = call.query.get("clone").map(str::to_owned) else {
        return write::create(&RUNBOOK, call).await;
    };
    let (found, asked) =
        cloning::source((&RUNBOOK, &source), &mut call, (&CLONED, &[P::RunbookView])).await?;
    let mut body: Body = read::body(&found);
    for key in ["Slug", "PublishedRunbookSnapshotId", "ClonedFromRunbookId"] {
        body.shift_remove(key);
    }
    body.extend(
        asked
            .into_iter()
            .filter(|(_, value)| !value.is_null() && value != ""),
    );
    let (document, tx) = write::create_open(&RUNBOOK, &mut call, body).await?;
    tx.commit().await?;
    Ok(created_answer(read::view(&RUNBOOK, &document)))
}

async fn list_of_project(call: Call) -> Answer {
    let (skip, take) = call.query.window()?;
    let query = Query {
        kind: KIND.to_owned(),
        owner_id: Some(call.document().id.clone()),
        ids: call.query.list("ids")?,
        partial_name: call.query.get("partialName").map(str::to_owned),
        skip,
        take: Some(take),
        ..Query::default()
    };
    let found = call.read().await?.documents(&query).await?;
    let items = found.items.iter();
    let items = items.map(|document| read::view(&RUNBOOK, document));
    Ok(ok(page(
        RUNBOOK.item_type,
        items.collect(),
        found.total,
        call.uri_path.trim_end_matches('/'),
        &call.query,
    )))
}

/// The runbook of a project with this id, slug or name.
async fn named(conn: &mut Conn, project: &str, wanted: &str) -> Result<Document, ApiError> {
    let wanted = wanted.trim();
    let own = Query {
        kind: KIND.to_owned(),
        owner_id: Some(project.to_owned()),
        take: Some(1),
        ..Query::default()
    };
    // One question each, so that it takes no longer with many runbooks.
    for query in [
        Query {
            ids: Some(vec![wanted.to_owned()]),
            ..own.clone()
        },
        Query {
            slug: Some(wanted.to_lowercase()),
            ..own.clone()
        },
        Query {
            name: Some(wanted.to_owned()),
            ..own
        },
    ] {
        if let Some(found) = conn.documents(&query).await?.items.pop() {
            return Ok(found);
        }
    }
    Err(ApiError::not_found(wanted).help("The project has no runbook with this name, id or slug."))
}

/// The runbook that the path names inside its project.
async fn of_path(call: &Call, conn: &mut Conn) -> Result<Document, ApiError> {
    named(conn, &call.document().id, call.parameter("runbook")).await
}

async fn one_of_project(call: Call) -> Answer {
    let found = of_path(&call, &mut call.read().await?).await?;
    Ok(ok(read::view(&RUNBOOK, &found)))
}

async fn snapshot_template(call: Call) -> Answer {
    shown_template(&call, call.document()).await
}

async fn snapshot_template_of_project(call: Call) -> Answer {
    let runbook = of_path(&call, &mut call.read().await?).await?;
    shown_template(&call, &runbook).await
}

async fn shown_template(call: &Call, runbook: &Document) -> Answer {
    let mut conn = call.read().await?;
    let process = stored::process(&mut conn, &format!("RunbookProcess-{}", runbook.id)).await?;
    let name = snapshot::next_name(&mut conn, &runbook.id).await?;
    drop(conn);
    Ok(ok(json!({
        "NextNameIncrement": name,
        "RunbookId": runbook.id,
        "RunbookProcessId": process.id,
        "Packages": template::packages(call, &process, None).await?,
        "GitResources": [],
    })))
}

/// Where a runbook may run, in the order of the space's environments.
async fn open_to(conn: &mut Conn, runbook: &Document) -> Result<Vec<Document>, ApiError> {
    let parsed: Runbook = stored::parse(runbook)?;
    let project: Project = stored::need(conn, "Projects", parsed.project_id.as_str()).await?;
    let lifecycles = allowed::lifecycles(conn, &project).await?;
    let query = Query {
        kind: "Environments".to_owned(),
        space_id: Some(runbook.space_id.clone()),
        order: Order::Sorted,
        ..Query::default()
    };
    let documents = conn.documents(&query).await?.items;
    let all: Vec<Environment> = documents
        .iter()
        .map(stored::parse)
        .collect::<Result<_, _>>()?;
    let open = documents.into_iter().zip(&all);
    let open = open.filter(|(_, environment)| parsed.runs_in(&environment.id, &lifecycles, &all));
    Ok(open.map(|(document, _)| document).collect())
}

async fn shown_environments(call: &Call, conn: &mut Conn, runbook: &Document) -> Answer {
    let open = open_to(conn, runbook).await?;
    let seen = read::visible(call, conn, P::EnvironmentView, open).await?;
    Ok(ok(seen
        .iter()
        .map(|document| read::view(&environment::ENVIRONMENT, document))
        .collect()))
}

async fn environments(call: Call) -> Answer {
    let mut conn = call.read().await?;
    shown_environments(&call, &mut conn, call.document()).await
}

async fn environments_of_project(call: Call) -> Answer {
    let mut conn = call.read().await?;
    let runbook = of_path(&call, &mut conn).await?;
    shown_environments(&call, &mut conn, &runbook).await
}
