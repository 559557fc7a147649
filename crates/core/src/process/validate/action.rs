//! Actions: the numbers they carry, and what their type cannot do without.

use crate::process::action::{Action, ActionCondition};
use crate::process::number::{self, NumberError};
use crate::process::problem::{Kind, Problem};
use crate::process::{DeploymentProcess, keys};

/// Properties an action type needs, from the catalogue (`octopus-api.md` §4.3). Scripts and packages have rules of their own.
const NEEDS: &[(&str, &[&str])] = &[
    ("Octopus.Manual", &[keys::MANUAL_INSTRUCTIONS]),
    (
        "Octopus.Email",
        &["Octopus.Action.Email.Subject", "Octopus.Action.Email.Body"],
    ),
    ("Octopus.HealthCheck", &["Octopus.Action.HealthCheck.Type"]),
    (
        "Octopus.DeployRelease",
        &["Octopus.Action.DeployRelease.ProjectId"],
    ),
    (
        "Octopus.TransferPackage",
        &["Octopus.Action.Package.TransferPath"],
    ),
];

const ACTION_TYPE_CHARS_MAX: usize = 200;

const SCRIPT_SOURCES: &[&str] = &["Inline", "Package", "GitRepository"];
const SCRIPT_SYNTAXES: &[&str] = &["PowerShell", "Bash", "CSharp", "FSharp", "Python"];

pub(super) fn check(process: &DeploymentProcess, step: usize, problems: &mut Vec<Problem>) {
    for (j, action) in process.steps[step].actions.iter().enumerate() {
        let mut report = |kind: Kind, key: &str, message: String| {
            let field = if key.contains('.') {
                format!("Properties[{key}]")
            } else {
                key.to_owned()
            };
            let problem = Problem::new(
                kind,
                process,
                &[step],
                format!("{}: {message}", action.name),
            );
            problems.push(problem.at(format!("Steps[{step}].Actions[{j}].{field}")));
        };
        if action.action_type.trim().is_empty() {
            report(
                Kind::MissingProperty,
                "ActionType",
                "the action type is empty; set it, for example to Octopus.Script.".into(),
            );
        }
        if action.action_type.chars().count() > ACTION_TYPE_CHARS_MAX {
            report(
                Kind::BadId,
                "ActionType",
                format!(
                    "the action type has more than {ACTION_TYPE_CHARS_MAX} characters; set it, for example to Octopus.Script."
                ),
            );
        }
        if action.condition == ActionCondition::Variable && action.condition_expression().is_none()
        {
            report(
                Kind::MissingExpression,
                keys::ACTION_CONDITION,
                "it runs only when an expression holds, and the expression is empty.".into(),
            );
        }
        for (key, error) in bad_numbers(action) {
            report(Kind::BadNumber, key, format!("{error}."));
        }
        for key in missing(action) {
            report(
                Kind::MissingProperty,
                key,
                format!("`{key}` is empty, and {} needs it.", action.action_type),
            );
        }
        for (key, allowed) in [
            (keys::SCRIPT_SOURCE, SCRIPT_SOURCES),
            (keys::SCRIPT_SYNTAX, SCRIPT_SYNTAXES),
        ] {
            let text = action
                .properties
                .filled(key)
                .filter(|t| action.action_type == keys::SCRIPT && !number::is_expression(t));
            if let Some(text) = text.filter(|t| !allowed.iter().any(|a| a.eq_ignore_ascii_case(t)))
            {
                report(
                    Kind::BadValue,
                    key,
                    format!("`{text}` is not one of {}.", allowed.join(", ")),
                );
            }
        }
    }
}

/// The number properties that cannot be read, with why. Expressions are read when planning.
fn bad_numbers(action: &Action) -> Vec<(&'static str, NumberError)> {
    let literal = |key| {
        action
            .properties
            .filled(key)
            .filter(|text| !number::is_expression(text))
    };
    let checks = [
        (
            keys::RETRY_COUNT,
            number::retry(literal(keys::RETRY_COUNT), None).err(),
        ),
        (
            keys::RETRY_BACKOFF,
            number::retry(None, literal(keys::RETRY_BACKOFF)).err(),
        ),
        (
            keys::TIMEOUT_MINUTES,
            literal(keys::TIMEOUT_MINUTES).and_then(|text| number::timeout_ms(text).err()),
        ),
    ];
    checks
        .into_iter()
        .filter_map(|(key, error)| error.map(|error| (key, error)))
        .collect()
}

/// The properties the action's type needs and the action leaves empty.
fn missing(action: &Action) -> Vec<&'static str> {
    let is_set = |key: &str| {
        action.properties.get(key).is_some()
            && action
                .properties
                .text(key)
                .is_none_or(|t| !t.trim().is_empty())
    };
    let mut needs: Vec<&'static str> = NEEDS
        .iter()
        .filter(|(t, _)| *t == action.action_type)
        .flat_map(|(_, keys)| keys.iter().copied())
        .collect();
    match action.action_type.as_str() {
        // A script from a step template takes its body from there.
        keys::SCRIPT
            if action
                .properties
                .filled("Octopus.Action.Template.Id")
                .is_none() =>
        {
            let source = action
                .properties
                .filled(keys::SCRIPT_SOURCE)
                .unwrap_or("Inline");
            needs.push(if source.eq_ignore_ascii_case("Inline") {
                keys::SCRIPT_BODY
            } else {
                keys::SCRIPT_FILE
            });
        }
        "Octopus.TentaclePackage" | "Octopus.TransferPackage"
            if action.primary_package().is_none() =>
        {
            needs.push(keys::PACKAGE_ID);
        }
        _ => {}
    }
    needs.retain(|key| !is_set(key));
    needs
}
