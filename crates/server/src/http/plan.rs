//! The plan before anybody deploys or runs: what will run where, in which order, and when, by the engine's own rules.
//!
//! Of a release and an environment it is what a deployment now would do, with the choices one makes when deploying; of a
//! runbook's snapshot, what a run would.
//! Times come from the simulator, with durations of past runs. Nothing is refused that only stands in the way of
//! deploying, like a missing answer to a prompt: it is listed.

use regatta_core::permission::Permission;
use serde_json::{Map, Value};

use crate::call::{Call, ok};
use crate::driver::plan_input::PlanInput;
use crate::error::ApiError;
use crate::http::deployment::request;
use crate::http::runbook;
use crate::operation::{Answer, From, Operation, Place, get, needs, post};

mod ahead;
mod look;
mod shape;

use look::Look;

/// The operations on plans.
#[must_use]
pub fn operations() -> Vec<Operation> {
    let release = needs(Permission::ReleaseView, From::Document("Releases", "id"));
    let snapshot = needs(
        Permission::RunbookView,
        From::Document(runbook::snapshot::KIND, "id"),
    );
    const OF_RELEASE: &str = "/releases/{id}/plan/{environment}";
    const OF_SNAPSHOT: &str = "/runbooksnapshots/{id}/plan/{environment}";
    vec![
        plainly(get("releasePlan", Place::Space, OF_RELEASE, release, plain))
            .summary("What a deployment of the release would run where and when; `skip` names steps to leave out."),
        choosing(post("releasePlanWith", Place::Space, OF_RELEASE, release, with_choices))
            .summary("The same with choices as for a deployment, and played with changes."),
        plainly(get("runbookSnapshotPlan", Place::Space, OF_SNAPSHOT, snapshot, plain))
            .summary("What a run of the snapshot would run where and when; `skip` names steps to leave out."),
        choosing(post("runbookSnapshotPlanWith", Place::Space, OF_SNAPSHOT, snapshot, with_choices))
            .summary("The same with choices as for a run, and played with changes."),
    ]
}

fn plainly(operation: Operation) -> Operation {
    operation.query(&["skip"]).answers(&shape::PLAN)
}

fn choosing(operation: Operation) -> Operation {
    operation.body(&shape::REQUEST).answers(&shape::PLAN).acts()
}

async fn plain(call: Call) -> Answer {
    let skip_steps = call.query.list("skip")?.unwrap_or_default();
    let named = request::Named {
        skip_steps,
        ..request::Named::default()
    };
    planned(&call, &named, None, &Value::Null).await
}

async fn with_choices(mut call: Call) -> Answer {
    let body = call.json().await?;
    let keys = [
        "SkipActions",
        "SpecificMachineIds",
        "ExcludedMachineIds",
        "FormValues",
    ];
    let named = request::named(&body, keys);
    let tenant = request::text(&body, "TenantId");
    planned(&call, &named, tenant, &body["WhatIf"]).await
}

async fn planned(
    call: &Call,
    named: &request::Named,
    tenant: Option<&str>,
    what_if: &Value,
) -> Answer {
    let mut conn = call.read().await?;
    let environment = call
        .find(&mut conn, "Environments", call.parameter("environment"))
        .await?;
    let tenant = match tenant {
        Some(tenant) => Some(call.find(&mut conn, "Tenants", tenant).await?.id),
        None => None,
    };
    let mut input = PlanInput::load(&mut conn, &call.document().id, &environment.id)
        .await?
        .for_tenant(&mut conn, &call.app.vault, tenant.as_deref())
        .await
        .map_err(ApiError::internal)?;
    if named.names_machines() {
        input.read_all_machines(&mut conn).await?;
    }
    let look = Look::of(call, input, named, what_if)?;
    let mut body: Map<String, Value> = ahead::body(call, &mut conn, &look).await?;
    drop(conn);
    let slots = call.app.config.worker_slots;
    // Of many steps on many machines the engine takes a while.
    let seen = tokio::task::spawn_blocking(move || look.body(slots));
    body.extend(seen.await.map_err(ApiError::internal)??);
    Ok(ok(Value::Object(body)))
}
