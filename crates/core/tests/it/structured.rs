//! Values put into configuration files.

use proptest::prelude::*;
use regatta_core::structured::{Replaced, StructuredError, Values};
use serde_json::{Value, json};

fn put(text: &str, values: &[(&str, &str)]) -> Result<Replaced, StructuredError> {
    let values = values
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Values::new(values).put_into("config/app.json", text)
}

const FILE: &str = r#"{
  // where it runs
  "Servers": [
    { "Host": "localhost", "Port": 80 },   /* the first */
    { "Host": "other", "Port": 81, },
  ],
  "Debug": true,
  "Limits": { "Memory": 1.5, "Names": ["a"] },
  "Owner": null
}
"#;

#[test]
fn values_go_where_their_names_say_and_everything_else_stays() {
    let done = put(
        FILE,
        &[
            ("servers:0:host", "db \"1\""),
            ("Servers:1:Port", " 8080 "),
            ("Debug", "False"),
            ("Limits:Memory", "2.50"),
            ("Limits:Names", "[\"x\", \"y\"]"),
            ("Owner", "ada"),
            ("Nobody", "never added"),
            ("Octopus.Environment.Name", "Test"),
        ],
    )
    .unwrap();
    let expected = FILE
        .replace("\"localhost\"", r#""db \"1\"""#)
        .replace("81", "8080")
        .replace("true", "false")
        .replace("1.5", "2.50")
        .replace("[\"a\"]", "[\"x\", \"y\"]")
        .replace("null", "\"ada\"");
    assert_eq!(done.text, expected);
    assert_eq!(
        done.names,
        [
            "servers:0:host",
            "Servers:1:Port",
            "Debug",
            "Limits:Memory",
            "Limits:Names",
            "Owner"
        ]
    );
    assert!(done.unfit.is_empty());
}

#[test]
fn a_value_of_another_kind_becomes_a_text_but_never_in_the_place_of_a_whole() {
    let done = put(
        r#"{"N": 1, "B": false, "O": {"X": 1}, "L": []}"#,
        &[
            ("N", "many"),
            ("B", "perhaps"),
            ("O", "no json"),
            ("L", "{}"),
        ],
    )
    .unwrap();
    assert_eq!(
        done.text,
        r#"{"N": "many", "B": "perhaps", "O": {"X": 1}, "L": {}}"#
    );
    assert_eq!(done.unfit, ["O"]);
}

#[test]
fn a_whole_wins_over_what_is_in_it() {
    let done = put(
        r#"{"O": {"X": 1}, "P": 2}"#,
        &[("O:X", "5"), ("O", "{\"Y\": 3}"), ("P", "4")],
    )
    .unwrap();
    assert_eq!(done.text, r#"{"O": {"Y": 3}, "P": 4}"#);
    assert_eq!(done.names, ["O", "P"]);
}

#[test]
fn what_is_no_json_is_refused_with_its_line() {
    for (text, line) in [
        ("", 1),
        ("{", 1),
        ("{\n\"a\": 1\n\"b\": 2}", 3),
        ("{\"a\": nothing}", 1),
        ("{\"a\": 1} x", 1),
        ("{\n'a': 1}", 2),
        ("[1, 2", 1),
        ("{\"a\": \"b\n\"}", 1),
        ("/* never", 1),
        ("{\"a\\", 1),
        ("{\"\\é\": 1}", 1),
        (&"[".repeat(500), 1),
    ] {
        match put(text, &[]) {
            Err(StructuredError::NotJson { line: found, .. }) => assert_eq!(found, line, "{text}"),
            other => panic!("{text}: {other:?}"),
        }
    }
    assert!(
        put("\u{feff}{\"a\": 1}", &[("a", "2")])
            .unwrap()
            .text
            .ends_with("{\"a\": 2}")
    );
}

/// Any JSON, not too deep.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        ".*".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec(("[a-zé:\"\\\\]{1,4}", inner), 0..5)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// The first text of a document and its place.
fn a_text(value: &Value, place: &str) -> Option<(String, String)> {
    let below = |part: &str| {
        if place.is_empty() {
            part.to_owned()
        } else {
            format!("{place}:{part}")
        }
    };
    match value {
        Value::String(_) if !place.is_empty() => Some((place.to_owned(), value.to_string())),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .find_map(|(index, item)| a_text(item, &below(&index.to_string()))),
        Value::Object(members) => members
            .iter()
            .find_map(|(name, member)| a_text(member, &below(name))),
        _ => None,
    }
}

proptest! {
    #[test]
    fn any_json_is_read_and_without_variables_nothing_changes(document in any_json(), pretty: bool) {
        let text = if pretty { serde_json::to_string_pretty(&document).unwrap() } else { document.to_string() };
        prop_assert_eq!(put(&text, &[]).unwrap().text, text);
    }

    #[test]
    fn a_value_can_be_read_again_where_it_was_put(document in any_json(), value in ".*") {
        let text = document.to_string();
        if let Some((place, _)) = a_text(&document, "").filter(|(place, _)| !place.to_lowercase().starts_with("octopus")) {
            let done = put(&text, &[(place.as_str(), value.as_str())]).unwrap();
            let read: Value = serde_json::from_str(&done.text).unwrap();
            let found = a_text(&read, "");
            prop_assert_eq!(found, Some((place, json!(value).to_string())));
        }
    }
}
