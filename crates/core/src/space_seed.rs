//! What a new space starts with, so that the first deployment needs no further setting up: a lifecycle, a project
//! group, a machine policy, a worker pool and the built-in feed. Each is a document as the API answers it, without links.

use serde_json::{Value, json};

use crate::id::SpaceId;

/// A document to store when a space is made.
#[derive(Debug, Clone, PartialEq)]
pub struct Seed {
    /// The collection its number is counted in, e.g. `Lifecycles`.
    pub collection: &'static str,
    /// The id, where it is not a number of the collection.
    pub id: Option<&'static str>,
    /// Everything but `Id`.
    pub body: Value,
}

/// The documents of a new space, in the order they should be made.
#[must_use]
pub fn documents(space: &SpaceId) -> Vec<Seed> {
    let numbered = |collection, body| Seed {
        collection,
        id: None,
        body,
    };
    vec![
        numbered("Lifecycles", lifecycle(space)),
        numbered("ProjectGroups", project_group(space)),
        numbered("MachinePolicies", machine_policy(space)),
        numbered("WorkerPools", worker_pool(space)),
        Seed {
            collection: "Feeds",
            id: Some("feeds-builtin"),
            body: builtin_feed(space),
        },
    ]
}

fn lifecycle(space: &SpaceId) -> Value {
    let forever = json!({"Unit": "Items", "QuantityToKeep": 0, "ShouldKeepForever": true, "Strategy": "Forever"});
    json!({
        "Name": "Default Lifecycle", "Slug": "default-lifecycle", "SpaceId": space, "Description": "", "Phases": [],
        "ReleaseRetentionPolicy": forever, "TentacleRetentionPolicy": forever,
    })
}

fn project_group(space: &SpaceId) -> Value {
    json!({"Name": "Default Project Group", "Slug": "default-project-group", "SpaceId": space, "Description": "", "EnvironmentIds": []})
}

fn worker_pool(space: &SpaceId) -> Value {
    json!({
        "Name": "Default Worker Pool", "Slug": "default-worker-pool", "SpaceId": space, "Description": "",
        "WorkerPoolType": "StaticWorkerPool", "IsDefault": true, "SortOrder": 1, "CanAddWorkers": true,
    })
}

fn builtin_feed(space: &SpaceId) -> Value {
    json!({
        "Name": "Octopus Server (built-in)", "Slug": "octopus-server-built-in", "SpaceId": space, "FeedType": "BuiltIn",
        "PackageAcquisitionLocationOptions": ["Server", "NotAcquired"], "DownloadAttempts": 5, "DownloadRetryBackoffSeconds": 10,
        "DeleteUnreleasedPackagesAfterDays": null, "IsBuiltInRepoSyncEnabled": false,
    })
}

/// The machine policy of a new space, and the template for new ones. Octopus' Go client requires every interval.
#[must_use]
pub fn machine_policy(space: &SpaceId) -> Value {
    let script = json!({"RunType": "InheritFromDefault", "ScriptBody": null});
    json!({
        "Name": "Default Machine Policy", "SpaceId": space, "Description": "", "IsDefault": true,
        "MachineHealthCheckPolicy": {
            "HealthCheckType": "RunScript", "HealthCheckInterval": "01:00:00", "HealthCheckCron": null,
            "HealthCheckCronTimezone": "UTC", "BashHealthCheckPolicy": script, "PowerShellHealthCheckPolicy": script,
        },
        "MachineConnectivityPolicy": {"MachineConnectivityBehavior": "ExpectedToBeOnline"},
        "MachineCleanupPolicy": {"DeleteMachinesBehavior": "DoNotDelete", "DeleteMachinesElapsedTimeSpan": "00:00:00"},
        "MachineUpdatePolicy": {
            "CalamariUpdateBehavior": "UpdateOnDeployment", "TentacleUpdateBehavior": "NeverUpdate",
            "KubernetesAgentUpdateBehavior": "Update", "TentacleUpdateAccountId": null,
        },
        "MachinePackageCacheRetentionPolicy": {"Strategy": "Default"},
        "ConnectionConnectTimeout": "00:01:00", "ConnectionRetryCountLimit": 5, "ConnectionRetrySleepInterval": "00:00:01",
        "ConnectionRetryTimeLimit": "00:05:00", "PollingRequestQueueTimeout": "00:02:00",
        "PollingRequestMaximumMessageProcessingTimeout": "00:10:00",
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{lifecycle::Lifecycle, machine::WorkerPool, project_group::ProjectGroup};

    #[test]
    fn seeds_are_documents_of_their_kind() {
        let seeds = documents(&SpaceId::numbered(1));
        let with_id = |i: usize| {
            let mut body = seeds[i].body.clone();
            body["Id"] = format!("{}-1", seeds[i].collection).into();
            body
        };
        serde_json::from_value::<Lifecycle>(with_id(0)).unwrap();
        serde_json::from_value::<ProjectGroup>(with_id(1)).unwrap();
        serde_json::from_value::<WorkerPool>(with_id(3)).unwrap();
        assert!(with_id(2)["ConnectionRetryCountLimit"].as_u64() > Some(0));
    }
}
