//! `runbook …`: listed, made into snapshots, published, run and deleted.

use serde_json::{Value, json};

use super::client::{Client, plain};
use crate::installation::{Installation, step, text};
use crate::npm::traffic;

#[tokio::test(flavor = "multi_thread")]
async fn a_runbook_is_frozen_published_and_run() {
    let installation = Installation::start().await;
    installation
        .project("Shop", vec![step("deploy", None, "true")])
        .await;
    let client = Client::start(&installation).await;
    let project = client.find("Projects", "Shop").await;
    let below = format!("{}/{}", client.link("Projects"), text(&project["Id"]));
    let body = json!({ "Name": "Back up", "ProjectId": project["Id"], "Description": "", "MultiTenancyMode": "Untenanted", "EnvironmentScope": "All", "DefaultGuidedFailureMode": "EnvironmentDefault" });
    client.post(&client.link("Runbooks"), body).await;
    let listed = client
        .pages(&format!("{below}/runbooks?take=2147483647"))
        .await;
    let runbook = &listed[0];
    let id = text(&runbook["Id"]);
    assert_eq!(runbook["RunbookProcessId"], format!("RunbookProcess-{id}"));
    process_survives(&client, runbook).await;

    let template = client
        .get(&plain(&runbook["Links"]["RunbookSnapshotTemplate"]))
        .await;
    let body = json!({ "ProjectId": project["Id"], "RunbookId": id, "Name": template["NextNameIncrement"], "Notes": "", "SelectedPackages": [], "SelectedGitResources": [] });
    let snapshot = client.post(&client.link("RunbookSnapshots"), body).await;
    let snapshots = client
        .pages(&format!("{below}/runbooks/{id}/runbookSnapshots"))
        .await;
    assert_eq!(snapshots[0]["Id"], snapshot["Id"]);
    let own = format!("{}/{id}", client.link("Runbooks"));
    let mut published = client.get(&own).await;
    published["PublishedRunbookSnapshotId"] = snapshot["Id"].clone();
    client.put(&own, &published).await;

    let body = json!({ "spaceId": client.space, "spaceIdOrName": client.space, "projectName": "Shop", "runbookName": "back up", "environmentNames": ["Test"], "useGuidedFailure": null });
    let path = format!("/api/{}/runbook-runs/create/v1", client.space);
    let made = client.post(&path, body).await;
    let task = text(&made["RunbookRunServerTasks"][0]["ServerTaskId"]);
    assert_eq!(installation.finished(&task).await["State"], "Success");
    let raw = installation.text(&format!("/api/tasks/{task}/raw")).await;
    assert!(raw.contains("kept"), "{raw}");
    let runs = client.pages(&client.link("RunbookRuns")).await;
    assert_eq!(runs[0]["TaskId"], task.as_str());
    client.delete(&own).await;
    let left = client.pages(&client.link("Runbooks")).await;
    assert!(left.is_empty(), "{left:?}");
    insta::assert_snapshot!("conversation_runbook_traffic", traffic(&installation).await);
}

/// The graph of a runbook outlives what a client reads, changes and saves, as that of a project.
async fn process_survives(client: &Client<'_>, runbook: &Value) {
    let own = format!(
        "{}/{}",
        client.link("RunbookProcesses"),
        text(&runbook["RunbookProcessId"])
    );
    let mut process = client.get(&own).await;
    process["Steps"] = json!([
        step("verify", Some(&["dump"]), "echo kept"),
        step("dump", Some(&[]), "echo dumped"),
    ]);
    let first = client.put(&own, &process).await;
    let mut again = client.get(&own).await;
    again["Steps"][1]["Name"] = json!("dump it");
    let saved = client.put(&own, &again).await;
    for (before, after) in [(0, 0), (1, 1)] {
        for key in ["Id", "Slug", "StartTrigger", "Properties"] {
            assert_eq!(saved["Steps"][after][key], first["Steps"][before][key]);
        }
    }
    let dependencies = &saved["Steps"][0]["Properties"]["Regatta.Step.DependsOn"];
    assert_eq!(dependencies, r#"["dump"]"#);
}
