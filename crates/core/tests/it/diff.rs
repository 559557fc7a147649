//! Changes in sentences, as the audit log shows them.

use regatta_core::diff;
use regatta_core::process::DeploymentProcess;
use regatta_core::secret::Sealed;
use regatta_core::variable::VariableSet;
use serde_json::{Value, json};

use crate::process_document::saved;

fn script(name: &str, properties: Value) -> Value {
    json!({"Name": name, "Actions": [{"Name": name, "ActionType": "Octopus.Script", "Properties": properties}]})
}

/// Build, Test, Assets, Deploy: one after the other.
fn before() -> DeploymentProcess {
    saved(json!([
        script("Build", json!({})),
        script("Test", json!({})),
        script("Assets", json!({})),
        script(
            "Deploy",
            json!({"Octopus.Action.Script.ScriptBody": "a\nb"})
        )
    ]))
}

/// The sentences about what `edit` does.
fn sentences(edit: impl FnOnce(&mut DeploymentProcess)) -> Vec<String> {
    let before = before();
    let mut after = before.clone();
    edit(&mut after);
    diff::process(&before, &after)
        .iter()
        .map(ToString::to_string)
        .collect()
}

fn waits(process: &mut DeploymentProcess, step: usize, on: &[&str]) {
    let rule =
        regatta_core::process::StartRule::After(on.iter().map(ToString::to_string).collect());
    rule.write(&mut process.steps[step]);
}

#[test]
fn nothing_changed_says_nothing() {
    assert_eq!(sentences(|_| {}), [] as [String; 0]);
    assert_eq!(sentences(|p| p.version += 1), [] as [String; 0]);
}

#[test]
fn start_rules_are_told_in_words() {
    assert_eq!(
        sentences(|p| waits(p, 3, &["test", "assets"])),
        ["Deploy: starts after Test, Assets (was: after all above)"]
    );
    assert_eq!(
        sentences(|p| waits(p, 2, &[])),
        ["Assets: starts with the deployment (was: after all above)"]
    );
    let with_previous = |p: &mut DeploymentProcess| {
        regatta_core::process::StartRule::WithPrevious.write(&mut p.steps[2]);
    };
    assert_eq!(
        sentences(with_previous),
        ["Assets: starts together with Test (was: after all above)"]
    );
}

#[test]
fn edges_of_a_list_are_told_one_by_one() {
    let mut old = before();
    waits(&mut old, 3, &["build", "test"]);
    let mut new = old.clone();
    waits(&mut new, 3, &["test", "assets"]);
    let texts: Vec<_> = diff::process(&old, &new)
        .into_iter()
        .map(|c| c.text)
        .collect();
    assert_eq!(
        texts,
        [
            "Deploy now waits for Assets",
            "Deploy no longer waits for Build"
        ]
    );
    let edges = diff::edges(&old, &new).unwrap();
    let id = |i: usize| new.steps[i].id.clone();
    assert_eq!(
        edges
            .added
            .iter()
            .map(|e| (&e.step, &e.on))
            .collect::<Vec<_>>(),
        [(&id(3), &id(2))]
    );
    assert_eq!(
        edges
            .removed
            .iter()
            .map(|e| (&e.step, &e.on))
            .collect::<Vec<_>>(),
        [(&id(3), &id(0))]
    );
}

#[test]
fn steps_come_go_move_and_are_renamed() {
    let gone = |p: &mut DeploymentProcess| drop(p.steps.remove(1));
    assert_eq!(sentences(gone), ["Removed the step Test"]);
    assert_eq!(
        sentences(|p| p.steps.swap(0, 1)),
        ["Steps are now listed in the order Test, Build, Assets, Deploy"]
    );
    let rename = |p: &mut DeploymentProcess| {
        p.steps[0].name = "Compile".into();
        p.steps[0].actions[0].name = "Compile".into();
    };
    assert_eq!(sentences(rename), ["Renamed Build to Compile"]);
    let add = |p: &mut DeploymentProcess| {
        let mut step = p.steps[0].clone();
        step.id = "new".into();
        step.name = "Lint".into();
        p.steps.push(step);
    };
    assert_eq!(
        sentences(add),
        ["Added the step Lint, which starts after all above"]
    );
}

#[test]
fn what_a_step_does_is_told_by_field() {
    let edit = |p: &mut DeploymentProcess| {
        p.steps[3].condition = regatta_core::process::step::Condition::Always;
        p.steps[3]
            .properties
            .set("Octopus.Action.TargetRoles", "web");
        let action = &mut p.steps[3].actions[0];
        action.is_disabled = true;
        action.environments = vec!["Environments-1".into()];
        action
            .properties
            .set("Octopus.Action.Script.ScriptBody", "a\nc\nd");
    };
    assert_eq!(
        sentences(edit),
        [
            "Deploy: Condition: Success → Always",
            "Deploy: target tags: nothing → web",
            "Disabled Deploy",
            "Deploy: Environments: added Environments-1",
            "Deploy: script changed (+2 −1 lines)",
        ]
    );
}

#[test]
fn secrets_only_change() {
    let secret = |sealed: &str| {
        let mut process: Value = serde_json::to_value(before()).unwrap();
        process["Steps"][0]["Actions"][0]["Properties"]["Password"] =
            json!({"HasValue": true, "NewValue": null, "Sealed": sealed});
        serde_json::from_value::<DeploymentProcess>(process).unwrap()
    };
    let changes = diff::process(&secret("c1pher-one"), &secret("c1pher-two"));
    assert_eq!(
        changes.iter().map(|c| c.text.as_str()).collect::<Vec<_>>(),
        ["Build: Password changed (sensitive)"]
    );
    assert!(
        !serde_json::to_string(&diff::process(&before(), &secret("c1pher-two")))
            .unwrap()
            .contains("c1pher")
    );
}

#[test]
fn documents_are_told_field_by_field() {
    let a = json!({"Id": "x", "Name": "Web", "Tags": ["a", "b"], "Policy": {"Skip": false}, "Notes": "1\n2", "Key": {"HasValue": false}, "LastModifiedOn": "then"});
    let b = json!({"Id": "x", "Name": "Web shop", "Tags": ["b", "c"], "Policy": {"Skip": true, "More": 1}, "Notes": "1\n2\n3", "Key": {"HasValue": true, "Sealed": "s3cret"}, "LastModifiedOn": "now"});
    let texts: Vec<_> = diff::document(&a, &b).into_iter().map(|c| c.text).collect();
    assert_eq!(
        texts,
        [
            "Name: Web → Web shop",
            "Tags: added c; removed a",
            "Policy.Skip: false → true",
            "Policy.More: nothing → 1",
            "Notes changed (+1 −0 lines)",
            "Key changed (sensitive)"
        ]
    );
}

fn set(variables: Value) -> VariableSet<Sealed> {
    serde_json::from_value(json!({"Id": "variableset-Projects-1", "OwnerId": "Projects-1", "SpaceId": "Spaces-1", "Version": 1, "Variables": variables})).unwrap()
}

#[test]
fn variables_are_told_by_name_and_secrets_never() {
    let secret = |value: &str| json!({"Id": "s", "Name": "DB.Password", "Value": value, "Type": "Sensitive", "IsSensitive": true, "Scope": {"Environment": ["Environments-1"]}});
    let plain = |id: &str, name: &str, value: &str, scope: Value| json!({"Id": id, "Name": name, "Value": value, "Type": "String", "IsSensitive": false, "Scope": scope});
    let before = set(json!([
        secret("c1pher-one"),
        plain("a", "Url", "http://old", json!({})),
        plain("b", "Gone", "x", json!({})),
        plain("c", "Port", "80", json!({}))
    ]));
    let after = set(json!([
        secret("c1pher-two"),
        plain("a", "Url", "http://new", json!({})),
        plain("c", "Port", "80", json!({"Role": ["web"]})),
        plain("d", "New", "y", json!({}))
    ]));
    let texts: Vec<_> = diff::variables(&before, &after)
        .into_iter()
        .map(|c| c.text)
        .collect();
    assert_eq!(
        texts,
        [
            "Removed Gone",
            "DB.Password (Environment Environments-1) changed (sensitive)",
            "Url: http://old → http://new",
            "Port: scope is now Role web (was everywhere)",
            "Added New"
        ]
    );
}
