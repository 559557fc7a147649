//! What Octopus' Go library holds of a document: the keys it has names for, each of one type. A value of another type
//! fails the whole answer; what it has no name for is gone when it saves what it read.

mod channel;
mod dashboard;
mod environment;
mod lifecycle;
mod machine_policy;
mod process;
mod project;
mod release;
mod runbook;
mod tag_set;
mod task;
mod tenant;
mod variable;

use serde_json::{Map, Value, json};

pub(super) use channel::CHANNEL;
pub(super) use dashboard::{DASHBOARD, PROGRESSION};
pub(super) use environment::ENVIRONMENT;
pub(super) use lifecycle::LIFECYCLE;
pub(super) use machine_policy::MACHINE_POLICY;
pub(super) use process::PROCESS;
pub(super) use project::{PROJECT, SETTINGS};
pub(super) use release::{DEPLOYMENT, RELEASE};
pub(super) use runbook::{RUNBOOK, SNAPSHOT};
pub(super) use tag_set::TAG_SET;
pub(super) use task::{TASK, TASK_DETAILS};
pub(super) use tenant::TENANT;
pub(super) use variable::VARIABLES;

/// The type of a value.
#[derive(Clone, Copy)]
pub(super) enum Go {
    Any,
    Text,
    Bool,
    Int,
    Time,
    List(&'static Self),
    Map(&'static Self),
    Struct(&'static Type),
    /// A struct that may be nothing.
    Pointer(&'static Type),
    /// A text, or a secret as an object.
    Property,
}

/// Keys that are sent even when they are empty, keys that are not, and what must not be empty when it is read.
pub(super) struct Type {
    pub(super) sent: &'static [(&'static str, Go)],
    pub(super) optional: &'static [(&'static str, Go)],
    pub(super) required: &'static [&'static str],
    /// Whether it has the keys of every resource.
    pub(super) is_resource: bool,
}

const RESOURCE: &[(&str, Go)] = &[
    ("Id", Go::Text),
    ("LastModifiedBy", Go::Text),
    ("LastModifiedOn", Go::Time),
    ("Links", Go::Map(&Go::Text)),
];

impl Type {
    /// What the library would send back of an answer that it read and did not change.
    ///
    /// # Panics
    /// When it could not read it.
    pub(super) fn kept(&self, value: &Value, at: &str) -> Value {
        let object = value
            .as_object()
            .unwrap_or_else(|| panic!("{at} is no object: {value}"));
        let mut kept = Map::new();
        let nothing = Value::Null;
        let resource = if self.is_resource { RESOURCE } else { &[] };
        for (key, go) in self.sent {
            let value = object.get(*key).unwrap_or(&nothing);
            kept.insert((*key).to_owned(), go.kept(value, &format!("{at}.{key}")));
        }
        for (key, go) in self.optional.iter().chain(resource) {
            let value = object.get(*key).unwrap_or(&nothing);
            let value = go.kept(value, &format!("{at}.{key}"));
            if !is_empty(&value) {
                kept.insert((*key).to_owned(), value);
            }
        }
        for key in self.required {
            assert!(
                kept.get(*key).is_some_and(|value| !is_empty(value)),
                "{at}.{key}: {value}"
            );
        }
        Value::Object(kept)
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty(),
        Value::Number(number) => number.as_i64() == Some(0),
        Value::Array(items) => items.is_empty(),
        Value::Object(entries) => entries.is_empty(),
        Value::Bool(true) => false,
    }
}

impl Go {
    fn kept(self, value: &Value, at: &str) -> Value {
        let kept = match (self, value) {
            (Self::Text, Value::Null) => Some(json!("")),
            (Self::Bool, Value::Null) => Some(json!(false)),
            (Self::Int, Value::Null) => Some(json!(0)),
            (Self::Property, Value::Null) => {
                Some(json!({ "HasValue": false, "Hint": null, "NewValue": null }))
            }
            (Self::Struct(of), Value::Null) => Some(of.kept(&json!({}), at)),
            (Self::Any, _) | (_, Value::Null) => Some(value.clone()),
            (Self::Text | Self::Property, Value::String(_)) | (Self::Bool, Value::Bool(_)) => {
                Some(value.clone())
            }
            (Self::Int, Value::Number(number)) => number.is_i64().then(|| value.clone()),
            (Self::Time, Value::String(text)) => text
                .parse::<jiff::Timestamp>()
                .is_ok()
                .then(|| value.clone()),
            (Self::Property, Value::Object(_)) => {
                Some(json!({ "HasValue": value["HasValue"], "Hint": null, "NewValue": null }))
            }
            (Self::List(item), Value::Array(items)) => Some(
                items
                    .iter()
                    .map(|one| item.kept(one, &format!("{at}[]")))
                    .collect(),
            ),
            (Self::Map(item), Value::Object(entries)) => {
                let kept = entries
                    .iter()
                    .map(|(key, one)| (key.clone(), item.kept(one, &format!("{at}.{key}"))));
                Some(Value::Object(kept.collect()))
            }
            (Self::Struct(of) | Self::Pointer(of), Value::Object(_)) => Some(of.kept(value, at)),
            _ => None,
        };
        kept.unwrap_or_else(|| panic!("{at} cannot be decoded: {value}"))
    }
}

const TEXTS: Go = Go::List(&Go::Text);
const PROPERTIES: Go = Go::Map(&Go::Property);

const fn part(
    sent: &'static [(&'static str, Go)],
    optional: &'static [(&'static str, Go)],
) -> Type {
    Type {
        sent,
        optional,
        required: &[],
        is_resource: false,
    }
}
