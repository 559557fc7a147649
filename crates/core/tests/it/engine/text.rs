//! Plans from a few words: `"a; b after a; c after a b on 2 window 1 if always"`.
//!
//! After the step's name and `after NAME..`, in any order: `on N` (the first N targets), `window N`,
//! `exclusive`, `bypass`, `if failure|always|var`, `retries N`, `backoff MS`, `timeout MS`, `required`,
//! `manual`, `disabled`, `actions N`, `child-var` (each action asks its condition), `takes MS`.

use std::sync::Arc;

use regatta_core::engine::plan::*;

pub(crate) fn plan(text: &str) -> Plan {
    let lines: Vec<Vec<&str>> = text
        .split(';')
        .map(|line| line.split_whitespace().collect())
        .collect();
    let names: Vec<&str> = lines.iter().map(|words| words[0]).collect();
    let steps: Vec<PlanStep> = lines.iter().map(|words| step(words, &names)).collect();
    let targets = steps
        .iter()
        .map(|step| step.on.iter().flatten().count())
        .max()
        .unwrap_or(0);
    let plan = Plan {
        steps,
        targets: (0..targets).map(target).collect(),
        failure_policy: FailurePolicy::FinishBranches,
        guided_failure: false,
        limits: Limits::default(),
    };
    plan.check().unwrap();
    plan
}

pub(crate) fn target(ix: usize) -> PlanTarget {
    PlanTarget {
        id: format!("Machines-{ix}"),
        name: format!("web-{ix}"),
    }
}

pub(crate) fn action(name: &str, on_target: bool) -> PlanAction {
    PlanAction {
        id: name.to_owned(),
        slug: name.to_owned(),
        name: name.to_owned(),
        action_type: "Octopus.Script".to_owned(),
        kind: if on_target {
            ActionKind::OnTarget
        } else {
            ActionKind::OnWorker
        },
        condition: ActionCondition::Success,
        skip: None,
        required: false,
        retry: Retry::default(),
        timeout_ms: None,
        worker_pool: (!on_target).then(|| "pool".to_owned()),
        expected_ms: None,
    }
}

pub(crate) fn plain_step(name: &str, waits_for: Vec<StepIx>) -> PlanStep {
    PlanStep {
        id: name.to_owned(),
        slug: name.to_owned(),
        name: name.to_owned(),
        waits_for,
        condition: StepCondition::Success,
        skip: None,
        on: vec![None],
        window: None,
        machine_lock: MachineLock::Deployment,
        actions: vec![action(name, false)],
    }
}

fn step(words: &[&str], names: &[&str]) -> PlanStep {
    let mut step = plain_step(words[0], Vec::new());
    let mut words = words[1..].iter().copied().peekable();
    while let Some(word) = words.next() {
        match word {
            "after" => {
                while let Some(ix) = words
                    .peek()
                    .and_then(|next| names.iter().position(|name| name == next))
                {
                    step.waits_for.push(StepIx(ix as u32));
                    words.next();
                }
            }
            "on" => {
                let count: u32 = words.next().unwrap().parse().unwrap();
                step.on = (0..count).map(|ix| Some(TargetIx(ix))).collect();
                step.actions = vec![action(&step.name, true)];
            }
            "window" => step.window = Some(words.next().unwrap().parse().unwrap()),
            "exclusive" => step.machine_lock = MachineLock::Exclusive,
            "bypass" => step.machine_lock = MachineLock::Bypass,
            "disabled" => step.skip = Some(SkipReason::Disabled),
            "if" => step.condition = condition(words.next().unwrap()),
            "actions" => {
                let count: usize = words.next().unwrap().parse().unwrap();
                step.actions = vec![step.actions[0].clone(); count];
            }
            other => {
                let mut number = || words.next().unwrap().parse::<i64>().unwrap();
                let set: Box<dyn Fn(&mut PlanAction)> = match other {
                    "retries" => with(number(), |action, n| action.retry.retries_max = n as u32),
                    "backoff" => with(number(), |action, n| action.retry.backoff_ms = n),
                    "timeout" => with(number(), |action, n| action.timeout_ms = Some(n)),
                    "takes" => with(number(), |action, n| action.expected_ms = Some(n)),
                    "required" => Box::new(|action| action.required = true),
                    "manual" => Box::new(|action| action.kind = ActionKind::Manual),
                    "child-var" => Box::new(|action| {
                        action.condition = ActionCondition::Variable("#{C}".to_owned());
                    }),
                    _ => panic!("unknown word {other:?}"),
                };
                step.actions.iter_mut().for_each(set);
            }
        }
    }
    step
}

fn with(n: i64, set: fn(&mut PlanAction, i64)) -> Box<dyn Fn(&mut PlanAction)> {
    Box::new(move |action| set(action, n))
}

fn condition(word: &str) -> StepCondition {
    match word {
        "failure" => StepCondition::Failure,
        "always" => StepCondition::Always,
        "var" => StepCondition::Variable("#{V}".to_owned()),
        _ => panic!("unknown condition {word:?}"),
    }
}

impl From<&str> for super::shell::Shell {
    fn from(text: &str) -> Self {
        Self::new(Arc::new(plan(text)))
    }
}
