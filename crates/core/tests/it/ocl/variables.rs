//! Variable sets as text.

use proptest::prelude::*;
use regatta_core::ocl::variables::{print, read};
use regatta_core::secret::Sealed;
use regatta_core::variable::VariableSet;
use serde_json::{Value, json};

use super::process::references;
use super::process_strategy::{name, text};

fn set(variables: Value) -> VariableSet<Sealed> {
    serde_json::from_value(
        json!({"Id": "variableset-Projects-1", "OwnerId": "Projects-1", "SpaceId": "Spaces-1", "Version": 3, "Variables": variables}),
    )
    .unwrap()
}

fn example() -> VariableSet<Sealed> {
    set(json!([
        {"Id": "v1", "Name": "Color", "Value": "green", "Scope": {"Environment": ["Environments-1"], "Role": ["web"]}},
        {"Id": "v2", "Name": "Secret", "Type": "Sensitive", "IsSensitive": true, "Value": "c1phertext"},
        {"Id": "v3", "Name": "Color", "Value": "two\nlines", "Description": "The \"other\" one", "Scope": {"Machine": ["Machines-1"], "Action": ["11111111-aaaa"]},
         "Prompt": {"Label": "Which?", "Required": true, "DisplaySettings": {"Octopus.ControlType": "Select"}}},
        {"Id": "v4", "Name": "Pool", "Type": "WorkerPool", "Value": "WorkerPools-1"},
        {"Id": "v5", "Name": "Nothing", "Value": null},
    ]))
}

#[test]
fn variables_read_as_octopus_writes_them_and_secrets_stay_out() {
    let text = print(&example(), &references());
    assert!(!text.contains("Secret") && !text.contains("c1phertext"));
    insta::assert_snapshot!(text);
}

#[test]
fn a_round_trip_keeps_ids_and_secrets() {
    let text = print(&example(), &references());
    let after = read(&text, &example(), &references()).unwrap();
    let by_id = |set: &VariableSet<Sealed>| {
        let mut variables: Vec<Value> = serde_json::to_value(set).unwrap()["Variables"]
            .as_array()
            .unwrap()
            .clone();
        variables.sort_by_key(|variable| variable["Id"].to_string());
        variables
    };
    assert_eq!(json!(by_id(&after)), json!(by_id(&example())).clone());
}

#[test]
fn mistakes_are_named() {
    for (text, says) in [
        (
            "variable \"x\" {\n    type = \"Sensitive\"\n}",
            "line 1, column 1: The variable \"x\" is sensitive.",
        ),
        (
            "variable \"x\" {\n    value \"1\" {\n        environment = [\"nowhere\"]\n    }\n}",
            "line 3, column 23: There is no environment `nowhere`. Known are test, production.",
        ),
        ("variable {\n}", "`variable` needs one name in quotes."),
        (
            "variable \"x\" {\n    value \"1\" \"2\" {\n    }\n}",
            "more than one text",
        ),
        (
            "variable \"x\" {\n    value \"1\" {\n        envronment = []\n    }\n}",
            "`envronment` is not known",
        ),
    ] {
        let error = read(text, &example(), &references())
            .err()
            .unwrap()
            .to_string();
        assert!(error.contains(says), "{error}");
    }
}

proptest! {
    #[test]
    fn print_parse_print_is_the_same_text(entries in prop::collection::vec((name(), prop::option::of(text()), 0..4_u8), 0..8)) {
        let variables: Vec<Value> = entries.iter().enumerate().map(|(index, (name, value, environment))| {
            json!({"Id": format!("v{index}"), "Name": name, "Value": value, "Scope": {"Environment": [format!("Environments-{environment}")]}})
        }).collect();
        let mut references = references();
        for number in [0, 3] {
            references.add(regatta_core::ocl::references::Kind::Environment, format!("Environments-{number}"), format!("e{number}"));
        }
        let before = set(json!(variables));
        let text = print(&before, &references);
        let after = read(&text, &before, &references).unwrap_or_else(|error| panic!("{error}\n{text}"));
        prop_assert_eq!(print(&after, &references), text);
        prop_assert_eq!(after.variables.len(), before.variables.len());
    }
}
