//! `Properties` of steps, actions and templates: text by key, some of it sensitive.
//!
//! Terraform compares the whole map after a save, so keys are never added, dropped or
//! re-cased here, and `null` is never written (Go reads it as a sensitive value).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::secret::{Sealed, Secret};

/// Property values by key, in the order they were sent.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(try_from = "Map<String, Value>", into = "Map<String, Value>")]
pub struct Properties(Vec<(String, PropertyValue)>);

#[derive(Debug, Clone, PartialEq)]
pub enum PropertyValue {
    Plain(String),
    Sensitive(SensitiveValue),
}

/// A secret as the API shows it: whether there is one, never what it is.
///
/// `sealed` is the ciphertext as the store keeps it. It is written into stored documents
/// under `Sealed` and must be removed by [`Properties::to_public`] before an answer.
#[derive(Clone, Default)]
pub struct SensitiveValue {
    pub has_value: bool,
    pub hint: Option<String>,
    pub sealed: Option<Sealed>,
    new_value: Option<Secret>,
}

/// Two values are equal when they are kept the same; one on its way to being sealed equals none.
impl PartialEq for SensitiveValue {
    fn eq(&self, other: &Self) -> bool {
        let kept = |value: &Self| (value.has_value, value.hint.clone(), value.sealed.clone());
        self.new_value.is_none() && other.new_value.is_none() && kept(self) == kept(other)
    }
}

/// Shows that there is a value, never the value.
impl std::fmt::Debug for SensitiveValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SensitiveValue")
            .field("has_value", &self.has_value)
            .finish_non_exhaustive()
    }
}

/// A property that cannot be kept as it is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "property `{key}` is {found}; send text, or {{\"HasValue\": …, \"NewValue\": …}} for a sensitive value"
)]
pub struct PropertyError {
    pub key: String,
    pub found: &'static str,
}

impl SensitiveValue {
    /// Takes the plain text a client sent, leaving "there is a value" behind.
    #[must_use]
    pub fn take_new_value(&mut self) -> Option<Secret> {
        self.new_value.take()
    }

    /// Reads `{HasValue, NewValue, Hint, Sealed}` (Octopus' sensitive value).
    #[must_use]
    pub fn from_json(map: &Map<String, Value>) -> Option<Self> {
        let text = |key: &str| map.get(key).and_then(Value::as_str).map(str::to_owned);
        if !map.contains_key("HasValue") && !map.contains_key("NewValue") {
            return None;
        }
        let new_value = text("NewValue")
            .filter(|text| !text.is_empty())
            .map(Secret::new);
        let has_value = new_value.is_some()
            || map
                .get("HasValue")
                .and_then(Value::as_bool)
                .unwrap_or(false);
        Some(Self {
            has_value,
            hint: text("Hint"),
            sealed: text("Sealed").filter(|_| new_value.is_none()).map(Sealed),
            new_value,
        })
    }

    fn to_json(&self) -> Value {
        let mut map = Map::new();
        map.insert("HasValue".into(), self.has_value.into());
        map.insert("NewValue".into(), Value::Null);
        map.insert("Hint".into(), self.hint.clone().into());
        if let Some(sealed) = &self.sealed {
            map.insert("Sealed".into(), sealed.0.clone().into());
        }
        Value::Object(map)
    }
}

impl PropertyValue {
    fn from_json(key: &str, value: Value) -> Result<Self, PropertyError> {
        let wrong = |found| PropertyError {
            key: key.to_owned(),
            found,
        };
        match value {
            Value::String(text) => Ok(Self::Plain(text)),
            Value::Bool(flag) => Ok(Self::Plain(if flag { "True" } else { "False" }.to_owned())),
            Value::Number(number) => Ok(Self::Plain(number.to_string())),
            Value::Null => Ok(Self::Plain(String::new())),
            Value::Object(map) => SensitiveValue::from_json(&map)
                .map(Self::Sensitive)
                .ok_or_else(|| wrong("an object")),
            Value::Array(_) => Err(wrong("a list")),
        }
    }

    fn to_json(&self) -> Value {
        match self {
            Self::Plain(text) => Value::String(text.clone()),
            Self::Sensitive(secret) => secret.to_json(),
        }
    }
}

impl Properties {
    /// The plain text under `key`; `None` when absent or sensitive.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<&str> {
        match self.get(key) {
            Some(PropertyValue::Plain(text)) => Some(text),
            _ => None,
        }
    }

    /// The trimmed plain text under `key`, unless it is empty.
    #[must_use]
    pub fn filled(&self, key: &str) -> Option<&str> {
        self.text(key)
            .map(str::trim)
            .filter(|text| !text.is_empty())
    }

    /// Whether `key` is `True`, in any case (how Octopus writes booleans).
    #[must_use]
    pub fn is_true(&self, key: &str) -> bool {
        self.filled(key)
            .is_some_and(|text| text.eq_ignore_ascii_case("true"))
    }

    /// The entries of a comma-separated list, trimmed, without empty ones.
    #[must_use]
    pub fn list(&self, key: &str) -> Vec<&str> {
        let text = self.text(key).unwrap_or_default();
        text.split(',')
            .map(str::trim)
            .filter(|entry| !entry.is_empty())
            .collect()
    }

    #[must_use]
    pub fn get(&self, key: &str) -> Option<&PropertyValue> {
        self.0
            .iter()
            .find(|(k, _)| k == key)
            .map(|(_, value)| value)
    }

    /// Sets `key`, in its place if it is there already.
    pub fn set(&mut self, key: &str, text: impl Into<String>) {
        let value = PropertyValue::Plain(text.into());
        match self.0.iter_mut().find(|(k, _)| k == key) {
            Some(entry) => entry.1 = value,
            None => self.0.push((key.to_owned(), value)),
        }
    }

    /// Sets `key` to a sensitive value.
    pub fn set_sensitive(&mut self, key: &str, secret: SensitiveValue) {
        self.remove(key);
        self.0
            .push((key.to_owned(), PropertyValue::Sensitive(secret)));
    }

    pub fn remove(&mut self, key: &str) {
        self.0.retain(|(k, _)| k != key);
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &PropertyValue)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value))
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The secrets among the values, with their keys, for sealing.
    pub fn secrets_mut(&mut self) -> impl Iterator<Item = (&str, &mut SensitiveValue)> {
        self.0.iter_mut().filter_map(|(key, value)| match value {
            PropertyValue::Sensitive(secret) => Some((key.as_str(), secret)),
            PropertyValue::Plain(_) => None,
        })
    }

    /// Keeps what a client could not send back: a secret that says "there is a value" and
    /// brings none is the one `previous` has under the same key. Ciphertext sent by a client is dropped.
    pub fn keep_secrets_of(&mut self, previous: Option<&Self>) {
        for (key, secret) in self.secrets_mut() {
            let keeps = secret.has_value && secret.new_value.is_none();
            let kept = match previous.and_then(|p| p.get(key)) {
                Some(PropertyValue::Sensitive(before)) if keeps => Some(before),
                _ => None,
            };
            // Whoever has no ciphertext either, as a client, still knows that there is a value.
            secret.sealed = kept.and_then(|before| before.sealed.clone());
            let keeps_one = kept.is_some_and(|before| before.has_value);
            secret.has_value = secret.new_value.is_some() || keeps_one;
        }
    }

    /// What an API answer may show: the same without ciphertext.
    #[must_use]
    pub fn to_public(&self) -> Self {
        let mut public = self.clone();
        for (_, secret) in public.secrets_mut() {
            secret.sealed = None;
        }
        public
    }
}

impl TryFrom<Map<String, Value>> for Properties {
    type Error = PropertyError;

    fn try_from(map: Map<String, Value>) -> Result<Self, PropertyError> {
        let entry = |(key, value): (String, Value)| {
            PropertyValue::from_json(&key, value).map(|value| (key, value))
        };
        map.into_iter()
            .map(entry)
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

impl From<Properties> for Map<String, Value> {
    fn from(properties: Properties) -> Self {
        properties
            .0
            .iter()
            .map(|(key, value)| (key.clone(), value.to_json()))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(value: Value) -> Properties {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn keys_keep_their_order_and_case_and_null_is_never_written() {
        let properties = read(json!({"b": "1", "A": null, "c": true, "d": 3}));
        assert_eq!(
            serde_json::to_string(&properties).unwrap(),
            r#"{"b":"1","A":"","c":"True","d":"3"}"#
        );
    }

    #[test]
    fn a_list_is_refused_with_its_key() {
        let error = serde_json::from_value::<Properties>(json!({"x": ["y"]})).unwrap_err();
        assert!(
            error.to_string().starts_with("property `x` is a list"),
            "{error}"
        );
    }

    #[test]
    fn secrets_are_kept_replaced_and_cleared_but_never_shown() {
        let mut before = read(json!({"p": {"HasValue": true, "NewValue": "hunter2"}}));
        for (_, secret) in before.secrets_mut() {
            assert_eq!(secret.take_new_value().unwrap().expose(), "hunter2");
            secret.sealed = Some(Sealed("c1phertext".into()));
        }
        assert!(!format!("{before:?}").contains("c1phertext"));
        assert_eq!(
            serde_json::to_value(before.to_public()).unwrap(),
            json!({"p": {"HasValue": true, "NewValue": null, "Hint": null}})
        );

        let mut kept = read(json!({"p": {"HasValue": true, "NewValue": null, "Sealed": "forged"}}));
        kept.keep_secrets_of(Some(&before));
        assert_eq!(kept, before);

        let mut cleared = read(json!({"p": {"HasValue": false, "NewValue": null}}));
        cleared.keep_secrets_of(Some(&before));
        assert_eq!(cleared.secrets_mut().next().unwrap().1.sealed, None);

        let mut fresh =
            read(json!({"p": {"HasValue": true, "NewValue": null, "Sealed": "forged"}}));
        fresh.keep_secrets_of(None);
        assert!(!fresh.secrets_mut().next().unwrap().1.has_value);
    }
}
