//! A plan of a process that may not be deployable yet, to be looked at and simulated, never to be run.
//!
//! What [`super::plan`] refuses is told, and stands in the plan as something that runs once, in the server.

use super::target::Targets;
use super::{PlanContext, PlanError, plan_step, step_ix};
use crate::engine::plan::{
    ActionCondition, ActionKind, MachineLock, Plan, PlanAction, PlanStep, Retry, SkipReason,
    StepCondition, StepIx,
};
use crate::process::graph::Graph;
use crate::process::{DeploymentProcess, Step};

/// The plan in the order of `graph`, which belongs to the process, and what had to be made up, by step.
#[must_use]
pub fn sketch(
    process: &DeploymentProcess,
    graph: &Graph,
    context: &PlanContext<'_>,
) -> (Plan, Vec<(StepIx, PlanError)>) {
    let targets = Targets::lenient(process, context);
    let mut made_up = Vec::new();
    let each = process.steps.iter().enumerate().map(|(i, step)| {
        let waits_for: Vec<_> = graph.waits_for(i).iter().map(|on| step_ix(*on)).collect();
        if step.actions.is_empty() {
            return stand_in(step, waits_for, Some(SkipReason::NoActions));
        }
        plan_step(step, waits_for.clone(), context, &targets).unwrap_or_else(|error| {
            made_up.push((step_ix(i), error));
            stand_in(step, waits_for, None)
        })
    });
    let plan = Plan {
        steps: each.collect(),
        targets: targets.plan_targets(),
        failure_policy: context.failure_policy,
        guided_failure: false,
        limits: context.limits,
    };
    (plan, made_up)
}

fn stand_in(step: &Step, waits_for: Vec<StepIx>, skip: Option<SkipReason>) -> PlanStep {
    let action = PlanAction {
        id: step.id.clone(),
        slug: step.slug.clone(),
        name: step.name.clone(),
        action_type: String::new(),
        kind: ActionKind::InServer,
        condition: ActionCondition::Success,
        skip: skip.clone(),
        required: false,
        retry: Retry::default(),
        timeout_ms: None,
        worker_pool: None,
        expected_ms: None,
    };
    PlanStep {
        id: step.id.clone(),
        slug: step.slug.clone(),
        name: step.name.clone(),
        waits_for,
        condition: StepCondition::Success,
        on: if skip.is_some() {
            Vec::new()
        } else {
            vec![None]
        },
        skip,
        window: None,
        machine_lock: MachineLock::Deployment,
        actions: vec![action],
    }
}
