//! What is left of a deployment that was deleted: nothing.

use std::path::PathBuf;

use regatta_core::time::Time;
use regatta_store::{Document, Query};
use reqwest::Method;
use serde_json::{Value, json};

use crate::matrix::world::World;
use crate::test_server::{ADMIN_KEY, TestServer, answered};

/// Attaches a file to a task of a space; answers its id and where its bytes are.
pub(crate) async fn attach(
    server: &TestServer,
    (space, task): (&str, &str),
    content: &'static str,
) -> (String, PathBuf) {
    let body = json!({ "Filename": "notes.txt", "ServerTaskId": task });
    let made = server.post(&format!("/api/{space}/artifacts"), body).await;
    let path = made["Links"]["Content"].as_str().unwrap();
    let put = server.http.put(format!("{}{path}", server.base));
    let put = put.header("X-Octopus-ApiKey", ADMIN_KEY).body(content);
    let put = answered(put).await;
    assert_eq!(put.status, 200, "{}", put.text);
    let sha = put.body["Sha256"].as_str().unwrap();
    let blobs = server.data_dir.path().join("data/artifacts");
    let blob = blobs.join(&sha[..2]).join(sha);
    assert!(blob.exists());
    (made["Id"].as_str().unwrap().to_owned(), blob)
}

/// How many documents there are of each kind that only the task needs.
async fn owned(server: &TestServer, task: &str) -> [usize; 4] {
    let mut conn = server.store().await.read().await.unwrap();
    let mut counts = [0; 4];
    let kinds = ["Artifacts", "Interruptions", "TaskPlans", "TaskOutputs"];
    for (count, kind) in counts.iter_mut().zip(kinds) {
        let query = Query {
            kind: kind.into(),
            owner_id: Some(task.to_owned()),
            ..Query::default()
        };
        *count = conn.documents(&query).await.unwrap().items.len();
    }
    counts
}

async fn noted(server: &TestServer) -> usize {
    let query = Query {
        kind: "TaskRemains".into(),
        ..Query::default()
    };
    let mut conn = server.store().await.read().await.unwrap();
    conn.documents(&query).await.unwrap().items.len()
}

async fn listed(server: &TestServer) -> Vec<Value> {
    let page = server.get("/api/Spaces-1/artifacts").await;
    let items = page["Items"].as_array().unwrap().iter();
    items.map(|artifact| artifact["Id"].clone()).collect()
}

/// The task that asks a person, and its deployment.
async fn asking(server: &TestServer, world: &World<'_>) -> (String, String) {
    let question = format!("/api/Spaces-1/interruptions/{}", world.id("interruptions"));
    let task = server.get(&question).await["TaskId"].clone();
    let task = task.as_str().unwrap().to_owned();
    let shown = server.get(&format!("/api/Spaces-1/tasks/{task}")).await;
    let deployment = shown["Arguments"]["DeploymentId"].as_str().unwrap();
    (task, deployment.to_owned())
}

#[tokio::test]
async fn all_that_belongs_to_a_deleted_deployment_goes_with_it() {
    let server = TestServer::start().await;
    let world = World::new(&server, "Spaces-1").await;
    let (task, deployment) = asking(&server, &world).await;
    let (artifact, blob) = attach(&server, ("Spaces-1", &task), "of one that goes").await;
    let (_, kept) = attach(
        &server,
        ("Spaces-1", &world.id("tasks")),
        "of one that stays",
    )
    .await;
    let log = server.data_dir.path().join("data/logs").join(&task);
    server
        .until("the task has a log", async || log.exists())
        .await;
    assert_eq!(owned(&server, &task).await, [1, 1, 1, 0]);
    let own = format!("/api/Spaces-1/deployments/{deployment}");
    server.expect(Method::DELETE, &own, None, 409).await;
    let cancel = format!("/api/tasks/{task}/cancel");
    server.expect(Method::POST, &cancel, None, 200).await;
    let shown = format!("/api/tasks/{task}");
    let ended = async || server.get(&shown).await["IsCompleted"] == true;
    server.until("the task is over", ended).await;

    let before = listed(&server).await;
    server.expect(Method::DELETE, &own, None, 200).await;
    let mut expected = before;
    expected.retain(|id| *id != json!(artifact));
    assert_eq!(listed(&server).await, expected);
    let path = format!("/api/Spaces-1/artifacts/{artifact}");
    server.expect(Method::GET, &path, None, 404).await;
    assert_eq!(owned(&server, &task).await, [0; 4]);
    assert!(!blob.exists() && kept.exists());
    assert!(!log.exists());
    assert_eq!(noted(&server).await, 0);
}

#[tokio::test]
async fn an_artifact_without_its_task_does_not_hide_the_others() {
    let server = TestServer::start().await;
    let world = World::new(&server, "Spaces-1").await;
    let (_, task) = world.deployment(&world.id("releases"), true).await;
    let (orphan, _) = attach(&server, ("Spaces-1", &task), "nobody's").await;
    let mut expected = listed(&server).await;
    let mut tx = server.store().await.begin().await.unwrap();
    assert!(tx.task_delete(&task).await.unwrap());
    tx.commit().await.unwrap();
    expected.retain(|id| *id != json!(orphan));
    assert_eq!(listed(&server).await, expected);
    assert!(!expected.is_empty());
}

/// Killed right after the commit: the files are still there, and noted.
#[tokio::test]
async fn what_a_killed_server_had_no_time_to_remove_goes_with_the_next_start() {
    let mut server = TestServer::start().await;
    let world = World::new(&server, "Spaces-1").await;
    let (task, _) = asking(&server, &world).await;
    let (artifact, blob) = attach(&server, ("Spaces-1", &world.id("tasks")), "left over").await;
    let sha = blob.file_name().unwrap().to_str().unwrap().to_owned();
    let logs = server.data_dir.path().join("data/logs");
    let (log, others) = (logs.join("ServerTasks-999999"), logs.join(&task));
    server
        .until("there is a log", async || others.exists())
        .await;
    server.stop().await;
    std::fs::create_dir_all(&log).unwrap();
    let body = json!({ "task_id": "ServerTasks-999999", "blobs": [sha] });
    let noted_document = Document {
        kind: "TaskRemains".into(),
        id: "TaskRemains-ServerTasks-999999".into(),
        space_id: None,
        owner_id: None,
        name: "ServerTasks-999999".into(),
        name_is_unique: false,
        slug: None,
        sort_order: 0,
        tags: Vec::new(),
        version: 1,
        body: body.to_string(),
        created_at: Time(1),
        updated_at: Time(1),
    };
    let store = server.store().await;
    let mut tx = store.begin().await.unwrap();
    assert!(tx.document_delete("Artifacts", &artifact).await.unwrap());
    tx.document_insert(&noted_document).await.unwrap();
    tx.commit().await.unwrap();
    store.close().await;
    let server = server.start_again().await;
    assert!(!log.exists() && !blob.exists() && others.exists());
    assert_eq!(noted(&server).await, 0);
}
