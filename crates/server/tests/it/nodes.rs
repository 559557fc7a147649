//! Two servers on one database.

use regatta_core::time::Time;
use regatta_store::Task;
use reqwest::Method;
use serde_json::json;

use crate::test_server::TestServer;

const OTHER: &str = "node-other";
const LONG_MS: i64 = 3_600_000;

/// A server that is stopped, while another one says that it is there, and will for longer than any test takes.
async fn stopped_beside_another() -> TestServer {
    let mut server = TestServer::start().await;
    server.stop().await;
    let store = server.store().await;
    let mut tx = store.begin().await.unwrap();
    let said = format!("{} {OTHER} on ship with /srv/regatta", i64::MAX / 2);
    tx.set_setting(&format!("node {OTHER}"), &said)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    store.close().await;
    server
}

#[tokio::test]
async fn a_server_does_not_start_beside_another_one_unless_it_shall_stand_by() {
    let server = stopped_beside_another().await;
    let refused = server.cannot_start().await;
    assert!(
        refused.contains(
            "another server uses the same database: node-other on ship with /srv/regatta"
        ),
        "{refused}"
    );
    assert!(refused.contains("--standby"), "{refused}");

    let server = server
        .start_again_changed(|config| config.is_standby = true)
        .await;
    let health = server.get("/health").await;
    assert_eq!(
        health,
        json!({ "Status": "Healthy", "OtherServers": [OTHER] })
    );
}

#[tokio::test]
async fn what_only_another_server_can_do_names_it() {
    let server = TestServer::start().await;
    let task = Task {
        space_id: Some("Spaces-1".to_owned()),
        description: "Deploy".to_owned(),
        ..Task::queued("ServerTasks-77", "Deploy", Time(1))
    };
    let store = server.store().await;
    let mut tx = store.begin().await.unwrap();
    tx.task_insert(&task).await.unwrap();
    let lease = tx.task_pick_up(&task.id, OTHER, LONG_MS, Time(2)).await;
    assert!(lease.unwrap().is_some());
    tx.commit().await.unwrap();
    let path = format!("/api/tasks/{}/cancel", task.id);
    let refused = server.send(Method::POST, &path, None).await;
    assert_eq!(refused.status, 503, "{}", refused.text);
    let told = "The task is driven by another server, node-other.";
    assert_eq!(refused.body["ErrorMessage"], told);
}
