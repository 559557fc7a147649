//! Values nobody may see: how they are held in memory, and how a request speaks about them.
//!
//! Neither type has `Debug`, `Display` or `Serialize`, so no log line, error or response can
//! carry one by accident. Sealing for storage is the server's business; the core only passes
//! the sealed text around.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use zeroize::Zeroizing;

/// A clear secret. Clones share one buffer, which is wiped when the last of them is dropped.
#[derive(Clone)]
pub struct Secret(Arc<Zeroizing<String>>);

impl Secret {
    /// Takes the text over without copying it; copies the caller made are the caller's to wipe.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(Arc::new(Zeroizing::new(text)))
    }

    /// The clear text, for sending it to the place that needs it and nowhere else.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// A secret as it is stored: cipher text only the server can open. Not secret itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sealed(pub String);

/// What a request asks to do with a sensitive field (Octopus' rule for `SensitiveValue`).
#[derive(Clone)]
pub enum SecretChange {
    /// The field keeps what it holds, if anything.
    Keep,
    Clear,
    Replace(Secret),
}

/// The request's value for a sensitive field has the wrong shape.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be a string, null, or an object {{\"HasValue\": true, \"NewValue\": \"...\"}}")]
pub struct SecretShapeError;

impl TryFrom<Option<Value>> for SecretChange {
    type Error = SecretShapeError;

    /// Absent or `null` keeps; a string replaces; of an object, `NewValue` replaces (an empty
    /// one clears), else `HasValue: true` keeps and `false` clears. Keys match in any case.
    fn try_from(value: Option<Value>) -> Result<Self, Self::Error> {
        match value {
            None | Some(Value::Null) => Ok(Self::Keep),
            Some(Value::String(text)) => Ok(Self::Replace(Secret::new(text))),
            Some(Value::Object(object)) => Self::of_object(object),
            Some(_) => Err(SecretShapeError),
        }
    }
}

impl SecretChange {
    fn of_object(object: serde_json::Map<String, Value>) -> Result<Self, SecretShapeError> {
        let mut has_value = false;
        let mut new_value = None;
        for (key, value) in object {
            if key.eq_ignore_ascii_case("HasValue") {
                has_value = value.as_bool().ok_or(SecretShapeError)?;
            } else if key.eq_ignore_ascii_case("NewValue") {
                match value {
                    Value::Null => {}
                    Value::String(text) => new_value = Some(text),
                    _ => return Err(SecretShapeError),
                }
            }
        }
        Ok(match new_value {
            Some(text) if text.is_empty() => Self::Clear,
            Some(text) => Self::Replace(Secret::new(text)),
            None if has_value => Self::Keep,
            None => Self::Clear,
        })
    }
}

/// How a sensitive field reads in a response: whether there is a value, never the value.
#[must_use]
pub fn hidden(has_value: bool) -> Value {
    json!({ "HasValue": has_value, "NewValue": null, "Hint": null })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(value: Value) -> String {
        match SecretChange::try_from(Some(value)) {
            Ok(SecretChange::Keep) => "keep".into(),
            Ok(SecretChange::Clear) => "clear".into(),
            Ok(SecretChange::Replace(secret)) => format!("replace {}", secret.expose()),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn a_request_keeps_clears_or_replaces() {
        for (value, expected) in [
            (json!(null), "keep"),
            (json!("x"), "replace x"),
            (json!({"HasValue": true, "NewValue": null}), "keep"),
            (json!({"hasvalue": true}), "keep"),
            (
                json!({"HasValue": true, "NewValue": "x", "Hint": null}),
                "replace x",
            ),
            (json!({"HasValue": false, "NewValue": null}), "clear"),
            (json!({"HasValue": true, "NewValue": ""}), "clear"),
        ] {
            assert_eq!(shape(value), expected);
        }
        assert!(shape(json!(7)).starts_with("must be a string"));
        assert!(shape(json!({"NewValue": 7})).starts_with("must be a string"));
    }
}
