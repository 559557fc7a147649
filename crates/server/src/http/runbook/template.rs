//! What a new snapshot of a runbook has to say.

use regatta_core::permission::Permission as P;
use regatta_store::Document;
use serde_json::json;

use super::find::of_path;
use super::{KIND, snapshot};
use crate::call::{Call, ok};
use crate::http::deployment_process::template;
use crate::operation::{Answer, From, Operation, Place, get, needs};
use crate::shape::{Object, Shape, TEXT, field};
use crate::stored;

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

pub(super) fn operations() -> [Operation; 2] {
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
        "Packages": template::packages(call, &process, (None, None)).await?,
        "GitResources": [],
    })))
}
