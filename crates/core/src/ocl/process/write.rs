//! From steps to the tree.

use serde_json::Value as Json;

use super::REFERENCES;
use crate::ocl::References;
use crate::ocl::references::Kind;
use crate::ocl::tree::{Body, Document, List, Value};
use crate::process::step::{Condition, PackageRequirement, StartTrigger};
use crate::process::{Action, Container, GitDependency, PackageReference, StartRule, Step, keys};
use crate::property::{Properties, PropertyValue};

pub(super) fn document(steps: &[Step], references: &References) -> Document {
    let mut body = Body::default();
    for one in steps {
        body.block("step", vec![one.slug.clone()], step(one, references));
    }
    Document { body }
}

fn step(step: &Step, references: &References) -> Body {
    let mut body = Body::default();
    if step.condition != Condition::default() {
        body.set_text("condition", step.condition.as_str());
    }
    // A list beside the trigger that ignores it stays a property: it has no say.
    let rule = StartRule::of(step);
    let depends_on = match &rule {
        Ok(StartRule::After(slugs)) => Some(slugs.clone()),
        _ => None,
    };
    if let Some(slugs) = &depends_on {
        body.set("depends_on", Value::texts(slugs.clone()));
    }
    if step.name != step.slug {
        body.set_text("name", &step.name);
    }
    if step.package_requirement != PackageRequirement::default() {
        body.set_text("package_requirement", step.package_requirement.as_str());
    }
    let hidden = depends_on.is_some().then_some(keys::DEPENDS_ON);
    properties(&mut body, &step.properties, hidden, references);
    if depends_on.is_none() && step.start_trigger != StartTrigger::default() {
        body.set_text("start_trigger", step.start_trigger.as_str());
    }
    let alone = step.actions.len() == 1;
    for one in &step.actions {
        let label = if alone && one.slug == step.slug {
            Vec::new()
        } else {
            vec![one.slug.clone()]
        };
        let named = if label.is_empty() {
            &step.name
        } else {
            &one.slug
        };
        body.block("action", label, action(one, named, references));
    }
    body
}

/// `named`: the name it has when none is written.
fn action(action: &Action, named: &str, references: &References) -> Body {
    let mut body = Body::default();
    body.set_text("action_type", &action.action_type);
    body.set_texts(
        "channels",
        references.slugs(Kind::Channel, &action.channels),
    );
    if action.condition != crate::process::action::ActionCondition::default() {
        body.set_text("condition", action.condition.as_str());
    }
    let environments = |ids: &[String]| references.slugs(Kind::Environment, ids);
    body.set_texts("environments", environments(&action.environments));
    let excluded = environments(&action.excluded_environments);
    body.set_texts("excluded_environments", excluded);
    if action.is_disabled {
        body.set("is_disabled", Value::Bool(true));
    }
    if action.is_required {
        body.set("is_required", Value::Bool(true));
    }
    if action.name != named {
        body.set_text("name", &action.name);
    }
    body.set_text("notes", action.notes.as_deref().unwrap_or_default());
    properties(&mut body, &action.properties, None, references);
    body.set_texts("tenant_tags", action.tenant_tags.clone());
    if let Some(pool) = &action.worker_pool_id {
        body.set_text("worker_pool", &references.slug(Kind::WorkerPool, pool));
    }
    let pool_variable = action.worker_pool_variable.as_deref();
    body.set_text("worker_pool_variable", pool_variable.unwrap_or_default());
    blocks(&mut body, action, references);
    body
}

fn blocks(body: &mut Body, action: &Action, references: &References) {
    if let Some(block) = container(&action.container, references) {
        body.block("container", Vec::new(), block);
    }
    for one in &action.git_dependencies {
        body.block("git_dependencies", vec![one.name.clone()], git(one));
    }
    for one in &action.packages {
        body.block("packages", vec![one.name.clone()], package(one, references));
    }
}

fn container(container: &Container, references: &References) -> Option<Body> {
    let mut body = Body::default();
    let other = |key: &str| {
        container
            .other
            .get(key)
            .and_then(Json::as_str)
            .unwrap_or_default()
    };
    body.set_text("dockerfile", other("Dockerfile"));
    let feed = container.feed_id.as_deref().unwrap_or_default();
    body.set_text("feed", &references.slug(Kind::Feed, feed));
    body.set_text("git_url", other("GitUrl"));
    body.set_text("image", container.image.as_deref().unwrap_or_default());
    (!body.items.is_empty()).then_some(body)
}

fn git(dependency: &GitDependency) -> Body {
    let mut body = Body::default();
    body.set_text("default_branch", &dependency.default_branch);
    let credential = dependency
        .other
        .get("GitCredentialId")
        .and_then(Json::as_str);
    body.set_text("git_credential_id", credential.unwrap_or_default());
    body.set_text("git_credential_type", &dependency.git_credential_type);
    body.set_text("repository_uri", &dependency.repository_uri);
    body
}

fn package(package: &PackageReference, references: &References) -> Body {
    let mut body = Body::default();
    body.set_text("acquisition_location", &package.acquisition_location);
    body.set_text("feed", &references.slug(Kind::Feed, &package.feed_id));
    body.set_text("package_id", &package.package_id);
    let mut entries: Vec<_> = package
        .properties
        .iter()
        .map(|(key, value)| (key.clone(), Value::Text(property_text(value))))
        .collect();
    entries.sort_by(|a, b| a.0.cmp(&b.0));
    if !entries.is_empty() {
        body.set("properties", Value::Dictionary(List::plain(entries)));
    }
    body.set_text("version", package.version.as_deref().unwrap_or_default());
    body
}

fn property_text(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        Json::Bool(flag) => if *flag { "True" } else { "False" }.to_owned(),
        Json::Null => String::new(),
        other => other.to_string(),
    }
}

/// Plain properties sorted by key. Sensitive ones stay where they are kept.
fn properties(
    body: &mut Body,
    properties: &Properties,
    hidden: Option<&str>,
    references: &References,
) {
    let mut entries: Vec<(String, Value)> = properties
        .iter()
        .filter(|(key, _)| Some(*key) != hidden)
        .filter_map(|(key, value)| match value {
            PropertyValue::Plain(text) => {
                Some((key.to_owned(), Value::Text(referred(key, text, references))))
            }
            PropertyValue::Sensitive(_) => None,
        })
        .collect();
    entries.sort_by(|a, b| a.0.cmp(&b.0));
    if !entries.is_empty() {
        body.set("properties", Value::Dictionary(List::plain(entries)));
    }
}

fn referred(key: &str, text: &str, references: &References) -> String {
    match REFERENCES.iter().find(|(known, _)| *known == key) {
        None => text.to_owned(),
        Some((_, kind)) => {
            let slugs: Vec<_> = text
                .split(',')
                .map(|id| references.slug(*kind, id.trim()))
                .collect();
            slugs.join(",")
        }
    }
}
