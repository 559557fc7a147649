//! `variables.ocl`: a variable set as text.
//!
//! Values of one name stand together. Sensitive values are never in the text; those of the set that is replaced stay.

mod read;

use std::collections::HashSet;

use serde_json::Value as Json;

use super::error::Fault;
use super::references::Kind;
use super::tree::{Body, Document, List, Value};
use super::{OclError, References};
use crate::name::key;
use crate::secret::Sealed;
use crate::variable::{
    Dimension, Prompt, Scope, Variable, VariableSet, VariableType, VariableValue,
};

/// The word of each part of a scope, and what it refers to.
const SCOPES: [(&str, Dimension, Option<Kind>); 7] = [
    ("action", Dimension::Action, Some(Kind::Action)),
    ("channel", Dimension::Channel, Some(Kind::Channel)),
    (
        "environment",
        Dimension::Environment,
        Some(Kind::Environment),
    ),
    ("machine", Dimension::Machine, Some(Kind::Machine)),
    ("process", Dimension::ProcessOwner, None),
    ("role", Dimension::Role, None),
    ("tenant_tag", Dimension::TenantTag, None),
];

/// The variables that are not sensitive, as text.
#[must_use]
pub fn print<S>(set: &VariableSet<S>, references: &References) -> String {
    let mut body = Body::default();
    let mut written = HashSet::new();
    let open = set
        .variables
        .iter()
        .filter(|variable| !variable.value.is_sensitive());
    for first in open.clone() {
        let id = |variable: &Variable<S>| (key(&variable.name), variable.value.variable_type());
        if !written.insert(id(first)) {
            continue;
        }
        let mut block = Body::default();
        if id(first).1 != VariableType::String {
            block.set_text("type", id(first).1.as_str());
        }
        for variable in open.clone().filter(|variable| id(variable) == id(first)) {
            let label = text_of(variable)
                .map(|text| vec![text.to_owned()])
                .unwrap_or_default();
            block.block("value", label, value(variable, references));
        }
        body.block("variable", vec![first.name.clone()], block);
    }
    super::print(&Document { body })
}

fn text_of<S>(variable: &Variable<S>) -> Option<&str> {
    match &variable.value {
        VariableValue::Text(text) | VariableValue::Reference(_, text) => text.as_deref(),
        VariableValue::Sensitive(_) => None,
    }
}

fn value<S>(variable: &Variable<S>, references: &References) -> Body {
    let mut body = Body::default();
    let scope = |body: &mut Body, names: &dyn Fn(&str) -> bool| {
        for (name, dimension, kind) in SCOPES.iter().filter(|(name, _, _)| names(name)) {
            let ids = variable.scope.ids(*dimension);
            let texts = kind.map_or_else(|| ids.to_vec(), |kind| references.slugs(kind, ids));
            body.set_texts(name, texts);
        }
    };
    scope(&mut body, &|name| name < "description");
    body.set_text("description", &variable.description);
    scope(&mut body, &|name| name > "description");
    if let Some(prompt) = &variable.prompt {
        body.block("prompt", Vec::new(), prompt_body(prompt));
    }
    body
}

fn prompt_body(prompt: &Prompt) -> Body {
    let mut body = Body::default();
    body.set_text("description", &prompt.description);
    let mut settings: Vec<_> = prompt
        .display_settings
        .iter()
        .filter_map(|(key, value)| Some((key.clone(), Value::Text(value.as_str()?.to_owned()))))
        .collect();
    settings.sort_by(|a, b| a.0.cmp(&b.0));
    if !settings.is_empty() {
        body.set("display_settings", Value::Dictionary(List::plain(settings)));
    }
    body.set_text("label", &prompt.label);
    if prompt.required {
        body.set("required", Value::Bool(true));
    }
    body
}

/// The set `before` with the values of the text in place of all that are not sensitive.
///
/// # Errors
/// The first thing that is wrong.
pub fn read(
    text: &str,
    before: &VariableSet<Sealed>,
    references: &References,
) -> Result<VariableSet<Sealed>, OclError> {
    let document = super::parse(text)?;
    let locate = |fault: Fault| fault.locate(text);
    let mut variables = read::variables(&document.body, references).map_err(locate)?;
    keep_ids(&mut variables, &before.variables);
    let secret = before
        .variables
        .iter()
        .filter(|variable| variable.value.is_sensitive());
    variables.extend(secret.cloned());
    Ok(VariableSet {
        variables,
        ..before.clone()
    })
}

/// A value keeps the id of the one with the same name and scope, so that only what differs is a change.
fn keep_ids(variables: &mut [Variable<Sealed>], before: &[Variable<Sealed>]) {
    let mut used = HashSet::new();
    for variable in variables {
        let old = before.iter().find(|old| {
            !old.value.is_sensitive()
                && key(&old.name) == key(&variable.name)
                && same_scope(&old.scope, &variable.scope)
                && !used.contains(&old.id)
        });
        if let Some(old) = old {
            used.insert(old.id.clone());
            variable.id.clone_from(&old.id);
            variable.other.clone_from(&old.other);
        }
    }
}

fn same_scope(a: &Scope, b: &Scope) -> bool {
    let sorted = |scope: &Scope| {
        let mut parts: Vec<_> = scope
            .iter()
            .map(|(dimension, ids)| {
                let mut ids: Vec<_> = ids.iter().map(|id| id.to_lowercase()).collect();
                ids.sort();
                (dimension, ids)
            })
            .collect();
        parts.sort();
        parts
    };
    sorted(a) == sorted(b)
}

/// Texts of a prompt's `display_settings`.
fn settings_of(entries: Vec<(String, String, usize)>) -> serde_json::Map<String, Json> {
    entries
        .into_iter()
        .map(|(key, text, _)| (key, Json::String(text)))
        .collect()
}
