//! `runbook …`: listed, made into snapshots, published, run and deleted.

use reqwest::Method;
use serde_json::{Value, json};

use super::client::{Client, plain};
use super::go;
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
    client.command("runbook, made by the library");
    let body = json!({ "Name": "Back up", "ProjectId": project["Id"], "Description": "", "MultiTenancyMode": "Untenanted", "EnvironmentScope": "All", "DefaultGuidedFailureMode": "EnvironmentDefault" });
    client.post(&client.link("Runbooks"), body).await;
    client.command("runbook list");
    client.find("Projects", "Shop").await;
    let listed = client
        .pages(&format!("{below}/runbooks?take=2147483647"))
        .await;
    let runbook = &listed[0];
    let id = text(&runbook["Id"]);
    assert_eq!(runbook["RunbookProcessId"], format!("RunbookProcess-{id}"));
    client.command("runbook process, read, changed and saved");
    process_survives(&client, runbook).await;

    let own = format!("{}/{id}", client.link("Runbooks"));
    let snapshot = frozen(&client, &below, runbook).await;
    client.command("runbook run");
    before_a_run(&client, &below, &snapshot).await;

    let body = json!({ "spaceId": client.space, "spaceIdOrName": client.space, "projectName": "Shop", "runbookName": "back up", "environmentNames": ["Test"], "useGuidedFailure": null });
    let path = format!("/api/{}/runbook-runs/create/v1", client.space);
    let made = client.post(&path, body).await;
    let task = text(&made["RunbookRunServerTasks"][0]["ServerTaskId"]);
    assert_eq!(installation.finished(&task).await["State"], "Success");
    let raw = installation.text(&format!("/api/tasks/{task}/raw")).await;
    assert!(raw.contains("kept"), "{raw}");
    client.command("runbook list-runs");
    let tasks = client
        .pages(&format!(
            "/api/tasks?runbook={id}&project={}&spaces={}&take=2147483647",
            text(&project["Id"]),
            client.space
        ))
        .await;
    assert_eq!(
        tasks.iter().map(|one| text(&one["Id"])).collect::<Vec<_>>(),
        [task.as_str()]
    );
    client.aside();
    let runs = client.pages(&client.link("RunbookRuns")).await;
    assert_eq!(runs[0]["TaskId"], task.as_str());
    for_a_tenant(&client, &own, &project).await;
    client.command("runbook delete");
    client.delete(&own).await;
    client.aside();
    let left = client.pages(&client.link("Runbooks")).await;
    assert!(left.is_empty(), "{left:?}");
    insta::assert_snapshot!("conversation_runbook_commands", client.said());
    insta::assert_snapshot!("conversation_runbook_traffic", traffic(&installation).await);
}

/// `runbook run --tenant …`, of a runbook that is for tenants.
async fn for_a_tenant(client: &Client<'_>, own: &str, project: &Value) {
    client.aside();
    let mut runbook = client.get(own).await;
    runbook["MultiTenancyMode"] = json!("Tenanted");
    client.put(own, &runbook).await;
    let whole = plain(&project["Links"]["Self"]);
    let mut tenanted = client.get(&whole).await;
    tenanted["TenantedDeploymentMode"] = json!("TenantedOrUntenanted");
    client.put(&whole, &tenanted).await;
    let environment = client.find("Environments", "Test").await;
    let connected = json!({ text(&project["Id"]): [environment["Id"]] });
    let tenant = json!({ "Name": "Acme", "ProjectEnvironments": connected });
    let tenant = client.post(&client.link("Tenants"), tenant).await;
    client.command("runbook run, for tenants");
    let path = format!("/api/{}/runbook-runs/create/v1", client.space);
    let body = json!({ "spaceId": client.space, "spaceIdOrName": client.space, "projectName": "Shop", "runbookName": "back up", "environmentNames": ["Test"], "tenants": ["Acme"], "useGuidedFailure": null });
    let made = client.post(&path, body).await;
    client.aside();
    let task = text(&made["RunbookRunServerTasks"][0]["ServerTaskId"]);
    let finished = client.installation.finished(&task).await;
    assert_eq!(finished["State"], "Success");
    assert_eq!(finished["TenantId"], tenant["Id"], "{finished}");
}

/// A snapshot that is published, and takes the variables anew.
async fn frozen(client: &Client<'_>, below: &str, runbook: &Value) -> Value {
    let id = text(&runbook["Id"]);
    client.command("runbook snapshot create");
    let template = client
        .get(&plain(&runbook["Links"]["RunbookSnapshotTemplate"]))
        .await;
    let body = json!({ "ProjectId": runbook["ProjectId"], "RunbookId": id, "Name": template["NextNameIncrement"], "Notes": "", "LibraryVariableSetSnapshotIds": [], "SelectedPackages": [] });
    let snapshot = client.post(&client.link("RunbookSnapshots"), body).await;
    client.command("runbook snapshot list");
    let snapshots = client
        .pages(&format!("{below}/runbooks/{id}/runbookSnapshots"))
        .await;
    assert_eq!(snapshots[0]["Id"], snapshot["Id"]);
    let own = format!("{}/{id}", client.link("Runbooks"));
    client.aside();
    let mut settled = client.get(&own).await;
    settled["Regatta.FailurePolicy"] = json!("CancelRunning");
    client.put(&own, &settled).await;
    client.command("runbook snapshot publish");
    client
        .get(&format!(
            "{below}/runbookSnapshots/{}",
            text(&snapshot["Name"]).replace(' ', "%20")
        ))
        .await;
    let mut published = client.held(&own, &go::RUNBOOK).await;
    published["PublishedRunbookSnapshotId"] = snapshot["Id"].clone();
    let published = client.put(&own, &published).await;
    assert_eq!(
        published["Regatta.FailurePolicy"], "CancelRunning",
        "not sent, and kept"
    );
    client.command("runbook snapshot snapshot-variables");
    let again = format!(
        "{}/{}/snapshot-variables",
        client.link("RunbookSnapshots"),
        text(&snapshot["Id"])
    );
    let again = client.try_send(Method::POST, &again, None).await.unwrap();
    assert_eq!(again["Id"], snapshot["Id"]);
    go::SNAPSHOT.kept(&again, "the snapshot");
    again
}

/// What a person is asked is put together from what the snapshot froze.
async fn before_a_run(client: &Client<'_>, below: &str, snapshot: &Value) {
    let environments = client
        .get(&format!(
            "{below}/runbooks/{}/environments",
            text(&snapshot["RunbookId"])
        ))
        .await;
    let environment = text(&environments[0]["Id"]);
    let frozen = format!(
        "{}/{}",
        client.link("Variables"),
        text(&snapshot["FrozenProjectVariableSetId"])
    );
    client.held(&frozen, &go::VARIABLES).await;
    let frozen = format!(
        "{below}/runbookProcesses/{}",
        text(&snapshot["FrozenRunbookProcessId"])
    );
    client.held(&frozen, &go::PROCESS).await;
    let preview = format!(
        "{}/{}/runbookRuns/preview/{environment}?includeDisabledSteps=true",
        client.link("RunbookSnapshots"),
        text(&snapshot["Id"])
    );
    let preview = client.get(&preview).await;
    assert!(preview["StepsToExecute"].is_array(), "{preview}");
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
    let mut again = client.held(&own, &go::PROCESS).await;
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
