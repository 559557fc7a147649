//! Reading JSON objects sent by clients: keys in any case, wrong values named by their path.
//!
//! Clients spell keys as `SpaceId`, `spaceId` or `SpaceID` (Octopus' rule: all are the same);
//! what nobody asked for is left over and can be kept. This is not a schema language.

use serde_json::{Map, Value};

/// What is wrong with a request, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {message}")]
pub struct Problem {
    /// Place in the document, e.g. `Variables[3].Scope.Environment`.
    pub path: String,
    /// What is wrong and how to fix it; never a secret.
    pub message: String,
}

impl Problem {
    pub fn new(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            message: message.into(),
        }
    }
}

/// A JSON object from which known fields are taken one by one.
pub struct Fields {
    path: String,
    object: Map<String, Value>,
}

impl Fields {
    /// `path` names the object in problems; `""` for the document itself.
    ///
    /// # Errors
    /// When `value` is not an object.
    pub fn of(path: impl Into<String>, value: Value) -> Result<Self, Problem> {
        let path = path.into();
        match value {
            Value::Object(object) => Ok(Self { path, object }),
            other => Err(Problem::new(
                path,
                format!("must be an object, not {}", kind(&other)),
            )),
        }
    }

    /// Path of the field `name` of this object.
    #[must_use]
    pub fn path_of(&self, name: &str) -> String {
        if self.path.is_empty() {
            name.to_owned()
        } else {
            format!("{}.{name}", self.path)
        }
    }

    /// Removes every spelling of `name`; the exact one wins, then the last. `null` counts as absent.
    pub fn take(&mut self, name: &str) -> Option<Value> {
        let exact = self.object.shift_remove(name);
        let mut other = None;
        self.object.retain(|key, value| {
            let same = key.eq_ignore_ascii_case(name);
            if same {
                other = Some(value.take());
            }
            !same
        });
        exact.or(other).filter(|value| !value.is_null())
    }

    /// # Errors
    /// When the field is there and not a string. Numbers and booleans are taken as their text,
    /// because Octopus' own clients send them so.
    pub fn text(&mut self, name: &str) -> Result<Option<String>, Problem> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(Value::Number(number)) => Ok(Some(number.to_string())),
            Some(Value::Bool(flag)) => Ok(Some(if flag { "True" } else { "False" }.to_owned())),
            Some(other) => Err(self.wrong(name, "a string", &other)),
        }
    }

    /// # Errors
    /// When the field is there and neither a boolean nor the text of one.
    pub fn flag(&mut self, name: &str) -> Result<Option<bool>, Problem> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(flag)),
            Some(Value::String(text)) if text.eq_ignore_ascii_case("true") => Ok(Some(true)),
            Some(Value::String(text)) if text.eq_ignore_ascii_case("false") => Ok(Some(false)),
            Some(other) => Err(self.wrong(name, "true or false", &other)),
        }
    }

    /// # Errors
    /// When the field is there and not a whole number.
    pub fn whole(&mut self, name: &str) -> Result<Option<i64>, Problem> {
        match self.take(name) {
            None => Ok(None),
            Some(value) => match value.as_i64() {
                Some(number) => Ok(Some(number)),
                None => Err(self.wrong(name, "a whole number", &value)),
            },
        }
    }

    /// The items of an array field; none if it is absent.
    ///
    /// # Errors
    /// When the field is there and not an array.
    pub fn list(&mut self, name: &str) -> Result<Vec<Value>, Problem> {
        match self.take(name) {
            None => Ok(Vec::new()),
            Some(Value::Array(items)) => Ok(items),
            Some(other) => Err(self.wrong(name, "an array", &other)),
        }
    }

    /// The strings of an array field; none if it is absent.
    ///
    /// # Errors
    /// When the field is there and not an array of strings.
    pub fn texts(&mut self, name: &str) -> Result<Vec<String>, Problem> {
        let items = self.list(name)?;
        let mut texts = Vec::with_capacity(items.len());
        for (index, item) in items.into_iter().enumerate() {
            match item {
                Value::String(text) => texts.push(text),
                other => return Err(self.wrong(&format!("{name}[{index}]"), "a string", &other)),
            }
        }
        Ok(texts)
    }

    /// What has not been taken.
    #[must_use]
    pub fn rest(self) -> Map<String, Value> {
        self.object
    }

    fn wrong(&self, name: &str, expected: &str, value: &Value) -> Problem {
        Problem::new(
            self.path_of(name),
            format!("must be {expected}, not {}", kind(value)),
        )
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn keys_match_in_any_case_and_the_exact_spelling_wins() {
        let mut fields =
            Fields::of("", json!({"spaceId": "a", "SpaceId": "b", "Else": 1})).unwrap();
        assert_eq!(fields.text("SpaceId").unwrap().as_deref(), Some("b"));
        assert_eq!(fields.text("SpaceId").unwrap(), None);
        assert_eq!(Value::Object(fields.rest()), json!({"Else": 1}));
    }

    #[test]
    fn problems_name_the_place_and_the_fix() {
        let mut fields =
            Fields::of("Variables[2]", json!({"Scope": {"a": 1}, "L": ["x", 3]})).unwrap();
        assert_eq!(
            fields.text("Scope").unwrap_err().to_string(),
            "Variables[2].Scope: must be a string, not an object"
        );
        assert_eq!(
            fields.texts("L").unwrap_err().to_string(),
            "Variables[2].L[1]: must be a string, not a number"
        );
        let problem = Fields::of("Prompt", json!([]))
            .err()
            .map(|problem| problem.to_string());
        assert_eq!(
            problem.as_deref(),
            Some("Prompt: must be an object, not an array")
        );
    }
}
