//! A data directory and the `regatta server` process on it, which may be killed and started again.

pub(crate) mod process;

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

pub(crate) const ADMIN_KEY: &str = "API-ADMINISTRATOR0000000000000000";
pub(crate) const PASSWORD: &str = "Correct-Horse-1";
/// Between looks at something that has to happen; no test asserts on it.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// Everything here takes seconds; a test that waits longer is stuck.
const STUCK_AFTER: Duration = Duration::from_secs(120);

/// See the module. Everything it started ends with it.
pub(crate) struct Installation {
    pub(crate) folder: TempDir,
    pub(crate) base: String,
    http: reqwest::Client,
    database_url: Option<String>,
    listen: String,
    server: Option<Child>,
}

impl Installation {
    pub(crate) async fn start() -> Self {
        Self::start_on(None).await
    }

    pub(crate) async fn start_on(database_url: Option<String>) -> Self {
        let mut installation = Self::empty(database_url);
        installation.start_server().await;
        installation
    }

    /// Without a data directory, before its first start.
    pub(crate) fn empty(database_url: Option<String>) -> Self {
        Self {
            folder: TempDir::new().unwrap(),
            base: String::new(),
            http: reqwest::Client::new(),
            database_url,
            listen: "127.0.0.1:0".to_owned(),
            server: None,
        }
    }

    pub(crate) fn data_dir(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Starts the server and waits until it is ready. It keeps its port from one start to the next.
    pub(crate) async fn start_server(&mut self) {
        let output = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.folder.path().join("server.log"))
            .unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_regatta"));
        command
            .args(["server", "--worker-slots", "4", "--data-dir"])
            .arg(self.data_dir())
            .args(["--listen", &self.listen])
            .env("REGATTA_ADMIN_USERNAME", "admin")
            .env("REGATTA_ADMIN_PASSWORD", PASSWORD)
            .env("REGATTA_ADMIN_API_KEY", ADMIN_KEY)
            .env("RUST_LOG", "debug,hyper=info,h2=info,sqlx=info")
            .stdout(Stdio::piped())
            .stderr(output)
            .kill_on_drop(true);
        if let Some(url) = &self.database_url {
            command.env("REGATTA_DATABASE_URL", url);
        }
        let mut server = command.spawn().unwrap();
        let mut lines = BufReader::new(server.stdout.take().unwrap()).lines();
        let address = loop {
            let line = lines.next_line().await.unwrap();
            let line =
                line.unwrap_or_else(|| panic!("the server ended early: {}", self.server_log()));
            if let Some(address) = line
                .split_whitespace()
                .find(|word| word.starts_with("http"))
            {
                break address.to_owned();
            }
        };
        self.listen = address.trim_start_matches("http://").to_owned();
        self.base = address;
        self.server = Some(server);
    }

    pub(crate) fn server_pid(&self) -> u32 {
        let server = self.server.as_ref().expect("it was started");
        server.id().expect("it has not ended")
    }

    /// Ends the server as a power cut would.
    pub(crate) async fn kill_server(&mut self) {
        if let Some(mut server) = self.server.take() {
            server.kill().await.unwrap();
        }
    }

    /// Ends the link of the built-in worker the same way; the server starts another.
    pub(crate) fn kill_link(&self) {
        self.kill_holder("link.lock");
    }

    /// Ends the supervisor of the built-in worker, with which nobody reads output and ends any more; the link starts
    /// another.
    pub(crate) fn kill_supervisor(&self) {
        self.kill_holder("supervisor.lock");
    }

    /// Kills the process whose number is in a lock file of the built-in worker.
    fn kill_holder(&self, lock: &str) {
        let path = self.data_dir().join("worker").join(lock);
        let text = std::fs::read_to_string(path).unwrap_or_default();
        if let Ok(pid) = text.trim().parse::<u32>() {
            process::kill(pid);
        }
    }

    /// Stops the link of the built-in worker from moving, as a machine does that hangs: it hears nothing any more.
    pub(crate) fn freeze_link(&self) {
        self.signal_link("-STOP");
    }

    /// Lets it move again.
    pub(crate) fn thaw_link(&self) {
        self.signal_link("-CONT");
    }

    fn signal_link(&self, signal: &str) {
        let path = self.data_dir().join("worker/link.lock");
        let pid = std::fs::read_to_string(path).unwrap();
        let sent = std::process::Command::new("kill")
            .args([signal, pid.trim()])
            .status();
        assert!(sent.unwrap().success());
    }

    pub(crate) fn server_log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("server.log")).unwrap_or_default()
    }

    /// A request as the administrator; `None` while no server answers.
    pub(crate) async fn try_send(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Option<(StatusCode, String)> {
        let mut request = self
            .http
            .request(method, format!("{}{path}", self.base))
            .header("X-Octopus-ApiKey", ADMIN_KEY);
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await.ok()?;
        let status = answer.status();
        Some((status, answer.text().await.ok()?))
    }

    pub(crate) async fn send(&self, method: Method, path: &str, body: Option<&Value>) -> Value {
        let (status, text) = self
            .try_send(method.clone(), path, body)
            .await
            .expect("the server answers");
        assert!(status.is_success(), "{method} {path}: {status} {text}");
        serde_json::from_str(&text).unwrap_or(Value::Null)
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        self.send(Method::GET, path, None).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Value {
        self.send(Method::POST, path, Some(&body)).await
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> Value {
        self.send(Method::PUT, path, Some(&body)).await
    }

    pub(crate) async fn text(&self, path: &str) -> String {
        self.try_send(Method::GET, path, None)
            .await
            .expect("the server answers")
            .1
    }

    /// Waits until `look` finds something.
    pub(crate) async fn until<T>(&self, what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
        let began = std::time::Instant::now();
        loop {
            if let Some(found) = look().await {
                return found;
            }
            assert!(
                began.elapsed() < STUCK_AFTER,
                "stuck: {what}\n{}",
                tail(&self.server_log())
            );
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// Waits until a task is over; answers it. Survives a server that is away.
    pub(crate) async fn finished(&self, task: &str) -> Value {
        let path = format!("/api/tasks/{task}");
        self.until(&path, async || {
            let (_, text) = self.try_send(Method::GET, &path, None).await?;
            let task: Value = serde_json::from_str(&text).ok()?;
            (task["IsCompleted"] == true).then_some(task)
        })
        .await
    }

    /// All events of a task.
    pub(crate) async fn events(&self, task: &str) -> Vec<Value> {
        let page = self
            .get(&format!("/api/Spaces-1/tasks/{task}/events?take=10000"))
            .await;
        page["Items"].as_array().unwrap().clone()
    }

    /// An environment `Test`, and a project with these steps and a release of it.
    pub(crate) async fn project(&self, name: &str, steps: Vec<Value>) -> Project {
        let first = async |path: &str| self.get(path).await["Items"][0]["Id"].clone();
        if self.get("/api/environments?partialName=Test").await["TotalResults"] == 0 {
            self.post("/api/environments", json!({"Name": "Test"}))
                .await;
        }
        let project = json!({"Name": name, "LifecycleId": first("/api/lifecycles").await, "ProjectGroupId": first("/api/projectgroups").await});
        let id = text(&self.post("/api/projects", project).await["Id"]);
        let path = format!("/api/Spaces-1/projects/{id}/deploymentprocesses");
        let mut process = self.get(&path).await;
        process["Steps"] = steps.into();
        self.put(&path, process).await;
        let mut project = Project {
            id,
            version: String::new(),
        };
        self.release(&mut project).await;
        project
    }

    /// A new release of what the project is now.
    pub(crate) async fn release(&self, project: &mut Project) {
        let body = json!({"SpaceIdOrName": "Spaces-1", "ProjectName": project.id});
        project.version =
            text(&self.post("/api/Spaces-1/releases/create/v1", body).await["ReleaseVersion"]);
    }

    /// Deploys to `Test`; answers the task's id. `more` is added to the request.
    pub(crate) async fn deploy(&self, project: &Project, more: Value) -> String {
        let mut body = json!({
            "SpaceIdOrName": "Spaces-1", "ProjectName": project.id, "ReleaseVersion": project.version, "EnvironmentNames": ["Test"],
        });
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().cloned().unwrap_or_default());
        let made = self
            .post("/api/Spaces-1/deployments/create/untenanted/v1", body)
            .await;
        text(&made["DeploymentServerTasks"][0]["ServerTaskId"])
    }
}

/// A project to deploy.
pub(crate) struct Project {
    pub(crate) id: String,
    pub(crate) version: String,
}

pub(crate) fn text(value: &Value) -> String {
    value
        .as_str()
        .unwrap_or_else(|| panic!("no text: {value}"))
        .to_owned()
}

/// This time tomorrow.
pub(crate) fn tomorrow() -> String {
    (jiff::Timestamp::now() + jiff::SignedDuration::from_hours(24)).to_string()
}

/// A bash step on the worker. `after` names what it waits for; `None`: everything before it.
pub(crate) fn step(name: &str, after: Option<&[&str]>, script: &str) -> Value {
    let depends = after.map_or(
        json!({}),
        |after| json!({"Regatta.Step.DependsOn": json!(after).to_string()}),
    );
    json!({
        "Name": name,
        "Slug": name,
        "StartTrigger": if after.is_some() { "StartWithPrevious" } else { "StartAfterPrevious" },
        "Properties": depends,
        "Actions": [{
            "Name": name,
            "ActionType": "Octopus.Script",
            "Properties": {
                "Octopus.Action.RunOnServer": "true",
                "Octopus.Action.Script.ScriptSource": "Inline",
                "Octopus.Action.Script.Syntax": "Bash",
                "Octopus.Action.Script.ScriptBody": script,
            },
        }],
    })
}

fn tail(log: &str) -> String {
    let lines: Vec<&str> = log.lines().rev().take(40).collect();
    lines.into_iter().rev().collect::<Vec<_>>().join("\n")
}

impl Drop for Installation {
    fn drop(&mut self) {
        if let Some(mut server) = self.server.take() {
            drop(server.start_kill());
        }
        // The worker and its scripts outlive their server on purpose; here they must not.
        process::end(self.folder.path());
    }
}
