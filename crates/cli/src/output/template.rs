//! `-o template=…`: the language of variables, over the keys of the API's document.

use regatta_core::template::{Clock, Text};
use regatta_core::time::Time;
use regatta_core::variable::dictionary::Builder;
use serde_json::Value;

use crate::failure::{Failure, Result};

/// The template with the document's values in it, and a line end.
pub(super) fn line(template: &str, item: &Value) -> Result<String> {
    let mut facts = Vec::new();
    flatten("", item, &mut facts);
    let clock = Clock {
        now: Time(jiff::Timestamp::now().as_millisecond()),
        offset_s: 0,
    };
    let dictionary = Builder::default().data(facts).build(clock);
    let evaluated = dictionary
        .expand(template)
        .map_err(|error| Failure::usage(format!("The template cannot be evaluated: {error}.")))?;
    Ok(format!("{}\n", evaluated.text))
}

/// `Form.Values.Result` and `Items[0].Name`, as variables are addressed.
fn flatten(path: &str, value: &Value, facts: &mut Vec<(String, Text)>) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                let path = if path.is_empty() {
                    key.clone()
                } else {
                    format!("{path}.{key}")
                };
                flatten(&path, value, facts);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                flatten(&format!("{path}[{index}]"), item, facts);
            }
        }
        Value::Null => facts.push((path.to_owned(), Text::plain(""))),
        Value::String(text) => facts.push((path.to_owned(), Text::plain(text.as_str()))),
        other => facts.push((path.to_owned(), Text::plain(other.to_string()))),
    }
}
