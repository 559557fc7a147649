//! A space with a document of every kind, each really there, and a way to make more of them.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};

use reqwest::Method;
use serde_json::{Value, json};

use crate::package::upload::{MULTIPART, form, zip};
use crate::project::step;
use crate::test_server::{ADMIN_KEY, TestServer, answered};

/// See the module.
pub(crate) struct World<'s> {
    pub(crate) server: &'s TestServer,
    pub(crate) space: String,
    /// By the literal that stands before such an id in paths.
    ids: BTreeMap<String, String>,
    count: AtomicU32,
}

/// In the order in which they need each other.
const KINDS: &[&str] = &[
    "projectgroups",
    "lifecycles",
    "environments",
    "projects",
    "channels",
    "machines",
    "machinepolicies",
    "workerpools",
    "feeds",
    "packages",
    "build-information",
    "workers",
    "accounts",
    "certificates",
    "proxies",
    "tagsets",
    "tenants",
    "libraryvariablesets",
    "users",
    "apikeys",
    "userroles",
    "teams",
    "scopeduserroles",
    "spaces",
    "releases",
    "deployments",
    "runbooks",
    "runbooksnapshots",
    "runbookruns",
    "tasks",
    "rerun",
    "interruptions",
    "artifacts",
    "events",
    "systemevents",
];

impl<'s> World<'s> {
    pub(crate) async fn new(server: &'s TestServer, space: &str) -> Self {
        let mut world = Self {
            server,
            space: space.to_owned(),
            ids: BTreeMap::new(),
            count: AtomicU32::new(0),
        };
        for kind in KINDS {
            let id = world.make(kind).await;
            world.ids.insert((*kind).to_owned(), id);
        }
        let project = world.id("projects");
        for (kind, id) in [
            (
                "deploymentprocesses",
                format!("deploymentprocess-{project}"),
            ),
            (
                "runbookprocesses",
                format!("RunbookProcess-{}", world.id("runbooks")),
            ),
            ("variables", format!("variableset-{project}")),
            ("package-metadata", world.id("build-information")),
            ("version", "0.0.1".to_owned()),
            ("number", "1".to_owned()),
            ("signinrequests", "BCD-FGH-JKM".to_owned()),
        ] {
            world.ids.insert(kind.to_owned(), id);
        }
        world
    }

    /// The id of the document of this kind that stays.
    pub(crate) fn id(&self, kind: &str) -> String {
        let id = self.ids.get(kind).cloned();
        id.unwrap_or_else(|| panic!("what is '{kind}/{{id}}'? Teach matrix/world.rs to make one"))
    }

    /// A name nothing has yet.
    pub(crate) fn name(&self) -> String {
        format!(
            "{} {}",
            self.space,
            self.count.fetch_add(1, Ordering::Relaxed)
        )
    }

    pub(crate) fn ids(&self) -> impl Iterator<Item = &str> {
        self.ids.values().map(String::as_str)
    }

    async fn post(&self, below_space: &str, body: Value) -> String {
        let made = self
            .server
            .post(&format!("/api/{}/{below_space}", self.space), body)
            .await;
        made["Id"].as_str().unwrap().to_owned()
    }

    async fn first(&self, list: &str) -> String {
        let list = self
            .server
            .get(&format!("/api/{}/{list}", self.space))
            .await;
        list["Items"][0]["Id"].as_str().unwrap().to_owned()
    }

    /// A new document of a kind.
    pub(crate) async fn make(&self, kind: &str) -> String {
        let named = || json!({ "Name": self.name() });
        match kind {
            "projectgroups"
            | "lifecycles"
            | "environments"
            | "machinepolicies"
            | "tagsets"
            | "tenants"
            | "libraryvariablesets" => self.post(kind, named()).await,
            "projects" => self.project().await,
            "channels" => {
                self.post(
                    kind,
                    json!({ "Name": self.name(), "ProjectId": self.id("projects") }),
                )
                .await
            }
            "machines" => self.post(kind, self.machine()).await,
            "workerpools" => {
                self.post(
                    kind,
                    json!({ "Name": self.name(), "WorkerPoolType": "StaticWorkerPool" }),
                )
                .await
            }
            "accounts" => self.post(kind, self.account()).await,
            "certificates" => self.post(kind, self.certificate()).await,
            "proxies" => {
                let proxy = json!({ "Name": self.name(), "Host": "proxy.example", "Port": 80 });
                self.post(kind, proxy).await
            }
            "feeds" => self.first("feeds").await,
            "packages" => self.package().await,
            "build-information" => self.post(kind, self.build_information()).await,
            // None can be made yet, so there is nothing to be let in to.
            "workers" => "Workers-1".to_owned(),
            "users" => self.user().await,
            "apikeys" => self.api_key().await,
            "userroles" => self.system("userroles", named()).await,
            "teams" => self.post(kind, named()).await,
            "scopeduserroles" => self.post(kind, self.scoped_role()).await,
            "spaces" => self.empty_space().await,
            "releases" => self.release().await,
            "deployments" | "rerun" => self.ended(kind).await,
            "runbooks" => self.runbook().await,
            "runbooksnapshots" => self.snapshot().await,
            "runbookruns" => self.ended_run().await,
            "tasks" => self.deployment(&self.id("releases"), true).await.1,
            "interruptions" => self.interruption().await,
            "artifacts" => {
                let task = self.id("tasks");
                self.post(kind, json!({ "Filename": "a.txt", "ServerTaskId": task }))
                    .await
            }
            "events" => self.first("events").await,
            "systemevents" => {
                let list = self.server.get("/api/events").await;
                list["Items"][0]["Id"].as_str().unwrap().to_owned()
            }
            _ => panic!("matrix/world.rs cannot make '{kind}'"),
        }
    }

    async fn system(&self, collection: &str, body: Value) -> String {
        let made = self.server.post(&format!("/api/{collection}"), body).await;
        made["Id"].as_str().unwrap().to_owned()
    }

    pub(crate) fn machine(&self) -> Value {
        json!({ "Name": self.name(), "Endpoint": { "CommunicationStyle": "None" }, "EnvironmentIds": [self.id("environments")], "Roles": ["web"] })
    }

    pub(crate) fn account(&self) -> Value {
        let token = json!({ "HasValue": true, "NewValue": "hush" });
        json!({ "Name": self.name(), "AccountType": "Token", "Token": token })
    }

    pub(crate) fn certificate(&self) -> Value {
        let data = json!({ "HasValue": true, "NewValue": crate::certificate::web() });
        json!({ "Name": self.name(), "CertificateData": data })
    }

    pub(crate) fn build_information(&self) -> Value {
        let version = format!("1.0.{}", self.count.fetch_add(1, Ordering::Relaxed));
        json!({ "PackageId": "web", "Version": version, "OctopusBuildInformation": { "BuildNumber": "seven" } })
    }

    async fn package(&self) -> String {
        let number = self.count.fetch_add(1, Ordering::Relaxed);
        // Another one in each space, because ids of packages say nothing of it.
        let file = format!("web-{}.1.0.{number}.zip", self.space);
        let url = format!("{}/api/{}/packages/raw", self.server.base, self.space);
        let request = self
            .server
            .http
            .post(url)
            .header("X-Octopus-ApiKey", ADMIN_KEY);
        let form = form("file", &file, &zip(&file));
        let pushed = answered(request.header("Content-Type", MULTIPART).body(form)).await;
        assert_eq!(pushed.status, 201, "{}", pushed.text);
        pushed.body["Id"].as_str().unwrap().to_owned()
    }

    pub(crate) fn project_body(&self) -> Value {
        json!({ "Name": self.name(), "ProjectGroupId": self.id("projectgroups"), "LifecycleId": self.id("lifecycles") })
    }

    pub(crate) fn scoped_role(&self) -> Value {
        json!({ "TeamId": self.id("teams"), "UserRoleId": self.id("userroles"), "SpaceId": self.space })
    }

    pub(crate) fn runbook_body(&self) -> Value {
        json!({ "Name": self.name(), "ProjectId": self.id("projects") })
    }

    pub(crate) fn snapshot_body(&self) -> Value {
        json!({ "RunbookId": self.id("runbooks") })
    }

    pub(crate) fn run_body(&self) -> Value {
        json!({ "RunbookId": self.id("runbooks"), "EnvironmentId": self.id("environments"), "QueueTime": "2026-01-03T03:04:05Z" })
    }

    pub(crate) fn previews_body(&self) -> Value {
        json!({ "DeploymentPreviews": [{ "EnvironmentId": self.id("environments") }] })
    }

    async fn runbook(&self) -> String {
        let id = self.post("runbooks", self.runbook_body()).await;
        let path = format!("/api/{}/runbookProcesses/RunbookProcess-{id}", self.space);
        self.asks(&path).await;
        id
    }

    /// The first of a runbook is published, so that runs need not say of what.
    async fn snapshot(&self) -> String {
        let is_first = !self.ids.contains_key("runbooksnapshots");
        let path = format!("runbookSnapshots?publish={is_first}");
        self.post(&path, self.snapshot_body()).await
    }

    async fn ended_run(&self) -> String {
        let path = format!("/api/{}/runbookRuns", self.space);
        let made = self.server.post(&path, self.run_body()).await;
        let text = |key: &str| made[key].as_str().unwrap().to_owned();
        let path = format!("/api/{}/tasks/{}/cancel", self.space, text("TaskId"));
        self.server.expect(Method::POST, &path, None, 200).await;
        text("Id")
    }

    /// Its process asks a person, so that its deployments wait instead of ending.
    async fn project(&self) -> String {
        let id = self.post("projects", self.project_body()).await;
        let path = format!("/api/{}/projects/{id}/deploymentprocesses", self.space);
        self.asks(&path).await;
        id
    }

    async fn asks(&self, path: &str) {
        let mut process = self.server.get(path).await;
        let mut ask = step("Ask", None);
        ask["Actions"][0]["ActionType"] = json!("Octopus.Manual");
        ask["Actions"][0]["Properties"] = json!({
            "Octopus.Action.Manual.Instructions": "Well?", "Octopus.Action.RunOnServer": "true",
            // Or being responsible would be enough.
            "Octopus.Action.Manual.ResponsibleTeamIds": "teams-managers",
        });
        process["Steps"] = json!([ask]);
        self.server.put(path, process).await;
    }

    async fn user(&self) -> String {
        let name = self.name();
        self.system(
            "users",
            json!({ "Username": name, "DisplayName": name, "IsService": true }),
        )
        .await
    }

    async fn api_key(&self) -> String {
        let path = format!("users/{}/apikeys", self.id("users"));
        self.system(&path, json!({ "Purpose": "to be looked at" }))
            .await
    }

    async fn empty_space(&self) -> String {
        let body = json!({ "Name": self.name(), "SpaceManagersTeams": ["teams-administrators"], "TaskQueueStopped": true });
        self.system("spaces", body).await
    }

    pub(crate) fn release_body(&self) -> Value {
        json!({ "ProjectId": self.id("projects"), "Version": format!("0.1.{}", self.count.fetch_add(1, Ordering::Relaxed)) })
    }

    async fn release(&self) -> String {
        if self.ids.contains_key("releases") {
            return self.post("releases", self.release_body()).await;
        }
        self.post(
            "releases",
            json!({ "ProjectId": self.id("projects"), "Version": "0.0.1" }),
        )
        .await
    }

    pub(crate) fn deployment_body(&self, release: &str, later: bool) -> Value {
        let at = later.then_some("2026-01-03T03:04:05Z");
        json!({ "ReleaseId": release, "EnvironmentId": self.id("environments"), "QueueTime": at })
    }

    /// A new deployment and its task; in the queue until tomorrow, or at work.
    pub(crate) async fn deployment(&self, release: &str, later: bool) -> (String, String) {
        let path = format!("/api/{}/deployments", self.space);
        let made = self
            .server
            .post(&path, self.deployment_body(release, later))
            .await;
        let text = |key: &str| made[key].as_str().unwrap().to_owned();
        (text("Id"), text("TaskId"))
    }

    /// A deployment (or its task) that is over, of a release of its own.
    async fn ended(&self, kind: &str) -> String {
        let release = self.post("releases", self.release_body()).await;
        let (deployment, task) = self.deployment(&release, true).await;
        let path = format!("/api/{}/tasks/{task}/cancel", self.space);
        self.server.expect(Method::POST, &path, None, 200).await;
        if kind == "rerun" { task } else { deployment }
    }

    /// The question of a deployment that is at work: of a project of its own, because one waits for another.
    async fn interruption(&self) -> String {
        let project = self.project().await;
        let release = self
            .post(
                "releases",
                json!({ "ProjectId": project, "Version": "0.0.1" }),
            )
            .await;
        let (_, task) = self.deployment(&release, false).await;
        let path = format!("/api/{}/interruptions?regarding={task}", self.space);
        loop {
            let asked = self.server.get(&path).await;
            if let Some(id) = asked["Items"][0]["Id"].as_str() {
                return id.to_owned();
            }
            let task = format!("/api/{}/tasks/{task}", self.space);
            let task = self.server.get(&task).await;
            assert_eq!(
                task["IsCompleted"], false,
                "it ended without asking: {task}"
            );
            tokio::task::yield_now().await;
        }
    }
}
