//! Processes as text.

use proptest::prelude::*;
use regatta_core::ocl::process::{keep, print, read};
use regatta_core::ocl::references::{Kind, References};
use regatta_core::process::{StartRule, Step};
use serde_json::{Value, json};

use super::process_strategy::steps;

pub(super) fn references() -> References {
    let mut references = References::default();
    for (id, slug) in [("Environments-1", "test"), ("Environments-2", "production")] {
        references.add(Kind::Environment, id, slug);
    }
    references.add(Kind::Channel, "Channels-1", "default");
    references.add(Kind::WorkerPool, "WorkerPools-1", "default-worker-pool");
    references.add(Kind::Feed, "Feeds-1", "built-in");
    references.add(Kind::Team, "Teams-7", "dba");
    references.add(Kind::Machine, "Machines-1", "web-01");
    references.add(Kind::Action, "11111111-aaaa", "deploy-web");
    references
}

fn read_steps(steps: Value) -> Vec<Step> {
    serde_json::from_value(steps).unwrap()
}

fn example() -> Vec<Step> {
    let script = |name: &str, slug: &str, properties: Value| {
        json!({"Id": "i", "Name": name, "Slug": slug, "Properties": properties, "StartTrigger": "StartWithPrevious", "Actions": [
            {"Id": "j", "Name": name, "Slug": slug, "ActionType": "Octopus.Script", "WorkerPoolId": "WorkerPools-1", "Environments": ["Environments-1"],
             "Properties": {"Octopus.Action.Script.ScriptBody": "echo 1\necho 2", "Octopus.Action.RunOnServer": "true",
                            "Password": {"HasValue": true, "NewValue": null}}}
        ]})
    };
    read_steps(json!([
        script("Build", "build", json!({"Regatta.Step.DependsOn": "[]"})),
        script("Deploy web", "deploy-web", json!({"Regatta.Step.DependsOn": "[\"build\"]", "Octopus.Action.TargetRoles": "web"})),
        {"Name": "Approve", "Slug": "approve", "Condition": "Always", "Actions": [
            {"Name": "Look", "Slug": "look", "ActionType": "Octopus.Manual", "IsRequired": true, "Properties": {"Octopus.Action.Manual.ResponsibleTeamIds": "Teams-7,Teams-99"}},
            {"Name": "Tell", "Slug": "tell", "ActionType": "Octopus.Script", "Packages": [{"Name": "", "PackageId": "web", "FeedId": "Feeds-1", "AcquisitionLocation": "Server", "Properties": {"Extract": "True"}}]},
        ]},
    ]))
}

#[test]
fn a_process_reads_as_octopus_writes_it() {
    insta::assert_snapshot!(print(&example(), &references()));
}

#[test]
fn a_text_means_the_same_steps() {
    let text = print(&example(), &references());
    let mut steps = read(&text, &references()).unwrap();
    keep(&mut steps, &example());
    let sorted = |steps: &[Step]| {
        // The order of properties is the text's; nothing depends on it.
        let mut value = json!(steps);
        sort_properties(&mut value);
        value
    };
    assert_eq!(sorted(&steps)[1], sorted(&example())[1]);
    assert_eq!(steps[0].actions[0].id, "j");
    assert_eq!(
        StartRule::of(&steps[0]).unwrap(),
        StartRule::After(Vec::new())
    );
}

fn sort_properties(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(sort_properties),
        Value::Object(map) => {
            map.sort_keys();
            map.values_mut().for_each(sort_properties);
        }
        _ => {}
    }
}

/// What a Terraform or git user of Octopus has: names as labels, no `depends_on`.
#[test]
fn files_of_octopus_are_read() {
    let text = r#"
step "Hello world (using PowerShell)" {
    action {
        action_type = "Octopus.Script"
        is_required = true
        properties = {
            Octopus.Action.Script.ScriptBody = "Write-Host 'Hello'"
        }
        worker_pool = "default-worker-pool"
    }
}

step "second" {
    name = "Second"
    start_trigger = "StartWithPrevious"

    action "other" {
        action_type = "Octopus.Script"
        environments = ["TEST"]
    }
}
"#;
    let steps = read(text, &references()).unwrap();
    assert_eq!(
        (
            steps[0].name.as_str(),
            steps[0].slug.as_str(),
            steps[0].actions[0].name.as_str()
        ),
        (
            "Hello world (using PowerShell)",
            "",
            "Hello world (using PowerShell)"
        )
    );
    assert_eq!(
        steps[0].actions[0].worker_pool_id.as_deref(),
        Some("WorkerPools-1")
    );
    assert_eq!(steps[1].actions[0].environments, ["Environments-1"]);
    assert_eq!(StartRule::of(&steps[1]).unwrap(), StartRule::WithPrevious);
}

#[test]
fn a_mistake_is_named_with_its_place() {
    let action = "action {\n        action_type = \"x\"\n    }";
    let texts = [
        "steps \"x\" {\n}".to_owned(),
        "step {\n}".to_owned(),
        format!("step \"a\" {{\n    condition = \"Sometimes\"\n    {action}\n}}"),
        format!("step \"a\" {{\n    depends_on = \"b\"\n    {action}\n}}"),
        format!("step \"a\" {{\n    depends_on = [1]\n    {action}\n}}"),
        format!("step \"a\" {{\n    depends_on = [\"b\"]\n    start_trigger = \"StartAfterPrevious\"\n    {action}\n}}"),
        format!("step \"a\" {{\n    depends_on = [\"b\"]\n    properties = {{\n        Regatta.Step.DependsOn = \"[]\"\n    }}\n    {action}\n}}"),
        format!("step \"a\" {{\n    name = \"A\"\n    name = \"B\"\n    {action}\n}}"),
        "step \"a\" {\n    action {\n        name = \"x\"\n    }\n}".to_owned(),
        "step \"a\" {\n    action {\n        action_type = \"x\"\n        environments = [\"tst\"]\n    }\n}".to_owned(),
        "step \"a\" {\n    action {\n        action_type = \"x\"\n        is_disabled = \"no\"\n    }\n}".to_owned(),
        "step \"a\" {\n    action {\n        action_type = \"x\"\n        properties = {\n            k = \"1\"\n            k = \"2\"\n        }\n    }\n}".to_owned(),
    ];
    let shown: Vec<String> = texts
        .iter()
        .map(|text| format!("{}\n=> {}", text, read(text, &references()).unwrap_err()))
        .collect();
    insta::assert_snapshot!(shown.join("\n\n"));
}

#[test]
fn sensitive_values_are_not_in_the_text_and_are_not_lost() {
    let before = example();
    let text = print(&before, &references());
    assert!(!text.contains("Password"));
    let mut steps = read(&text, &references()).unwrap();
    keep(&mut steps, &before);
    let value = serde_json::to_value(&steps[0].actions[0].properties).unwrap();
    assert_eq!(value["Password"]["HasValue"], true);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn print_parse_print_is_the_same_text(steps in steps()) {
        let text = print(&steps, &references());
        let again = read(&text, &references()).unwrap_or_else(|error| panic!("{error}\n{text}"));
        prop_assert_eq!(print(&again, &references()), text);
        let rules = |steps: &[Step]| steps.iter().map(|step| StartRule::of(step).unwrap()).collect::<Vec<_>>();
        prop_assert_eq!(rules(&again), rules(&steps));
    }

    #[test]
    fn a_round_trip_with_what_was_there_changes_only_the_order_of_properties(steps in steps()) {
        let mut again = read(&print(&steps, &references()), &references()).unwrap();
        keep(&mut again, &steps);
        let normal = |steps: &[Step]| {
            let mut value = json!(steps);
            sort_properties(&mut value);
            for action in value.as_array_mut().unwrap().iter_mut().flat_map(|step| step["Actions"].as_array_mut().unwrap()) {
                // Nothing written and an empty text are the same here.
                let empty = |value: &Value| value == "" || value.is_null();
                for key in ["Notes", "WorkerPoolId"] {
                    if empty(&action[key]) { action[key] = Value::Null; }
                }
                for key in ["Image", "FeedId"] {
                    if empty(&action["Container"][key]) { action["Container"][key] = Value::Null; }
                }
            }
            value
        };
        prop_assert_eq!(normal(&again), normal(&steps));
    }
}
