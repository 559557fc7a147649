//! Events of a task as the API shows them: positions replaced by ids and names, PascalCase.
//!
//! Every event has its number (`Seq`), its time and a `Type`; the rest depends on the type. A
//! client that keeps the last `Seq` it saw can resume without missing or repeating anything.

use regatta_core::engine::event::{Answer, Cell, Event, Outcome, Recorded};
use regatta_core::engine::plan::{Plan, SkipReason, StepIx};
use serde_json::{Map, Value, json};

use crate::driver::interruption::answer_name;
use crate::time_text::iso;

/// One event, e.g. `{"Seq": 3, "At": "...", "Type": "TicketIssued", "StepSlug": "build", ...}`.
#[must_use]
pub fn event(plan: &Plan, recorded: &Recorded) -> Value {
    let mut map = Map::new();
    map.insert("Seq".into(), recorded.seq.into());
    map.insert("At".into(), iso(recorded.at).into());
    map.insert("Type".into(), kind(&recorded.event).into());
    if let Value::Object(details) = details(plan, &recorded.event) {
        map.extend(details);
    }
    Value::Object(map)
}

const fn kind(event: &Event) -> &'static str {
    match event {
        Event::Started => "Started",
        Event::StepConditionEvaluated { .. } => "StepConditionEvaluated",
        Event::ActionConditionEvaluated { .. } => "ActionConditionEvaluated",
        Event::StepSkipped { .. } => "StepSkipped",
        Event::TicketIssued { .. } => "TicketIssued",
        Event::TicketStarted { .. } => "TicketStarted",
        Event::TicketFinished { .. } => "TicketFinished",
        Event::InterruptionRaised { .. } => "InterruptionRaised",
        Event::InterruptionAnswered { .. } => "InterruptionAnswered",
        Event::FailurePolicyChosen { .. } => "FailurePolicyChosen",
        Event::InterruptionWithdrawn { .. } => "InterruptionWithdrawn",
        Event::CancelRequested => "CancelRequested",
        Event::Finished { .. } => "Finished",
    }
}

fn details(plan: &Plan, event: &Event) -> Value {
    match event {
        Event::Started | Event::CancelRequested => json!({}),
        Event::StepConditionEvaluated { step, holds, error } => merged(
            step_fields(plan, *step),
            json!({"Holds": holds, "Error": error}),
        ),
        Event::ActionConditionEvaluated { cell, holds, error } => merged(
            cell_fields(plan, *cell),
            json!({"Holds": holds, "Error": error}),
        ),
        Event::StepSkipped { step, reason } => merged(
            step_fields(plan, *step),
            json!({"Reason": reason_kind(reason), "Message": reason_text(plan, reason)}),
        ),
        Event::TicketIssued {
            ticket,
            cell,
            attempt,
            worker,
        } => merged(
            cell_fields(plan, *cell),
            json!({"Ticket": ticket, "Attempt": attempt, "WorkerId": worker}),
        ),
        Event::TicketStarted { ticket } => json!({"Ticket": ticket}),
        Event::TicketFinished { ticket, outcome } => {
            merged(json!({"Ticket": ticket}), outcome_fields(outcome))
        }
        Event::InterruptionRaised {
            interruption,
            cell,
            attempt,
            kind,
        } => merged(
            cell_fields(plan, *cell),
            json!({"InterruptionId": interruption, "Attempt": attempt, "Kind": kind}),
        ),
        Event::InterruptionAnswered {
            interruption,
            answer,
        } => answered(interruption.0.as_str(), *answer),
        Event::FailurePolicyChosen { policy } => json!({"FailurePolicy": policy}),
        Event::InterruptionWithdrawn { interruption } => json!({"InterruptionId": interruption}),
        Event::Finished { result } => json!({"Result": result}),
    }
}

fn answered(interruption: &str, answer: Answer) -> Value {
    json!({"InterruptionId": interruption, "Answer": answer_name(answer)})
}

pub(crate) fn step_fields(plan: &Plan, step: StepIx) -> Value {
    let Some(step) = plan.steps.get(step.0 as usize) else {
        return json!({});
    };
    json!({"StepId": step.id, "StepSlug": step.slug, "StepName": step.name})
}

/// Ids and names of an action on a place.
#[must_use]
pub fn cell_fields(plan: &Plan, cell: Cell) -> Value {
    let mut fields = step_fields(plan, cell.step);
    let step = plan.steps.get(cell.step.0 as usize);
    if let Some(action) = step.and_then(|step| step.actions.get(cell.action.0 as usize)) {
        fields = merged(
            fields,
            json!({"ActionId": action.id, "ActionSlug": action.slug, "ActionName": action.name}),
        );
    }
    if let Some(target) = cell
        .target
        .and_then(|target| plan.targets.get(target.0 as usize))
    {
        fields = merged(
            fields,
            json!({"MachineId": target.id, "MachineName": target.name}),
        );
    }
    fields
}

pub(crate) fn outcome_fields(outcome: &Outcome) -> Value {
    match outcome {
        Outcome::Succeeded { warnings } => json!({"Outcome": "Succeeded", "Warnings": warnings}),
        Outcome::Failed { message } => json!({"Outcome": "Failed", "Message": message}),
        Outcome::TimedOut => json!({"Outcome": "TimedOut"}),
        Outcome::Canceled => json!({"Outcome": "Canceled"}),
        Outcome::NotStarted { message } => json!({"Outcome": "NotStarted", "Message": message}),
        Outcome::Unknown { message } => json!({"Outcome": "Unknown", "Message": message}),
    }
}

pub(crate) fn reason_kind(reason: &SkipReason) -> &'static str {
    match reason {
        SkipReason::Disabled => "Disabled",
        SkipReason::ByUser => "ByUser",
        SkipReason::Environment => "Environment",
        SkipReason::Channel => "Channel",
        SkipReason::TenantTags => "TenantTags",
        SkipReason::NoActions => "NoActions",
        SkipReason::NoTargets => "NoTargets",
        SkipReason::Condition(_) => "Condition",
        SkipReason::BlockedBy(_) => "BlockedBy",
        SkipReason::FailurePolicy => "FailurePolicy",
        SkipReason::Canceled => "Canceled",
        SkipReason::TargetExcluded => "TargetExcluded",
        SkipReason::EarlierActionFailed => "EarlierActionFailed",
        SkipReason::EarlierTargetFailed => "EarlierTargetFailed",
    }
}

/// Why something did not run, in a sentence for people.
#[must_use]
pub fn reason_text(plan: &Plan, reason: &SkipReason) -> String {
    let name = |step: StepIx| {
        plan.steps
            .get(step.0 as usize)
            .map_or("another step", |step| step.name.as_str())
    };
    match reason {
        SkipReason::Disabled => "the step is disabled".into(),
        SkipReason::ByUser => "skipped by request when the deployment was created".into(),
        SkipReason::Environment => "the step does not apply to this environment".into(),
        SkipReason::Channel => "the step does not apply to this channel".into(),
        SkipReason::TenantTags => "the step does not apply to this tenant".into(),
        SkipReason::NoActions => "every action of the step is skipped".into(),
        SkipReason::NoTargets => {
            "no deployment target in this environment has one of the step's target tags".into()
        }
        SkipReason::Condition(why) => format!("the run condition was not met: {why}"),
        SkipReason::BlockedBy(step) => format!("blocked by \"{}\", which failed", name(*step)),
        SkipReason::FailurePolicy => {
            "a step failed and the project starts nothing new after a failure".into()
        }
        SkipReason::Canceled => "the deployment was cancelled".into(),
        SkipReason::TargetExcluded => "the machine was excluded from the deployment".into(),
        SkipReason::EarlierActionFailed => "an earlier action of the step failed here".into(),
        SkipReason::EarlierTargetFailed => {
            "the step is rolling and failed on an earlier target".into()
        }
    }
}

fn merged(mut base: Value, more: Value) -> Value {
    if let (Value::Object(base), Value::Object(more)) = (&mut base, more) {
        base.extend(more);
    }
    base
}
