//! Names, slugs and ids: well-formed and used once.

use std::collections::HashMap;

use crate::name::{Name, Slug, key};
use crate::process::DeploymentProcess;
use crate::process::problem::{Fix, Kind, Problem};

/// Ids that Octopus makes have 36.
const ID_CHARS_MAX: usize = 200;

/// A name, slug or id and where it stands: position of the step, path of the field.
type Entry<'a> = (usize, String, &'a str);

pub(super) fn check(process: &DeploymentProcess) -> Vec<Problem> {
    let mut problems = Vec::new();
    let steps = || process.steps.iter().enumerate();
    let actions =
        || steps().flat_map(|(i, s)| s.actions.iter().enumerate().map(move |(j, a)| (i, j, a)));
    let step_names: Vec<Entry<'_>> = steps()
        .map(|(i, s)| (i, format!("Steps[{i}].Name"), s.name.as_str()))
        .collect();
    let action_names: Vec<Entry<'_>> = actions()
        .map(|(i, j, a)| (i, format!("Steps[{i}].Actions[{j}].Name"), a.name.as_str()))
        .collect();
    let step_slugs: Vec<Entry<'_>> = steps()
        .map(|(i, s)| (i, format!("Steps[{i}].Slug"), s.slug.as_str()))
        .collect();
    let action_slugs: Vec<Entry<'_>> = actions()
        .map(|(i, j, a)| (i, format!("Steps[{i}].Actions[{j}].Slug"), a.slug.as_str()))
        .collect();
    let step_ids: Vec<Entry<'_>> = steps()
        .map(|(i, s)| (i, format!("Steps[{i}].Id"), s.id.as_str()))
        .collect();
    let action_ids: Vec<Entry<'_>> = actions()
        .map(|(i, j, a)| (i, format!("Steps[{i}].Actions[{j}].Id"), a.id.as_str()))
        .collect();
    names(process, "steps", &step_names, &mut problems);
    // A step's only action mostly has the step's name: one report is enough.
    let told: Vec<_> = problems.iter().map(|p| (p.kind, p.steps.clone())).collect();
    let mut of_actions = Vec::new();
    names(process, "actions", &action_names, &mut of_actions);
    problems.extend(
        of_actions
            .into_iter()
            .filter(|p| !told.contains(&(p.kind, p.steps.clone()))),
    );
    slugs(process, &step_slugs, &mut problems);
    slugs(process, &action_slugs, &mut problems);
    ids(process, &step_ids, &mut problems);
    ids(process, &action_ids, &mut problems);
    problems
}

fn names(
    process: &DeploymentProcess,
    what: &str,
    entries: &[Entry<'_>],
    problems: &mut Vec<Problem>,
) {
    let mut seen: HashMap<String, usize> = HashMap::new();
    for (step, field, text) in entries {
        if let Err(error) = text.parse::<Name>() {
            let message = format!("Step {}: {error}", step + 1);
            problems.push(Problem::new(Kind::BadName, process, &[*step], message).at(field));
        } else if let Some(first) = seen.insert(key(text), *step) {
            let message = format!(
                "Two {what} are called {text}. Outputs are read by name, so give one of them another."
            );
            let new_name = format!("{text} 2");
            let fix = Fix::Rename {
                step: process.steps[*step].slug.clone(),
                to: new_name,
            };
            problems.push(
                Problem::new(Kind::DuplicateName, process, &[*step, first], message)
                    .at(field)
                    .fix(fix),
            );
        }
    }
}

fn slugs(process: &DeploymentProcess, entries: &[Entry<'_>], problems: &mut Vec<Problem>) {
    let mut seen: HashMap<&str, usize> = HashMap::new();
    for (step, field, text) in entries {
        let message = match (text.parse::<Slug>(), seen.insert(text, *step)) {
            (Err(error), _) => format!("Step {}: {error}.", step + 1),
            (Ok(_), Some(first)) => format!(
                "Steps {} and {} both use the slug `{text}`. Change one of them.",
                first + 1,
                step + 1
            ),
            (Ok(_), None) => continue,
        };
        problems.push(Problem::new(Kind::BadSlug, process, &[*step], message).at(field));
    }
}

fn ids(process: &DeploymentProcess, entries: &[Entry<'_>], problems: &mut Vec<Problem>) {
    let mut seen: HashMap<&str, usize> = HashMap::new();
    for (step, field, text) in entries {
        if text.chars().count() > ID_CHARS_MAX {
            let message = format!(
                "Step {}: an id has at most {ID_CHARS_MAX} characters. Leave it empty to get a new one.",
                step + 1
            );
            problems.push(Problem::new(Kind::BadId, process, &[*step], message).at(field));
        } else if let Some(first) = seen.insert(text, *step) {
            let message = format!(
                "Steps {} and {} both use the id `{text}`. Leave one of them empty to get a new one.",
                first + 1,
                step + 1
            );
            problems.push(Problem::new(Kind::DuplicateId, process, &[*step], message).at(field));
        }
    }
}
