//! What a process must satisfy to be saved, released or imported. Every problem is found, not only the first.
//!
//! Unknown action types are no problem here (Octopus stores them); they fail when run.

use serde_json::Value;

use super::graph::{Graph, GraphError};
use super::problem::{Fix, Kind, Problem};
use super::{DeploymentProcess, Step, keys};

mod action;
mod identity;
mod pool;
mod read;

pub use pool::worker_pools;
pub use read::{STEPS_MAX, read};

/// The problems that keep a process from being saved, in the order of its steps.
#[must_use]
pub fn validate(process: &DeploymentProcess) -> Vec<Problem> {
    let mut problems = identity::check(process);
    for (i, step) in process.steps.iter().enumerate() {
        check_step(process, i, step, &mut problems);
        action::check(process, i, &mut problems);
    }
    if let Err(errors) = Graph::of(&process.steps) {
        problems.extend(errors.iter().map(|error| graph_problem(process, error)));
    }
    problems
}

fn check_step(process: &DeploymentProcess, i: usize, step: &Step, problems: &mut Vec<Problem>) {
    let property = |key: &str| format!("Steps[{i}].Properties[{key}]");
    if step.actions.is_empty() {
        let message = format!("{} has no actions. Add one, or delete the step.", step.name);
        problems.push(
            Problem::new(Kind::NoActions, process, &[i], message).at(format!("Steps[{i}].Actions")),
        );
    }
    if step.condition == super::step::Condition::Variable && step.condition_expression().is_none() {
        let message = format!(
            "{} runs only when an expression holds, and the expression is empty. Enter one, or choose another condition.",
            step.name
        );
        let problem = Problem::new(Kind::MissingExpression, process, &[i], message)
            .at(property(keys::STEP_CONDITION));
        problems.push(problem.fix(Fix::Set {
            step: step.slug.clone(),
            field: "Condition".into(),
            to: "Success".into(),
        }));
    }
    if let Some(text) = step
        .properties
        .filled(keys::MAX_PARALLELISM)
        .filter(|t| !super::number::is_expression(t))
        && let Err(error) = super::number::Window::parse(text)
    {
        let message = format!("{}: how many targets at a time: {error}.", step.name);
        problems.push(
            Problem::new(Kind::BadNumber, process, &[i], message)
                .at(property(keys::MAX_PARALLELISM)),
        );
    }
    let lock = step
        .properties
        .filled(keys::MACHINE_LOCK)
        .unwrap_or("deployment");
    let bypasses = step.properties.is_true(keys::BYPASS_MUTEX);
    let exclusive = lock.eq_ignore_ascii_case("exclusive");
    if !exclusive && !lock.eq_ignore_ascii_case("deployment") {
        let message = format!(
            "{}: the machine lock is `{lock}`; use `deployment` or `exclusive`.",
            step.name
        );
        problems.push(
            Problem::new(Kind::BadValue, process, &[i], message).at(property(keys::MACHINE_LOCK)),
        );
    }
    if exclusive && bypasses {
        let message = format!(
            "{} asks for its machines alone and lets other deployments in. Remove one of the two settings.",
            step.name
        );
        problems.push(
            Problem::new(Kind::BadValue, process, &[i], message).at(property(keys::MACHINE_LOCK)),
        );
    }
    if let Some(text) = step.properties.filled(keys::INTENDED)
        && !matches!(serde_json::from_str(text), Ok(Value::Array(_)))
    {
        let message = format!(
            "{}: `{}` must be a JSON array of problem kinds.",
            step.name,
            keys::INTENDED
        );
        problems.push(
            Problem::new(Kind::BadValue, process, &[i], message).at(property(keys::INTENDED)),
        );
    }
}

/// The problem a graph error is, in words.
fn graph_problem(process: &DeploymentProcess, error: &GraphError) -> Problem {
    let name = |i: &usize| process.steps[*i].name.as_str();
    let slug = |i: usize| process.steps[i].slug.clone();
    let field = |i: usize| format!("Steps[{i}].Properties[{}]", keys::DEPENDS_ON);
    match error {
        GraphError::BadList { step, error } => {
            let message = format!("{}: {error}.", name(step));
            Problem::new(Kind::BadDependencyList, process, &[*step], message).at(field(*step))
        }
        GraphError::Unknown { step, slug: on } => {
            let message = format!(
                "{} depends on `{on}`, and no step has that slug. Remove the dependency, or name an existing step.",
                name(step)
            );
            let problem =
                Problem::new(Kind::UnknownDependency, process, &[*step], message).at(field(*step));
            problem.fix(Fix::RemoveDependency {
                step: slug(*step),
                on: on.clone(),
            })
        }
        GraphError::Itself { step } => {
            let message = format!("{} depends on itself. Remove the dependency.", name(step));
            let problem =
                Problem::new(Kind::DependsOnItself, process, &[*step], message).at(field(*step));
            problem.fix(Fix::RemoveDependency {
                step: slug(*step),
                on: slug(*step),
            })
        }
        GraphError::Duplicate { step, on } => {
            let message = format!(
                "{} names its dependency on {} twice. Remove one of them.",
                name(step),
                name(on)
            );
            let problem = Problem::new(Kind::DuplicateDependency, process, &[*step, *on], message)
                .at(field(*step));
            problem.fix(Fix::RemoveDependency {
                step: slug(*step),
                on: slug(*on),
            })
        }
        GraphError::Cycle { steps } => loop_problem(process, steps),
    }
}

fn loop_problem(process: &DeploymentProcess, steps: &[usize]) -> Problem {
    let name = |i: usize| process.steps[i].name.as_str();
    if let [only] = *steps {
        let before = only.checked_sub(1).map_or("the step before it", name);
        let message = format!(
            "{} would wait for itself: it starts together with {before}, which waits for {}.",
            name(only),
            name(only)
        );
        let problem = Problem::new(Kind::Loop, process, steps, message)
            .at(format!("Steps[{only}].StartTrigger"));
        return problem.fix(Fix::SetDependencies {
            step: process.steps[only].slug.clone(),
            on: Vec::new(),
        });
    }
    let round = steps
        .iter()
        .chain(&steps[..1])
        .map(|&i| name(i))
        .collect::<Vec<_>>()
        .join(" → ");
    let message =
        format!("{round} would wait for each other for ever. Remove one of these dependencies.");
    let mut problem = Problem::new(Kind::Loop, process, steps, message);
    for (&step, &on) in steps.iter().zip(steps.iter().cycle().skip(1)) {
        // One that is not listed goes as well: the step then lists what it waits for besides.
        problem = problem.fix(Fix::RemoveDependency {
            step: process.steps[step].slug.clone(),
            on: process.steps[on].slug.clone(),
        });
    }
    problem
}
