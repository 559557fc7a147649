//! Deployment settings as text.

use regatta_core::ocl::settings::{print, read};
use regatta_core::project::DeploymentSettings;
use serde_json::json;

fn settings(more: serde_json::Value) -> DeploymentSettings {
    let mut value = json!({"Id": "deploymentsettings-Projects-1", "ProjectId": "Projects-1", "SpaceId": "Spaces-1"});
    value
        .as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    serde_json::from_value(value).unwrap()
}

fn full() -> DeploymentSettings {
    settings(json!({
        "DefaultGuidedFailureMode": "On", "Regatta.FailurePolicy": "CancelRunning", "Regatta.MaxRunning": 4, "Regatta.MaxRunningPerMachine": 1,
        "ReleaseNotesTemplate": "# Notes\n\n#{each x}", "ForcePackageDownload": true,
        "ConnectivityPolicy": {"AllowDeploymentsToNoTargets": true, "SkipMachineBehavior": "SkipUnavailableMachines", "TargetRoles": ["web"]},
        "VersioningStrategy": {"Template": null, "DonorPackage": {"DeploymentAction": "build", "PackageReference": ""}},
    }))
}

#[test]
fn settings_read_as_octopus_writes_them_and_come_back() {
    let text = print(&full());
    insta::assert_snapshot!(text);
    let blank = settings(json!({}));
    assert_eq!(print(&read(&text, &blank).unwrap()), text);
    assert_eq!(read(&text, &full()).unwrap(), full());
}

#[test]
fn what_the_text_leaves_out_is_the_default_again() {
    let after = read("", &full()).unwrap();
    assert_eq!(after.running_max, None);
    assert_eq!(after.versioning_strategy, full().versioning_strategy);
    assert_eq!(after.other["ForcePackageDownload"], false);
    assert_eq!(print(&settings(json!({}))), "");
}

#[test]
fn mistakes_are_named() {
    for (text, says) in [
        (
            "max_running = 0",
            "line 1, column 15: `max_running` is not a whole number from 1.",
        ),
        (
            "connectivity_policy {\n    x = 1\n}",
            "line 2, column 5: `x` is not known",
        ),
        (
            "failure_policy = \"Never\"",
            "Write one of \"FinishBranches\"",
        ),
        (
            "connectivity_policy {\n}\nconnectivity_policy {\n}",
            "line 3, column 1: There are two blocks",
        ),
    ] {
        let error = read(text, &full()).unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    }
}
