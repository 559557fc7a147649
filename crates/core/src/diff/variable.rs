//! Changes of a variable set. A sensitive value is never quoted, not even its length.

use serde_json::Value;

use super::{Change, quote};
use crate::secret::Sealed;
use crate::variable::document::{Variable, VariableSet, VariableValue};

/// What became of one value of a set; on one side it may not be there.
pub struct ValueChange<'v> {
    pub before: Option<&'v Variable<Sealed>>,
    pub after: Option<&'v Variable<Sealed>>,
    pub changes: Vec<Change>,
}

/// The changes of a variable set, by variable.
#[must_use]
pub fn variables(before: &VariableSet<Sealed>, after: &VariableSet<Sealed>) -> Vec<Change> {
    let values = values(before, after).into_iter();
    values.flat_map(|value| value.changes).collect()
}

/// The values of a set that changed, for whoever may not see all of them.
#[must_use]
pub fn values<'v>(
    before: &'v VariableSet<Sealed>,
    after: &'v VariableSet<Sealed>,
) -> Vec<ValueChange<'v>> {
    let find = |set: &'v VariableSet<Sealed>, id: &str| set.variables.iter().find(|v| v.id == id);
    let gone = before
        .variables
        .iter()
        .filter(|v| find(after, &v.id).is_none());
    let gone = gone.map(|old| ValueChange {
        before: Some(old),
        after: None,
        changes: vec![about(
            old,
            None,
            format!("Removed {}{}", old.name, scope(old)),
        )],
    });
    let there = after.variables.iter().map(|new| {
        let old = find(before, &new.id);
        let changes = match old {
            None => vec![about(
                new,
                None,
                format!("Added {}{}", new.name, scope(new)),
            )],
            Some(old) => compare(old, new),
        };
        ValueChange {
            before: old,
            after: Some(new),
            changes,
        }
    });
    let all = gone.chain(there);
    all.filter(|value| !value.changes.is_empty()).collect()
}

fn about(variable: &Variable<Sealed>, field: Option<&str>, text: String) -> Change {
    Change {
        text,
        subject: variable.name.clone(),
        field: field.map(str::to_owned),
        texts: None,
    }
}

fn compare(old: &Variable<Sealed>, new: &Variable<Sealed>) -> Vec<Change> {
    let mut changes = Vec::new();
    if old.name != new.name {
        changes.push(about(
            new,
            Some("Name"),
            format!("Renamed {} to {}", old.name, new.name),
        ));
    }
    if let Some(what) = value_change(&old.value, &new.value) {
        changes.push(about(
            new,
            Some("Value"),
            format!("{}{}{what}", new.name, scope(old)),
        ));
    }
    let (was, is) = (old.scope.to_api(), new.scope.to_api());
    if was != is {
        changes.push(about(
            new,
            Some("Scope"),
            format!(
                "{}: scope is now {} (was {})",
                new.name,
                in_words(&is),
                in_words(&was)
            ),
        ));
    }
    if old.description != new.description {
        changes.push(about(
            new,
            Some("Description"),
            format!("{}: description changed", new.name),
        ));
    }
    if old
        .prompt
        .as_ref()
        .map(crate::variable::prompt::Prompt::to_api)
        != new
            .prompt
            .as_ref()
            .map(crate::variable::prompt::Prompt::to_api)
    {
        changes.push(about(
            new,
            Some("Prompt"),
            format!("{}: prompt changed", new.name),
        ));
    }
    changes
}

/// What follows the name; `None` when the value is the same. A value that was sensitive is not quoted either.
fn value_change(old: &VariableValue<Sealed>, new: &VariableValue<Sealed>) -> Option<String> {
    match (old, new) {
        (VariableValue::Sensitive(a), VariableValue::Sensitive(b)) => {
            (a != b).then(|| " changed (sensitive)".to_owned())
        }
        (VariableValue::Sensitive(_), _) => {
            Some(" is no longer sensitive, and its value changed".to_owned())
        }
        (_, VariableValue::Sensitive(_)) => Some(" is now sensitive".to_owned()),
        _ => {
            let text = |value: &VariableValue<Sealed>| match value {
                VariableValue::Text(text) | VariableValue::Reference(_, text) => {
                    text.clone().map_or(Value::Null, Value::String)
                }
                VariableValue::Sensitive(_) => Value::Null,
            };
            let (a, b) = (text(old), text(new));
            let same = a == b && old.variable_type() == new.variable_type();
            (!same).then(|| format!(": {} → {}", quote(&a), quote(&b)))
        }
    }
}

fn scope(variable: &Variable<Sealed>) -> String {
    match in_words(&variable.scope.to_api()).as_str() {
        "everywhere" => String::new(),
        words => format!(" ({words})"),
    }
}

/// A scope in words: `Environment Environments-1, Environments-2; Role web`.
fn in_words(scope: &Value) -> String {
    let ids = |value: &Value| {
        let texts = value
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str);
        texts.collect::<Vec<_>>().join(", ")
    };
    let parts: Vec<String> = scope
        .as_object()
        .into_iter()
        .flatten()
        .map(|(key, value)| format!("{key} {}", ids(value)))
        .collect();
    if parts.is_empty() {
        "everywhere".to_owned()
    } else {
        parts.join("; ")
    }
}
