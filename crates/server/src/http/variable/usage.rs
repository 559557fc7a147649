//! Where the variables of a project are used, and what about them may be a mistake.

use std::collections::BTreeMap;

use regatta_core::permission::Permission as P;
use regatta_core::process::DeploymentProcess;
use regatta_core::project::Project;
use regatta_core::variable::usage::{Defined, Users, usages};
use regatta_core::variable::{VariableSet, VariableValue};
use serde_json::{Value, json};

use super::sources;
use crate::call::{Call, ok};
use crate::operation::Answer;
use crate::shape::{INT, Object, Shape, TEXT, TEXTS, field};
use crate::stored::{self, PROCESSES};

static PLACE: Object = Object {
    name: "VariableUsePlace",
    fields: &[
        field("Field", TEXT).about("Below the step."),
        field("Line", INT).about("From 1, within the text."),
    ],
};
static PLACE_ITEM: Shape = Shape::Object(&PLACE);
static STEP: Object = Object {
    name: "VariableUseStep",
    fields: &[
        field("Number", INT).about("From 1, as in the list."),
        field("StepSlug", TEXT),
        field("StepName", TEXT),
        field("Places", Shape::List(&PLACE_ITEM)),
    ],
};
static STEP_ITEM: Shape = Shape::Object(&STEP);
static NAME: Object = Object {
    name: "VariableUse",
    fields: &[
        field("Name", TEXT),
        field("Steps", Shape::List(&STEP_ITEM)),
        field("Variables", TEXTS).about("Names of variables with a value that names it."),
    ],
};
static NAME_ITEM: Shape = Shape::Object(&NAME);
static PROBLEM: Object = Object {
    name: "VariableProblem",
    fields: &[
        field("Kind", Shape::Word(&["Unused", "Undefined", "SameScope"])),
        field("Name", TEXT),
        field("Message", TEXT),
    ],
};
static PROBLEM_ITEM: Shape = Shape::Object(&PROBLEM);
pub(super) static OBJECT: Object = Object {
    name: "VariableUsages",
    fields: &[
        field("Names", Shape::List(&NAME_ITEM)).about("Every name the caller may see a value of."),
        field("Problems", Shape::List(&PROBLEM_ITEM)),
    ],
};

pub(super) async fn answer(call: Call) -> Answer {
    let document = call
        .find(
            &mut call.read().await?,
            "Projects",
            call.parameter("project"),
        )
        .await?;
    let project: Project = stored::parse(&document)?;
    let mut conn = call.read().await?;
    let of = crate::scope::of_document(&mut conn, &document).await?;
    call.caller.require(P::ProcessView, &of)?;
    let sources = sources::read(&call, &mut conn, &project).await?;
    let id = format!("deploymentprocess-{}", project.id);
    let process: DeploymentProcess = stored::need(&mut conn, PROCESSES, &id).await?;
    let seen = sources::seen_names(&sources);
    let all = sources.iter().flat_map(|source| {
        let values = source.set.variables.iter();
        values.map(move |variable| (variable, source.shows(variable)))
    });
    let mut defined: Vec<Defined<'_>> = all
        .map(|(variable, is_shown)| Defined {
            name: &variable.name,
            text: match &variable.value {
                // Of what the caller may not see not even the names it uses are told.
                VariableValue::Text(text) if is_shown => text.as_deref(),
                VariableValue::Reference(..)
                | VariableValue::Sensitive(_)
                | VariableValue::Text(_) => None,
            },
        })
        .collect();
    // What tenants fill is defined, too.
    defined.extend(project.templates.iter().map(|template| Defined {
        name: template.name.as_str(),
        text: None,
    }));
    let found = usages(&process, &defined);
    let visible = || {
        let all = found.defined.values();
        all.filter(|(name, _)| seen.contains(&name.to_lowercase()))
    };
    let names: Vec<Value> = visible()
        .map(|(name, users)| shown(name, users, &process))
        .collect();
    let own = sources.first().map(|source| &source.set);
    let unused = visible().filter(|(name, users)| {
        let is_own = own.is_some_and(|set| {
            set.variables
                .iter()
                .any(|own| own.name.eq_ignore_ascii_case(name))
        });
        is_own && users.is_empty()
    });
    let mut problems: Vec<Value> = found
        .undefined
        .values()
        .map(|(name, users)| undefined(name, users, &process))
        .collect();
    problems.extend(own.into_iter().flat_map(same_scope).filter(|problem| {
        problem["Name"]
            .as_str()
            .is_some_and(|name| seen.contains(&name.to_lowercase()))
    }));
    problems.extend(unused.map(|(name, _)| unused_problem(name)));
    Ok(ok(json!({"Names": names, "Problems": problems})))
}

fn shown(name: &str, users: &Users, process: &DeploymentProcess) -> Value {
    let mut steps: BTreeMap<usize, Vec<Value>> = BTreeMap::new();
    for place in &users.places {
        let places = steps.entry(place.step).or_default();
        places.push(json!({"Field": place.field, "Line": place.line}));
    }
    let steps = steps.into_iter().map(|(at, places)| {
        let step = &process.steps[at];
        json!({"Number": at + 1, "StepSlug": step.slug, "StepName": step.name, "Places": places})
    });
    json!({"Name": name, "Steps": steps.collect::<Vec<_>>(), "Variables": users.variables})
}

fn undefined(name: &str, users: &Users, process: &DeploymentProcess) -> Value {
    let mut by: Vec<String> = Vec::new();
    for place in &users.places {
        let step = &process.steps[place.step].name;
        if !by.contains(step) {
            by.push(step.clone());
        }
    }
    by.extend(users.variables.iter().cloned());
    let message = format!(
        "{} uses `{name}`, which has no value anywhere. Add the variable, or correct the name.",
        by.join(", ")
    );
    json!({"Kind": "Undefined", "Name": name, "Message": message})
}

fn unused_problem(name: &str) -> Value {
    let message = format!(
        "Nothing in the process and no other variable names `{name}`. Files in packages and scripts that read all variables are not looked at."
    );
    json!({"Kind": "Unused", "Name": name, "Message": message})
}

/// Values of one name that hold in exactly the same places: only one of them can ever be used.
fn same_scope<S>(set: &VariableSet<S>) -> Vec<Value> {
    let mut problems = Vec::new();
    for (at, variable) in set.variables.iter().enumerate() {
        let twin = set.variables[..at].iter().any(|other| {
            other.name.eq_ignore_ascii_case(&variable.name) && other.scope.is_same(&variable.scope)
        });
        if twin {
            let message = format!(
                "`{}` has two values with the same scope: only one of them can ever be used. Delete one, or change its scope.",
                variable.name
            );
            problems.push(json!({"Kind": "SameScope", "Name": variable.name, "Message": message}));
        }
    }
    problems
}
