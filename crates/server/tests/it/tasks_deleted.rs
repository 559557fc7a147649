//! What is left of the tasks of a project, a runbook or a snapshot that was deleted: nothing but their audit trail.

use std::collections::BTreeSet;
use std::path::PathBuf;

use regatta_core::time::Time;
use regatta_store::{Document, Query};
use reqwest::Method;
use serde_json::{Value, json};

use crate::matrix::world::World;
use crate::remains::attach;
use crate::space_deleted::{measured, naming};
use crate::test_server::TestServer;

const SPACE: &str = "/api/Spaces-1";

/// A task that asked a person, with a file and a log.
struct Asked {
    task: String,
    artifact: String,
    blob: PathBuf,
    log: PathBuf,
    /// The deployment or the run, and the question.
    ids: [String; 2],
}

/// Waits until the task of a deployment or run asks.
async fn asked(server: &TestServer, request: &Value, file: &'static str) -> Asked {
    let text = |key: &str| request[key].as_str().unwrap().to_owned();
    let task = text("TaskId");
    let questions = format!("{SPACE}/interruptions?regarding={task}");
    let asks = async || server.get(&questions).await["TotalResults"] == 1;
    server.until("the task asks", asks).await;
    let question = server.get(&questions).await["Items"][0]["Id"].clone();
    let (artifact, blob) = attach(server, ("Spaces-1", &task), file).await;
    let log = server.data_dir.path().join("data/logs").join(&task);
    server
        .until("the task has a log", async || log.exists())
        .await;
    Asked {
        ids: [text("Id"), question.as_str().unwrap().to_owned()],
        task,
        artifact,
        blob,
        log,
    }
}

async fn cancel(server: &TestServer, task: &str) {
    let cancel = format!("{SPACE}/tasks/{task}/cancel");
    server.expect(Method::POST, &cancel, None, 200).await;
    let own = format!("{SPACE}/tasks/{task}");
    let is_over = async || server.get(&own).await["IsCompleted"] == true;
    server.until("the task is over", is_over).await;
}

/// Nothing of it can be read, and neither row nor file names it.
async fn is_gone(server: &TestServer, asked: &Asked) {
    let task = &asked.task;
    for path in ["", "/details", "/raw", "/run", "/events", "/log"] {
        let path = format!("{SPACE}/tasks/{task}{path}");
        server.expect(Method::GET, &path, None, 404).await;
    }
    for path in ["", "/content"] {
        let path = format!("{SPACE}/artifacts/{}{path}", asked.artifact);
        server.expect(Method::GET, &path, None, 404).await;
    }
    assert!(!asked.blob.exists(), "the artifact's content is there");
    assert!(!asked.log.exists(), "the log is there");
    let ids = [task, &asked.artifact].into_iter().chain(&asked.ids);
    nothing_names(server, ids.cloned().collect()).await;
    assert_eq!(noted(server).await, 0);
}

/// But the audit trail.
async fn nothing_names(server: &TestServer, ids: BTreeSet<String>) {
    let mut left = naming(server, ("Spaces-1", &ids)).await;
    left.retain(|(table, _)| !table.starts_with("audit_"));
    assert_eq!(left, []);
}

async fn noted(server: &TestServer) -> usize {
    let mut conn = server.store().await.read().await.unwrap();
    let mut count = 0;
    for kind in ["TasksRemains", "TaskRemains"] {
        let query = Query {
            kind: kind.into(),
            ..Query::default()
        };
        count += conn.documents(&query).await.unwrap().items.len();
    }
    count
}

/// Deletes it, which its open task does not let happen.
async fn delete(server: &TestServer, own: &str, (task, refusal): (&str, u16)) {
    let refused = server.expect(Method::DELETE, own, None, refusal).await;
    let refused = refused.to_string();
    let told = format!("{task} '");
    assert!(refused.contains(&told), "{refused}");
    assert!(refused.contains("has not ended"), "{refused}");
    cancel(server, task).await;
    server.expect(Method::DELETE, own, None, 200).await;
}

/// A run of the world's runbook that asks; of its published snapshot when none is named.
async fn run(world: &World<'_>, snapshot: &Value, file: &'static str) -> Asked {
    let mut body = world.run_body();
    body["QueueTime"] = Value::Null;
    body["RunbookSnapshotId"] = snapshot.clone();
    let path = format!("{SPACE}/runbookRuns");
    let run = world.server.post(&path, body).await;
    asked(world.server, &run, file).await
}

#[tokio::test]
async fn nothing_of_the_tasks_of_a_deleted_project_is_left() {
    let server = TestServer::start().await;
    let world = World::new(&server, "Spaces-1").await;
    let project = world.make("projects").await;
    let library = world.id("libraryvariablesets");
    let own = format!("{SPACE}/projects/{project}");
    let mut using = server.get(&own).await;
    using["IncludedLibraryVariableSetIds"] = json!([library]);
    server.put(&own, using).await;
    let release = json!({ "ProjectId": project, "Version": "1.0.0" });
    let release = server.post(&format!("{SPACE}/releases"), release).await;
    let id = release["Id"].as_str().unwrap();
    let deployment = world.deployment_body(id, false);
    let path = format!("{SPACE}/deployments");
    let deployment = server.post(&path, deployment).await;
    let asked = asked(&server, &deployment, "of a project that goes").await;
    let (_, stays) = attach(&server, ("Spaces-1", &world.id("tasks")), "stays").await;
    measured(&server, project.clone()).await;

    delete(&server, &own, (&asked.task, 400)).await;
    is_gone(&server, &asked).await;
    let frozen = release["LibraryVariableSetSnapshotIds"][0].as_str();
    let ids = [&project, id, frozen.unwrap()].map(str::to_owned);
    nothing_names(&server, ids.into()).await;
    assert!(stays.exists());
    let others = world.id("tasks");
    server.get(&format!("{SPACE}/tasks/{others}/run")).await;
}

#[tokio::test]
async fn nothing_of_the_runs_of_a_deleted_runbook_is_left() {
    let server = TestServer::start().await;
    let world = World::new(&server, "Spaces-1").await;
    let asked = run(&world, &Value::Null, "of a runbook that goes").await;
    let runbook = world.id("runbooks");
    measured(&server, runbook.clone()).await;
    let own = format!("{SPACE}/runbooks/{runbook}");

    delete(&server, &own, (&asked.task, 409)).await;
    is_gone(&server, &asked).await;
    let others = ["runbooksnapshots", "runbookruns"].map(|kind| world.id(kind));
    let ids = std::iter::once(runbook).chain(others);
    nothing_names(&server, ids.collect()).await;
}

#[tokio::test]
async fn nothing_of_the_runs_of_a_deleted_snapshot_is_left() {
    let server = TestServer::start().await;
    let world = World::new(&server, "Spaces-1").await;
    let draft = json!(world.make("runbooksnapshots").await);
    let asked = run(&world, &draft, "of a snapshot that goes").await;
    let own = format!("{SPACE}/runbookSnapshots/{}", draft.as_str().unwrap());

    delete(&server, &own, (&asked.task, 409)).await;
    is_gone(&server, &asked).await;
    let others = world.id("runbookruns");
    server.get(&format!("{SPACE}/runbookRuns/{others}")).await;
}

/// Killed right after the commit: the logs are still there, and noted.
#[tokio::test]
async fn what_a_killed_server_had_no_time_to_remove_of_them_goes_with_the_next_start() {
    let mut server = TestServer::start().await;
    let logs = server.data_dir.path().join("data/logs");
    let gone = ["ServerTasks-999998", "ServerTasks-999999"];
    server.stop().await;
    for task in gone {
        std::fs::create_dir_all(logs.join(task)).unwrap();
    }
    let noted_document = Document {
        kind: "TasksRemains".into(),
        id: "TasksRemains-Projects-999".into(),
        space_id: None,
        owner_id: None,
        name: "TasksRemains-Projects-999".into(),
        name_is_unique: false,
        slug: None,
        sort_order: 0,
        tags: Vec::new(),
        version: 1,
        body: json!({ "task_ids": gone }).to_string(),
        created_at: Time(1),
        updated_at: Time(1),
    };
    let store = server.store().await;
    let mut tx = store.begin().await.unwrap();
    tx.document_insert(&noted_document).await.unwrap();
    tx.commit().await.unwrap();
    store.close().await;
    let server = server.start_again().await;
    assert!(gone.iter().all(|task| !logs.join(task).exists()));
    assert_eq!(noted(&server).await, 0);
}
