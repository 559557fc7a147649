//! Worker pools that have no worker: what is to run there waits for ever.

use super::Subject;
use crate::machine::WorkerPool;
use crate::process::problem::{Fix, Kind, Problem};
use crate::process::{Action, Step, keys};

pub(super) fn check(subject: &Subject<'_>, problems: &mut Vec<Problem>) {
    for i in subject.positions() {
        let Some(pool) = without_worker(subject, subject.step(i)) else {
            continue;
        };
        let kind = Kind::PoolWithoutWorker;
        let message = format!(
            "{} runs on the worker pool {}, which has no worker: a deployment would wait for ever.",
            subject.name(i),
            pool.name
        );
        let step = subject.slug(i);
        let problem = subject.problem(kind, &[i], message).fix(Fix::Open {
            step: step.clone(),
            section: "Where it runs",
        });
        problems.push(problem.fix(Fix::MarkIntended { step, kind }));
    }
}

fn without_worker<'a>(subject: &Subject<'a>, step: &Step) -> Option<&'a WorkerPool> {
    let (pools, slots) = (subject.context.pools?, subject.context.pool_slots?);
    let is_idle = |pool: &&WorkerPool| {
        let mut known = slots.iter();
        known.any(|(id, slots)| *slots == 0 && id == pool.id.as_str())
    };
    let runs = |action: &&Action| {
        !(step.is_disabled() || action.is_disabled || action.action_type == keys::MANUAL)
    };
    let mut named = step.actions.iter().filter(runs).filter_map(|action| {
        let wanted = named(step, action)?;
        pools.iter().find(|pool| pool.is_meant_by(wanted))
    });
    named.find(is_idle)
}

/// The pool that an action which needs a worker names, `""` if none. `None`: it needs no worker, or a variable says of
/// which pool.
pub(super) fn named<'a>(step: &Step, action: &'a Action) -> Option<&'a str> {
    let on_worker =
        !action.is_in_server() && (step.target_roles().is_empty() || action.runs_on_server());
    let by_variable = action
        .worker_pool_variable
        .as_deref()
        .is_some_and(|name| !name.is_empty());
    let pool = action.worker_pool_id.as_deref().unwrap_or_default();
    (on_worker && !by_variable).then_some(pool)
}
