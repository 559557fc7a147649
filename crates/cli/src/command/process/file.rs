//! Processes from documents and files.

use std::path::Path;

use regatta_core::ocl::{self, References, references::Kind};
use regatta_core::process::{DeploymentProcess, Step};
use regatta_core::property::{Properties, PropertyValue};
use serde_json::{Value, json};

use super::Of;
use crate::api::{Api, part};
use crate::command::written::{read_something, wrong};
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::find::{self, text};

pub(in crate::command) fn typed(document: &Value) -> Result<DeploymentProcess> {
    serde_json::from_value(document.clone()).map_err(|error| {
        Failure::invalid(format!("The process cannot be read: {error}."))
            .why("It may be written for another version of Regatta.")
    })
}

/// The process of a file, as the successor of the one the server has.
pub(super) async fn document(of: &Of<'_>, path: &Path) -> Result<Value> {
    let content = read_something(path)?;
    let mut document = of.document.clone();
    if content.trim_start().starts_with(['{', '[']) {
        let sent: Value = serde_json::from_str(&content).map_err(|error| {
            Failure::invalid(format!("{} is not JSON: {error}.", path.display()))
        })?;
        let steps = if sent.is_array() {
            sent
        } else {
            sent["Steps"].clone()
        };
        if !steps.is_array() {
            let what = format!("{} has no list of `Steps`.", path.display());
            return Err(Failure::invalid(what).next("regatta process show -o json shows the form"));
        }
        check_steps(&steps, path)?;
        document["Steps"] = steps;
        return Ok(document);
    }
    let references = references(of).await?;
    let mut steps =
        ocl::process::read(&content, &references).map_err(|error| wrong(path, error))?;
    ocl::process::keep(&mut steps, &of.typed()?.steps);
    document["Steps"] = json!(steps);
    Ok(document)
}

/// Which step it is that cannot be read, before all of them are taken as a process.
fn check_steps(steps: &Value, path: &Path) -> Result<()> {
    for (at, step) in steps.as_array().into_iter().flatten().enumerate() {
        let read: std::result::Result<Step, _> = serde_json::from_value(step.clone());
        if let Err(error) = read {
            let (number, name) = (at + 1, find::name_of(step));
            let what = format!("{}: step {number} {name}", path.display());
            return Err(
                Failure::invalid(format!("{} cannot be read: {error}.", what.trim_end()))
                    .next("regatta process show -o json shows the form"),
            );
        }
    }
    Ok(())
}

/// Ids and slugs of what a process can refer to. What the caller may not see is left out.
pub(in crate::command) async fn references(of: &Of<'_>) -> Result<References> {
    let mut references = References::default();
    let project = text(of.project, "Id");
    let lists = [
        (Kind::Environment, "environments".to_owned()),
        (
            Kind::Channel,
            format!("projects/{}/channels", part(&project)),
        ),
        (Kind::WorkerPool, "workerpools".to_owned()),
        (Kind::Feed, "feeds".to_owned()),
        (Kind::Machine, "machines".to_owned()),
        (Kind::Account, "accounts".to_owned()),
        (Kind::Team, "teams".to_owned()),
    ];
    for (kind, path) in lists {
        for item in listed(of.api, &of.api.in_space(&path)).await? {
            references.add(kind, text(&item, "Id"), slug_of(&item));
        }
    }
    for (_, action) in of.typed()?.actions() {
        references.add(Kind::Action, action.id.clone(), action.slug.clone());
    }
    Ok(references)
}

async fn listed(api: &Api, path: &str) -> Result<Vec<Value>> {
    match api.all(path).await {
        Err(failure) if matches!(failure.exit, Exit::NotFound | Exit::NotAllowed) => Ok(Vec::new()),
        other => other,
    }
}

/// Some kinds have no slug of their own; their name makes one.
fn slug_of(item: &Value) -> String {
    match item["Slug"].as_str() {
        Some(slug) if !slug.is_empty() => slug.to_owned(),
        _ => regatta_core::name::Slug::from_name(&text(item, "Name")).into(),
    }
}

pub(super) fn count_secrets(process: &DeploymentProcess) -> usize {
    let in_properties = |properties: &Properties| {
        properties
            .iter()
            .filter(|(_, value)| matches!(value, PropertyValue::Sensitive(_)))
            .count()
    };
    let steps = process
        .steps
        .iter()
        .map(|step| in_properties(&step.properties));
    let actions = process
        .actions()
        .map(|(_, action)| in_properties(&action.properties));
    steps.chain(actions).sum()
}
