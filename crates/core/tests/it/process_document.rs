//! The process as a document: what is sent comes back, completed and otherwise untouched.

use regatta_core::process::DeploymentProcess;
use serde_json::{Value, json};

/// Reads a process with these steps.
pub(crate) fn process(steps: Value) -> DeploymentProcess {
    let document = json!({"Id": "deploymentprocess-Projects-1", "ProjectId": "Projects-1", "SpaceId": "Spaces-1", "Version": 3, "Steps": steps});
    serde_json::from_value(document).unwrap()
}

/// A process as stored after a save: with ids `id-1`, `id-2`, ... and slugs.
pub(crate) fn saved(steps: Value) -> DeploymentProcess {
    let mut process = process(steps);
    process.adopt(None, &mut counter());
    process
}

/// Makes `id-1`, `id-2`, ...
pub(crate) fn counter() -> impl FnMut() -> String {
    let mut last = 0;
    move || {
        last += 1;
        format!("id-{last}")
    }
}

#[test]
fn defaults_are_filled_for_what_is_absent() {
    let minimal = process(json!([{
        "Name": "s1", "Properties": {}, "Actions": [{"Name": "s1", "ActionType": "Octopus.Script", "Properties": {}}]
    }]));
    insta::assert_json_snapshot!(serde_json::to_value(&minimal).unwrap());
}

#[test]
fn what_was_sent_comes_back_unknown_fields_and_all() {
    let steps = json!([{
        "Id": "a", "Name": "Web", "Slug": "web", "PackageRequirement": "AfterPackageAcquisition",
        "Condition": "Variable", "StartTrigger": "StartWithPrevious",
        "Properties": {"Regatta.Step.DependsOn": "[\"db\"]", "octopus.odd.Case": "", "Secret": {"HasValue": false, "NewValue": null, "Hint": null}},
        "Actions": [{
            "Id": "b", "Name": "Web", "Slug": "web", "ActionType": "Vendor.Unknown", "Notes": "n", "IsDisabled": true, "IsRequired": true,
            "CanBeUsedForProjectVersioning": true, "Condition": "Success",
            "Container": {"Image": "i", "FeedId": "Feeds-1", "GitUrl": null, "Dockerfile": "D"},
            "WorkerPoolId": "", "WorkerPoolVariable": null,
            "Environments": ["Environments-1"], "ExcludedEnvironments": [], "Channels": ["Channels-2"], "TenantTags": ["A/b"],
            "Packages": [{"Id": "p", "Name": "", "PackageId": "Web", "FeedId": "feeds-builtin", "AcquisitionLocation": "Server",
                "Version": "1.0", "Properties": {"Extract": "True", "Deep": {"er": [1, null]}}, "StepPackageInputsReferenceId": "x"}],
            "GitDependencies": [{"Name": "", "RepositoryUri": "u", "DefaultBranch": "main", "GitCredentialType": "Anonymous", "FilePathFilters": ["*"]}],
            "Properties": {"z": "1", "a": "2"},
            "StepPackageVersion": "1.2.3", "Inputs": {"deep": [null]}, "Links": {}
        }],
        "Links": {"x": "y"}, "IsFrobbed": true
    }]);
    let read = process(steps.clone());
    assert_eq!(serde_json::to_value(&read.steps).unwrap(), steps);
}

#[test]
fn nulls_where_go_sends_nil_read_as_empty() {
    let read = process(
        json!([{"Id": null, "Name": "a", "Slug": null, "Condition": null, "Properties": null, "Actions": [
            {"Name": "a", "ActionType": "Octopus.Script", "Environments": null, "Packages": null, "Container": null, "IsDisabled": null}
        ]}]),
    );
    assert!(read.steps[0].id.is_empty() && read.steps[0].actions[0].environments.is_empty());
}

#[test]
fn enumerations_are_read_in_any_case_and_a_wrong_one_lists_the_right_ones() {
    let read = process(json!([{"Name": "a", "StartTrigger": "startwithprevious", "Actions": []}]));
    assert_eq!(
        serde_json::to_value(read.steps[0].start_trigger).unwrap(),
        "StartWithPrevious"
    );
    let wrong = json!({"Name": "a", "Condition": "Sometimes", "Actions": []});
    let error = serde_json::from_value::<regatta_core::process::Step>(wrong).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("`Sometimes` is not one of Success, Failure, Always, Variable"),
        "{error}"
    );
}

#[test]
fn ids_and_slugs_survive_a_rename_and_a_move() {
    let before = saved(json!([
        {"Name": "Build", "Actions": [{"Name": "Build", "ActionType": "Octopus.Script"}]},
        {"Name": "Deploy", "Actions": [{"Name": "Deploy", "ActionType": "Octopus.Script"}]},
    ]));
    let (build, deploy) = (&before.steps[0], &before.steps[1]);
    assert_eq!(
        (build.slug.as_str(), build.actions[0].slug.as_str()),
        ("build", "build")
    );

    let mut after = process(json!([
        {"Name": "Deploy", "Actions": [{"Name": "Deploy", "ActionType": "Octopus.Script"}]},
        {"Id": build.id, "Name": "Compile", "Actions": [{"Id": build.actions[0].id, "Name": "Compile", "ActionType": "Octopus.Script"}]},
        {"Name": "New", "Actions": [{"ActionType": "Octopus.Script"}]},
    ]));
    let mut ids = counter();
    let mut fresh = || format!("fresh-{}", ids());
    after.adopt(Some(&before), &mut fresh);
    assert_eq!(
        (&after.steps[0].id, &after.steps[0].actions[0].id),
        (&deploy.id, &deploy.actions[0].id)
    );
    assert_eq!(
        (&after.steps[1].id, after.steps[1].slug.as_str()),
        (&build.id, "build")
    );
    assert_eq!(after.steps[2].id, "fresh-id-1");
    assert_eq!(after.steps[2].actions[0].name, "New");
}

#[test]
fn equal_names_get_different_slugs() {
    let twice = saved(json!([
        {"Name": "A b", "Actions": [{"Name": "x", "ActionType": "t"}, {"Name": "X", "ActionType": "t"}]},
        {"Name": "a B", "Actions": [{"Name": "x", "ActionType": "t"}]},
    ]));
    let slugs: Vec<_> = twice.steps.iter().map(|s| s.slug.as_str()).collect();
    assert_eq!(slugs, ["a-b", "a-b-2"]);
    let slugs: Vec<_> = twice.actions().map(|(_, a)| a.slug.as_str()).collect();
    assert_eq!(slugs, ["x", "x-2", "x-3"]);
}
