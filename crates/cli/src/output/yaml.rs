//! JSON as YAML: block style, texts quoted wherever a reader could take them for something else.

use std::fmt::Write as _;

use serde_json::Value;

pub(super) fn text(value: &Value) -> String {
    let mut out = String::new();
    node(&mut out, value, 0);
    out.push('\n');
    out.trim_start_matches(['\n', ' ']).to_owned()
}

/// Writes a value behind `key:` or `-`: simple ones on the line, others below.
fn node(out: &mut String, value: &Value, indent: usize) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            for (key, value) in map {
                line(out, indent);
                out.push_str(&scalar(key));
                out.push(':');
                let deeper = if value.is_array() { indent } else { indent + 2 };
                node(out, value, deeper);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for item in items {
                line(out, indent);
                out.push('-');
                match item {
                    Value::Object(map) if !map.is_empty() => inline_object(out, item, indent + 2),
                    _ => node(out, item, indent + 2),
                }
            }
        }
        Value::Object(_) => out.push_str(" {}"),
        Value::Array(_) => out.push_str(" []"),
        Value::String(text) if is_block(text) => block(out, text, indent),
        Value::String(text) => {
            write!(out, " {}", scalar(text)).expect("writing to a String never fails");
        }
        other => write!(out, " {other}").expect("writing to a String never fails"),
    }
}

/// An object as an entry of a list: its first key stands behind the dash.
fn inline_object(out: &mut String, value: &Value, indent: usize) {
    let mut inner = String::new();
    node(&mut inner, value, indent);
    out.push(' ');
    out.push_str(inner.trim_start());
}

fn line(out: &mut String, indent: usize) {
    out.push('\n');
    out.extend(std::iter::repeat_n(' ', indent));
}

fn is_block(text: &str) -> bool {
    let plain = |c: char| c == '\n' || c == '\t' || !c.is_control();
    text.contains('\n') && text.chars().all(plain) && !text.starts_with([' ', '\n', '\t'])
}

/// `|-` with the lines below; the mark says how the text ends.
fn block(out: &mut String, text: &str, indent: usize) {
    let body = text.trim_end_matches('\n');
    let ending = match text.len() - body.len() {
        0 => "-",
        1 => "",
        _ => "+",
    };
    write!(out, " |{ending}").expect("writing to a String never fails");
    let kept = text.strip_suffix('\n').unwrap_or(text);
    for part in kept.split('\n') {
        if part.is_empty() {
            out.push('\n');
        } else {
            line(out, indent.max(2));
            out.push_str(part);
        }
    }
}

/// A text on one line, plain only where that can mean nothing else.
fn scalar(text: &str) -> String {
    let safe = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '/' | '-' | ' ');
    let starts = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/');
    let word = text.to_ascii_lowercase();
    let special =
        ["true", "false", "null", "yes", "no", "on", "off", "y", "n"].contains(&word.as_str());
    if starts && !special && text.chars().all(safe) && !text.ends_with(' ') {
        return text.to_owned();
    }
    // JSON's quoted texts are YAML's.
    Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_read_as_what_they_are() {
        let value = json!({
            "Id": "Projects-1", "Empty": "", "No": "no", "Number": "1", "Flag": true, "None": null, "List": [], "Map": {},
            "Items": [{"A": 1, "B": ["x", "y: z"]}, "plain", [1]],
            "Script": "a\n  b\n\nc\n", "Odd": " a\nb", "Deep": {"Text": "x\ny"}, "Octopus.Action[x]": "#{y}",
        });
        let expected = "\
Id: Projects-1
Empty: \"\"
\"No\": \"no\"
Number: \"1\"
Flag: true
None: null
List: []
Map: {}
Items:
- A: 1
  B:
  - x
  - \"y: z\"
- plain
-
  - 1
Script: |
  a
    b

  c
Odd: \" a\\nb\"
Deep:
  Text: |-
    x
    y
\"Octopus.Action[x]\": \"#{y}\"
";
        assert_eq!(text(&value), expected);
        assert_eq!(text(&json!([{"A": "b"}])), "- A: b\n");
        assert_eq!(text(&json!("x")), "x\n");
    }
}
