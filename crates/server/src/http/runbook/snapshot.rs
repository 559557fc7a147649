//! Snapshots of runbooks: process and variables frozen under a name. One of them may be published.

use regatta_core::permission::Permission as P;
use regatta_store::Order;
use serde_json::Value;

use crate::names;
use crate::operation::{From, Operation, Place, delete, get, needs, post, put};
use crate::resource::{self, Hooks, Resource};
use crate::shape::{
    ID, LINKS_FIELD, MODIFIED_BY, MODIFIED_ON, Object, SPACE_ID, Shape, TEXT, TEXTS, TIME, field,
};

mod find;
mod make;
mod remove;

pub(super) use find::{named, next_name};
pub(super) use remove::forget;

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
        prepare: |change| Box::pin(make::prepare(change)),
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
    let create_access = needs(P::RunbookEdit, From::Items);
    let edit = needs(P::RunbookEdit, From::Document(KIND, "id"));
    let mut all = resource::operations(&SNAPSHOT);
    all.extend([
        post("runbookSnapshotCreate", space, "/runbooksnapshots", create_access, make::create)
            .body(&OBJECT)
            .answers(&OBJECT)
            .query(&["publish"])
            .summary("Freezes process and variables of a runbook; with ?publish=true they are what is run from now on."),
        post(
            "projectRunbookSnapshotCreate",
            space,
            "/projects/{project}/runbooksnapshots",
            create_access,
            make::create,
        )
        .body(&OBJECT)
        .answers(&OBJECT)
        .query(&["publish"]),
        put("runbookSnapshotReplace", space, "/runbooksnapshots/{id}", edit, make::replace)
            .body(&EDIT)
            .answers(&OBJECT)
            .summary("Changes name and notes; what is frozen stays."),
        delete("runbookSnapshotDelete", space, "/runbooksnapshots/{id}", edit, remove::remove),
        post(
            "runbookSnapshotVariables",
            space,
            "/runbooksnapshots/{id}/snapshot-variables",
            edit,
            make::snapshot_variables,
        )
        .answers(&OBJECT)
        .acts()
        .summary("Freezes the variables again, as they are now; the process stays."),
    ]);
    all.extend(finding());
    all
}

/// Snapshots of a runbook, and of a project.
fn finding() -> [Operation; 5] {
    let space = Place::Space;
    let view_runbook = needs(P::RunbookView, From::Document(super::KIND, "id"));
    let of_project = needs(P::RunbookView, From::Project("project"));
    [
        get(
            "runbookSnapshotsOfRunbook",
            space,
            "/runbooks/{id}/runbooksnapshots",
            view_runbook,
            find::of_runbook,
        )
        .answers_page(&OBJECT)
        .query(WINDOW),
        get(
            "runbookSnapshotsOfProject",
            space,
            "/projects/{project}/runbooksnapshots",
            of_project,
            find::of_project,
        )
        .answers_page(&OBJECT)
        .query(WINDOW),
        get(
            "runbookSnapshotOfProject",
            space,
            "/projects/{project}/runbooksnapshots/{snapshot}",
            of_project,
            find::one_of_any_runbook,
        )
        .answers(&OBJECT)
        .summary("By id or name; of several with the name, the newest."),
        get(
            "projectRunbookSnapshotList",
            space,
            "/projects/{project}/runbooks/{runbook}/runbooksnapshots",
            of_project,
            find::of_runbook_of_project,
        )
        .answers_page(&OBJECT)
        .query(WINDOW),
        get(
            "projectRunbookSnapshotGet",
            space,
            "/projects/{project}/runbooks/{runbook}/runbooksnapshots/{snapshot}",
            of_project,
            find::one_of_project,
        )
        .answers(&OBJECT),
    ]
}
