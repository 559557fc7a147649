//! The state of steps and of their actions as the API shows it: in the snapshot of a run and in every event
//! that changes one, with the same keys.
//!
//! Everything is absolute. Keys without a value are left out, because a run may have thousands of actions.

use regatta_core::engine::event::Outcome;
use regatta_core::engine::plan::{Plan, StepIx};
use regatta_core::engine::{ActionState, ActionView, AttemptView, StepView};
use serde_json::{Map, Value};

use super::wire::{outcome_fields, reason_kind, reason_text};
use crate::time_text::iso;

/// A step with those of its actions that `view` holds.
#[must_use]
pub(crate) fn step(plan: &Plan, view: &StepView) -> Map<String, Value> {
    let planned = &plan.steps[view.step.0 as usize];
    let mut body = Map::new();
    let mut put = |key: &str, value: Value| body.insert(key.to_owned(), value);
    put("Number", (view.step.0 + 1).into());
    put("StepSlug", planned.slug.clone().into());
    put("State", format!("{:?}", view.state).into());
    if let Some(at) = view.started_at {
        put("StartedAt", iso(at).into());
    }
    if let Some(at) = view.settled_at {
        put("EndedAt", iso(at).into());
    }
    if let Some(reason) = &view.skip {
        put("SkipReason", reason_kind(reason).into());
        put("Message", reason_text(plan, reason).into());
    }
    if let Some(error) = &view.condition_error {
        put("ConditionError", error.clone().into());
    }
    if view.warnings {
        put("HasWarnings", true.into());
    }
    let actions = view
        .actions
        .iter()
        .map(|view| Value::Object(action(plan, view)));
    put("ActionRuns", actions.collect());
    body
}

/// One action on one place.
#[must_use]
fn action(plan: &Plan, view: &ActionView) -> Map<String, Value> {
    let mut body = cell(plan, view);
    let mut put = |key: &str, value: Value| body.insert(key.to_owned(), value);
    put("State", state_name(&view.state).into());
    match &view.state {
        ActionState::Retrying { until } => {
            put("RetriesAt", iso(*until).into());
        }
        ActionState::Interrupted {
            interruption: Some(interruption),
            ..
        } => {
            put("InterruptionId", interruption.0.clone().into());
        }
        ActionState::Skipped(reason) => {
            put("SkipReason", reason_kind(reason).into());
            put("Message", reason_text(plan, reason).into());
        }
        _ => {}
    }
    if let Some(at) = view.started_at {
        put("StartedAt", iso(at).into());
    }
    if let Some(at) = view.settled_at {
        put("EndedAt", iso(at).into());
    }
    if view.warnings {
        put("HasWarnings", true.into());
    }
    if let Some(error) = &view.condition_error {
        put("ConditionError", error.clone().into());
    }
    if !view.attempts.is_empty() {
        put("Attempts", view.attempts.iter().map(attempt).collect());
    }
    body
}

/// Slug of the action and id of its machine, by which the state is known.
fn cell(plan: &Plan, view: &ActionView) -> Map<String, Value> {
    let StepIx(step) = view.cell.step;
    let action = &plan.steps[step as usize].actions[view.cell.action.0 as usize];
    let mut body = Map::new();
    body.insert("ActionSlug".into(), action.slug.clone().into());
    if let Some(target) = view.cell.target {
        let id = &plan.targets[target.0 as usize].id;
        body.insert("MachineId".into(), id.clone().into());
    }
    body
}

fn attempt(view: &AttemptView) -> Value {
    let mut body = Map::new();
    let mut put = |key: &str, value: Value| body.insert(key.to_owned(), value);
    put("Number", view.number.into());
    put("Ticket", view.ticket.0.clone().into());
    if let Some(worker) = &view.worker {
        put("WorkerId", worker.clone().into());
    }
    put("IssuedAt", iso(view.issued_at).into());
    for (key, at) in [("StartedAt", view.started_at), ("EndedAt", view.ended_at)] {
        if let Some(at) = at {
            put(key, iso(at).into());
        }
    }
    if let Some(outcome) = &view.outcome {
        if let Value::Object(fields) = outcome_fields(outcome) {
            body.extend(fields);
        }
        if matches!(outcome, Outcome::Succeeded { warnings: false }) {
            body.remove("Warnings");
        }
    }
    body.into()
}

const fn state_name(state: &ActionState) -> &'static str {
    match state {
        ActionState::Pending => "Pending",
        ActionState::Ready => "Ready",
        ActionState::Retrying { .. } => "Retrying",
        ActionState::Queued => "Queued",
        ActionState::Running => "Running",
        ActionState::Interrupted { .. } => "Interrupted",
        ActionState::Succeeded => "Succeeded",
        ActionState::Ignored => "Ignored",
        ActionState::Failed => "Failed",
        ActionState::Canceled => "Canceled",
        ActionState::Skipped(_) => "Skipped",
    }
}
