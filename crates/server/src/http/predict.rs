//! Predictions: the engine's own simulation of a plan, as the answers about plans show it.

use std::sync::Arc;

use regatta_core::engine::World;
use regatta_core::engine::plan::{Plan, StepIx};
use regatta_core::machine::WorkerPool;
use regatta_core::simulate::{Forecast, Setup, forecast};
use regatta_core::time::Time;
use serde_json::{Map, Value, json};

use crate::driver;
use crate::error::ApiError;
use crate::shape::{BOOL, Field, INT, Object, Shape, TEXT, TEXTS, field};

/// Assumed for actions that never ran.
pub(crate) const UNKNOWN_MS: i64 = 1_000;

static STUCK: Object = Object {
    name: "StuckStep",
    fields: &[field("StepSlug", TEXT), field("Message", TEXT)],
};
static STUCK_ITEM: Shape = Shape::Object(&STUCK);

/// The keys of every answer that says how long a plan would take.
pub(super) const TOTALS: [Field; 8] = [
    field("ExpectedMs", INT).about("From the first start to the last end."),
    field("OneByOneMs", INT).about("The same if nothing ran at the same time."),
    field("BestPossibleMs", INT).about("The longest chain of dependent steps."),
    field("SavedMs", INT),
    field("AtOnceMax", INT).about("Most steps that run at the same time."),
    field("CriticalPath", TEXTS).about("Slugs; the chain of steps that decides the end."),
    field("WithoutHistory", TEXTS)
        .about("Slugs of steps that never ran; one second is assumed for each of their actions."),
    field("Stuck", Shape::List(&STUCK_ITEM)).about("What could never start, and why."),
];
/// The keys of a step in such an answer.
pub(super) const STEP_TIMES: [Field; 4] = [
    field("StartsAfterMs", INT).about("Null when it would not run."),
    field("EndsAfterMs", INT),
    field("SlackMs", INT).about("It could take this much longer without delaying the end."),
    field("IsCritical", BOOL),
];

/// Plays a plan through from the start, in a world where nothing else runs: what is busy at this moment says little
/// about later.
///
/// # Errors
/// Only if the engine contradicts itself.
pub(super) fn played(plan: &Arc<Plan>, world: World) -> Result<Forecast, ApiError> {
    let setup = Setup {
        world,
        unknown_ms: UNKNOWN_MS,
    };
    forecast(plan, &[], Time(0), &setup).map_err(ApiError::internal)
}

/// What a deployment that starts now has to work with: an idle worker for the pools that have one.
pub(in crate::http) fn world_now(pools: &[WorkerPool], slots: u32) -> World {
    let mut world = World::of_one_worker(driver::BUILT_IN_WORKER, "", slots);
    let (served, others): (Vec<_>, Vec<_>) = pools.iter().partition(|pool| driver::is_served(pool));
    world.workers[0].pools = served.iter().map(|pool| pool.id.to_string()).collect();
    let names = others.iter();
    world.pool_names = names
        .map(|pool| (pool.id.to_string(), pool.name.to_string()))
        .collect();
    world
}

/// One idle worker for every pool the plan of a run names: as it started, they had one.
pub(crate) fn world(plan: &Plan, slots: u32) -> World {
    let actions = plan.steps.iter().flat_map(|step| &step.actions);
    let mut pools: Vec<String> = actions
        .filter_map(|action| action.worker_pool.clone())
        .collect();
    pools.sort();
    pools.dedup();
    let mut world = World::of_one_worker(driver::BUILT_IN_WORKER, "", slots);
    world.workers[0].pools = pools;
    world
}

/// See [`TOTALS`].
pub(super) fn totals(plan: &Plan, expected: &Forecast) -> Map<String, Value> {
    let slug = |step: &StepIx| plan.steps[step.0 as usize].slug.clone();
    let stuck = expected.stuck.iter().map(
        |waiting| json!({"StepSlug": slug(&waiting.step), "Message": waiting.reason.text(plan)}),
    );
    let times = &expected.times;
    let body = json!({
        "ExpectedMs": times.actual_ms,
        "OneByOneMs": times.one_by_one_ms,
        "BestPossibleMs": times.best_possible_ms,
        "SavedMs": times.saved_ms(),
        "AtOnceMax": expected.at_once_max,
        "CriticalPath": times.critical_path.iter().map(slug).collect::<Vec<_>>(),
        "WithoutHistory": expected.guessed.iter().map(slug).collect::<Vec<_>>(),
        "Stuck": stuck.collect::<Vec<_>>(),
    });
    match body {
        Value::Object(body) => body,
        _ => Map::new(),
    }
}

/// See [`STEP_TIMES`].
pub(super) fn step_times(expected: &Forecast, step: StepIx) -> Map<String, Value> {
    let times = &expected.times.steps[step.0 as usize];
    let ran = times.began_at.is_some();
    let mut body = Map::new();
    let mut put = |key: &str, value: Value| body.insert(key.to_owned(), value);
    put("StartsAfterMs", json!(times.began_at.map(|at| at.0)));
    put(
        "EndsAfterMs",
        json!(times.over_at.filter(|_| ran).map(|at| at.0)),
    );
    put("SlackMs", json!(Some(times.slack_ms).filter(|_| ran)));
    put(
        "IsCritical",
        json!(expected.times.critical_path.contains(&step)),
    );
    body
}
