//! What is left of a space that was deleted: nothing but its audit trail.

use std::collections::BTreeSet;

use regatta_core::time::Time;
use regatta_store::StepDuration;
use reqwest::Method;
use serde_json::{Value, json};

use crate::matrix::world::World;
use crate::remains::attach;
use crate::test_server::TestServer;

/// A space beside the default one, with a document of every kind in it.
async fn filled(server: &TestServer) -> World<'_> {
    let body = json!({ "Name": "Goes", "SpaceManagersTeams": ["teams-administrators"] });
    let space = server.post("/api/spaces", body).await["Id"].clone();
    World::new(server, space.as_str().unwrap()).await
}

async fn stop_queue(server: &TestServer, space: &str) {
    let path = format!("/api/spaces/{space}");
    let mut body = server.get(&path).await;
    body["TaskQueueStopped"] = json!(true);
    server.put(&path, body).await;
}

async fn tasks(server: &TestServer, space: &str, query: &str) -> Vec<String> {
    let page = server
        .get(&format!("/api/{space}/tasks?take=100{query}"))
        .await;
    let items = page["Items"].as_array().unwrap().iter();
    items
        .map(|task| task["Id"].as_str().unwrap().to_owned())
        .collect()
}

async fn cancel_all(server: &TestServer, space: &str) {
    for task in tasks(server, space, "&active=true").await {
        let cancel = format!("/api/{space}/tasks/{task}/cancel");
        server.expect(Method::POST, &cancel, None, 200).await;
    }
    let are_over = async || tasks(server, space, "&active=true").await.is_empty();
    server.until("all tasks are over", are_over).await;
}

pub(crate) async fn measured(server: &TestServer, project: String) {
    let mut tx = server.store().await.begin().await.unwrap();
    let duration = StepDuration {
        project_id: project,
        step: "build".into(),
        action: "build".into(),
        ended_at: Time(1),
        ms: 1,
    };
    tx.step_duration_insert(&duration).await.unwrap();
    tx.commit().await.unwrap();
}

/// Ids of what is in the space, and its own. What the world made outside of it stays.
async fn ids(server: &TestServer, world: &World<'_>) -> BTreeSet<String> {
    let outside = [
        "users",
        "apikeys",
        "userroles",
        "spaces",
        "workers",
        "events",
        "systemevents",
    ];
    let mut outside: BTreeSet<String> = outside.map(|kind| world.id(kind)).into();
    outside.extend([world.id("version"), world.id("number")]);
    let mut ids: BTreeSet<String> = world.ids().map(str::to_owned).collect();
    ids.extend(tasks(server, &world.space, "").await);
    ids.insert(world.space.clone());
    &ids - &outside
}

/// The values that name one of these, with their tables.
pub(crate) async fn naming(
    server: &TestServer,
    (space, ids): (&str, &BTreeSet<String>),
) -> Vec<(String, String)> {
    let mut values = server.values().await;
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '-';
    // The world calls what it makes outside of the space after it, with a number.
    let called = format!("{space} ");
    values.retain(|(_, value)| {
        let value = value.replace(&called, "");
        let mut words = value.split(|letter| !is_part(letter));
        words.any(|word| ids.contains(word))
    });
    values
}

#[tokio::test]
async fn nothing_of_a_deleted_space_is_left_but_its_audit_trail() {
    let server = TestServer::start().await;
    let kept = World::new(&server, "Spaces-1").await;
    let world = filled(&server).await;
    let space = world.space.clone();
    measured(&server, world.id("projects")).await;
    let (_, goes) = attach(&server, (&space, &world.id("tasks")), "goes").await;
    let (_, stays) = attach(&server, ("Spaces-1", &kept.id("tasks")), "stays").await;
    let package = format!("/api/{space}/packages/{}", world.id("packages"));
    let hash = server.get(&package).await["Hash"].clone();
    let hash = hash.as_str().unwrap();
    let data = server.data_dir.path().join("data");
    let package = data.join("packages").join(&hash[..2]).join(hash);
    assert!(package.exists());
    stop_queue(&server, &space).await;
    cancel_all(&server, &space).await;
    let ids = ids(&server, &world).await;
    let logs: Vec<_> = tasks(&server, &space, "").await;
    let logs = logs.iter().map(|task| data.join("logs").join(task));
    let logs: Vec<_> = logs.filter(|log| log.exists()).collect();
    assert!(!logs.is_empty());
    let tables: BTreeSet<String> = naming(&server, (&space, &ids))
        .await
        .into_iter()
        .map(|(table, _)| table)
        .collect();
    for table in [
        "document",
        "document_tag",
        "task",
        "task_event",
        "task_latest",
        "step_duration",
    ] {
        assert!(tables.contains(table), "{table} holds nothing of the space");
    }

    let own = format!("/api/spaces/{space}");
    server.expect(Method::DELETE, &own, None, 200).await;
    let left = naming(&server, (&space, &ids)).await;
    let (trail, left): (Vec<_>, Vec<_>) = left
        .into_iter()
        .partition(|(table, _)| table.starts_with("audit_"));
    assert_eq!(left, []);
    assert_ne!(trail, []);
    assert!(!goes.exists() && !package.exists() && stays.exists());
    assert!(logs.iter().all(|log| !log.exists()));
    let others = kept.id("tasks");
    server
        .get(&format!("/api/Spaces-1/tasks/{others}/run"))
        .await;
}

#[tokio::test]
async fn a_space_is_deleted_only_when_it_is_stopped_and_its_tasks_are_over() {
    let server = TestServer::start().await;
    let world = filled(&server).await;
    let own = format!("/api/spaces/{}", world.space);
    let refused = async |why: &str| {
        let told = server.expect(Method::DELETE, &own, None, 400).await;
        let told = told["Errors"][0].as_str().unwrap().to_owned();
        assert!(told.contains(why), "{told}");
    };
    refused("Stop it (TaskQueueStopped) before you delete the space").await;
    stop_queue(&server, &world.space).await;
    refused("has not ended. Cancel it, or wait until it has").await;
    let task = format!("/api/{}/tasks/{}", world.space, world.id("tasks"));
    assert_eq!(server.get(&task).await["IsCompleted"], false);
    cancel_all(&server, &world.space).await;
    server.expect(Method::DELETE, &own, None, 200).await;
    let missing: Value = server.expect(Method::GET, &own, None, 404).await;
    assert!(missing["ErrorMessage"].is_string(), "{missing}");
}
