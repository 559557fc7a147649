//! Tasks that end because they cannot be driven on: nobody is asked anything about them any more.

use regatta_store::Store;
use reqwest::Method;
use serde_json::{Value, json};

use crate::task_cap::{approval, deployed, until_asked};
use crate::test_server::TestServer;

/// A task that asks somebody, and its question's id.
async fn asking(server: &TestServer) -> (String, String) {
    server
        .post("/api/environments", json!({ "Name": "Test" }))
        .await;
    let task = deployed(server, "Asks", json!([approval()])).await;
    until_asked(server, &task).await;
    let pending = pending(server).await;
    let question = pending[0]["Id"].as_str().unwrap().to_owned();
    (task, question)
}

async fn pending(server: &TestServer) -> Value {
    let path = "/api/Spaces-1/interruptions?pendingOnly=true";
    server.get(path).await["Items"].clone()
}

async fn until_failed(server: &TestServer, task: &str) {
    let failed = async || server.get(task).await["State"] == "Failed";
    server.until("the task has failed", failed).await;
    assert_eq!(server.get(task).await["HasPendingInterruptions"], false);
}

/// Stores a document again, with this body or as it was, as if something else had changed it.
async fn overwrite(store: &Store, kind: &str, id: &str, body: Option<&str>) {
    let mut tx = store.begin().await.unwrap();
    let mut document = tx.document(kind, id).await.unwrap().unwrap();
    if let Some(body) = body {
        document.body = body.to_owned();
    }
    tx.document_replace(&document).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn a_parked_task_asks_nobody_any_more() {
    let server = TestServer::start().await;
    let (task, question) = asking(&server).await;
    let own = format!("/api/Spaces-1/interruptions/{question}");
    let responsible = format!("{own}/responsible");
    server.expect(Method::PUT, &responsible, None, 200).await;
    // Its driver cannot store the answer then.
    overwrite(&server.store().await, "Interruptions", &question, None).await;
    let form = json!({ "Result": "Proceed" });
    server
        .send(Method::POST, &format!("{own}/submit"), Some(form))
        .await;
    until_failed(&server, &task).await;
    assert_eq!(pending(&server).await, json!([]));
    assert_eq!(server.get(&own).await["IsPending"], false);
}

#[tokio::test]
async fn a_task_that_cannot_be_opened_asks_nobody_any_more() {
    let mut server = TestServer::start().await;
    let (task, _) = asking(&server).await;
    server.stop().await;
    let store = server.store().await;
    let plan = format!("TaskPlans-{}", task.rsplit_once('/').unwrap().1);
    overwrite(&store, "TaskPlans", &plan, Some("{}")).await;
    store.close().await;
    let server = server.start_again().await;
    until_failed(&server, &task).await;
    assert_eq!(pending(&server).await, json!([]));
}
