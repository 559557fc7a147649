//! What changed between two versions of a document, in sentences for the audit log and the review before a save.
//!
//! Nothing sensitive is ever quoted: a secret "changed". Order of words: what, from what, to what.

use serde::Serialize;
use serde_json::{Map, Value};

mod process;
mod variable;

pub use process::{Edge, EdgeChanges, edges, process, starts};
pub use variable::{ValueChange, values, variables};

/// One change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Change {
    /// The sentence, without a full stop, e.g. `Deploy web no longer waits for Build`.
    pub text: String,
    /// What it is about: a step, a variable; empty for the document itself.
    pub subject: String,
    /// Place of the change within the subject, e.g. `Properties[Octopus.Action.TargetRoles]`.
    pub field: Option<String>,
    /// Of a text too long for the sentence, such as a script: what it was and what it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub texts: Option<(String, String)>,
}

impl std::fmt::Display for Change {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

/// Keys the server keeps by itself; nobody changes them.
const BOOKKEEPING: &[&str] = &[
    "Id",
    "SpaceId",
    "Version",
    "Links",
    "LastModifiedOn",
    "LastModifiedBy",
    "LastSnapshotId",
    "Sealed",
];
/// Longer values are not quoted.
const QUOTE_CHARS_MAX: usize = 60;

/// The changes of a plain document, field by field.
#[must_use]
pub fn document(before: &Value, after: &Value) -> Vec<Change> {
    let mut changes = Vec::new();
    fields("", "", before, after, &mut changes);
    changes
}

/// Compares two values at `path` of `subject`, going into objects.
fn fields(subject: &str, path: &str, before: &Value, after: &Value, changes: &mut Vec<Change>) {
    if before == after {
        return;
    }
    match (before, after) {
        (Value::Object(a), Value::Object(b)) if !(is_secret(a) || is_secret(b)) => {
            let added = b.keys().filter(|key| !a.contains_key(*key));
            for key in a
                .keys()
                .chain(added)
                .filter(|key| !BOOKKEEPING.contains(&key.as_str()))
            {
                let get = |map: &Map<String, Value>| map.get(key).cloned().unwrap_or(Value::Null);
                let place = match (path.is_empty(), path.ends_with("Properties")) {
                    (true, _) => key.clone(),
                    (false, true) => format!("{path}[{key}]"),
                    (false, false) => format!("{path}.{key}"),
                };
                fields(subject, &place, &get(a), &get(b), changes);
            }
        }
        _ => changes.push(changed(subject, path, before, after)),
    }
}

fn changed(subject: &str, path: &str, before: &Value, after: &Value) -> Change {
    let label = label(path);
    let prefix = if subject.is_empty() {
        String::new()
    } else {
        format!("{subject}: ")
    };
    let mut texts = None;
    let text = match (before, after) {
        (Value::Object(map), _) | (_, Value::Object(map)) if is_secret(map) => {
            format!("{prefix}{label} changed (sensitive)")
        }
        (Value::Array(a), Value::Array(b)) => format!("{prefix}{label}: {}", list_change(a, b)),
        (Value::String(a), Value::String(b))
            if label == "script" || a.contains('\n') || b.contains('\n') =>
        {
            texts = Some((a.clone(), b.clone()));
            format!("{prefix}{label} changed ({})", line_change(a, b))
        }
        _ => format!("{prefix}{label}: {} → {}", quote(before), quote(after)),
    };
    Change {
        text,
        subject: subject.to_owned(),
        field: Some(path.to_owned()),
        texts,
    }
}

/// The shape of a sensitive value, stored or answered.
fn is_secret(map: &Map<String, Value>) -> bool {
    map.contains_key("HasValue") || map.contains_key("Sealed")
}

/// A path as people know it: well-known properties have names.
fn label(path: &str) -> &str {
    let key = path
        .rsplit_once('[')
        .and_then(|(_, key)| key.strip_suffix(']'))
        .unwrap_or(path);
    match key {
        "Octopus.Action.Script.ScriptBody" => "script",
        "Octopus.Action.TargetRoles" => "target tags",
        "Octopus.Action.MaxParallelism" => "targets at a time",
        "Octopus.Action.RunOnServer" => "runs on a worker",
        "Octopus.Action.ExecutionTimeout.Minutes" => "time limit (minutes)",
        "Octopus.Action.AutoRetry.MaximumCount" => "retries",
        "Octopus.Action.AutoRetry.MinimumBackoff" => "pause before a retry (seconds)",
        "Octopus.Step.ConditionVariableExpression"
        | "Octopus.Action.ConditionVariableExpression" => "condition expression",
        "Octopus.Action.Manual.Instructions" => "instructions",
        "Octopus.Action.Manual.ResponsibleTeamIds" => "responsible teams",
        "Regatta.Step.MachineLock" => "machine lock",
        other => other,
    }
}

fn quote(value: &Value) -> String {
    let text = match value {
        Value::Null => return "nothing".to_owned(),
        Value::String(text) if text.is_empty() => return "nothing".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    if text.chars().count() > QUOTE_CHARS_MAX {
        let start: String = text.chars().take(QUOTE_CHARS_MAX).collect();
        return format!("{start}…");
    }
    text
}

fn list_change(before: &[Value], after: &[Value]) -> String {
    let missing = |from: &[Value], other: &[Value]| -> Vec<String> {
        from.iter()
            .filter(|item| !other.contains(item))
            .map(short)
            .collect()
    };
    let (added, removed) = (missing(after, before), missing(before, after));
    match (added.is_empty(), removed.is_empty()) {
        (true, true) => "order changed".to_owned(),
        (false, true) => format!("added {}", added.join(", ")),
        (true, false) => format!("removed {}", removed.join(", ")),
        (false, false) => format!("added {}; removed {}", added.join(", "), removed.join(", ")),
    }
}

/// An entry of a list: its text, or the name of the object it is. An object's content may be secret.
fn short(value: &Value) -> String {
    let name = |key: &str| {
        value
            .get(key)
            .and_then(Value::as_str)
            .filter(|text| !text.is_empty())
    };
    match value {
        Value::Object(_) => name("Name")
            .or_else(|| name("PackageId"))
            .or_else(|| name("Id"))
            .unwrap_or("an entry")
            .to_owned(),
        other => quote(other),
    }
}

/// How many lines came and went, e.g. `+3 −1 lines`. A moved line counts as neither.
fn line_change(before: &str, after: &str) -> String {
    let mut counts = std::collections::BTreeMap::<&str, i64>::new();
    after
        .lines()
        .for_each(|line| *counts.entry(line).or_default() += 1);
    before
        .lines()
        .for_each(|line| *counts.entry(line).or_default() -= 1);
    let added: i64 = counts.values().filter(|n| **n > 0).sum();
    let removed: i64 = -counts.values().filter(|n| **n < 0).sum::<i64>();
    match (added, removed) {
        (0, 0) => "lines moved".to_owned(),
        _ => format!("+{added} −{removed} lines"),
    }
}
