//! Resource documents: what was sent comes back, defaults filled and unknown fields kept.

use regatta_core::{channel, environment, lifecycle, machine, project, project_group, release};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

/// Reads and writes a document, which must keep every field it had.
fn round<T: Serialize + DeserializeOwned>(mut document: Value) -> Value {
    document["X-Unknown"] = json!({"deep": [1, null]});
    let read: T = serde_json::from_value(document.clone()).unwrap();
    let written = serde_json::to_value(&read).unwrap();
    for (key, value) in document.as_object().unwrap() {
        assert_eq!(written.get(key), Some(value), "{key}");
    }
    serde_json::from_value::<T>(written.clone()).unwrap();
    written
}

fn named(id: &str, more: Value) -> Value {
    let mut document = json!({"Id": id, "Name": "N", "Slug": "n", "SpaceId": "Spaces-1"});
    document
        .as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    document
}

#[test]
fn documents_keep_what_they_had_and_gain_their_defaults() {
    let written = [
        round::<project::Project>(named(
            "Projects-1",
            json!({"ProjectGroupId": "ProjectGroups-1", "LifecycleId": "Lifecycles-1", "ReleaseCreationStrategy": null}),
        )),
        round::<project_group::ProjectGroup>(named("ProjectGroups-1", json!({}))),
        round::<environment::Environment>(named("Environments-1", json!({"SortOrder": 3}))),
        round::<channel::Channel>(named(
            "Channels-1",
            json!({"ProjectId": "Projects-1", "Rules": [{"Tag": "^$"}]}),
        )),
        round::<lifecycle::Lifecycle>(named(
            "Lifecycles-1",
            json!({"Phases": [{"Id": "p", "Name": "Dev", "AutomaticDeploymentTargets": ["Environments-1"],
            "OptionalDeploymentTargets": [], "MinimumEnvironmentsBeforePromotion": 0, "IsOptionalPhase": false, "IsPriorityPhase": true}]}),
        )),
        round::<machine::Machine>(named(
            "Machines-1",
            json!({"Endpoint": {"CommunicationStyle": "Ssh", "Host": "h", "Port": 22}, "Roles": ["web"]}),
        )),
        round::<machine::Worker>(named(
            "Workers-1",
            json!({"Endpoint": {"CommunicationStyle": "TentacleActive"}, "WorkerPoolIds": ["WorkerPools-1"]}),
        )),
        round::<machine::WorkerPool>(named(
            "WorkerPools-1",
            json!({"WorkerPoolType": "StaticWorkerPool"}),
        )),
        round::<release::Release>(
            json!({"Id": "Releases-1", "SpaceId": "Spaces-1", "Version": "1.0", "ProjectId": "Projects-1", "ChannelId": "Channels-1",
            "Assembled": "2026-01-02T03:04:05.000+00:00", "ProjectDeploymentProcessSnapshotId": "deploymentprocess-Projects-1-s-1-AB",
            "ProjectVariableSetSnapshotId": "variableset-Projects-1-s-1-CD", "SelectedPackages": [{"ActionName": "a", "PackageReferenceName": "", "Version": "1", "StepName": "a"}]}),
        ),
    ];
    insta::assert_json_snapshot!(written);
}

#[test]
fn an_id_of_another_collection_is_refused_with_the_right_form() {
    let wrong = named(
        "Projects-1",
        json!({"ProjectGroupId": "Environments-1", "LifecycleId": "Lifecycles-1"}),
    );
    let error = serde_json::from_value::<project::Project>(wrong).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`Environments-1` is not an id of ProjectGroups; it should look like `ProjectGroups-1`"
    );
}

#[test]
fn an_optional_id_may_be_blank() {
    let document = named(
        "Channels-1",
        json!({"ProjectId": "Projects-1", "LifecycleId": ""}),
    );
    assert_eq!(
        serde_json::from_value::<channel::Channel>(document)
            .unwrap()
            .lifecycle_id,
        None
    );
}
