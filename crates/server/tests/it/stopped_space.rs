//! A space whose task queue is stopped: nothing leaves it, and whoever asks is told so.

use serde_json::{Value, json};

use crate::task_cap::{approval, deployed, until_asked};
use crate::test_server::TestServer;

async fn stop_queue(server: &TestServer, is_stopped: bool) {
    let path = "/api/spaces/Spaces-1";
    let mut space = server.get(path).await;
    space["TaskQueueStopped"] = json!(is_stopped);
    server.put(path, space).await;
}

fn reason(of: &Value) -> (&str, &str) {
    let text = |key: &str| of[key].as_str().unwrap_or_default();
    (text("Reason"), text("Message"))
}

#[tokio::test]
async fn nothing_leaves_a_stopped_queue_until_it_is_started_and_its_tasks_say_why() {
    let server = TestServer::start().await;
    let test = server
        .post("/api/environments", json!({ "Name": "Test" }))
        .await;
    stop_queue(&server, true).await;
    let first = deployed(&server, "First", json!([approval()])).await;
    let second = deployed(&server, "Second", json!([approval()])).await;
    let said = "the task queue of its space is stopped, and nothing leaves it until somebody starts it again";
    for (task, place) in [(&first, 1), (&second, 2)] {
        let expected = format!("{said} (place {place} in the queue)");
        let explained = server.get(&format!("{task}/explain")).await;
        assert_eq!(
            reason(&explained["Task"]["Queue"]),
            ("SpaceStopped", expected.as_str())
        );
        let run = server.get(&format!("{task}/run")).await;
        assert_eq!(reason(&run["Queue"]), ("SpaceStopped", expected.as_str()));
        assert_eq!(server.get(task).await["State"], "Queued");
    }
    let release = server.get("/api/Spaces-1/releases").await["Items"][0]["Id"].clone();
    let (release, test) = (release.as_str().unwrap(), test["Id"].as_str().unwrap());
    let plan = server
        .get(&format!("/api/Spaces-1/releases/{release}/plan/{test}"))
        .await;
    assert_eq!(reason(&plan["Queue"]).0, "SpaceStopped", "{plan}");
    assert_eq!(plan["TasksAhead"], json!([]));

    stop_queue(&server, false).await;
    until_asked(&server, &first).await;
    until_asked(&server, &second).await;
}
