//! A deployment that is asked for while what it needs is deleted: one of the two is refused, always.

use reqwest::Method;
use serde_json::{Value, json};

use crate::project::step;
use crate::test_server::TestServer;

/// As often is it tried; without the check inside the transaction a few of these let both happen.
const ROUNDS: u32 = 15;

fn id(made: &Value) -> String {
    made["Id"].as_str().unwrap().to_owned()
}

/// A release that can be deployed.
struct Deployable {
    space: String,
    project: String,
    body: Value,
}

/// In a space of its own, whose queue is stopped so that it can be deleted.
async fn deployable(server: &TestServer, round: u32) -> Deployable {
    let space = json!({
        "Name": format!("Round {round}"), "SpaceManagersTeams": ["teams-administrators"], "TaskQueueStopped": true,
    });
    let space = id(&server.post("/api/spaces", space).await);
    let below = |path: &str| format!("/api/{space}/{path}");
    let first = async |kind: &str| id(&server.get(&below(kind)).await["Items"][0]);
    let environment = id(&server
        .post(&below("environments"), json!({ "Name": "Test" }))
        .await);
    let project = json!({
        "Name": "Web", "ProjectGroupId": first("projectgroups").await, "LifecycleId": first("lifecycles").await,
    });
    let project = id(&server.post(&below("projects"), project).await);
    let process = below(&format!("projects/{project}/deploymentprocesses"));
    let mut steps = server.get(&process).await;
    let mut ask = step("Ask", None);
    ask["Actions"][0]["ActionType"] = json!("Octopus.Manual");
    ask["Actions"][0]["Properties"] = json!({
        "Octopus.Action.Manual.Instructions": "Well?", "Octopus.Action.RunOnServer": "true",
    });
    steps["Steps"] = json!([ask]);
    server.put(&process, steps).await;
    let release = json!({ "ProjectId": project, "Version": "1.0.0" });
    let release = id(&server.post(&below("releases"), release).await);
    Deployable {
        body: json!({ "ReleaseId": release, "EnvironmentId": environment }),
        space,
        project,
    }
}

/// Deletes and deploys at once; says whether it was deleted.
async fn both(server: &TestServer, own: &str, deployable: &Deployable) -> bool {
    let deployments = format!("/api/{}/deployments", deployable.space);
    let (deleted, deployed) = tokio::join!(
        server.send(Method::DELETE, own, None),
        server.send(Method::POST, &deployments, Some(deployable.body.clone())),
    );
    let told = format!(
        "{} {} | {} {}",
        deleted.status, deleted.text, deployed.status, deployed.text
    );
    match (deleted.status, deployed.status) {
        (200, 400 | 403 | 404) => true,
        (400 | 409, 201) => {
            assert!(
                deleted.text.contains("ServerTasks-") || deleted.status == 409,
                "{told}"
            );
            false
        }
        _ => panic!("{told}"),
    }
}

/// What is deleted, of something that can be deployed.
async fn try_often(what: fn(&Deployable) -> String) {
    let server = TestServer::start().await;
    for round in 0..ROUNDS {
        let deployable = deployable(&server, round).await;
        let is_deleted = both(&server, &what(&deployable), &deployable).await;
        let mut conn = server.store().await.read().await.unwrap();
        let tasks = regatta_store::TaskQuery {
            project_id: Some(deployable.project.clone()),
            ..regatta_store::TaskQuery::default()
        };
        let count = conn.task_count(&tasks).await.unwrap();
        assert_eq!(count, u64::from(!is_deleted));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_is_queued_in_a_space_while_it_is_deleted() {
    try_often(|of| format!("/api/spaces/{}", of.space)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_is_queued_of_a_project_while_it_is_deleted() {
    try_often(|of| format!("/api/{}/projects/{}", of.space, of.project)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_is_queued_of_a_release_while_it_is_deleted() {
    try_often(|of| {
        let release = of.body["ReleaseId"].as_str().unwrap();
        format!("/api/{}/releases/{release}", of.space)
    })
    .await;
}
