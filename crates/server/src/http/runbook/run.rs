//! Runs of runbooks: what is asked for, from either endpoint. They are queued, carried out and listed as deployments
//! are.

use regatta_core::permission::Permission as P;
use regatta_store::Document;
use serde_json::{Value, json};

use super::snapshot::SNAPSHOT;
use super::{RUNBOOK, named, snapshot};
use crate::call::{Call, created, ok};
use crate::driver::run_kind::RunKind;
use crate::error::ApiError;
use crate::http::deployment::keys::{HOW, HOW_V1, MADE, NAMED, PROJECT_V1, TENANTS_V1, WHERE};
use crate::http::deployment::read::{self as requests, Requests};
use crate::http::deployment::request::{self, How, Place as Where, Wanted, text, texts};
use crate::http::deployment::{idempotency, queue::task_id, tenanted};
use crate::http::release;
use crate::operation::{Answer, From, Operation, Place, delete, get, needs, post};
use crate::resource::read::body as body_of;
use crate::scope;
use crate::shape::{BOOL, Field, ID, Object, SPACE_ID, Shape, TEXT, TEXTS, field, joined};

mod view;

use view::view;

pub(in crate::http) const KIND: &str = RunKind::RunbookRun.documents();

const HEAD: [Field; 11] = joined(
    [
        ID,
        SPACE_ID,
        field("RunbookId", TEXT).about("Its published snapshot is run when none is named."),
        field("RunbookSnapshotId", TEXT),
    ],
    WHERE,
);
const OF_SNAPSHOT: [Field; 3] = joined([field("FrozenRunbookProcessId", TEXT).read_only()], MADE);
const TAIL: [Field; 11] = joined(HOW, OF_SNAPSHOT);
static FIELDS: [Field; 22] = joined(HEAD, TAIL);
/// A run as answered, and as sent to the older endpoint.
static RUN: Object = Object {
    name: "RunbookRun",
    fields: &FIELDS,
};

const PLACES: [Field; 5] = joined(
    PROJECT_V1,
    [
        field("RunbookName", TEXT)
            .required()
            .about("Name, id or slug."),
        field("EnvironmentNames", TEXTS)
            .required()
            .about("Names, ids or slugs."),
    ],
);
const HEAD_V1: [Field; 7] = joined(PLACES, TENANTS_V1);
const TAIL_V1: [Field; 11] = joined(
    [
        field("Snapshot", TEXT).about("Name or id; the published one when left out."),
        field("ForcePackageDownload", BOOL),
    ],
    HOW_V1,
);
static FIELDS_V1: [Field; 18] = joined(HEAD_V1, TAIL_V1);
/// The body of the executions API.
static RUN_V1: Object = Object {
    name: "CreateRunbookRunCommandV1",
    fields: &FIELDS_V1,
};

static CREATED_V1: Object = Object {
    name: "CreateRunbookRunResponseV1",
    fields: &[field("RunbookRunServerTasks", Shape::List(&Shape::Any))],
};

static RUNS: Requests = Requests {
    kind: RunKind::RunbookRun,
    item_type: "RunbookRun",
    view: P::RunbookRunView,
    filters: &[
        ("projects", "project"),
        ("environments", "environment"),
        ("tenants", "tenant"),
        ("runbooks", "runbook"),
    ],
    shown: view,
};

pub(super) fn operations() -> Vec<Operation> {
    let space = Place::Space;
    let view = needs(P::RunbookRunView, From::Document(KIND, "id"));
    let list = needs(P::RunbookRunView, From::Items);
    let create = needs(P::RunbookRunCreate, From::Items);
    let remove = needs(P::RunbookRunDelete, From::Document(KIND, "id"));
    vec![
        post(
            "runbookRunCreateV1",
            space,
            "/runbook-runs/create/v1",
            create,
            create_v1,
        )
        .body(&RUN_V1)
        .answers(&CREATED_V1)
        .summary("Runs a snapshot of a runbook in environments, for tenants where it is for them."),
        post(
            "runbookRunCreate",
            space,
            "/runbookruns",
            create,
            self::create,
        )
        .body(&RUN)
        .answers(&RUN),
        get("runbookRunList", space, "/runbookruns", list, |call| {
            requests::list(&RUNS, call)
        })
        .answers_page(&RUN)
        .query(&[
            "skip",
            "take",
            "ids",
            "projects",
            "environments",
            "tenants",
            "runbooks",
            "taskState",
            "partialName",
        ]),
        get("runbookRunGet", space, "/runbookruns/{id}", view, one).answers(&RUN),
        delete(
            "runbookRunDelete",
            space,
            "/runbookruns/{id}",
            remove,
            |call| requests::delete(&RUNS, call),
        ),
        get(
            "runbookSnapshotRunList",
            space,
            "/runbooksnapshots/{id}/runbookruns",
            list,
            of_snapshot,
        )
        .answers_page(&RUN)
        .query(&["skip", "take", "ids", "partialName"]),
    ]
}

async fn create_v1(mut call: Call) -> Answer {
    let body = call.json().await?;
    let project = release::project(&call, text(&body, "ProjectName").unwrap_or_default()).await?;
    let runbook = {
        let wanted = text(&body, "RunbookName").unwrap_or_default();
        named(&mut call.read().await?, &project.id, wanted).await?
    };
    let subject = subject(&mut call, &runbook, text(&body, "Snapshot")).await?;
    let wanted = Wanted {
        subject,
        places: places(&call, &project.id, &body).await?,
        named: request::named(
            &body,
            [
                "SkipStepNames",
                "SpecificMachineNames",
                "ExcludedMachineNames",
                "Variables",
            ],
        ),
        how: How::read(
            RunKind::RunbookRun,
            &body,
            ["RunAt", "NoRunAfter"],
            call.now(),
        )?,
    };
    let made = idempotency::once(&mut call, &body, wanted).await?;
    let tasks: Vec<Value> = made
        .iter()
        .map(|run| json!({"RunbookRunId": run.id, "ServerTaskId": task_id(run)}))
        .collect();
    Ok(created(json!({"RunbookRunServerTasks": tasks})))
}

/// Every environment, for every tenant that is meant there.
async fn places(call: &Call, project: &str, body: &Value) -> Result<Vec<Where>, ApiError> {
    let environments = request::untenanted(call, &texts(body, "EnvironmentNames")).await?;
    if texts(body, "Tenants").is_empty() && texts(body, "TenantTags").is_empty() {
        return Ok(environments);
    }
    let mut places = Vec::new();
    for place in environments {
        let here = (project, &place.environment);
        places.extend(tenanted::in_environment(call, here, body).await?);
    }
    Ok(places)
}

async fn create(mut call: Call) -> Answer {
    let body = call.json().await?;
    let runbook = runbook_of(&call, &body).await?;
    let subject = subject(&mut call, &runbook, text(&body, "RunbookSnapshotId")).await?;
    let environment = text(&body, "EnvironmentId").map(str::to_owned);
    let wanted = Wanted {
        subject,
        places: tenanted::place(&call, environment.as_slice(), text(&body, "TenantId")).await?,
        named: request::named(&body, NAMED),
        how: How::read(
            RunKind::RunbookRun,
            &body,
            ["QueueTime", "QueueTimeExpiry"],
            call.now(),
        )?,
    };
    let made = idempotency::once(&mut call, &body, wanted).await?;
    let run = made
        .first()
        .ok_or_else(|| ApiError::internal("no run was made"))?;
    Ok(created(view(run)))
}

/// The runbook that is named, or whose snapshot is.
async fn runbook_of(call: &Call, body: &Value) -> Result<Document, ApiError> {
    let mut conn = call.read().await?;
    if let Some(id) = text(body, "RunbookId") {
        return call.find(&mut conn, RUNBOOK.kind, id).await;
    }
    let Some(id) = text(body, "RunbookSnapshotId") else {
        return Err(ApiError::invalid_one(
            "RunbookId: name the runbook to run, or a snapshot of it in RunbookSnapshotId.",
        ));
    };
    let snapshot = call.find(&mut conn, SNAPSHOT.kind, id).await?;
    let runbook = snapshot.owner_id.unwrap_or_default();
    call.find(&mut conn, RUNBOOK.kind, &runbook).await
}

/// The snapshot to run: the one that is named, else the published one. One that is not published is a draft: only
/// who may edit the runbook runs it.
async fn subject(
    call: &mut Call,
    runbook: &Document,
    wanted: Option<&str>,
) -> Result<Document, ApiError> {
    let mut conn = call.read().await?;
    let body = body_of(runbook);
    let published = body
        .get("PublishedRunbookSnapshotId")
        .and_then(Value::as_str);
    let Some(wanted) = wanted.or(published) else {
        return Err(ApiError::invalid_one(format!(
            "The runbook {} has no published snapshot. Publish one, or name the snapshot to run.",
            runbook.name
        )));
    };
    let found = snapshot::named(&mut conn, runbook, wanted).await?;
    if published != Some(found.id.as_str()) {
        let scope = scope::of_document(&mut conn, runbook).await?;
        drop(conn);
        call.also_require(P::RunbookEdit, &scope)?;
    }
    Ok(found)
}

async fn one(call: Call) -> Answer {
    Ok(ok(view(call.document())))
}

async fn of_snapshot(call: Call) -> Answer {
    let id = call.parameter("id");
    let snapshot = call
        .find(&mut call.read().await?, SNAPSHOT.kind, id)
        .await?;
    requests::tagged(&RUNS, &call, format!("snapshot:{}", snapshot.id)).await
}
