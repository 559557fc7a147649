//! Tag sets, environments, accounts, certificates, policies, pools, targets and feeds.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use reqwest::Method;
use serde_json::{Value, json};

use super::super::client::{Client, plain};
use super::{applied, applied_bare, id, is_as_planned, secret, updated, with};
use crate::installation::text;

const UUID: &str = "39b44e47-37d4-4fcd-949c-2d831ebfa65e";

pub(super) async fn is_applied(client: &Client<'_>) {
    tag_sets(client).await;
    let environment = json!({
        "Name": "Terraformed", "Description": "d", "SpaceId": client.space, "AllowDynamicInfrastructure": true, "UseGuidedFailure": true,
        "SortOrder": 7, "EnvironmentTags": ["Region/North"],
        "ExtensionSettings": [{ "ExtensionId": "jira-integration", "Values": { "JiraEnvironmentType": "staging" } }],
    });
    let at = client.link("Environments");
    let environment = applied(client, "octopusdeploy_environment", &at, environment).await;
    let environment = id(&environment);
    let bare = json!({ "Name": "Bare", "SortOrder": 0 });
    let left_out = [
        "Description",
        "EnvironmentTags",
        "ExtensionSettings",
        "UseGuidedFailure",
        "AllowDynamicInfrastructure",
    ];
    applied_bare(client, &at, bare, &left_out).await;
    let account = accounts(client, &environment).await;
    certificates(client, &environment).await;
    policies(client).await;
    let pool = json!({ "Name": "Pool", "Description": "d", "SpaceId": client.space, "WorkerPoolType": "StaticWorkerPool", "IsDefault": false, "SortOrder": 9 });
    let at = client.link("WorkerPools");
    applied(client, "octopusdeploy_static_worker_pool", &at, pool).await;
    targets(client, (&environment, &account)).await;
    feeds(client).await;
}

/// The set by one resource, its tags by another that reads the set, adds itself and saves it.
async fn tag_sets(client: &Client<'_>) {
    let set = json!({ "Name": "Region", "Description": "d", "SpaceId": client.space, "Scopes": ["Tenant", "Environment", "Project"], "Type": "MultiSelect", "SortOrder": 3 });
    let at = client.link("TagSets");
    let set = applied(client, "octopusdeploy_tag_set", &at, set).await;
    client.command("octopusdeploy_tag");
    let own = plain(&set["Links"]["Self"]);
    for name in ["North", "South"] {
        let mut whole = client.get(&own).await;
        let tags = whole["Tags"].as_array_mut().expect("a list, though empty");
        tags.push(json!({ "Name": name, "Color": "#FF0000", "Description": "d", "SortOrder": 0 }));
        let saved = client.put(&own, &whole).await;
        let tag = saved["Tags"].as_array().and_then(|tags| tags.last());
        let tag = tag.expect("it was added");
        assert_eq!(tag["CanonicalTagName"], json!(format!("Region/{name}")));
        assert_eq!(tag["Color"], "#FF0000");
        assert!(text(&tag["Id"]).starts_with(&id(&set)), "{tag}");
    }
}

async fn accounts(client: &Client<'_>, environment: &str) -> String {
    let azure = json!({ "SubscriptionNumber": UUID, "ClientId": UUID, "TenantId": UUID });
    let keys = json!({ "Audience": "api://x", "DeploymentSubjectKeys": ["space", "project"], "HealthCheckSubjectKeys": ["target"], "AccountTestSubjectKeys": ["type"] });
    let kinds: [(&'static str, &str, Value); 9] = [
        (
            "octopusdeploy_username_password_account",
            "UsernamePassword",
            json!({ "Username": "u", "Password": secret("hush") }),
        ),
        (
            "octopusdeploy_ssh_key_account",
            "SshKeyPair",
            json!({ "Username": "u", "PrivateKeyFile": secret("aHVzaA=="), "PrivateKeyPassphrase": secret("hush") }),
        ),
        (
            "octopusdeploy_token_account",
            "Token",
            json!({ "Token": secret("hush") }),
        ),
        (
            "octopusdeploy_aws_account",
            "AmazonWebServicesAccount",
            json!({ "AccessKey": "AK", "SecretKey": secret("hush"), "Region": "us-east-1" }),
        ),
        (
            "octopusdeploy_aws_openid_connect_account",
            "AmazonWebServicesOidcAccount",
            json!({ "RoleArn": "arn:aws:iam::1:role/r", "SessionDuration": 3600, "DeploymentSubjectKeys": ["space"], "Audience": "a" }),
        ),
        (
            "octopusdeploy_azure_service_principal",
            "AzureServicePrincipal",
            with(azure.clone(), json!({ "Password": secret("hush") })),
        ),
        (
            "octopusdeploy_azure_openid_connect",
            "AzureOidc",
            with(azure, keys),
        ),
        (
            "octopusdeploy_gcp_account",
            "GoogleCloudAccount",
            json!({ "JsonKey": secret("aHVzaA==") }),
        ),
        (
            "octopusdeploy_generic_oidc_account",
            "GenericOidcAccount",
            json!({ "Audience": "a", "DeploymentSubjectKeys": ["space"] }),
        ),
    ];
    let at = client.link("Accounts");
    let mut first = String::new();
    for (resource, kind, own) in kinds {
        let common = json!({
            "AccountType": kind, "Name": format!("Terraformed {kind}"), "Description": "d", "SpaceId": client.space,
            "EnvironmentIds": [environment], "TenantedDeploymentParticipation": "Untenanted", "TenantIds": [], "TenantTags": [],
        });
        let made = applied(client, resource, &at, with(common, own)).await;
        if first.is_empty() {
            first = id(&made);
        }
    }
    first
}

/// A secret that is not sent again stays.
async fn certificates(client: &Client<'_>, environment: &str) {
    const WEB: &[u8] =
        include_bytes!("../../../../../server/tests/fixtures/certificates/modern.pfx");
    let certificate = json!({
        "Name": "web", "Notes": "n", "SpaceId": client.space, "CertificateData": secret(&BASE64.encode(WEB)), "Password": secret("hush-hush"),
        "EnvironmentIds": [environment], "TenantedDeploymentParticipation": "Untenanted", "TenantIds": [], "TenantTags": [],
    });
    let at = client.link("Certificates");
    let made = applied(client, "octopusdeploy_certificate", &at, certificate).await;
    assert_eq!(made["HasPrivateKey"], true);
}

/// Spans of time come back as .NET writes them, whichever way they were written.
async fn policies(client: &Client<'_>) {
    let script = json!({ "RunType": "Inline", "ScriptBody": "true" });
    let policy = json!({
        "Name": "Policy", "Description": "d", "SpaceId": client.space, "IsDefault": false, "ConnectionConnectTimeout": "00:01:00",
        "ConnectionRetryCountLimit": 5, "ConnectionRetrySleepInterval": "00:00:01", "ConnectionRetryTimeLimit": "00:05:00",
        "PollingRequestQueueTimeout": "00:02:00", "PollingRequestMaximumMessageProcessingTimeout": "00:10:00",
        "MachineHealthCheckPolicy": { "BashHealthCheckPolicy": script, "PowerShellHealthCheckPolicy": { "RunType": "InheritFromDefault" }, "HealthCheckCronTimezone": "UTC", "HealthCheckInterval": "12:00:00", "HealthCheckType": "RunScript" },
        "MachineConnectivityPolicy": { "MachineConnectivityBehavior": "MayBeOfflineAndCanBeSkipped" },
        "MachineCleanupPolicy": { "DeleteMachinesBehavior": "DeleteUnavailableMachines", "DeleteMachinesElapsedTimeSpan": "20:00:00" },
        "MachineUpdatePolicy": { "CalamariUpdateBehavior": "UpdateAlways", "TentacleUpdateBehavior": "Update" },
        "MachinePackageCacheRetentionPolicy": { "Strategy": "Quantities", "QuantityOfPackagesToKeep": 3, "PackageUnit": "Items", "QuantityOfVersionsToKeep": 2, "VersionUnit": "Items" },
    });
    let at = client.link("MachinePolicies");
    let mut made = applied(client, "octopusdeploy_machine_policy", &at, policy).await;
    let own = plain(&made["Links"]["Self"]);
    made["MachineHealthCheckPolicy"]["HealthCheckInterval"] = json!("01.00:00:00");
    made["MachineCleanupPolicy"]["DeleteMachinesElapsedTimeSpan"] = json!("10.06:00:00");
    made["ConnectionRetrySleepInterval"] = json!("00:00:01.50000");
    let saved = client.put(&own, &made).await;
    let health = &saved["MachineHealthCheckPolicy"]["HealthCheckInterval"];
    assert_eq!(health, "1.00:00:00");
    let elapsed = &saved["MachineCleanupPolicy"]["DeleteMachinesElapsedTimeSpan"];
    assert_eq!(elapsed, "10.06:00:00");
    assert_eq!(saved["ConnectionRetrySleepInterval"], "00:00:01.5000000");
    client.aside();
    made["PollingRequestQueueTimeout"] = json!("soon");
    let refused = client.try_send(Method::PUT, &own, Some(&made)).await;
    let refused = refused.unwrap_err().body;
    assert!(refused.to_string().contains("PollingRequestQueueTimeout"));
}

async fn targets(client: &Client<'_>, (environment, account): (&str, &str)) {
    client.aside();
    let pools = client.pages(&client.link("WorkerPools")).await;
    let pool = id(&pools[0]);
    let endpoints: [(&'static str, Value); 7] = [
        (
            "octopusdeploy_cloud_region_deployment_target",
            json!({ "CommunicationStyle": "None", "DefaultWorkerPoolId": pool }),
        ),
        (
            "octopusdeploy_listening_tentacle_deployment_target",
            json!({ "CommunicationStyle": "TentaclePassive", "Uri": "https://tentacle.example:10933/", "Thumbprint": "AABBCC", "TentacleVersionDetails": { "UpgradeLocked": false, "UpgradeRequired": false, "UpgradeSuggested": false, "Version": "6.3" } }),
        ),
        (
            "octopusdeploy_polling_tentacle_deployment_target",
            json!({ "CommunicationStyle": "TentacleActive", "Uri": "poll://abcdefghij0123456789/", "Thumbprint": "AABBCC" }),
        ),
        (
            "octopusdeploy_ssh_connection_deployment_target",
            json!({ "CommunicationStyle": "Ssh", "Host": "ssh.example", "Port": 22, "Fingerprint": "aa:bb", "AccountId": account, "DotNetCorePlatform": "linux-x64", "Uri": "ssh://ssh.example:22/" }),
        ),
        (
            "octopusdeploy_kubernetes_cluster_deployment_target",
            json!({ "CommunicationStyle": "Kubernetes", "ClusterUrl": "https://k8s.example", "DefaultWorkerPoolId": pool, "RunningInContainer": false, "SkipTlsVerification": "True", "Namespace": "shop", "Authentication": { "AuthenticationType": "KubernetesStandard", "AccountId": account }, "Container": { "FeedId": "feeds-builtin", "Image": "tools:1" } }),
        ),
        (
            "octopusdeploy_azure_web_app_deployment_target",
            json!({ "CommunicationStyle": "AzureWebApp", "AccountId": account, "ResourceGroupName": "g", "WebAppName": "w", "WebAppSlotName": "s", "DefaultWorkerPoolId": "" }),
        ),
        (
            "octopusdeploy_offline_package_drop_deployment_target",
            json!({ "CommunicationStyle": "OfflineDrop", "ApplicationsDirectory": "a", "OctopusWorkingDirectory": "w", "Destination": { "DestinationType": "FileSystem", "DropFolderPath": "/drop" } }),
        ),
    ];
    let at = client.link("Machines");
    for (number, (resource, endpoint)) in endpoints.into_iter().enumerate() {
        let target = json!({
            "Name": format!("Terraformed {number}"), "SpaceId": client.space, "Endpoint": endpoint, "EnvironmentIds": [environment],
            "Roles": ["Web", "db"], "IsDisabled": false, "TenantedDeploymentParticipation": "Untenanted", "TenantIds": [], "TenantTags": [],
        });
        let made = applied(client, resource, &at, target.clone()).await;
        let own = plain(&made["Links"]["Self"]);
        let disabled = with(target, json!({ "IsDisabled": true, "Id": made["Id"] }));
        let saved = updated(client, &own, &disabled).await;
        is_as_planned(
            &made["MachinePolicyId"],
            &saved["MachinePolicyId"],
            resource,
        );
    }
}

/// Only the built-in feed is there, which is said.
async fn feeds(client: &Client<'_>) {
    client.command("octopusdeploy_docker_container_registry, octopusdeploy_nuget_feed, …");
    let at = client.link("Feeds");
    for kind in [
        "Docker",
        "NuGet",
        "Helm",
        "Maven",
        "GitHub",
        "AwsElasticContainerRegistry",
    ] {
        let feed = json!({ "Name": "Feed", "SpaceId": client.space, "FeedType": kind, "FeedUri": "https://feed.example/" });
        let refused = client.try_send(Method::POST, &at, Some(&feed)).await;
        let refused = refused.unwrap_err().body.to_string();
        assert!(refused.contains("feed"), "{refused}");
    }
}
