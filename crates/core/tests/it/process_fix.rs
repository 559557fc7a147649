//! Every fix that can be applied, applied to the document as a client would, must make its problem go away.

use regatta_core::process::fix::Edit;
use regatta_core::process::lint::{LintContext, lint};
use regatta_core::process::problem::{Kind, Problem};
use serde_json::{Value, json};

use crate::process_document::{counter, process, saved};
use crate::process_lint::{action, plain, then, with};

/// Sets the values in the JSON of a process.
fn apply(document: &mut Value, edits: &[Edit]) {
    for edit in edits {
        let step = &mut document["Steps"][edit.number - 1];
        assert_eq!(step["Slug"], edit.step);
        for (place, value) in &edit.set {
            *at(step, place) = value.clone();
        }
    }
}

fn at<'v>(value: &'v mut Value, place: &str) -> &'v mut Value {
    if let Some(rest) = place.strip_prefix('[') {
        let (key, rest) = rest.split_once(']').unwrap();
        let inner = match key.parse::<usize>() {
            Ok(index) => &mut value[index],
            Err(_) => &mut value[key],
        };
        return at(inner, rest.trim_start_matches('.'));
    }
    if place.is_empty() {
        return value;
    }
    let end = place.find(['.', '[']).unwrap_or(place.len());
    let inner = &mut value[&place[..end]];
    at(inner, place[end..].trim_start_matches('.'))
}

/// Applies each fix of the first problem of this kind; answers the labels.
fn fixed(steps: Value, kind: Kind) -> Vec<String> {
    let before = saved(steps);
    let of_kind = |all: &[Problem]| all.iter().find(|p| p.kind == kind).cloned();
    let problem = of_kind(&lint(&before, LintContext::default())).unwrap();
    let mut labels = Vec::new();
    for fix in &problem.fixes {
        let edits = fix.edits(&before);
        labels.push(fix.label(&before));
        if edits.is_empty() {
            continue;
        }
        let mut document = serde_json::to_value(&before).unwrap();
        apply(&mut document, &edits);
        let mut after = process(document["Steps"].clone());
        after.adopt(Some(&before), &mut counter());
        let left = of_kind(&lint(&after, LintContext::default()));
        assert_ne!(left.as_ref(), Some(&problem), "{fix:?} changed nothing");
    }
    labels
}

fn on(mut step: Value, key: &str, value: &str) -> Value {
    step["Properties"][key] = json!(value);
    step
}

#[test]
fn a_loop_is_cut_at_any_of_its_dependencies() {
    let steps = json!([plain("A", &["b"]), plain("B", &["a"])]);
    assert_eq!(
        fixed(steps, Kind::Loop),
        [
            "A: remove the dependency on B",
            "B: remove the dependency on A"
        ]
    );
}

#[test]
fn a_loop_through_a_step_after_all_above_is_cut_there_as_well() {
    let steps = || {
        json!([
            then("Prepare", "x"),
            plain("Deploy", &["check"]),
            then("Check", "x")
        ])
    };
    assert_eq!(
        fixed(steps(), Kind::Loop),
        [
            "Deploy: remove the dependency on Check",
            "Let Check no longer wait for Deploy"
        ]
    );
    let process = saved(steps());
    let problem = &lint(&process, LintContext::default())[0];
    assert_eq!(
        problem.fixes[1].edits(&process)[0].set["Properties[Regatta.Step.DependsOn]"],
        json!("[\"prepare\"]"),
        "what it waits for besides stays"
    );
}

#[test]
fn lists_that_name_nothing_or_something_twice() {
    let unknown = json!([plain("A", &["nobody"])]);
    assert_eq!(fixed(unknown, Kind::UnknownDependency).len(), 1);
    let itself = json!([plain("A", &["a"])]);
    assert_eq!(fixed(itself, Kind::DependsOnItself).len(), 1);
    let twice = saved(json!([plain("A", &[]), plain("B", &["a", "a"])]));
    let problem = &lint(&twice, LintContext::default())[0];
    assert_eq!(
        problem.fixes[0].edits(&twice)[0].set["Properties[Regatta.Step.DependsOn]"],
        json!("[\"a\"]"),
        "one of the two stays"
    );
}

#[test]
fn a_race_is_mended_by_waiting_or_marked_as_meant() {
    let mut reader = plain("Deploy", &[]);
    reader["Actions"] = json!([action("Deploy", "#{Octopus.Action[Build].Output.Tag}")]);
    let steps = json!([plain("Build", &[]), reader]);
    assert_eq!(
        fixed(steps, Kind::ReadsWithoutWaiting),
        ["Let Deploy wait for Build", "Mark as intended"]
    );
}

#[test]
fn a_step_without_a_list_keeps_what_it_waits_for_when_it_gets_one() {
    let mut reader = with(
        then("Deploy", "x"),
        "StartTrigger",
        json!("StartWithPrevious"),
    );
    reader["Actions"] = json!([action("Deploy", "#{Octopus.Action[Build].Output.Tag}")]);
    let process = saved(json!([
        plain("First", &[]),
        plain("Build", &[]),
        plain("Beside", &["first"]),
        reader
    ]));
    let problem = &lint(&process, LintContext::default())[0];
    assert_eq!(
        problem.fixes[0].edits(&process)[0].set["Properties[Regatta.Step.DependsOn]"],
        json!("[\"first\",\"build\"]")
    );
}

#[test]
fn a_renamed_step_is_read_under_its_new_name() {
    let steps = json!([
        with(then("Compile", "x"), "Slug", json!("build")),
        then("Deploy", "#{Octopus.Action[Build].Output.X}")
    ]);
    assert_eq!(
        fixed(steps, Kind::OutputOfMissingStep),
        ["Replace [Build] by [Compile]"]
    );
}

#[test]
fn hints_about_the_order() {
    let redundant = json!([plain("A", &[]), plain("B", &["a"]), plain("C", &["a", "b"])]);
    assert_eq!(
        fixed(redundant, Kind::RedundantDependency),
        ["C: remove the dependency on A", "Mark as intended"]
    );
    let early = json!([plain("A", &[]), plain("B", &["a"]), plain("C", &[])]);
    assert_eq!(
        fixed(early, Kind::StartsEarly),
        ["Start C after A", "Start C after B", "Mark as intended"]
    );
    let mut approval = plain("Approve", &[]);
    approval["Actions"] = json!([{"Name": "Approve", "ActionType": "Octopus.Manual", "Properties": {"Octopus.Action.Manual.Instructions": "Look"}}]);
    let unreachable = json!([approval, plain("Deploy", &[])]);
    assert_eq!(
        fixed(unreachable, Kind::UnreachableApproval),
        ["Let Deploy wait for Approve", "Mark as intended"]
    );
}

#[test]
fn steps_that_take_turns_share_their_machines_again() {
    let tagged = |name: &str, lock: &str| {
        let step = on(plain(name, &[]), "Octopus.Action.TargetRoles", "web");
        on(step, "Regatta.Step.MachineLock", lock)
    };
    let steps = json!([tagged("A", "deployment"), tagged("B", "exclusive")]);
    assert_eq!(
        fixed(steps, Kind::TakesTurns),
        ["Let B share its machines", "Mark as intended"]
    );
}

#[test]
fn a_place_to_open_changes_nothing() {
    let never = with(then("A", "x"), "Condition", json!("Failure"));
    assert_eq!(
        fixed(json!([never]), Kind::NeverRuns),
        ["Open Run Condition", "Mark as intended"]
    );
}
