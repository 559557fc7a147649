//! Automatic deployments: phase after phase without being asked, exactly once, whatever is killed.

use reqwest::Method;
use serde_json::{Value, json};

use crate::installation::{Installation, Project, step, text};

const SPACE: &str = "/api/Spaces-1";

/// Environments Dev, Test and Live; Test follows Dev automatically, and Live waits to be asked.
async fn shop(installation: &Installation, first: &str, script: &str) -> Project {
    for name in ["Dev", "Test", "Live"] {
        let environment = json!({ "Name": name });
        installation
            .post(&format!("{SPACE}/environments"), environment)
            .await;
    }
    let path = format!("{SPACE}/lifecycles/Lifecycles-1");
    let mut lifecycle = installation.get(&path).await;
    lifecycle["Phases"] = json!([
        { "Name": "First", first: ["Environments-1"] },
        { "Name": "Then", "AutomaticDeploymentTargets": ["Environments-2"] },
        { "Name": "Last", "OptionalDeploymentTargets": ["Environments-3"] },
    ]);
    installation.put(&path, lifecycle).await;
    installation
        .project("Shop", vec![step("say", None, script)])
        .await
}

async fn deployments(installation: &Installation) -> Vec<Value> {
    let page = installation.get(&format!("{SPACE}/deployments")).await;
    let mut all = page["Items"].as_array().unwrap().clone();
    all.reverse();
    all
}

/// The deployments of the installation once there are so many, with the last of them over.
async fn until(installation: &Installation, count: usize) -> Vec<Value> {
    let all = installation
        .until("a deployment is made", async || {
            let all = deployments(installation).await;
            (all.len() >= count).then_some(all)
        })
        .await;
    let last = text(&all.last().unwrap()["TaskId"]);
    installation.finished(&last).await;
    all
}

fn places(all: &[Value]) -> Vec<&str> {
    all.iter()
        .map(|one| one["EnvironmentId"].as_str().unwrap())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release_goes_by_itself_as_far_as_its_lifecycle_says() {
    let installation = Installation::start().await;
    let mut project = shop(&installation, "AutomaticDeploymentTargets", "echo hello").await;
    let all = until(&installation, 2).await;
    assert_eq!(places(&all), ["Environments-1", "Environments-2"]);
    for one in &all {
        assert_eq!(one["DeployedBy"], "system", "{one}");
        let task = text(&one["TaskId"]);
        assert_eq!(installation.finished(&task).await["State"], "Success");
    }
    // The answer to the next one says where it is on its way to.
    let body = json!({ "SpaceIdOrName": "Spaces-1", "ProjectName": project.id });
    let made = installation
        .post(&format!("{SPACE}/releases/create/v1"), body)
        .await;
    assert_eq!(made["AutomaticallyDeployedEnvironments"], "Dev");
    project.version = text(&made["ReleaseVersion"]);
    let all = until(&installation, 4).await;
    assert_eq!(all.len(), 4, "{all:?}");
    // Deployed again to where it has been, it starts nothing further.
    let path = format!("{SPACE}/deployments/create/untenanted/v1");
    let again = json!({
        "SpaceIdOrName": "Spaces-1", "ProjectName": project.id, "ReleaseVersion": project.version, "EnvironmentNames": ["Dev"],
    });
    let again = installation.post(&path, again).await;
    let task = text(&again["DeploymentServerTasks"][0]["ServerTaskId"]);
    installation.finished(&task).await;
    let live = json!({
        "SpaceIdOrName": "Spaces-1", "ProjectName": project.id, "ReleaseVersion": project.version, "EnvironmentNames": ["Live"],
    });
    let live = installation.post(&path, live).await;
    let task = text(&live["DeploymentServerTasks"][0]["ServerTaskId"]);
    installation.finished(&task).await;
    assert_eq!(deployments(&installation).await.len(), 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_killed_around_the_end_of_a_deployment_makes_the_next_one_once() {
    let mut installation = Installation::start().await;
    let project = shop(&installation, "OptionalDeploymentTargets", "echo hello").await;
    for round in 1..=4 {
        let body = json!({
            "SpaceIdOrName": "Spaces-1", "ProjectName": project.id, "ReleaseVersion": project.version, "EnvironmentNames": ["Dev"],
        });
        if round > 1 {
            let release = json!({ "SpaceIdOrName": "Spaces-1", "ProjectName": project.id });
            installation
                .post(&format!("{SPACE}/releases/create/v1"), release)
                .await;
        }
        let version = format!("0.0.{round}");
        let mut body = body;
        body["ReleaseVersion"] = json!(version);
        let path = format!("{SPACE}/deployments/create/untenanted/v1");
        let made = installation.post(&path, body).await;
        let task = text(&made["DeploymentServerTasks"][0]["ServerTaskId"]);
        installation.finished(&task).await;
        installation.kill_server().await;
        installation.start_server().await;
        let all = until(&installation, round * 2).await;
        assert_eq!(all.len(), round * 2, "{all:?}");
        let release = &all[round * 2 - 1]["ReleaseId"];
        assert_eq!(release, &all[round * 2 - 2]["ReleaseId"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stands_in_the_way_is_told_and_holds_nothing_up() {
    let installation = Installation::start().await;
    let project = shop(&installation, "OptionalDeploymentTargets", "echo hello").await;
    let path = format!("{SPACE}/variables/variableset-{}", project.id);
    let mut variables = installation.get(&path).await;
    let prompt = json!({ "Label": "How", "Required": true });
    variables["Variables"] = json!([{ "Name": "How", "Scope": { "Environment": ["Environments-2"] }, "Prompt": prompt }]);
    installation.put(&path, variables).await;
    let release = json!({ "SpaceIdOrName": "Spaces-1", "ProjectName": project.id });
    installation
        .post(&format!("{SPACE}/releases/create/v1"), release)
        .await;
    let body = json!({
        "SpaceIdOrName": "Spaces-1", "ProjectName": project.id, "ReleaseVersion": "0.0.2", "EnvironmentNames": ["Dev"],
    });
    let made = installation
        .send(
            Method::POST,
            &format!("{SPACE}/deployments/create/untenanted/v1"),
            Some(&body),
        )
        .await;
    let task = text(&made["DeploymentServerTasks"][0]["ServerTaskId"]);
    installation.finished(&task).await;
    let events = format!("{SPACE}/events?eventCategories=AutoDeployDeploymentBlocked");
    let message = installation
        .until("it is told", async || {
            let told = installation.get(&events).await;
            told["Items"][0]["Message"].as_str().map(str::to_owned)
        })
        .await;
    assert!(message.contains("Test"), "{message}");
    assert!(message.contains("How"), "{message}");
    assert_eq!(deployments(&installation).await.len(), 1);
}
