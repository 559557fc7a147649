//! The cap on tasks that are carried out at once: which of them count.

use reqwest::Method;
use serde_json::{Value, json};

use crate::project::{project, step};
use crate::test_server::TestServer;

pub(crate) fn approval() -> Value {
    let mut approval = step("Approve", None);
    approval["Actions"][0]["ActionType"] = json!("Octopus.Manual");
    approval["Actions"][0]["Properties"] = json!({ "Octopus.Action.Manual.Instructions": "Look" });
    approval
}

/// The address of the task that deploys a new project with these steps.
pub(crate) async fn deployed(server: &TestServer, name: &str, steps: Value) -> String {
    let made = project(server, name).await;
    let own = made["Links"]["DeploymentProcess"].as_str().unwrap();
    let mut process = server.get(own).await;
    process["Steps"] = steps;
    server.put(own, process).await;
    let release = json!({ "ProjectName": name, "ReleaseVersion": "1.0.0" });
    server
        .post("/api/Spaces-1/releases/create/v1", release)
        .await;
    let deployment =
        json!({ "ProjectName": name, "ReleaseVersion": "1.0.0", "EnvironmentNames": ["Test"] });
    let path = "/api/Spaces-1/deployments/create/untenanted/v1";
    let made = server.post(path, deployment).await;
    let task = &made["DeploymentServerTasks"][0]["ServerTaskId"];
    format!("/api/Spaces-1/tasks/{}", task.as_str().unwrap())
}

pub(crate) async fn until_asked(server: &TestServer, task: &str) {
    let asked = async || server.get(task).await["HasPendingInterruptions"] == true;
    server.until("a person is asked", asked).await;
}

/// A question does not free the slot of a task that goes on beside it, be it only to wait for a worker.
#[tokio::test]
async fn only_a_task_that_waits_for_nothing_but_people_gives_up_its_slot() {
    let server = TestServer::start_changed(|config| config.task_cap = 1).await;
    server
        .post("/api/environments", json!({ "Name": "Test" }))
        .await;
    let waits = deployed(&server, "Waits", json!([approval()])).await;
    until_asked(&server, &waits).await;

    let works = json!([approval(), step("Beside", Some("[]"))]);
    let works = deployed(&server, "Works", works).await;
    until_asked(&server, &works).await;

    let third = deployed(&server, "Third", json!([approval()])).await;
    let why = server.get(&format!("{third}/explain")).await;
    assert_eq!(why["Task"]["Queue"]["Reason"], "CapReached", "{why}");
    let holder = works.rsplit_once('/').unwrap().1;
    assert_eq!(why["Task"]["Queue"]["HolderTaskIds"], json!([holder]));

    server
        .expect(Method::POST, &format!("{works}/cancel"), None, 200)
        .await;
    until_asked(&server, &third).await;
}
