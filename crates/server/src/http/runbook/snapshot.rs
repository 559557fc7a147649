//! Snapshots of runbooks: process and variables frozen under a name. One of them may be published.

use regatta_core::permission::Permission as P;
use regatta_core::process::{DeploymentProcess, validate};
use regatta_store::{Conn, Document, Order, Query, TaskQuery, Tx};
use serde_json::{Value, json};

use super::{RUNBOOK, of_path};
use crate::audit::{self, Record};
use crate::call::{Call, created, done, ok};
use crate::error::ApiError;
use crate::http::release::freeze;
use crate::names;
use crate::operation::{Answer, From, Operation, Place, delete, get, needs, post, put};
use crate::page::page;
use crate::resource::read::{self, body as body_of};
use crate::resource::{self, Body, Change, Hooks, Resource, texts, write};
use crate::shape::{
    ID, LINKS_FIELD, MODIFIED_BY, MODIFIED_ON, Object, SPACE_ID, Shape, TEXT, TEXTS, TIME, field,
};
use crate::stored;
use crate::time_text::iso;

pub(in crate::http) const KIND: &str = "RunbookSnapshots";
const WINDOW: &[&str] = &["skip", "take", "searchByName"];

static OBJECT: Object = Object {
    name: "RunbookSnapshot",
    fields: &[
        ID,
        SPACE_ID,
        field("Name", TEXT)
            .max(200)
            .about("Unique in the runbook; the next number when left out."),
        field("Notes", TEXT).or("null").max(100_000),
        field("ProjectId", TEXT).about("The runbook's."),
        field("RunbookId", TEXT).required(),
        field("SelectedPackages", Shape::List(&Shape::Any)).or("[]"),
        field("SelectedGitResources", Shape::List(&Shape::Any)).or("[]"),
        field("Assembled", TIME).read_only(),
        field("FrozenRunbookProcessId", TEXT).read_only(),
        field("FrozenProjectVariableSetId", TEXT).read_only(),
        field("LibraryVariableSetSnapshotIds", TEXTS).read_only(),
        MODIFIED_ON,
        MODIFIED_BY,
        LINKS_FIELD,
    ],
};

/// What may be changed afterwards.
static EDIT: Object = Object {
    name: "RunbookSnapshotEdit",
    fields: &[
        field("Name", TEXT).max(200),
        field("Notes", TEXT).max(100_000),
    ],
};

pub(super) static SNAPSHOT: Resource = Resource {
    kind: KIND,
    item_type: "RunbookSnapshot",
    place: Place::Space,
    names: names!("runbookSnapshot", "/runbooksnapshots"),
    object: &OBJECT,
    view: P::RunbookView,
    create: None,
    edit: None,
    delete: None,
    name_key: "Name",
    name_is_unique: true,
    has_slug: false,
    order: Order::Newest,
    hooks: Hooks {
        prepare: |change| Box::pin(prepare(change)),
        owner_key: Some("RunbookId"),
        view: |view| {
            let id = view.id;
            let text = |key: &str| {
                let value = view.body.get(key).and_then(Value::as_str);
                value.unwrap_or_default().to_owned()
            };
            let (runbook, project) = (text("RunbookId"), text("ProjectId"));
            let (process, variables) = (
                text("FrozenRunbookProcessId"),
                text("FrozenProjectVariableSetId"),
            );
            for (name, path) in [
                ("Project", format!("/projects/{project}")),
                ("Runbook", format!("/runbooks/{runbook}")),
                (
                    "FrozenRunbookProcess",
                    format!("/runbookProcesses/{process}"),
                ),
                ("VariableSnapshot", format!("/variables/{variables}")),
                (
                    "SnapshotVariables",
                    format!("/runbookSnapshots/{id}/snapshot-variables"),
                ),
                (
                    "RunbookRuns",
                    format!("/runbookSnapshots/{id}/runbookRuns{{?skip,take}}"),
                ),
                (
                    "RunbookRunTemplate",
                    format!("/runbookSnapshots/{id}/runbookRuns/template"),
                ),
                (
                    "RunbookRunPreview",
                    format!(
                        "/runbookSnapshots/{id}/runbookRuns/preview/{{environment}}{{?includeDisabledSteps}}"
                    ),
                ),
            ] {
                view.link(name, &path);
            }
        },
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
    let view_runbook = needs(P::RunbookView, From::Document(super::KIND, "id"));
    let of_project = needs(P::RunbookView, From::Project("project"));
    let create_access = needs(P::RunbookEdit, From::Items);
    let edit = needs(P::RunbookEdit, From::Document(KIND, "id"));
    let mut all = resource::operations(&SNAPSHOT);
    all.extend([
        post("runbookSnapshotCreate", space, "/runbooksnapshots", create_access, create)
            .body(&OBJECT)
            .answers(&OBJECT)
            .query(&["publish"])
            .summary("Freezes process and variables of a runbook; with ?publish=true they are what is run from now on."),
        post(
            "projectRunbookSnapshotCreate",
            space,
            "/projects/{project}/runbooksnapshots",
            create_access,
            create,
        )
        .body(&OBJECT)
        .answers(&OBJECT)
        .query(&["publish"]),
        put("runbookSnapshotReplace", space, "/runbooksnapshots/{id}", edit, replace)
            .body(&EDIT)
            .answers(&OBJECT)
            .summary("Changes name and notes; what is frozen stays."),
        delete("runbookSnapshotDelete", space, "/runbooksnapshots/{id}", edit, remove),
        post(
            "runbookSnapshotVariables",
            space,
            "/runbooksnapshots/{id}/snapshot-variables",
            edit,
            snapshot_variables,
        )
        .answers(&OBJECT)
        .acts()
        .summary("Freezes the variables again, as they are now; the process stays."),
        get(
            "runbookSnapshotsOfRunbook",
            space,
            "/runbooks/{id}/runbooksnapshots",
            view_runbook,
            of_runbook,
        )
        .answers_page(&OBJECT)
        .query(WINDOW),
        get(
            "projectRunbookSnapshotList",
            space,
            "/projects/{project}/runbooks/{runbook}/runbooksnapshots",
            of_project,
            of_runbook_of_project,
        )
        .answers_page(&OBJECT)
        .query(WINDOW),
        get(
            "projectRunbookSnapshotGet",
            space,
            "/projects/{project}/runbooks/{runbook}/runbooksnapshots/{snapshot}",
            of_project,
            one_of_project,
        )
        .answers(&OBJECT),
    ]);
    all
}

/// The name the next snapshot gets when nobody chooses one.
pub(super) async fn next_name(conn: &mut Conn, runbook: &str) -> Result<String, ApiError> {
    let all = conn.documents(&owned(runbook)).await?.items;
    let numbers = all.iter().filter_map(|snapshot| {
        let number = snapshot.name.strip_prefix("Snapshot ")?;
        number.parse::<u64>().ok()
    });
    Ok(format!("Snapshot {}", numbers.max().unwrap_or(0) + 1))
}

fn owned(runbook: &str) -> Query {
    Query {
        kind: KIND.to_owned(),
        owner_id: Some(runbook.to_owned()),
        order: Order::Newest,
        ..Query::default()
    }
}

/// The snapshot of a runbook with this id or name.
pub(super) async fn named(
    conn: &mut Conn,
    runbook: &Document,
    wanted: &str,
) -> Result<Document, ApiError> {
    let is_it = |own: &str| own.eq_ignore_ascii_case(wanted.trim());
    let all = conn.documents(&owned(&runbook.id)).await?.items;
    let found = all
        .into_iter()
        .find(|snapshot| is_it(&snapshot.id) || is_it(&snapshot.name));
    found.ok_or_else(|| {
        ApiError::not_found(wanted).help(format!(
            "The runbook {} has no such snapshot.",
            runbook.name
        ))
    })
}

async fn create(mut call: Call) -> Answer {
    let publish = call.query.flag("publish")?.unwrap_or(false);
    let Value::Object(mut body) = call.json().await? else {
        return Err(ApiError::invalid_one("The request body must be an object."));
    };
    let runbook = {
        let wanted = body.get("RunbookId").and_then(Value::as_str);
        let wanted = wanted.unwrap_or_default().to_owned();
        let mut conn = call.read().await?;
        let runbook = call.find(&mut conn, super::KIND, &wanted).await?;
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
async fn prepare(change: &mut Change<'_>) -> Result<(), ApiError> {
    if change.before.is_some() {
        return Ok(());
    }
    let (runbook, project) = (change.text("RunbookId"), change.text("ProjectId"));
    let process = format!("RunbookProcess-{runbook}");
    let project = project.to_owned();
    check_process(change, &process).await?;
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
async fn check_process(change: &mut Change<'_>, id: &str) -> Result<(), ApiError> {
    let process: DeploymentProcess = stored::process(change.tx, id).await?;
    if process.steps.is_empty() {
        return Err(ApiError::invalid_one(
            "The runbook has no steps. Add at least one step before taking a snapshot.",
        ));
    }
    let problems = validate::validate(&process);
    if problems.is_empty() {
        return Ok(());
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
        .document(super::KIND, runbook)
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

async fn replace(mut call: Call) -> Answer {
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
async fn snapshot_variables(call: Call) -> Answer {
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

fn runs(snapshot: &str) -> Query {
    Query {
        kind: super::run::KIND.to_owned(),
        tags: vec![vec![format!("snapshot:{snapshot}")]],
        ..Query::default()
    }
}

fn variable_copies(snapshot: &Body) -> Vec<String> {
    let own = snapshot.get("FrozenProjectVariableSetId");
    let own = own.and_then(Value::as_str).map(str::to_owned);
    own.into_iter()
        .chain(texts(snapshot, "LibraryVariableSetSnapshotIds"))
        .collect()
}

/// Removes a snapshot with what it froze.
pub(super) async fn forget(tx: &mut Tx, snapshot: &Document) -> Result<(), ApiError> {
    let body = body_of(snapshot);
    let mut copies = variable_copies(&body);
    let process = body.get("FrozenRunbookProcessId").and_then(Value::as_str);
    copies.extend(process.map(str::to_owned));
    freeze::forget(tx, &copies).await?;
    freeze::forget_kept_for(tx, &snapshot.id).await?;
    tx.document_delete(KIND, &snapshot.id).await?;
    Ok(())
}

/// Refused while it is published, or a run of it has not ended. Its runs go with it.
async fn remove(call: Call) -> Answer {
    let snapshot = call.document().clone();
    let mut tx = call.begin().await?;
    let runbook_id = snapshot.owner_id.clone().unwrap_or_default();
    let runbook = tx.document(RUNBOOK.kind, &runbook_id).await?;
    let published = runbook.as_ref().map(body_of);
    let published = published.and_then(|body| body.get("PublishedRunbookSnapshotId").cloned());
    if published == Some(json!(snapshot.id)) {
        return Err(ApiError::conflict("InUse", "This snapshot is published.")
            .help("Publish another one first."));
    }
    let made = tx.documents(&runs(&snapshot.id)).await?.items;
    let open = TaskQuery {
        runbook_id: Some(runbook_id),
        is_active: true,
        ..TaskQuery::default()
    };
    let open = tx.tasks(&open).await?.items;
    let is_open = |run: &Document| {
        open.iter()
            .any(|task| task.deployment_id.as_ref() == Some(&run.id))
    };
    if made.iter().any(is_open) {
        return Err(
            ApiError::conflict("InUse", "A run of this snapshot has not ended.")
                .help("Wait until it has ended, or cancel it."),
        );
    }
    for run in made {
        tx.document_delete(&run.kind, &run.id).await?;
    }
    forget(&mut tx, &snapshot).await?;
    let message = format!("{} was deleted", snapshot.name);
    let record = Record::about(&snapshot, "Deleted", message);
    audit::record(&mut tx, &call.author(), record).await?;
    tx.commit().await?;
    Ok(done())
}

async fn list(call: &Call, runbook: &str) -> Answer {
    let (skip, take) = call.query.window()?;
    let query = Query {
        partial_name: call.query.get("searchByName").map(str::to_owned),
        skip,
        take: Some(take),
        ..owned(runbook)
    };
    let found = call.read().await?.documents(&query).await?;
    let items = found.items.iter();
    let items = items.map(|document| read::view(&SNAPSHOT, document));
    Ok(ok(page(
        SNAPSHOT.item_type,
        items.collect(),
        found.total,
        call.uri_path.trim_end_matches('/'),
        &call.query,
    )))
}

async fn of_runbook(call: Call) -> Answer {
    list(&call, &call.document().id).await
}

async fn of_runbook_of_project(call: Call) -> Answer {
    let runbook = of_path(&call, &mut call.read().await?).await?;
    list(&call, &runbook.id).await
}

async fn one_of_project(call: Call) -> Answer {
    let mut conn = call.read().await?;
    let runbook = of_path(&call, &mut conn).await?;
    let found = named(&mut conn, &runbook, call.parameter("snapshot")).await?;
    Ok(ok(read::view(&SNAPSHOT, &found)))
}
