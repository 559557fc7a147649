//! Plans by the dice: every feature of a plan, in any combination, listed in any order.

use regatta_core::engine::plan::*;

use super::rng::Rng;
use super::text::{action, plain_step, target};

/// What shapes a drawn plan. Smaller numbers and fewer flags make simpler plans.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shape {
    pub(crate) steps: usize,
    pub(crate) targets: usize,
    pub(crate) guided: bool,
    pub(crate) policy: FailurePolicy,
    /// Windows, whose outcome after a failure depends on timing by nature.
    pub(crate) rolling: bool,
    /// Limits and exclusive steps.
    pub(crate) tight: bool,
}

pub(crate) fn plan(rng: &mut Rng, shape: Shape) -> Plan {
    let mut listed: Vec<u32> = (0..shape.steps as u32).collect();
    rng.shuffle(&mut listed);
    let mut steps: Vec<PlanStep> = (0..shape.steps).map(|ix| step(rng, ix, shape)).collect();
    for (done, &ix) in listed.iter().enumerate().skip(1) {
        let mut waits_for: Vec<StepIx> = (0..rng.below(4))
            .map(|_| StepIx(listed[rng.below(done.min(8)) + done - done.min(8)]))
            .collect();
        waits_for.sort();
        waits_for.dedup();
        steps[ix as usize].waits_for = waits_for;
    }
    let limit = |rng: &mut Rng, percent| {
        (shape.tight && rng.chance(percent)).then(|| rng.below(3) as u32 + 1)
    };
    let plan = Plan {
        steps,
        targets: (0..shape.targets).map(target).collect(),
        failure_policy: shape.policy,
        guided_failure: shape.guided,
        limits: Limits {
            running_max: limit(rng, 30),
            per_machine_max: limit(rng, 30),
        },
    };
    plan.check().unwrap();
    plan
}

fn step(rng: &mut Rng, ix: usize, shape: Shape) -> PlanStep {
    let mut step = plain_step(&format!("s{ix}"), Vec::new());
    let targets: Vec<_> = (0..shape.targets as u32)
        .filter(|_| rng.chance(70))
        .map(|ix| Some(TargetIx(ix)))
        .collect();
    if !targets.is_empty() && rng.chance(50) {
        step.on = targets;
    }
    let on_targets = step.on[0].is_some();
    step.condition = match rng.below(10) {
        0 => StepCondition::Failure,
        1 => StepCondition::Always,
        2 => StepCondition::Variable("#{V}".to_owned()),
        _ => StepCondition::Success,
    };
    step.skip = rng.chance(10).then_some(SkipReason::Disabled);
    step.window = (shape.rolling && on_targets && rng.chance(40)).then(|| rng.below(2) as u32 + 1);
    step.machine_lock = match rng.below(8) {
        0 if shape.tight => MachineLock::Exclusive,
        1 => MachineLock::Bypass,
        _ => MachineLock::Deployment,
    };
    let actions = if rng.chance(70) { 1 } else { rng.below(3) + 1 };
    step.actions = (0..actions)
        .map(|_| drawn_action(rng, &step.name, on_targets))
        .collect();
    step
}

fn drawn_action(rng: &mut Rng, step: &str, on_targets: bool) -> PlanAction {
    let mut action = action(step, on_targets && rng.chance(80));
    match rng.below(12) {
        0 => action.kind = ActionKind::Manual,
        1 => action.kind = ActionKind::InServer,
        _ => {}
    }
    if rng.chance(10) {
        action.condition = ActionCondition::Variable("#{C}".to_owned());
    }
    action.skip = rng.chance(5).then_some(SkipReason::ByUser);
    action.required = rng.chance(10);
    action.retry = Retry {
        retries_max: if rng.chance(30) {
            rng.below(3) as u32
        } else {
            0
        },
        backoff_ms: 100,
    };
    action.timeout_ms = rng.chance(20).then_some(1_000);
    action.expected_ms = rng.chance(50).then(|| rng.below(1_000) as i64);
    action
}
