//! `account …`, `deployment-target …`, `worker-pool …`, `tenant …`, and the lists those commands choose from.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use reqwest::Method;
use serde_json::{Value, json};

use super::client::{Client, plain};
use super::go;
use crate::installation::{Installation, text};
use crate::npm::traffic;

const UUID: &str = "39b44e47-37d4-4fcd-949c-2d831ebfa65e";

#[tokio::test(flavor = "multi_thread")]
async fn infrastructure_is_made() {
    let installation = Installation::start().await;
    let client = Client::start(&installation).await;
    let environment = client
        .post(&client.link("Environments"), json!({ "Name": "Dev" }))
        .await;
    let account = accounts(&client).await;
    targets(&client, &environment["Id"], &account).await;
    pools(&client).await;
    tagged(&client, &environment).await;
    certificates(&client, &environment["Id"]).await;
    client.aside();
    let feeds = client
        .get(&format!("{}?feedType=BuiltIn&take=1", client.link("Feeds")))
        .await;
    assert_eq!(feeds["Items"][0]["FeedType"], "BuiltIn", "{feeds}");
    insta::assert_snapshot!("conversation_infrastructure_commands", client.said());
    insta::assert_snapshot!(
        "conversation_infrastructure_traffic",
        traffic(&installation).await
    );
}

fn secret(value: &str) -> Value {
    json!({ "HasValue": true, "NewValue": value })
}

/// One of each kind; in a list, one that cannot be decoded empties the whole list.
async fn accounts(client: &Client<'_>) -> Value {
    let kinds = [
        (
            "UsernamePassword",
            json!({ "Username": "u", "Password": secret("hush") }),
            "Password",
        ),
        (
            "SshKeyPair",
            json!({ "Username": "u", "PrivateKeyFile": secret("aHVzaA=="), "PrivateKeyPassphrase": secret("hush") }),
            "PrivateKeyFile",
        ),
        ("Token", json!({ "Token": secret("hush") }), "Token"),
        (
            "AmazonWebServicesAccount",
            json!({ "AccessKey": "AK", "SecretKey": secret("hush") }),
            "SecretKey",
        ),
        (
            "AzureServicePrincipal",
            json!({ "SubscriptionNumber": UUID, "ClientId": UUID, "TenantId": UUID, "Password": secret("hush") }),
            "Password",
        ),
        (
            "AzureOidc",
            json!({ "SubscriptionNumber": UUID, "ClientId": UUID, "TenantId": UUID, "Audience": "api://x", "DeploymentSubjectKeys": ["space"], "HealthCheckSubjectKeys": ["space"], "AccountTestSubjectKeys": ["space"] }),
            "",
        ),
        (
            "GoogleCloudAccount",
            json!({ "JsonKey": secret("aHVzaA==") }),
            "JsonKey",
        ),
    ];
    let count = kinds.len();
    client.command("account create");
    client.get("/api/environments/all").await;
    let mut first = Value::Null;
    for (kind, own, masked) in kinds {
        // Empty lists and texts are left out.
        let mut body = json!({ "AccountType": kind, "Name": format!("of {kind}"), "TenantedDeploymentParticipation": "Untenanted" });
        body.as_object_mut()
            .unwrap()
            .extend(own.as_object().unwrap().clone());
        let made = client.post(&client.link("Accounts"), body).await;
        assert_eq!(made["AccountType"], kind);
        let secret = (&made[masked]["HasValue"], &made[masked]["NewValue"]);
        let is_masked = secret == (&json!(true), &Value::Null);
        assert!(masked.is_empty() || is_masked, "{made}");
        assert!(!text(&made["Slug"]).is_empty());
        if first.is_null() {
            first = made;
        }
    }
    client.command("account list");
    assert_eq!(client.pages(&client.link("Accounts")).await.len(), count);
    client.command("account delete");
    let all = client.get("/api/accounts/all").await;
    assert_eq!(all.as_array().map(Vec::len), Some(count));
    let last = client.find("Accounts", "of GoogleCloudAccount").await;
    client
        .delete(&format!(
            "{}/{}",
            client.link("Accounts"),
            text(&last["Id"])
        ))
        .await;
    first
}

/// `environment tag`: the tag sets are read, then the whole environment is sent back with its tags.
async fn tagged(client: &Client<'_>, environment: &Value) {
    client.aside();
    let set = json!({ "Name": "Region", "Scopes": ["Environment"], "Type": "MultiSelect", "Tags": [{ "Name": "North", "Color": "#333333" }] });
    client.post(&client.link("TagSets"), set).await;
    client.command("environment tag");
    let sets = client
        .pages(&format!("{}?scopes=Environment", client.link("TagSets")))
        .await;
    go::TAG_SET.kept(&sets[0], "a tag set");
    let tag = &sets[0]["Tags"][0]["CanonicalTagName"];
    let own = plain(&environment["Links"]["Self"]);
    let mut whole = client.held(&own, &go::ENVIRONMENT).await;
    whole["EnvironmentTags"] = json!([tag]);
    client.put(&own, &whole).await;
    client.aside();
    assert_eq!(
        client.get(&own).await["EnvironmentTags"],
        json!(["Region/North"])
    );
}

/// As clients of the Go library handle them: made whole, replaced by plain texts, archived by the links as they are.
async fn certificates(client: &Client<'_>, environment: &Value) {
    const WEB: &[u8] = include_bytes!("../../../../server/tests/fixtures/certificates/modern.pfx");
    const OTHER: &[u8] =
        include_bytes!("../../../../server/tests/fixtures/certificates/elliptic.pem");
    client.command("certificates, by the library");
    let collection = client.link("Certificates");
    let body = json!({
        "Name": "web", "Notes": "", "CertificateData": secret(&BASE64.encode(WEB)), "Password": secret("hush-hush"),
        "EnvironmentIds": [environment], "TenantedDeploymentParticipation": "Untenanted", "TenantIds": [], "TenantTags": [],
    });
    let made = client.post(&collection, body).await;
    assert_eq!(made["Password"]["HasValue"], true);
    assert!(made["CertificateData"]["NewValue"].is_null());
    let own = format!("{collection}/{}", text(&made["Id"]));
    let replacement = json!({ "CertificateData": BASE64.encode(OTHER), "Password": "" });
    let link = |name: &str| text(&made["Links"][name]);
    let former = client.post(&link("Replace"), replacement).await;
    assert_eq!(former["ReplacedBy"], made["Id"]);
    // The answer is the former one, so the library asks for the certificate again.
    let now = client.get(&own).await;
    assert_ne!(now["Thumbprint"], made["Thumbprint"]);
    client.post(&link("Archive"), json!(null)).await;
    assert!(client.pages(&collection).await.is_empty());
    assert_eq!(
        client
            .pages(&format!("{collection}?archived=true"))
            .await
            .len(),
        2
    );
    client.post(&link("Unarchive"), json!(null)).await;
    assert_eq!(
        client
            .pages(&format!("{collection}?partialName=we"))
            .await
            .len(),
        1
    );
    client.delete(&own).await;
}

/// Of every kind that can be made.
fn endpoints(account: &Value) -> Vec<Value> {
    vec![
        json!({ "CommunicationStyle": "Ssh", "Host": "ssh.example", "Port": 22, "Fingerprint": "aa:bb", "AccountId": account, "DotNetCorePlatform": "linux-x64", "KeyAlgo": "", "Uri": "ssh://ssh.example:22/" }),
        json!({ "CommunicationStyle": "TentaclePassive", "Uri": "https://tentacle.example:10933/", "Thumbprint": "AABBCC" }),
        json!({ "CommunicationStyle": "None" }),
        json!({ "CommunicationStyle": "Kubernetes", "ClusterUrl": "https://k8s.example", "DefaultWorkerPoolId": "", "RunningInContainer": false, "SkipTlsVerification": "False", "Namespace": "shop", "Authentication": { "AuthenticationType": "KubernetesStandard", "AccountId": account } }),
        json!({ "CommunicationStyle": "AzureWebApp", "AccountId": account, "ResourceGroupName": "shop", "WebAppName": "shop", "WebAppSlotName": "", "DefaultWorkerPoolId": "" }),
    ]
}

/// What the library reads without a look whether it is there, and what the command prints in the same way.
fn is_a_target(target: &Value) {
    for list in ["EnvironmentIds", "Roles", "TenantIds", "TenantTags"] {
        assert!(target[list].is_array(), "{list}: {target}");
    }
    for word in [
        "SpaceId",
        "TenantedDeploymentParticipation",
        "MachinePolicyId",
    ] {
        assert!(!text(&target[word]).is_empty(), "{word}: {target}");
    }
    assert!(
        ["Unknown", "Healthy"].contains(&text(&target["HealthStatus"]).as_str()),
        "{target}"
    );
    let endpoint = &target["Endpoint"];
    if text(&endpoint["CommunicationStyle"]).starts_with("Tentacle") {
        assert!(
            endpoint["TentacleVersionDetails"]["Version"].is_string(),
            "{target}"
        );
    }
}

async fn targets(client: &Client<'_>, environment: &Value, account: &Value) {
    client.command("deployment-target create");
    let lists = [
        "environments",
        "machineroles",
        "machinepolicies",
        "accounts",
        "proxies",
        "workerpools",
        "tenants",
        "tagsets",
    ];
    for list in lists {
        let all = client
            .get(&format!("/api/{}/{list}/all", client.space))
            .await;
        assert!(all.is_array(), "{list}: {all}");
    }
    client
        .pages(&format!("{}?scopes=Target", client.link("TagSets")))
        .await;
    client.aside();
    let policy = &client.get(&client.link("MachinePolicyTemplate")).await;
    for key in [
        "ConnectionConnectTimeout",
        "ConnectionRetryCountLimit",
        "ConnectionRetrySleepInterval",
        "ConnectionRetryTimeLimit",
        "PollingRequestQueueTimeout",
    ] {
        assert!(!policy[key].is_null(), "{key}: {policy}");
    }
    client.command("deployment-target create");
    let endpoints = endpoints(&account["Id"]);
    let policies = client.pages(&client.link("MachinePolicies")).await;
    go::MACHINE_POLICY.kept(&policies[0], "a policy");
    for (number, endpoint) in endpoints.iter().enumerate() {
        let mut body = json!({ "Name": format!("Target {number}"), "Endpoint": endpoint, "EnvironmentIds": [environment], "Roles": ["web"], "HasLatestCalamari": false, "IsDisabled": false, "IsInProcess": false, "OperatingSystem": "Unknown", "ShellName": "Unknown", "ShellVersion": "Unknown" });
        if endpoint["CommunicationStyle"] != "AzureWebApp" {
            body["MachinePolicyId"] = policies[0]["Id"].clone();
        }
        let made = client.post(&client.link("Machines"), body).await;
        for (key, sent) in endpoint.as_object().unwrap() {
            assert_eq!(made["Endpoint"][key], *sent, "{key} as it was sent");
        }
        is_a_target(&made);
    }
    seen(client, environment, endpoints.len()).await;
}

/// Listed, looked at, disabled and deleted.
async fn seen(client: &Client<'_>, environment: &Value, count: usize) {
    client.aside();
    assert_eq!(
        client.get(&client.link("MachineRoles")).await,
        json!(["web"])
    );
    client.command("deployment-target list");
    client.pages(&client.link("Machines")).await;
    client.get("/api/environments/all").await;
    client.get("/api/tenants/all").await;
    client.command("deployment-target view");
    let found = client.find_by("Machines", "target 1", "name").await;
    is_a_target(&found);
    client.command("deployment-target disable, deployment-target enable");
    let mut disabled = found.clone();
    disabled["IsDisabled"] = json!(true);
    for list in ["TenantIds", "TenantTags"] {
        disabled[list] = Value::Null;
    }
    let disabled = client.put(&plain(&found["Links"]["Self"]), &disabled).await;
    assert_eq!(disabled["IsDisabled"], true);
    is_a_target(&disabled);
    client.aside();
    assert_eq!(found["Endpoint"]["Thumbprint"], "AABBCC");
    let below = format!(
        "{}/{}/machines",
        client.link("Environments"),
        text(environment)
    );
    assert_eq!(client.pages(&below).await.len(), count);
    let connection = client.get(&plain(&found["Links"]["Connection"])).await;
    assert_eq!(connection["MachineId"], found["Id"]);
    client.command("deployment-target delete");
    client.delete(&plain(&found["Links"]["Self"])).await;
    client.aside();
    assert_eq!(
        client.pages(&client.link("Machines")).await.len(),
        count - 1
    );
}

async fn pools(client: &Client<'_>) {
    let pools = client.link("WorkerPools");
    client.command("worker-pool create");
    let body = json!({ "Name": "Builders", "WorkerPoolType": "StaticWorkerPool", "Description": "", "IsDefault": false });
    let made = client.post(&pools, body).await;
    assert_eq!(
        (&made["WorkerPoolType"], &made["CanAddWorkers"]),
        (&json!("StaticWorkerPool"), &json!(true))
    );
    client.command("worker-pool list, worker-pool view");
    client.pages(&pools).await;
    let found = client.find_by("WorkerPools", "BUILDERS", "name").await;
    assert!(
        client
            .pages(&plain(&found["Links"]["Workers"]))
            .await
            .is_empty()
    );
    client.command("worker-pool dynamic create");
    assert!(
        client
            .get(&client.link("WorkerPoolsDynamicWorkerTypes"))
            .await
            .is_array()
    );
    client.aside();
    client
        .put(&client.link("WorkerPoolsSortOrder"), &json!([made["Id"]]))
        .await;
    client.command("worker list");
    assert!(client.pages(&client.link("Workers")).await.is_empty());
    client.command("worker create");
    // None can connect, so none can be registered, and that is said.
    let worker = json!({ "Name": "w", "Endpoint": { "CommunicationStyle": "Ssh" }, "WorkerPoolIds": [made["Id"]] });
    let refused = client
        .try_send(Method::POST, &client.link("Workers"), Some(&worker))
        .await;
    assert!(text(&refused.unwrap_err().body["ErrorMessage"]).contains("cannot connect to workers"));
    client.command("worker enable, worker disable");
    let workers = client.link("Workers");
    let unknown = client
        .try_send(Method::GET, &format!("{workers}/W"), None)
        .await;
    assert_eq!(unknown.unwrap_err().status, reqwest::StatusCode::NOT_FOUND);
    assert!(client.pages(&format!("{workers}?name=W")).await.is_empty());
    client.command("worker-pool delete");
    client.delete(&plain(&made["Links"]["Self"])).await;
}
