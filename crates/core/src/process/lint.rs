//! What will surprise the author of a process, found before the first deployment. Each finding comes with
//! fixes as data; [`validate`] comes first, as a process that cannot run has no order to look at.
//!
//! An author can mark a warning or hint as intended (`Regatta.Step.Intended`); it is not reported again.

use super::graph::Graph;
use super::problem::{Kind, Level, Problem};
use super::validate::{validate, worker_pools};
use super::{DeploymentProcess, Step, keys};
use crate::engine::plan::Limits;
use crate::id::{ChannelId, EnvironmentId};
use crate::machine::{Machine, WorkerPool};

mod feature;
mod order;
mod output;
mod pool;
mod scope;
mod turns;

/// What is known around the process. `None` means not known: nothing is then said about it.
#[derive(Debug, Clone, Copy, Default)]
pub struct LintContext<'a> {
    pub machines: Option<&'a [Machine]>,
    pub environments: Option<&'a [EnvironmentId]>,
    pub channels: Option<&'a [ChannelId]>,
    /// How many scripts the workers of each pool run at once, by pool id; 0 for one that has none. `""` stands for
    /// the default pool.
    pub pool_slots: Option<&'a [(String, usize)]>,
    /// All worker pools of the space.
    pub pools: Option<&'a [WorkerPool]>,
    pub limits: Limits,
}

/// A process that can run, with its order.
struct Subject<'a> {
    process: &'a DeploymentProcess,
    graph: Graph,
    context: LintContext<'a>,
}

/// Everything that is or may be wrong: errors first, then warnings, then hints, each in list order.
#[must_use]
pub fn lint(process: &DeploymentProcess, context: LintContext<'_>) -> Vec<Problem> {
    let mut problems = validate(process);
    if let Some(pools) = context.pools {
        problems.extend(worker_pools(process, pools));
    }
    if let Ok(graph) = Graph::of(&process.steps) {
        let subject = Subject {
            process,
            graph,
            context,
        };
        output::check(&subject, &mut problems);
        order::check(&subject, &mut problems);
        scope::check(&subject, &mut problems);
        turns::check(&subject, &mut problems);
        pool::check(&subject, &mut problems);
        feature::check(&subject, &mut problems);
    }
    problems.retain(|problem| !is_intended(process, problem));
    problems.sort_by_key(|problem| {
        (
            problem.level,
            problem.steps.first().map_or(0, |step| step.number),
        )
    });
    problems
}

fn is_intended(process: &DeploymentProcess, problem: &Problem) -> bool {
    let Some(step) = problem
        .steps
        .first()
        .and_then(|step| process.steps.get(step.number - 1))
    else {
        return false;
    };
    problem.level != Level::Error
        && intended(step)
            .iter()
            .any(|kind| kind == problem.kind.as_str())
}

/// The kinds of problems a step's author has marked as intended.
#[must_use]
pub fn intended(step: &Step) -> Vec<String> {
    let text = step.properties.filled(keys::INTENDED).unwrap_or("[]");
    serde_json::from_str(text).unwrap_or_default()
}

impl Subject<'_> {
    fn step(&self, i: usize) -> &Step {
        &self.process.steps[i]
    }

    fn name(&self, i: usize) -> &str {
        &self.step(i).name
    }

    fn slug(&self, i: usize) -> String {
        self.step(i).slug.clone()
    }

    fn problem(&self, kind: Kind, steps: &[usize], message: String) -> Problem {
        Problem::new(kind, self.process, steps, message)
    }

    fn positions(&self) -> std::ops::Range<usize> {
        0..self.process.steps.len()
    }
}
