//! The search of the palette: by words, over several kinds of documents, each only as far as its reader may see it.

use reqwest::Method;
use serde_json::{Value, json};

use crate::project::{project, step};
use crate::test_server::TestServer;
use crate::variable::reader;

const SPACE: &str = "/api/Spaces-1";

/// Test before Production, a target, and two projects with a release each; that of the shop was deployed to Test.
async fn world() -> TestServer {
    let server = TestServer::start().await;
    for name in ["Test", "Production"] {
        let environment = json!({ "Name": name });
        server
            .post(&format!("{SPACE}/environments"), environment)
            .await;
    }
    let machine = json!({ "Name": "web-01", "Roles": ["web"], "EnvironmentIds": ["Environments-1"],
        "Endpoint": { "CommunicationStyle": "None" } });
    server.post(&format!("{SPACE}/machines"), machine).await;
    for (name, version) in [("Web shop", "2.4.1"), ("Billing", "1.8.0")] {
        let made = project(&server, name).await;
        let path = format!(
            "{SPACE}/projects/{}/deploymentprocesses",
            made["Id"].as_str().unwrap()
        );
        let mut process = server.get(&path).await;
        process["Steps"] = json!([step("First", None)]);
        server.put(&path, process).await;
        let release = json!({ "ProjectId": made["Id"], "Version": version });
        server.post(&format!("{SPACE}/releases"), release).await;
    }
    let deployment = json!({ "ReleaseId": "Releases-1", "EnvironmentId": "Environments-1",
        "QueueTime": "2026-01-02T20:00:00Z" });
    server
        .post(&format!("{SPACE}/deployments"), deployment)
        .await;
    server
}

/// What is found, one line each.
async fn found(server: &TestServer, key: Option<&str>, text: &str) -> Vec<String> {
    let path = format!("{SPACE}/search?text={}", text.replace(' ', "%20"));
    let body = match key {
        None => server.get(&path).await,
        key => server.send_as(key, Method::GET, &path, None).await.body,
    };
    let line = |item: &Value| {
        let text = |key: &str| item[key].as_str().unwrap_or_default().to_owned();
        let keys = [
            "Kind",
            "ProjectName",
            "Version",
            "EnvironmentName",
            "Name",
            "Id",
        ];
        let is_denied = item["IsAllowed"] == json!(false);
        let mut parts: Vec<String> = keys.iter().map(|key| text(key)).collect();
        parts.retain(|part| !part.is_empty());
        if is_denied {
            parts.push(format!("ask {}", item["Teams"]));
        }
        parts.join(" ")
    };
    body["Items"].as_array().unwrap().iter().map(line).collect()
}

#[tokio::test]
async fn words_find_releases_deployments_targets_environments_and_where_a_release_may_go() {
    let server = world().await;
    assert_eq!(found(&server, None, "").await, Vec::<String>::new());
    assert_eq!(
        found(&server, None, "nothing of it").await,
        Vec::<String>::new()
    );
    assert_eq!(
        found(&server, None, "web").await,
        [
            "Deploy Web shop 2.4.1 Test Releases-1",
            "Deployment Web shop 2.4.1 Test Deployments-1",
            "Release Web shop 2.4.1 Releases-1",
            "Machine web-01 Machines-1",
        ]
    );
    // The lifecycle lets it go to Production only after Test.
    assert_eq!(
        found(&server, None, "deploy BILL to t").await,
        ["Deploy Billing 1.8.0 Test Releases-2"]
    );
    assert_eq!(
        found(&server, None, "1.8").await,
        [
            "Deploy Billing 1.8.0 Test Releases-2",
            "Release Billing 1.8.0 Releases-2"
        ]
    );
    assert_eq!(
        found(&server, None, "prod").await,
        ["Environment Production Environments-2"]
    );
}

#[tokio::test]
async fn nobody_finds_what_they_may_not_see_and_who_may_not_deploy_is_told_whom_to_ask() {
    let server = world().await;
    let view: &[&str] = &["ProjectView", "ReleaseView", "EnvironmentView"];
    let test: &[&str] = &["Environments-1"];
    let viewer = reader(&server, "viewer", &[(view, &[])]).await;
    let viewer = Some(viewer.as_str());
    assert_eq!(
        found(&server, viewer, "web").await,
        [
            "Deploy Web shop 2.4.1 Test Releases-1 ask [\"Octopus Administrators\",\"Octopus Managers\",\"Space Managers of Default\"]",
            "Release Web shop 2.4.1 Releases-1",
        ]
    );
    let blind = reader(&server, "blind", &[(&["MachineView"], test)]).await;
    assert_eq!(
        found(&server, Some(&blind), "web").await,
        ["Machine web-01 Machines-1"]
    );
    let outside = reader(&server, "outside", &[]).await;
    let path = format!("{SPACE}/search?text=web");
    let refused = server
        .send_as(Some(&outside), Method::GET, &path, None)
        .await;
    assert_eq!(refused.status, 404, "{}", refused.text);
}
