//! What a deployment knows of the release that is in its environment already.

use reqwest::Method;
use serde_json::{Value, json};

use crate::task_cap::approval;
use crate::tenant_right::{question, until_asked};
use crate::test_server::TestServer;

const SPACE: &str = "/api/Spaces-1";

/// Deploys a release, for the tenant or for none, and consents; what the person was asked.
async fn asked(server: &TestServer, version: &str, tenant: Option<&str>) -> Value {
    let (how, mut body) = match tenant {
        Some(tenant) => (
            "tenanted",
            json!({ "EnvironmentName": "Test", "Tenants": [tenant] }),
        ),
        None => ("untenanted", json!({ "EnvironmentNames": ["Test"] })),
    };
    body["ProjectName"] = json!("Shop");
    body["ReleaseVersion"] = json!(version);
    let path = format!("{SPACE}/deployments/create/{how}/v1");
    let made = server.post(&path, body).await;
    let task = &made["DeploymentServerTasks"][0]["ServerTaskId"];
    let task = task.as_str().unwrap();
    until_asked(server, task).await;
    let question = question(server, task).await;
    let shown = server.get(&question).await["Form"]["Elements"][0]["Control"]["Text"].clone();
    server
        .expect(Method::PUT, &format!("{question}/responsible"), None, 200)
        .await;
    let form = json!({ "Result": "Proceed" });
    server
        .expect(Method::POST, &format!("{question}/submit"), Some(form), 200)
        .await;
    let path = format!("{SPACE}/tasks/{task}");
    let over = async || server.get(&path).await["State"] == "Success";
    server.until("the task is over", over).await;
    shown
}

#[tokio::test]
async fn a_deployment_for_no_tenant_follows_none_of_a_tenant() {
    let server = TestServer::start().await;
    let test = json!({ "Name": "Test" });
    let test = server.post(&format!("{SPACE}/environments"), test).await;
    let project = json!({
        "Name": "Shop", "ProjectGroupId": "ProjectGroups-1", "LifecycleId": "Lifecycles-1",
        "TenantedDeploymentMode": "TenantedOrUntenanted",
    });
    let project = server.post(&format!("{SPACE}/projects"), project).await;
    let own = project["Links"]["DeploymentProcess"].as_str().unwrap();
    let mut process = server.get(own).await;
    let mut ask = approval();
    ask["Actions"][0]["Properties"]["Octopus.Action.Manual.Instructions"] =
        json!("After #{Octopus.Release.CurrentForEnvironment.Number}");
    process["Steps"] = json!([ask]);
    server.put(own, process).await;
    let connected = json!({ project["Id"].as_str().unwrap(): [test["Id"]] });
    let tenant = json!({ "Name": "Acme", "ProjectEnvironments": connected });
    server.post(&format!("{SPACE}/tenants"), tenant).await;
    for version in ["1.0.0", "2.0.0", "3.0.0"] {
        let release = json!({ "ProjectName": "Shop", "ReleaseVersion": version });
        let path = format!("{SPACE}/releases/create/v1");
        server.post(&path, release).await;
    }
    asked(&server, "1.0.0", None).await;
    asked(&server, "2.0.0", Some("Acme")).await;
    assert_eq!(asked(&server, "3.0.0", None).await, "After 1.0.0");
    assert_eq!(asked(&server, "3.0.0", Some("Acme")).await, "After 2.0.0");
}
