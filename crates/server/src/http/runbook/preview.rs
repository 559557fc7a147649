//! What a run would do, before anybody runs it: of a snapshot; of a runbook the published one, or what is being edited
//! while none is.

use regatta_core::permission::Permission as P;
use regatta_store::{Conn, Document};
use serde_json::{Value, json};

use super::{KIND, open_to, snapshot};
use crate::call::{Call, ok};
use crate::error::ApiError;
use crate::http::release::{PREVIEWS, preview};
use crate::operation::{Answer, From, Operation, Place, get, needs, post};
use crate::resource::read::body as body_of;

const ONE: &str = "runbookRuns/preview/{environment}";

pub(super) fn operations() -> Vec<Operation> {
    let space = Place::Space;
    let runbook = needs(P::RunbookView, From::Document(KIND, "id"));
    let project = needs(P::RunbookView, From::Project("project"));
    vec![
        get(
            "runbookRunPreview",
            space,
            "/runbooks/{id}/runbookruns/preview/{environment}",
            runbook,
            of_runbook,
        )
        .query(&["includeDisabledSteps"])
        .summary("What a run would do there, and what it asks for."),
        post(
            "runbookRunPreviews",
            space,
            "/runbooks/{id}/runbookruns/previews",
            runbook,
            several,
        )
        .body(&PREVIEWS),
        get(
            "runbookRunTemplate",
            space,
            "/runbooks/{id}/runbookruntemplate",
            runbook,
            template_of_runbook,
        )
        .summary("Where the runbook can be run."),
        get(
            "projectRunbookRunPreview",
            space,
            "/projects/{project}/runbooks/{runbook}/runbookruns/preview/{environment}",
            project,
            of_runbook_of_project,
        )
        .query(&["includeDisabledSteps"]),
        post(
            "projectRunbookRunPreviews",
            space,
            "/projects/{project}/runbooks/{runbook}/runbookruns/previews",
            project,
            several_of_project,
        )
        .body(&PREVIEWS),
    ]
    .into_iter()
    .chain(of_snapshots())
    .collect()
}

fn of_snapshots() -> Vec<Operation> {
    let space = Place::Space;
    let snapshot = needs(P::RunbookView, From::Document(snapshot::KIND, "id"));
    vec![
        get(
            "runbookSnapshotRunPreview",
            space,
            "/runbooksnapshots/{id}/runbookruns/preview/{environment}",
            snapshot,
            preview::one,
        )
        .query(&["includeDisabledSteps"]),
        post(
            "runbookSnapshotRunPreviews",
            space,
            "/runbooksnapshots/{id}/runbookruns/previews",
            snapshot,
            preview::several,
        )
        .body(&PREVIEWS),
        get(
            "runbookSnapshotRunTemplate",
            space,
            "/runbooksnapshots/{id}/runbookruns/template",
            snapshot,
            template_of_snapshot,
        )
        .summary("Where the runbook can be run."),
    ]
}

/// What a run of the runbook would be of.
fn subject(runbook: &Document) -> String {
    let body = body_of(runbook);
    let published = body.get("PublishedRunbookSnapshotId");
    let published = published.and_then(Value::as_str);
    published.unwrap_or(&runbook.id).to_owned()
}

async fn one(call: &Call, runbook: &Document) -> Answer {
    let with_disabled = call.query.flag("includeDisabledSteps")?.unwrap_or(false);
    let environment = call.parameter("environment");
    let place = (environment, None);
    Ok(ok(preview::preview(
        call,
        &subject(runbook),
        place,
        with_disabled,
    )
    .await?))
}

async fn of_runbook(call: Call) -> Answer {
    one(&call, call.document()).await
}

async fn of_runbook_of_project(call: Call) -> Answer {
    let runbook = super::of_path(&call, &mut call.read().await?).await?;
    one(&call, &runbook).await
}

async fn several(mut call: Call) -> Answer {
    let body = call.json().await?;
    preview::previews(&call, &subject(call.document()), &body).await
}

async fn several_of_project(mut call: Call) -> Answer {
    let body = call.json().await?;
    let runbook = super::of_path(&call, &mut call.read().await?).await?;
    preview::previews(&call, &subject(&runbook), &body).await
}

async fn template(conn: &mut Conn, runbook: &Document, subject: &str) -> Result<Value, ApiError> {
    let space = runbook.space_id.as_deref().unwrap_or_default();
    let collection = if subject == runbook.id {
        "runbooks"
    } else {
        "runbookSnapshots"
    };
    let open = open_to(conn, runbook).await?;
    let promote = open.iter().map(|environment| {
        let path = ONE.replace("{environment}", &environment.id);
        let preview =
            format!("/api/{space}/{collection}/{subject}/{path}{{?includeDisabledSteps}}");
        json!({"Id": environment.id, "Name": environment.name, "Links": {"Preview": preview}})
    });
    Ok(json!({
        "RunbookId": runbook.id,
        "PromoteTo": promote.collect::<Vec<_>>(),
        "TenantPromotions": [],
    }))
}

async fn template_of_runbook(call: Call) -> Answer {
    let runbook = call.document();
    let mut conn = call.read().await?;
    Ok(ok(template(&mut conn, runbook, &subject(runbook)).await?))
}

async fn template_of_snapshot(call: Call) -> Answer {
    let snapshot = call.document();
    let mut conn = call.read().await?;
    let runbook = snapshot.owner_id.clone().unwrap_or_default();
    let runbook = call.find(&mut conn, KIND, &runbook).await?;
    Ok(ok(template(&mut conn, &runbook, &snapshot.id).await?))
}
