//! Lists of what belongs to tasks, page by page, for those who may not see all of it.

use reqwest::Method;
use serde_json::{Value, json};

use crate::matrix::world::World;
use crate::test_server::{ADMIN_KEY, TestServer};
use crate::variable::reader;

const SPACE: &str = "/api/Spaces-1";

async fn list(server: &TestServer, key: &str, path: &str) -> (usize, u64, Value) {
    let list = server.send_as(Some(key), Method::GET, path, None).await;
    assert_eq!(list.status, 200, "{}", list.text);
    let items = list.body["Items"].as_array().unwrap();
    let total = list.body["TotalResults"].as_u64().unwrap();
    (
        items.len(),
        total,
        items.first().map_or(Value::Null, |item| item["Id"].clone()),
    )
}

#[tokio::test]
async fn a_restricted_reader_gets_pages_of_what_they_may_see() {
    let server = TestServer::start().await;
    let world = World::new(&server, "Spaces-1").await;
    let here = world.id("environments");
    let question = format!("{SPACE}/interruptions/{}", world.id("interruptions"));
    let task = server.get(&question).await["TaskId"].clone();
    for name in ["one.txt", "two.txt"] {
        let artifact = json!({ "Filename": name, "ServerTaskId": task });
        server.post(&format!("{SPACE}/artifacts"), artifact).await;
    }
    let elsewhere = json!({ "Name": "Elsewhere" });
    let elsewhere = server
        .post(&format!("{SPACE}/environments"), elsewhere)
        .await;
    let all: &[&str] = &["TaskView", "ArtifactView"];
    let inside = reader(&server, "inside", &[(all, &[here.as_str()])]).await;
    let outside = elsewhere["Id"].as_str().unwrap();
    let outside = reader(&server, "outside", &[(all, &[outside])]).await;

    let every = format!("{SPACE}/tasks?environment={here}&take=1");
    let (_, total, newest) = list(&server, ADMIN_KEY, &every).await;
    assert!(total > 1, "{total}");
    for path in [format!("{SPACE}/tasks"), "/api/tasks".to_owned()] {
        let page = list(&server, &inside, &format!("{path}?take=1")).await;
        assert_eq!(page, (1, total, newest.clone()), "{path}");
        let (count, ..) = list(
            &server,
            &inside,
            &format!("{path}?skip={}&take=30", total - 1),
        )
        .await;
        assert_eq!(count, 1, "{path}");
        assert_eq!(
            list(&server, &outside, &path).await,
            (0, 0, Value::Null),
            "{path}"
        );
    }
    let artifacts = format!("{SPACE}/artifacts?regarding={}", task.as_str().unwrap());
    let (count, total, newest) = list(&server, &inside, &format!("{artifacts}&take=1")).await;
    assert_eq!((count, total), (1, 2));
    let (_, _, first) = list(&server, &inside, &format!("{artifacts}&take=1&skip=1")).await;
    assert_ne!(first, newest);
    assert_eq!(
        list(&server, &outside, &artifacts).await,
        (0, 0, Value::Null)
    );
}

/// Whoever is restricted to tenants sees of tasks also those without one.
#[tokio::test]
async fn tasks_without_a_tenant_are_for_readers_of_tenants_too() {
    let server = TestServer::start().await;
    let world = World::new(&server, "Spaces-1").await;
    let key = reader(&server, "viewer", &[]).await;
    let role = json!({ "Name": "Tasks of a tenant", "GrantedSpacePermissions": ["TaskView"] });
    let role = server.post("/api/userroles", role).await;
    let teams = server.get("/api/teams?partialName=viewer").await;
    let grant = json!({ "TeamId": teams["Items"][0]["Id"], "UserRoleId": role["Id"], "SpaceId": "Spaces-1",
        "TenantIds": [world.id("tenants")] });
    server.post("/api/scopeduserroles", grant).await;
    let tasks = format!("{SPACE}/tasks");
    let (_, every, _) = list(&server, ADMIN_KEY, &tasks).await;
    let (_, seen, _) = list(&server, &key, &tasks).await;
    assert_eq!((seen, seen > 0), (every, true));
}

#[tokio::test]
async fn deployments_are_filtered_by_the_states_of_their_tasks() {
    let server = TestServer::start().await;
    World::new(&server, "Spaces-1").await;
    let path = format!("{SPACE}/deployments");
    let total = async |state: &str| {
        let (_, total, _) = list(&server, ADMIN_KEY, &format!("{path}?taskState={state}")).await;
        total
    };
    let states = [
        "Queued",
        "Executing",
        "Failed",
        "Canceled",
        "TimedOut",
        "Success",
        "Cancelling",
    ];
    let every = list(&server, ADMIN_KEY, &path).await.1;
    assert!(every > 0);
    assert_eq!(total(&states.join(",")).await, every);
    let wrong = format!("{path}?taskState=Bogus");
    let said = server.expect(Method::GET, &wrong, None, 400).await;
    assert_eq!(
        said["Errors"],
        json!(["taskState: 'Bogus' is no state of a task."])
    );
}
