//! From the bytes of a request to JSON in our spelling: keys in any case of letters, words in any case of
//! letters, and every wrong type named by its path.
//!
//! Clients differ: Octopus' Go client sends camelCase, its npm client a mixture, the clone request
//! `ProjectGroupID`. Two spellings of one key in one body are no error; the exact spelling wins, else the first.

use serde_json::{Map, Value};

use super::{Field, Object, SENSITIVE, Shape};
use crate::error::ApiError;

/// More problems than this are not worth reading at once.
const PROBLEMS_MAX: usize = 50;

/// Parses a body. `serde_json` refuses more than 128 levels of nesting.
pub(crate) fn parse(bytes: &[u8]) -> Result<Value, ApiError> {
    serde_json::from_slice(bytes).map_err(|error| {
        let what = error.to_string();
        let what = what
            .split(" at line ")
            .next()
            .unwrap_or("cannot be read")
            .to_owned();
        ApiError::invalid_one(format!(
            "The request body is not valid JSON: {what} at line {}, column {}.",
            error.line(),
            error.column()
        ))
    })
}

/// Brings a body into the shape's spelling and checks types; fills defaults.
pub(crate) fn bind(shape: &Shape, body: Value) -> Result<Value, ApiError> {
    let mut problems = Vec::new();
    let bound = Binder {
        problems: &mut problems,
    }
    .value(shape, body, "", usize::MAX);
    if problems.is_empty() {
        Ok(bound)
    } else {
        Err(ApiError::invalid(problems))
    }
}

struct Binder<'a> {
    problems: &'a mut Vec<String>,
}

impl Binder<'_> {
    fn problem(&mut self, path: &str, text: &str) {
        if self.problems.len() < PROBLEMS_MAX {
            let place = if path.is_empty() {
                "The request body"
            } else {
                path
            };
            self.problems.push(format!("{place}: {text}"));
        }
    }

    fn wrong(&mut self, shape: &Shape, found: &Value, path: &str) {
        self.problem(
            path,
            &format!("expected {}, found {}.", shape.called(), kind_of(found)),
        );
    }

    fn object(&mut self, object: &Object, value: Value, path: &str) -> Value {
        let Value::Object(mut given) = value else {
            self.problem(
                path,
                &format!("expected an object, found {}.", kind_of(&value)),
            );
            return value;
        };
        let mut bound = Map::with_capacity(given.len() + 4);
        for field in object.fields {
            let place = join(path, field.name);
            let taken = take(&mut given, field.name);
            if field.read_only && field.name != "Id" {
                continue;
            }
            match taken {
                Some(Value::Null) | None if field.required => {
                    self.problem(&place, "this field is required.");
                }
                None if field.kept => {}
                Some(Value::Null) | None if field.default.is_some() => {
                    if let Some(default) = field.default_value() {
                        bound.insert(field.name.to_owned(), default);
                    }
                }
                Some(value) => {
                    let value = self.value(&field.shape, value, &place, field.chars_max);
                    self.blank(field, &value, &place);
                    bound.insert(field.name.to_owned(), value);
                }
                None => {}
            }
        }
        // What we do not know is the client's own: kept, and given back with the document.
        bound.extend(given);
        Value::Object(bound)
    }

    fn blank(&mut self, field: &Field, value: &Value, place: &str) {
        if field.required && value.as_str().is_some_and(|text| text.trim().is_empty()) {
            self.problem(place, "this field is required and must not be blank.");
        }
    }

    fn value(&mut self, shape: &Shape, value: Value, path: &str, chars_max: usize) -> Value {
        match (shape, value) {
            (Shape::Any, value) | (_, value @ Value::Null) => value,
            (Shape::Text | Shape::Property, Value::String(text)) => {
                // No id, name or script holds one, and PostgreSQL cannot even be asked about it.
                if text.contains('\0') {
                    self.problem(path, "the text holds a NUL character. Remove it.");
                }
                if text.len() > chars_max && text.chars().count() > chars_max {
                    let count = text.chars().count();
                    self.problem(
                        path,
                        &format!(
                            "the text has {count} characters; at most {chars_max} are allowed."
                        ),
                    );
                }
                Value::String(text)
            }
            (Shape::Bool, Value::String(text)) if truth(&text).is_some() => {
                Value::from(truth(&text))
            }
            (Shape::Int, Value::String(text)) if text.trim().parse::<i64>().is_ok() => {
                Value::from(text.trim().parse::<i64>().ok())
            }
            (Shape::Bool, value @ Value::Bool(_)) | (Shape::Number, value @ Value::Number(_)) => {
                value
            }
            (Shape::Int, value) if value.is_i64() => value,
            (Shape::Time, Value::String(text))
                if text.is_empty() || text.parse::<jiff::Timestamp>().is_ok() =>
            {
                Value::String(text)
            }
            (Shape::Word(words), Value::String(text))
                if text.is_empty() || word(words, &text).is_some() =>
            {
                Value::from(word(words, &text).unwrap_or_default())
            }
            (Shape::Word(_), Value::String(text)) => {
                let short: String = text.chars().take(40).collect();
                self.problem(
                    path,
                    &format!("expected {}, found '{short}'.", shape.called()),
                );
                Value::String(text)
            }
            (Shape::List(item), Value::Array(items)) => self.list(item, items, path, chars_max),
            (Shape::Map(item), Value::Object(entries)) => self.map(item, entries, path),
            (Shape::Object(object), value @ Value::Object(_)) => self.object(object, value, path),
            (Shape::Sensitive | Shape::Property, value @ Value::Object(_)) => {
                self.object(&SENSITIVE, value, path)
            }
            (Shape::Property, Value::Bool(flag)) => {
                Value::from(if flag { "True" } else { "False" })
            }
            (Shape::Property, Value::Number(number)) => Value::from(number.to_string()),
            (shape, value) => {
                self.wrong(shape, &value, path);
                value
            }
        }
    }

    fn list(&mut self, item: &Shape, items: Vec<Value>, path: &str, chars_max: usize) -> Value {
        let bound = items.into_iter().enumerate().map(|(i, value)| {
            let place = format!("{path}[{i}]");
            if value.is_null() && !matches!(item, Shape::Any) {
                self.problem(&place, &format!("expected {}, found null.", item.called()));
            }
            self.value(item, value, &place, chars_max)
        });
        Value::Array(bound.collect())
    }

    fn map(&mut self, item: &Shape, entries: Map<String, Value>, path: &str) -> Value {
        let bound = entries.into_iter().map(|(key, value)| {
            let place = format!("{path}['{key}']");
            let value = self.value(item, value, &place, usize::MAX);
            (key, value)
        });
        Value::Object(bound.collect())
    }
}

fn take(given: &mut Map<String, Value>, name: &str) -> Option<Value> {
    let exact = given.shift_remove(name);
    let mut other = None;
    // Usually the exact key was the only one, and nothing is left to look through.
    while let Some(key) = given
        .keys()
        .find(|key| key.eq_ignore_ascii_case(name))
        .cloned()
    {
        other = other.or(given.shift_remove(&key));
    }
    exact.or(other)
}

fn truth(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

fn word<'w>(words: &[&'w str], text: &str) -> Option<&'w str> {
    words
        .iter()
        .find(|word| word.eq_ignore_ascii_case(text))
        .copied()
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}

const fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shape::{BOOL, PROPERTIES, TEXT, TEXTS, field};
    use serde_json::json;

    static CHILD: Object = Object {
        name: "Child",
        fields: &[
            field("Name", TEXT).required(),
            field(
                "Trigger",
                Shape::Word(&["StartAfterPrevious", "StartWithPrevious"]),
            )
            .or("\"StartAfterPrevious\""),
            field("Properties", PROPERTIES),
        ],
    };
    static PARENT: Object = Object {
        name: "Parent",
        fields: &[
            field("Id", TEXT).read_only(),
            field("Name", TEXT).required().max(5),
            field("Links", Shape::Map(&Shape::Text)).read_only(),
            field("On", BOOL).or("false"),
            field("Tags", TEXTS),
            field("Steps", Shape::List(&Shape::Object(&CHILD))),
        ],
    };

    #[test]
    fn keys_and_words_bind_in_any_case_and_unknown_keys_stay() {
        let body = json!({
            "NAME": "a", "on": "True", "steps": [{ "name": "s", "TRIGGER": "startwithprevious", "properties": { "a.B": "x" }, "own": 1 }],
            "Links": { "Self": "/x" }, "myOwn": { "Name": 3 },
        });
        let bound = bind(&Shape::Object(&PARENT), body).unwrap();
        assert_eq!(
            bound,
            json!({
                "Name": "a", "On": true,
                "Steps": [{ "Name": "s", "Trigger": "StartWithPrevious", "Properties": { "a.B": "x" }, "own": 1 }],
                "myOwn": { "Name": 3 },
            })
        );
    }

    #[test]
    fn nothing_where_there_is_a_default_is_the_default() {
        let bound = bind(
            &Shape::Object(&PARENT),
            json!({ "Name": "a", "On": null, "Tags": null, "Steps": [{ "Name": "s", "Trigger": null }] }),
        )
        .unwrap();
        assert_eq!(
            bound,
            json!({
                "Name": "a", "On": false, "Tags": null,
                "Steps": [{ "Name": "s", "Trigger": "StartAfterPrevious" }],
            })
        );
    }

    #[test]
    fn two_spellings_are_no_error_and_the_exact_one_wins() {
        let bound = bind(
            &Shape::Object(&PARENT),
            json!({ "name": "low", "Name": "exact", "nAME": "odd" }),
        )
        .unwrap();
        assert_eq!(bound, json!({ "Name": "exact", "On": false }));
    }

    #[test]
    fn every_problem_is_named_with_its_path() {
        let body = json!({ "Name": 3, "Tags": ["a", null, 4], "Steps": [{ "Name": " " }, { "Trigger": "Never" }, 7] });
        let error = bind(&Shape::Object(&PARENT), body).unwrap_err();
        assert_eq!(
            error.body()["Errors"],
            json!([
                "Name: expected a text, found a number.",
                "Tags[1]: expected a text, found null.",
                "Tags[2]: expected a text, found a number.",
                "Steps[0].Name: this field is required and must not be blank.",
                "Steps[1].Name: this field is required.",
                "Steps[1].Trigger: expected one of StartAfterPrevious, StartWithPrevious, found 'Never'.",
                "Steps[2]: expected an object, found a number.",
            ])
        );
    }

    #[test]
    fn malformed_json_is_located() {
        let error = parse(b"{\n  \"a\": nope\n}").unwrap_err().body();
        assert_eq!(
            error["Errors"][0],
            "The request body is not valid JSON: expected ident at line 2, column 9."
        );
        let deep = "[".repeat(200);
        assert!(
            parse(deep.as_bytes()).unwrap_err().body()["Errors"][0]
                .as_str()
                .unwrap()
                .contains("recursion limit")
        );
        assert_eq!(
            bind(&Shape::Object(&PARENT), json!({ "Name": "too long" }))
                .unwrap_err()
                .body()["Errors"][0],
            "Name: the text has 8 characters; at most 5 are allowed."
        );
    }
}
