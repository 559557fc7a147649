//! The stream of changes, and the dashboard that a browser keeps up to date with it.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::permission::somebody;
use crate::project::{project, step};
use crate::test_server::{ADMIN_KEY, TestServer};

/// A stream that is open for so long is not ended.
const STUCK_AFTER: Duration = Duration::from_secs(60);

/// An open stream, message by message.
pub(crate) struct Messages {
    response: reqwest::Response,
    text: String,
}

#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) name: String,
    id: String,
    pub(crate) data: Value,
}

impl Messages {
    pub(crate) async fn open(
        server: &TestServer,
        key: &str,
        query: &str,
        last: Option<&str>,
    ) -> Self {
        Self::open_at(server, key, &format!("/api/Spaces-1/stream{query}"), last).await
    }

    async fn open_at(server: &TestServer, key: &str, path: &str, last: Option<&str>) -> Self {
        let request = server
            .http
            .get(format!("{}{path}", server.base))
            .header("X-Octopus-ApiKey", key)
            .header("Accept", "text/event-stream");
        let request = match last {
            Some(last) => request.header("Last-Event-ID", last),
            None => request,
        };
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200);
        Self {
            response,
            text: String::new(),
        }
    }

    /// Reads what still comes until the server ends the stream in order.
    async fn ended(mut self) {
        let end = async { while self.response.chunk().await.unwrap().is_some() {} };
        let ended = tokio::time::timeout(STUCK_AFTER, end).await;
        ended.expect("the stream ends");
    }

    async fn next(&mut self) -> Message {
        loop {
            if let Some((message, rest)) = self.text.split_once("\n\n") {
                let message = message.to_owned();
                self.text = rest.to_owned();
                // Heartbeats are comments.
                if !message.starts_with(':') {
                    return parse(&message);
                }
                continue;
            }
            let chunk = self
                .response
                .chunk()
                .await
                .unwrap()
                .expect("the stream stays open");
            self.text.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }

    pub(crate) async fn until(&mut self, wanted: impl Fn(&Message) -> bool) -> Message {
        loop {
            let message = self.next().await;
            if wanted(&message) {
                return message;
            }
        }
    }
}

fn parse(message: &str) -> Message {
    let field = |key: &str| {
        let mut lines = message.lines();
        let found = lines.find_map(|line| line.strip_prefix(key));
        found.unwrap_or_default().trim().to_owned()
    };
    Message {
        name: field("event:"),
        id: field("id:"),
        data: serde_json::from_str(&field("data:")).unwrap(),
    }
}

fn changed<'m>(kind: &'m str) -> impl Fn(&Message) -> bool + 'm {
    move |message| message.name == "changed" && message.data["Kind"] == kind
}

/// A deployment to Test that waits for an approval, of a project that may also go to Live.
async fn waiting(server: &TestServer) -> Value {
    for name in ["Test", "Live"] {
        server
            .post("/api/environments", json!({ "Name": name }))
            .await;
    }
    let own = project(server, "Shop").await["Links"]["DeploymentProcess"]
        .as_str()
        .unwrap()
        .to_owned();
    let mut process = server.get(&own).await;
    let mut approval = step("Approve", None);
    approval["Actions"][0]["ActionType"] = json!("Octopus.Manual");
    approval["Actions"][0]["Properties"] = json!({ "Octopus.Action.Manual.Instructions": "Look" });
    process["Steps"] = json!([approval]);
    server.put(&own, process).await;
    let release =
        json!({ "SpaceIdOrName": "Spaces-1", "ProjectName": "Shop", "ReleaseVersion": "1.0.0" });
    let release = server
        .expect(
            Method::POST,
            "/api/Spaces-1/releases/create/v1",
            Some(release),
            201,
        )
        .await;
    assert!(release["ReleaseId"].is_string(), "{release}");
    let deployment = json!({ "SpaceIdOrName": "Spaces-1", "ProjectName": "Shop", "ReleaseVersion": "1.0.0", "EnvironmentNames": ["Test"] });
    let path = "/api/Spaces-1/deployments/create/untenanted/v1";
    server
        .expect(Method::POST, path, Some(deployment), 201)
        .await
}

#[tokio::test]
async fn a_browser_is_told_of_changes_tasks_and_runs_and_resumes_where_it_stopped() {
    let server = TestServer::start().await;
    let mut messages = Messages::open(&server, ADMIN_KEY, "", None).await;
    assert_eq!(messages.next().await.name, "hello");
    waiting(&server).await;
    let saved = messages.until(changed("DeploymentProcesses")).await;
    assert_eq!(
        (
            &saved.data["Id"],
            &saved.data["Version"],
            &saved.data["Username"]
        ),
        (
            &json!("deploymentprocess-Projects-1"),
            &json!(1),
            &json!("admin")
        )
    );
    messages.until(changed("Deployments")).await;
    let task = messages
        .until(|m| m.name == "task" && m.data["HasPendingInterruptions"] == true)
        .await;
    assert_eq!(task.data["State"], "Executing");
    let id = task.data["Id"].as_str().unwrap();

    // The run of a task that is named is told from its first event, and a reader that comes again goes on after it.
    let mut watching = Messages::open(&server, ADMIN_KEY, &format!("?tasks={id}"), None).await;
    let first = watching.until(|m| m.name == "run").await;
    assert_eq!(
        (&first.data["Seq"], &first.data["TaskId"]),
        (&json!(1), &json!(id))
    );
    drop(watching);
    let mut again =
        Messages::open(&server, ADMIN_KEY, &format!("?tasks={id}"), Some(&first.id)).await;
    let second = again.until(|m| m.name == "run").await;
    assert_eq!(second.data["Seq"], 2);

    // Whoever was away is told what it missed, once.
    let mut late = Messages::open(&server, ADMIN_KEY, "", Some(&saved.id)).await;
    let missed = late.until(|m| m.name == "changed").await;
    assert!(missed.data["Seq"].as_i64() > saved.data["Seq"].as_i64());
    assert_ne!(missed.data["Kind"], "DeploymentProcesses");
    let asked = server.get("/api/Spaces-1/stream").await;
    assert_eq!(asked["Messages"][0]["Event"], "hello");
}

/// Who does not ask for a stream that stays open is answered with what there is, and the document states both.
#[tokio::test]
async fn what_can_be_streamed_is_answered_as_json_too() {
    let server = TestServer::start().await;
    let document = server.get("/api/openapi.json").await;
    for path in [
        "/api/{spaceId}/stream",
        "/api/tasks/{id}/events",
        "/api/{spaceId}/tasks/{id}/events",
    ] {
        let content = &document["paths"][path]["get"]["responses"]["200"]["content"];
        let forms: Vec<&String> = content.as_object().unwrap().keys().collect();
        assert_eq!(forms, ["application/json", "text/event-stream"], "{path}");
    }
    let told = server.send(Method::GET, "/api/Spaces-1/stream", None).await;
    assert_eq!(told.headers["content-type"], "application/json");
    assert_eq!(told.body["Messages"][0]["Event"], "hello");
    let last = told.body["LastEventId"].as_str().unwrap();
    Messages::open(&server, ADMIN_KEY, "", Some(last)).await;
}

#[tokio::test]
async fn nobody_is_told_what_they_may_not_see() {
    let server = TestServer::start().await;
    let nobody = somebody(&server, "nobody", &[]).await;
    let builder = somebody(
        &server,
        "builder",
        &[("userroles-environmentviewer", Some("Spaces-1"))],
    )
    .await;
    let path = "/api/Spaces-1/stream";
    for (key, status) in [(None, 401), (Some(nobody.as_str()), 404)] {
        assert_eq!(
            server.send_as(key, Method::GET, path, None).await.status,
            status
        );
    }
    let mut messages = Messages::open(&server, &builder, "?tasks=ServerTasks-1", None).await;
    assert_eq!(messages.next().await.name, "missing");
    waiting(&server).await;
    // Test and Live are told of; the project, its process and its deployment between are not.
    server
        .post("/api/environments", json!({ "Name": "Last" }))
        .await;
    let mut kinds = Vec::new();
    while kinds.len() < 3 {
        let message = messages.next().await;
        if message.name == "changed" {
            kinds.push(message.data["Kind"].clone());
        }
    }
    assert_eq!(kinds, vec![json!("Environments"); 3]);
    for wrong in [
        "?tasks=ServerTasks-1:x",
        &format!("?tasks={}", "ServerTasks-1,".repeat(51)),
    ] {
        server
            .expect(Method::GET, &format!("{path}{wrong}"), None, 400)
            .await;
    }
}

/// Neither events nor lines nor progress of a task reach whoever may not see it, from the start or any more.
#[tokio::test]
async fn a_task_is_told_of_only_as_long_as_it_may_be_seen() {
    let server = TestServer::start().await;
    let made = waiting(&server).await;
    let task = made["DeploymentServerTasks"][0]["ServerTaskId"].clone();
    let task = task.as_str().unwrap();
    let looker = json!({ "Name": "Looker", "GrantedSpacePermissions": ["EnvironmentView"] });
    let looker = server.post("/api/userroles", looker).await["Id"].clone();
    let roles = [
        (looker.as_str().unwrap(), Some("Spaces-1")),
        ("userroles-projectviewer", Some("Spaces-1")),
    ];
    let builder = somebody(&server, "builder", &roles[..1]).await;
    let viewer = somebody(&server, "viewer", &roles).await;
    let query = format!("?tasks={task}");
    let mut foreign = Messages::open(&server, &builder, &query, None).await;
    assert_eq!(foreign.next().await.name, "missing");
    let path = format!("/api/Spaces-1/tasks/{task}/events");
    let refused = server
        .send_as(Some(&builder), Method::GET, &path, None)
        .await;
    assert_eq!(refused.status, 403, "{}", refused.text);

    let mut own = Messages::open(&server, &viewer, &query, None).await;
    let told = own.until(|m| m.name == "log").await;
    assert_eq!((&told.data["TaskId"], told.id.as_str()), (&json!(task), ""));
    let given = server.get("/api/scopeduserroles?take=100").await;
    let given = given["Items"].as_array().unwrap().iter();
    for role in given.filter(|role| role["UserRoleId"] == roles[1].0) {
        let path = format!("/api/scopeduserroles/{}", role["Id"].as_str().unwrap());
        server.expect(Method::DELETE, &path, None, 200).await;
    }
    let gone = own.until(|m| m.name == "missing").await;
    assert_eq!(gone.data, json!({ "TaskId": task }));

    let cancel = format!("/api/tasks/{task}/cancel");
    server.expect(Method::POST, &cancel, None, 200).await;
    server
        .post("/api/environments", json!({ "Name": "Last" }))
        .await;
    for messages in [&mut foreign, &mut own] {
        let told = messages
            .until(|m| m.name != "hello" && m.name != "missing")
            .await;
        assert_eq!(told.data["Kind"], "Environments", "{}", told.name);
    }
}

/// The stream of a space that watches the task, and the events of the task alone.
async fn both_streams(server: &TestServer, key: &str, task: &str) -> [Messages; 2] {
    let space = format!("/api/Spaces-1/stream?tasks={task}");
    let events = format!("/api/Spaces-1/tasks/{task}/events");
    [
        Messages::open_at(server, key, &space, None).await,
        Messages::open_at(server, key, &events, None).await,
    ]
}

#[tokio::test]
async fn a_stream_ends_with_what_its_reader_signed_in_with_and_with_the_right_to_it() {
    let server = TestServer::start().await;
    let made = waiting(&server).await;
    let task = made["DeploymentServerTasks"][0]["ServerTaskId"].clone();
    let task = task.as_str().unwrap();
    let role = ("userroles-projectviewer", Some("Spaces-1"));
    let viewer = async |name: &str| {
        let key = somebody(&server, name, &[role]).await;
        let me = server.send_as(Some(&key), Method::GET, "/api/users/me", None);
        let user = me.await.body;
        let streams = both_streams(&server, &key, task).await;
        (user, streams)
    };
    let (user, without_key) = viewer("one").await;
    let keys = format!("/api/users/{}/apikeys", user["Id"].as_str().unwrap());
    let id = server.get(&keys).await["Items"][0]["Id"].clone();
    let path = format!("{keys}/{}", id.as_str().unwrap());
    server.expect(Method::DELETE, &path, None, 200).await;

    let (mut user, disabled) = viewer("two").await;
    user["IsActive"] = json!(false);
    let path = format!("/api/users/{}", user["Id"].as_str().unwrap());
    server.put(&path, user).await;

    let (_, [_, without_role]) = viewer("three").await;
    let given = server.get("/api/scopeduserroles?take=100").await;
    for given in given["Items"].as_array().unwrap() {
        if given["UserRoleId"] == role.0 {
            let path = format!("/api/scopeduserroles/{}", given["Id"].as_str().unwrap());
            server.expect(Method::DELETE, &path, None, 200).await;
        }
    }
    let all = without_key
        .into_iter()
        .chain(disabled)
        .chain([without_role]);
    for stream in all {
        stream.ended().await;
    }
}

#[tokio::test]
async fn open_streams_do_not_hold_up_a_server_that_stops() {
    let mut server = TestServer::start().await;
    let made = waiting(&server).await;
    let task = made["DeploymentServerTasks"][0]["ServerTaskId"].clone();
    let streams = both_streams(&server, ADMIN_KEY, task.as_str().unwrap()).await;
    let [space, events] = streams.map(Messages::ended);
    tokio::join!(server.stop(), space, events);
}

#[tokio::test]
async fn the_dashboard_shows_where_everything_is() {
    let server = TestServer::start().await;
    let mut messages = Messages::open(&server, ADMIN_KEY, "", None).await;
    waiting(&server).await;
    messages
        .until(|m| m.name == "task" && m.data["HasPendingInterruptions"] == true)
        .await;
    let board = server.get("/api/Spaces-1/dashboard").await;
    insta::assert_json_snapshot!(board);
    let extended = server.get("/api/Spaces-1/dashboard?extended=true").await;
    assert_eq!(
        (
            &extended["Regatta.Running"],
            &extended["Regatta.NeedsAttention"],
            &extended["Items"][0]["Regatta.NewerReleases"]
        ),
        (&json!(1), &json!(1), &json!(0))
    );
    // What waits in the queue hides what runs from Octopus' clients, who expect the newest, but from nobody else.
    let running = extended["Items"][0]["DeploymentId"].clone();
    let again = json!({ "SpaceIdOrName": "Spaces-1", "ProjectName": "Shop", "ReleaseVersion": "1.0.0", "EnvironmentNames": ["Test"] });
    let path = "/api/Spaces-1/deployments/create/untenanted/v1";
    server.expect(Method::POST, path, Some(again), 201).await;
    let newest = server.get("/api/Spaces-1/dashboard").await;
    assert_ne!(newest["Items"][0]["DeploymentId"], running);
    let extended = server.get("/api/Spaces-1/dashboard?extended=true").await;
    let item = &extended["Items"][0];
    assert_eq!(
        (
            &item["DeploymentId"],
            &item["Regatta.Queued"],
            &extended["Regatta.Running"]
        ),
        (&running, &json!(1), &json!(1))
    );
    let items = async |query: &str| {
        let found = server
            .get(&format!("/api/Spaces-1/dashboard/dynamic?{query}"))
            .await;
        found["Items"].as_array().unwrap().len()
    };
    assert_eq!(
        items("projects=Projects-1&environments=Environments-1").await,
        1
    );
    assert_eq!(
        items("projects=Projects-1&environments=Environments-2").await,
        0
    );
    assert_eq!(items("projects=Projects-9").await, 0);
    let viewer = somebody(
        &server,
        "viewer",
        &[("userroles-environmentviewer", Some("Spaces-1"))],
    )
    .await;
    let refused = server
        .send_as(Some(&viewer), Method::GET, "/api/Spaces-1/dashboard", None)
        .await;
    assert_eq!(
        (refused.status, &refused.body["Facts"]["Permission"]),
        (403, &json!("ProjectView"))
    );
}
