//! From JSON to a process, with every wrong value named by its place instead of the first one only.

use serde_json::Value;

use crate::process::DeploymentProcess;
use crate::process::action::ActionCondition;
use crate::process::problem::{Kind, Level, Problem, StepRef};
use crate::process::step::{Condition, PackageRequirement, StartTrigger};

/// What the rules look at grows with the square of this.
pub const STEPS_MAX: usize = 2_000;

/// Reads a process document.
///
/// # Errors
/// More than [`STEPS_MAX`] steps; every word that is not one of its enumeration, or, when all are, what else does not fit the document's form.
pub fn read(document: Value) -> Result<DeploymentProcess, Vec<Problem>> {
    let mut problems = Vec::new();
    let steps = document
        .get("Steps")
        .and_then(Value::as_array)
        .map_or(&[][..], Vec::as_slice);
    if steps.len() > STEPS_MAX {
        let message = format!(
            "The process has {} steps; at most {STEPS_MAX} are allowed. Split it into several projects, or put \
             several commands into one step.",
            steps.len()
        );
        return Err(vec![problem(None, "Steps".to_owned(), message)]);
    }
    for (i, step) in steps.iter().enumerate() {
        let mut check = |object: &Value, path: &str, key: &str, allowed: &[&str]| {
            if let Some(text) = wrong_word(object, key, allowed) {
                let message = format!(
                    "{key} is `{text}`; it must be one of {}.",
                    allowed.join(", ")
                );
                problems.push(problem(Some((i, step)), format!("{path}.{key}"), message));
            }
        };
        let path = format!("Steps[{i}]");
        check(step, &path, "StartTrigger", StartTrigger::VALUES);
        check(step, &path, "Condition", Condition::VALUES);
        check(
            step,
            &path,
            "PackageRequirement",
            PackageRequirement::VALUES,
        );
        for (j, action) in step
            .get("Actions")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .enumerate()
        {
            check(
                action,
                &format!("{path}.Actions[{j}]"),
                "Condition",
                ActionCondition::VALUES,
            );
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    serde_json::from_value(document).map_err(|error| {
        let message = format!("The process cannot be read: {error}.");
        vec![problem(None, "Steps".to_owned(), message)]
    })
}

/// The text under `key`, if it is none of `allowed` (in any case).
fn wrong_word<'v>(object: &'v Value, key: &str, allowed: &[&str]) -> Option<&'v str> {
    let text = object.get(key)?.as_str()?;
    (!allowed.iter().any(|word| word.eq_ignore_ascii_case(text))).then_some(text)
}

fn problem(step: Option<(usize, &Value)>, field: String, message: String) -> Problem {
    let text = |step: &Value, key: &str| {
        step.get(key)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let steps = step.map(|(i, step)| StepRef {
        number: i + 1,
        slug: text(step, "Slug"),
        name: text(step, "Name"),
    });
    let steps = steps.into_iter().collect();
    Problem {
        kind: Kind::BadValue,
        level: Level::Error,
        prevents_saving: true,
        steps,
        field: Some(field),
        message,
        fixes: Vec::new(),
    }
}
