//! New documents made of others: of which, and who may say so.

use serde_json::{Value, json};

use crate::matrix::world::World;
use crate::project::{project, step};
use crate::test_server::TestServer;

const SPACE: &str = "/api/Spaces-1";

/// Gives a process one step.
async fn build(server: &TestServer, process: &str) {
    let mut changed = server.get(process).await;
    changed["Steps"] = json!([step("Build", None)]);
    server.put(process, changed).await;
}

fn process_of(runbook: &Value) -> String {
    let id = runbook["RunbookProcessId"].as_str().unwrap();
    format!("{SPACE}/runbookProcesses/{id}")
}

/// Only `?clone=` is checked against what the caller may see, so a body cannot name a source.
#[tokio::test]
async fn a_body_that_names_a_source_takes_nothing_over() {
    let server = TestServer::start().await;
    let world = World::new(&server, "Spaces-1").await;
    let runbooks = format!("{SPACE}/runbooks");
    let owner = world.id("projects");
    let body = json!({ "Name": "Secret", "ProjectId": owner });
    let source = server.post(&runbooks, body).await;
    build(&server, &process_of(&source)).await;
    for (name, key) in [
        ("One", "ClonedFromRunbookId"),
        ("Two", "clonedfromrunbookid"),
    ] {
        let body = json!({ "Name": name, "ProjectId": owner, key: source["Id"] });
        let made = server.post(&runbooks, body).await;
        let process = server.get(&process_of(&made)).await;
        assert_eq!(process["Steps"], json!([]), "{key}");
    }

    let shop = project(&server, "Shop").await;
    build(
        &server,
        shop["Links"]["DeploymentProcess"].as_str().unwrap(),
    )
    .await;
    let mut copy = json!({ "Name": "Copy", "ClonedFromProjectId": shop["Id"] });
    for key in ["ProjectGroupId", "LifecycleId"] {
        copy[key] = shop[key].clone();
    }
    let copy = server.post(&format!("{SPACE}/projects"), copy).await;
    let process = server
        .get(copy["Links"]["DeploymentProcess"].as_str().unwrap())
        .await;
    assert_eq!(process["Steps"], json!([]));
}

#[tokio::test]
async fn a_source_named_by_its_slug_is_taken_over_all_the_same() {
    let server = TestServer::start().await;
    let shop = project(&server, "Web Shop").await;
    build(
        &server,
        shop["Links"]["DeploymentProcess"].as_str().unwrap(),
    )
    .await;
    let clone = format!("{SPACE}/projects?clone=web-shop");
    let copy = server.post(&clone, json!({ "Name": "Copy" })).await;
    assert_eq!(copy["ClonedFromProjectId"], shop["Id"]);
    let process = server
        .get(copy["Links"]["DeploymentProcess"].as_str().unwrap())
        .await;
    assert_eq!(process["Steps"][0]["Name"], "Build");

    let body = json!({ "Name": "Back up", "ProjectId": shop["Id"] });
    let runbook = server.post(&format!("{SPACE}/runbooks"), body).await;
    build(&server, &process_of(&runbook)).await;
    let clone = format!("{SPACE}/runbooks?clone=back-up");
    let copy = server.post(&clone, json!({ "Name": "Again" })).await;
    assert_eq!(copy["ClonedFromRunbookId"], runbook["Id"]);
    let process = server.get(&process_of(&copy)).await;
    assert_eq!(process["Steps"][0]["Name"], "Build");
}
