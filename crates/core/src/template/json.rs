//! Looking into values that are JSON.

use serde_json::Value;

use super::path::PathStep;

/// The JSON a text is, if it looks like some and is: an object, an array, or such in a string.
pub(super) fn parse(text: &str) -> Option<Value> {
    let text = text.trim_start();
    if !text.starts_with(['{', '[', '"']) {
        return None;
    }
    match serde_json::from_str(text).ok()? {
        Value::String(inner) if inner.trim_start().starts_with(['{', '[']) => parse(&inner),
        Value::String(_) => None,
        value => Some(value),
    }
}

/// What lies one step down; `None` when the step does not fit. A position behind the last
/// item is empty text (Octopus' rule).
pub(super) fn step(value: &Value, step: &PathStep) -> Option<Value> {
    match (value, step) {
        (Value::Object(object), PathStep::Name(key) | PathStep::Index(key)) => {
            let same = |(name, _): &(&String, &Value)| name.eq_ignore_ascii_case(key);
            object
                .get(key)
                .or_else(|| object.iter().find(same).map(|(_, value)| value))
                .cloned()
        }
        (Value::Object(object), PathStep::First) => object.values().next().cloned(),
        (Value::Array(items), PathStep::Index(index)) => {
            let index: usize = index.parse().ok()?;
            Some(items.get(index).cloned().unwrap_or_default())
        }
        (Value::Array(items), PathStep::First) => items.first().cloned(),
        (Value::String(text), _) => self::step(&parse(text)?, step),
        _ => None,
    }
}

/// A JSON value as the text a template puts in its place.
pub(super) fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        other => other.to_string(),
    }
}
