//! Lint of a process without saving it: what is wrong, and what may surprise, given what exists around it.

use regatta_core::process::DeploymentProcess;
use regatta_core::process::lint::lint;
use regatta_core::process::problem::Problem;
use serde_json::{Value, json};

use super::known::Known;
use super::{adopted, found, parse};
use crate::call::{Call, ok};
use crate::operation::Answer;
use crate::shape::{BOOL, INT, Object, Shape, TEXT, field};

const LEVELS: Shape = Shape::Word(&["Error", "Warning", "Hint"]);

static STEP_REF: Object = Object {
    name: "ProblemStep",
    fields: &[
        field("Number", INT).about("From 1, as in the list."),
        field("Slug", TEXT),
        field("Name", TEXT),
    ],
};
static EDIT: Object = Object {
    name: "ProcessEdit",
    fields: &[
        field("Step", TEXT).about("Slug of the step to change."),
        field("Number", INT).about("Its place in the list, from 1."),
        field("Set", Shape::Map(&Shape::Any)).about(
            "New values by place in the step, e.g. Name, StartTrigger or Properties[Regatta.Step.DependsOn]; null removes.",
        ),
    ],
};
static FIX: Object = Object {
    name: "ProblemFix",
    fields: &[
        field("Action", TEXT).about(
            "AddDependency, RemoveDependency, SetDependencies, ReplaceText, Rename, Set, MarkIntended or Open.",
        ),
        field("Label", TEXT),
        field("Edits", Shape::List(&Shape::Object(&EDIT)))
            .about("What applying it changes in the document; nothing for Open."),
        field("Step", TEXT),
        field("Section", TEXT).about("Of Open: the section of the step's settings."),
    ],
};
pub(super) static PROBLEM: Object = Object {
    name: "ProcessProblem",
    fields: &[
        field("Kind", TEXT),
        field("Level", LEVELS),
        field("PreventsSaving", BOOL),
        field("Steps", Shape::List(&Shape::Object(&STEP_REF)))
            .about("The steps concerned; the first is where to show it."),
        field("Field", TEXT).about("Place in the document; null when it is about whole steps."),
        field("Message", TEXT),
        field("Fixes", Shape::List(&Shape::Object(&FIX))),
    ],
};
pub(super) static OBJECT: Object = Object {
    name: "ProcessLint",
    fields: &[
        field("Problems", Shape::List(&Shape::Object(&PROBLEM))),
        field("CanBeSaved", BOOL),
    ],
};

/// What is wrong with the process of the body, or of the store when the body is empty, or may surprise.
pub(super) async fn body(mut call: Call) -> Answer {
    let body = call.json().await?;
    let stored = parse(&found(&call).await?)?;
    let given = if names_steps(&body) {
        adopted(body, &stored)
    } else {
        Ok(stored)
    };
    let (problems, process) = match given {
        Err(problems) => (problems, None),
        Ok(process) => {
            let known = Known::read(&call, &process).await?;
            (lint(&process, known.lint()), Some(process))
        }
    };
    Ok(ok(json!({
        "Problems": shown(&problems, process.as_ref()),
        "CanBeSaved": can_be_saved(&problems),
    })))
}

pub(super) fn names_steps(body: &Value) -> bool {
    body.get("Steps")
        .and_then(Value::as_array)
        .is_some_and(|steps| !steps.is_empty())
}

pub(super) fn can_be_saved(problems: &[Problem]) -> bool {
    problems.iter().all(|problem| !problem.prevents_saving)
}

/// Problems with what each fix says and changes.
pub(super) fn shown(problems: &[Problem], process: Option<&DeploymentProcess>) -> Vec<Value> {
    let one = |problem: &Problem| {
        let mut shown = json!(problem);
        let fixes = shown.get_mut("Fixes").and_then(Value::as_array_mut);
        for (fix, body) in problem.fixes.iter().zip(fixes.into_iter().flatten()) {
            if let Some(process) = process {
                body["Label"] = json!(fix.label(process));
                body["Edits"] = json!(fix.edits(process));
            }
        }
        shown
    };
    problems.iter().map(one).collect()
}
