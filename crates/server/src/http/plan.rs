//! The plan before anybody deploys: what will run where, in which order, and when, by the engine's own rules.
//!
//! Of a release and an environment it is what a deployment now would do. Times come from the
//! simulator, with durations of past runs.

use std::sync::Arc;

use regatta_core::deployment::DeploymentChoices;
use regatta_core::engine::plan::{Plan, PlanStep, StepIx};
use regatta_core::permission::Permission;
use regatta_core::simulate::Forecast;
use serde_json::{Map, Value, json};

use crate::activity::wire::reason_text;
use crate::call::{Call, ok};
use crate::driver::plan_input::PlanInput;
use crate::error::ApiError;
use crate::http::predict;
use crate::operation::{Answer, From, Operation, Place, get, needs};

/// The operations on plans.
#[must_use]
pub fn operations() -> Vec<Operation> {
    let view = needs(Permission::ReleaseView, From::Document("Releases", "id"));
    vec![
        get("releasePlan", Place::Space, "/releases/{id}/plan/{environment}", view, of_release)
            .query(&["skip"])
            .summary("What a deployment of the release would run where and when; `skip` names action ids to leave out."),
    ]
}

async fn of_release(call: Call) -> Answer {
    let mut conn = call.read().await?;
    let environment = call
        .find(&mut conn, "Environments", call.parameter("environment"))
        .await?;
    let input = PlanInput::load(&mut conn, &call.document().id, &environment.id).await?;
    drop(conn);
    let choices = DeploymentChoices {
        skip_actions: call.query.list("skip")?.unwrap_or_default(),
        ..DeploymentChoices::default()
    };
    let evaluate = input
        .values
        .evaluator(&input, &Map::new(), &call.app.vault, call.now());
    let plan = input
        .plan(&choices, &evaluate)
        .map_err(|error| ApiError::invalid_one(error.to_string()))?;
    let plan = Arc::new(plan);
    let expected = predict::played(&plan, call.app.config.worker_slots)?;
    Ok(ok(body(&plan, &expected)))
}

fn body(plan: &Plan, expected: &Forecast) -> Value {
    let steps: Vec<Value> = (0..)
        .map(StepIx)
        .zip(&plan.steps)
        .map(|(ix, step)| step_body(plan, expected, ix, step))
        .collect();
    let mut body = predict::totals(plan, expected);
    body.insert("Steps".to_owned(), steps.into());
    body.insert(
        "Machines".to_owned(),
        plan.targets
            .iter()
            .map(|target| json!({"Id": target.id, "Name": target.name}))
            .collect(),
    );
    Value::Object(body)
}

fn step_body(plan: &Plan, expected: &Forecast, ix: StepIx, step: &PlanStep) -> Value {
    let times = &expected.times.steps[ix.0 as usize];
    let waits_for: Vec<&str> = step
        .waits_for
        .iter()
        .map(|on| plan.steps[on.0 as usize].slug.as_str())
        .collect();
    let machines: Vec<&str> = step
        .on
        .iter()
        .flatten()
        .map(|target| plan.targets[target.0 as usize].id.as_str())
        .collect();
    let actions: Vec<Value> = step.actions.iter().map(|action| {
        json!({
            "ActionId": action.id, "ActionSlug": action.slug, "ActionName": action.name, "ActionType": action.action_type,
            "RunsOn": action.kind, "WorkerPoolId": action.worker_pool, "ExpectedMs": action.expected_ms, "IsRequired": action.required,
            "Skip": action.skip.as_ref().map(|reason| reason_text(plan, reason)),
        })
    }).collect();
    json!({
        "StepId": step.id,
        "StepSlug": step.slug,
        "StepName": step.name,
        "WaitsFor": waits_for,
        "MachineIds": machines,
        "Actions": actions,
        "Skip": step.skip.as_ref().map(|reason| reason_text(plan, reason)),
        "StartsAfterMs": times.began_at.map(|at| at.0),
        "EndsAfterMs": times.over_at.filter(|_| times.began_at.is_some()).map(|at| at.0),
        "SlackMs": times.slack_ms,
    })
}
