//! A save of a set as the audit keeps it: value by value, each with its environments, because who reads it may see
//! some of them only. Who may see which is decided when it is read.

use regatta_core::diff::{self, ValueChange};
use regatta_core::secret::Sealed;
use regatta_core::variable::VariableSet;
use regatta_core::variable::document::Variable;
use regatta_core::variable::scope::Dimension;
use regatta_store::Document;
use serde_json::Value;

use crate::audit::{self, Part, Record};

pub(super) fn of_values(
    record: Record,
    (was, is): (&VariableSet<Sealed>, &VariableSet<Sealed>),
    (before, after): (&Document, &Document),
) -> Record {
    let parse = |document: &Document| serde_json::from_str(&document.body).unwrap_or_default();
    let (before, after): (Value, Value) = (parse(before), parse(after));
    let values = diff::values(was, is);
    record.of_values(values.iter().map(|value| part(value, &before, &after)))
}

fn part(value: &ValueChange<'_>, before: &Value, after: &Value) -> Part {
    let (old, new) = (stored(value.before, before), stored(value.after, after));
    let at = new.or(old).map_or(0, |(at, _)| at);
    let body = |side: Option<(usize, &Value)>| side.map_or(Value::Null, |(_, body)| body.clone());
    let environments = |variable: &Variable<Sealed>| {
        let ids = variable.scope.ids(Dimension::Environment);
        ids.to_vec()
    };
    let sides = [value.before, value.after].into_iter().flatten();
    Part {
        environments: sides.map(environments).collect(),
        sentences: value.changes.iter().map(ToString::to_string).collect(),
        differences: audit::differences(&body(old), &body(new), &format!("/Variables/{at}")),
    }
}

/// Where in the stored set the variable is, and what is stored of it.
fn stored<'b>(variable: Option<&Variable<Sealed>>, body: &'b Value) -> Option<(usize, &'b Value)> {
    let all = body.get("Variables")?.as_array()?.iter().enumerate();
    let id = variable?.id.as_str();
    all.into_iter().find(|(_, one)| one["Id"] == id)
}
