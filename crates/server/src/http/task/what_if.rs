//! What would have been, or would be, if limits, locks, dependencies or durations were others: the run's own
//! process, played again by the engine with measured times.

use regatta_core::engine::World;
use regatta_core::engine::plan::{Limits, Plan, StepIx};
use regatta_core::simulate::{
    Bars, Change, Doing, Forecast, Measured, Setup, one_by_one, without_limits, without_locks,
};
use regatta_core::time::Time;
use serde_json::{Value, json};

use super::access;
use crate::call::{Call, ok};
use crate::error::ApiError;
use crate::http::predict::{UNKNOWN_MS, world};
use crate::operation::Answer;
use crate::shape::{BOOL, INT, Object, Shape, TEXT, field};

pub(in crate::http) static EDGE: Object = Object {
    name: "WhatIfDependency",
    fields: &[
        field("StepSlug", TEXT).required(),
        field("WaitsForSlug", TEXT).required(),
    ],
};

pub(in crate::http) static DURATION: Object = Object {
    name: "WhatIfDuration",
    fields: &[
        field("StepSlug", TEXT).required(),
        field("Ms", INT).required(),
    ],
};

pub(in crate::http) static WHAT_IF: Object = Object {
    name: "WhatIf",
    fields: &[
        field("AtOnceMax", INT)
            .about("1: one step after the other. More: so many scripts at once."),
        field("PerMachineMax", INT).about("So many scripts at once on one machine."),
        field("NoLimits", BOOL).about("As many at once as there is work for."),
        field("NoLocks", BOOL)
            .about("Nothing waits for a machine that another step has to itself."),
        field("AddDependencies", Shape::List(&Shape::Object(&EDGE))),
        field("RemoveDependencies", Shape::List(&Shape::Object(&EDGE))),
        field("Durations", Shape::List(&Shape::Object(&DURATION))),
    ],
};

/// Wide enough that no worker is ever waited for.
const SLOTS_UNLIMITED: u32 = 1_000_000;
/// Longer than any script runs: keeps sums of times far from overflow.
const MS_MAX: i64 = 366 * 24 * 60 * 60 * 1000;

pub(super) async fn what_if(mut call: Call) -> Answer {
    let asked = call.json().await?;
    let mut conn = call.read().await?;
    let task = access::task(&call, &mut conn).await?;
    let Some(folded) = call.app.runs.get(&mut conn, &task.id).await? else {
        return Err(ApiError::conflict(
            "NotStarted",
            "The task has not left the queue, so there is nothing to play again.",
        )
        .help("Ask for the plan of its release instead: releases/{id}/plan/{environment}."));
    };
    drop(conn);
    let wanted = Wanted::parse(&folded.frozen.plan, &asked)?;
    let slots = call.app.config.worker_slots;
    let body = tokio::task::spawn_blocking(move || {
        let plan = &folded.frozen.plan;
        let measured = Measured::of(&folded.run, &folded.events);
        let play = |changes: &[Change], slots: u32| {
            let setup = setup(plan, slots);
            let played = measured.replay(changes, &setup);
            played.map_err(|fault| ApiError::invalid_one(format!("{fault}.")))
        };
        let before = play(&[], slots)?;
        let after = play(&wanted.changes, wanted.slots(slots))?;
        Ok::<_, ApiError>(json!({
            "Before": body(plan, &before),
            "After": body(plan, &after),
            "SavedMs": before.times.actual_ms - after.times.actual_ms,
        }))
    });
    Ok(ok(body.await.map_err(ApiError::internal)??))
}

fn setup(plan: &Plan, slots: u32) -> Setup {
    Setup {
        world: World {
            free_slots: None,
            ..world(plan, slots)
        },
        unknown_ms: UNKNOWN_MS,
    }
}

pub(in crate::http) struct Wanted {
    pub changes: Vec<Change>,
    /// Workers are no limit either.
    is_wide: bool,
}

impl Wanted {
    /// Scripts a worker runs at once in what was asked about.
    pub(in crate::http) fn slots(&self, slots: u32) -> u32 {
        if self.is_wide { SLOTS_UNLIMITED } else { slots }
    }

    pub(in crate::http) fn parse(plan: &Plan, asked: &Value) -> Result<Self, ApiError> {
        let mut errors = Vec::new();
        let mut changes = Vec::new();
        let flag = |key: &str| asked[key].as_bool().unwrap_or(false);
        if flag("NoLocks") {
            changes.extend(without_locks(plan));
        }
        // Edges go first, so that one after the other respects them.
        let mut edges = Vec::new();
        for (key, is_added) in [("RemoveDependencies", false), ("AddDependencies", true)] {
            for (ix, edge) in items(asked, key) {
                let place = format!("{key}[{ix}]");
                let step = step(plan, &edge["StepSlug"], &place, &mut errors);
                let waits_for = step_at(plan, edge, &place, &mut errors);
                if let Some((step, waits_for)) = step.zip(waits_for) {
                    edges.push(if is_added {
                        Change::AddWait { step, waits_for }
                    } else {
                        Change::RemoveWait { step, waits_for }
                    });
                }
            }
        }
        for (ix, duration) in items(asked, "Durations") {
            let place = format!("Durations[{ix}]");
            let ms = duration["Ms"].as_i64().unwrap_or(-1);
            if !(0..=MS_MAX).contains(&ms) {
                errors.push(format!("{place}.Ms: it must be from 0 to {MS_MAX}."));
            }
            if let Some(step) = step(plan, &duration["StepSlug"], &place, &mut errors) {
                changes.push(Change::Takes { step, ms });
            }
        }
        changes.extend(edges);
        let per_machine = match asked["PerMachineMax"].as_i64().map(u32::try_from) {
            None => plan.limits.per_machine_max.filter(|_| !flag("NoLimits")),
            Some(Ok(max)) if max > 0 => Some(max),
            Some(_) => {
                errors.push("PerMachineMax: it must be 1 or more.".to_owned());
                None
            }
        };
        changes.push(Change::Limits(Limits {
            running_max: plan.limits.running_max.filter(|_| !flag("NoLimits")),
            per_machine_max: per_machine,
        }));
        let at_once = asked["AtOnceMax"].as_i64();
        let mut is_wide = flag("NoLimits");
        match at_once.map(u32::try_from) {
            None => {}
            Some(Ok(1)) => {
                is_wide = true;
                let changed = regatta_core::simulate::what_if(plan, &changes)
                    .map_err(|fault| ApiError::invalid_one(format!("{fault}.")))?;
                changes.push(without_limits());
                changes.extend(one_by_one(&changed));
            }
            Some(Ok(running_max)) if running_max > 0 => {
                is_wide = true;
                changes.push(Change::Limits(Limits {
                    running_max: Some(running_max),
                    per_machine_max: per_machine,
                }));
            }
            Some(_) => errors.push("AtOnceMax: it must be 1 or more.".to_owned()),
        }
        if errors.is_empty() {
            Ok(Self { changes, is_wide })
        } else {
            Err(ApiError::invalid(errors))
        }
    }
}

fn items<'v>(asked: &'v Value, key: &str) -> impl Iterator<Item = (usize, &'v Value)> {
    asked[key].as_array().into_iter().flatten().enumerate()
}

fn step_at(plan: &Plan, edge: &Value, place: &str, errors: &mut Vec<String>) -> Option<StepIx> {
    step(plan, &edge["WaitsForSlug"], place, errors)
}

fn step(plan: &Plan, slug: &Value, place: &str, errors: &mut Vec<String>) -> Option<StepIx> {
    let slug = slug.as_str().unwrap_or_default();
    let found = (0..)
        .map(StepIx)
        .zip(&plan.steps)
        .find(|(_, step)| step.slug == slug);
    if found.is_none() {
        errors.push(format!("{place}: the run has no step '{slug}'."));
    }
    found.map(|(ix, _)| ix)
}

fn body(plan: &Plan, played: &Forecast) -> Value {
    let slug = |step: &StepIx| plan.steps[step.0 as usize].slug.as_str();
    let bars = Bars::of(plan, &played.log);
    let steps = (0..)
        .map(StepIx)
        .zip(plan.steps.iter().zip(&played.times.steps));
    let steps = steps.filter(|(_, (_, times))| times.began_at.is_some());
    let steps = steps.map(|(ix, (step, times))| {
        let own = bars
            .segments
            .iter()
            .filter(|segment| segment.cell.step == ix);
        let segments = own.map(|own| {
            let kind = match &own.doing {
                Doing::Waiting(kind) => format!("{kind:?}"),
                Doing::Running { .. } => "Running".to_owned(),
            };
            let machine = own
                .cell
                .target
                .map(|target| plan.targets[target.0 as usize].id.as_str());
            json!({"Kind": kind, "MachineId": machine, "FromMs": own.from.0, "ToMs": own.to.0})
        });
        json!({
            "StepSlug": step.slug,
            "StartsAfterMs": times.began_at.map(|Time(ms)| ms),
            "EndsAfterMs": times.over_at.map(|Time(ms)| ms),
            "SlackMs": times.slack_ms,
            "Segments": segments.collect::<Vec<_>>(),
        })
    });
    json!({
        "TakesMs": played.times.actual_ms,
        "OneByOneMs": played.times.one_by_one_ms,
        "BestPossibleMs": played.times.best_possible_ms,
        "CriticalPath": played.times.critical_path.iter().map(slug).collect::<Vec<_>>(),
        "AtOnceMax": bars.at_once.iter().map(|(_, steps)| *steps).max().unwrap_or(0),
        "Steps": steps.collect::<Vec<_>>(),
        "Stuck": played.stuck.iter().map(|waiting| json!({
            "StepSlug": slug(&waiting.step), "Message": waiting.reason.text(plan),
        })).collect::<Vec<_>>(),
    })
}
