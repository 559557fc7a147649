//! Everything that can be seen of an installation from outside, searched for secrets in every form.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::place::{NO_SECRET, PLACES, canary};
use crate::installation::{ADMIN_KEY, Installation, PASSWORD, process, text};

/// What is waited for takes seconds.
const STUCK_AFTER: Duration = Duration::from_secs(120);

/// The forms a secret could be found in.
pub(super) fn forms(secret: &str) -> Vec<String> {
    let json = Value::from(secret).to_string();
    let url = |kept: &dyn Fn(u8) -> bool| -> String {
        let one = |byte: u8| match kept(byte) {
            true => char::from(byte).to_string(),
            false => format!("%{byte:02X}"),
        };
        secret.bytes().map(one).collect()
    };
    let hex = |byte: u8| format!("{byte:02x}");
    vec![
        secret.to_owned(),
        STANDARD.encode(secret),
        url(&|byte| byte.is_ascii_alphanumeric()),
        url(&|byte| byte.is_ascii_alphanumeric() || b"-_.~/".contains(&byte)),
        json[1..json.len() - 1].to_owned(),
        secret.bytes().map(hex).collect(),
    ]
}

/// A stream of the server's, read as it comes.
pub(super) struct Listening(Arc<Mutex<String>>);

impl Listening {
    pub(super) async fn to(installation: &Installation, path: &str) -> Self {
        let request = reqwest::Client::new().get(format!("{}{path}", installation.base));
        let request = request
            .header("X-Octopus-ApiKey", ADMIN_KEY)
            .header("Accept", "text/event-stream");
        let mut response = request.send().await.unwrap();
        assert_eq!(response.status(), 200, "{path}");
        let heard = Arc::new(Mutex::new(String::new()));
        let into = Arc::clone(&heard);
        drop(tokio::spawn(async move {
            while let Ok(Some(chunk)) = response.chunk().await {
                into.lock()
                    .unwrap()
                    .push_str(&String::from_utf8_lossy(&chunk));
            }
        }));
        Self(heard)
    }

    /// Everything it said, once this was among it.
    pub(super) async fn until(self, what: &str) -> String {
        let began = std::time::Instant::now();
        loop {
            let heard = self.0.lock().unwrap().clone();
            if heard.contains(what) {
                return heard;
            }
            assert!(
                began.elapsed() < STUCK_AFTER,
                "the stream never told of {what}, in {} bytes",
                heard.len()
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

/// See the module.
#[derive(Default)]
pub(super) struct Sweep {
    seen: Vec<(String, String)>,
    more: Vec<String>,
}

impl Sweep {
    pub(super) fn also_secret(&mut self, secret: &str) {
        self.more.push(secret.to_owned());
    }

    pub(super) fn add(&mut self, place: &str, content: String) {
        self.seen.push((place.to_owned(), content));
    }

    /// Arguments and environment of the worker's three processes, and of every script with what it started. Only the
    /// server is given secrets by its environment: the first administrator's.
    pub(super) fn processes(&mut self, installation: &Installation) {
        let names = self.running(installation);
        for kind in ["\nagent\n", "\nagent-supervisor\n/", "\n--kept\n"] {
            assert!(names.contains(kind), "no process {kind:?}: {names}");
        }
    }

    /// Of those that run now; answers the arguments of all.
    pub(super) fn running(&mut self, installation: &Installation) -> String {
        let mut names = String::new();
        for pid in process::of(installation.folder.path()) {
            let arguments = process::read(pid, "cmdline");
            names.push_str(&arguments);
            if pid != installation.server_pid() {
                self.add(
                    &format!("environ of {arguments:?}"),
                    process::read(pid, "environ"),
                );
            }
            self.add("arguments", arguments);
        }
        names
    }

    /// Every file below a folder, as far as it reads as text.
    pub(super) fn files(&mut self, folder: &Path, when: &str) {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            let (path, kind) = (entry.path(), entry.file_type());
            match kind {
                Ok(kind) if kind.is_dir() => self.files(&path, when),
                Ok(kind) if kind.is_file() => {
                    let bytes = std::fs::read(&path).unwrap_or_default();
                    let content = String::from_utf8_lossy(&bytes).into_owned();
                    self.add(&format!("{} {when}", path.display()), content);
                }
                _ => {}
            }
        }
    }

    /// What the API says about the deployment and everything it is made of.
    pub(super) async fn answers(
        &mut self,
        installation: &Installation,
        task: &str,
        deployment: &str,
    ) {
        let space = "/api/Spaces-1";
        let deployed = installation
            .get(&format!("{space}/deployments/{deployment}"))
            .await;
        let release = format!("{space}/releases/{}", text(&deployed["ReleaseId"]));
        let frozen = installation.get(&release).await;
        let tenant = format!("{space}/tenants/{}", text(&deployed["TenantId"]));
        let project = format!("{space}/projects/{}", text(&deployed["ProjectId"]));
        let environment = text(&deployed["EnvironmentId"]);
        for path in [
            format!("/api/tasks/{task}/details?verbose=true"),
            format!("/api/tasks/{task}/raw"),
            format!("{space}/tasks/{task}/raw?download=true"),
            format!("{space}/tasks/{task}/events?take=10000"),
            format!("{space}/tasks/{task}/run"),
            format!("{space}/tasks/{task}/explain"),
            format!("{space}/tasks/{task}/verdict"),
            format!("{space}/tasks/{task}/log?take=10000"),
            format!("{space}/deployments/{deployment}"),
            format!(
                "{space}/variables/{}",
                text(&frozen["ProjectVariableSetSnapshotId"])
            ),
            format!(
                "{space}/deploymentprocesses/{}",
                text(&frozen["ProjectDeploymentProcessSnapshotId"])
            ),
            format!("{release}/deployments/preview/{environment}"),
            format!("{release}/plan/{environment}"),
            format!("{project}/progression"),
            format!("{space}/dashboard?extended=true"),
            format!("{space}/accounts"),
            format!("{space}/libraryvariablesets"),
            format!("{tenant}/variables"),
            format!("{tenant}/projectvariables"),
            "/api/events?take=1000".to_owned(),
            "/api/users".to_owned(),
            "/api/metrics".to_owned(),
            "/metrics".to_owned(),
        ] {
            let answer = installation.text(&path).await;
            self.add(&path, answer);
        }
    }

    /// Where a secret is, by secret.
    pub(super) fn found(&self) -> Vec<String> {
        let canaries = PLACES.iter().map(|place| canary(place));
        let mut secrets: Vec<String> = canaries
            .chain(self.more.iter().cloned())
            .flat_map(|secret| forms(&secret))
            .collect();
        secrets.extend([ADMIN_KEY.to_owned(), PASSWORD.to_owned()]);
        let mut found = Vec::new();
        for (place, content) in &self.seen {
            let here = secrets
                .iter()
                .filter(|secret| content.contains(secret.as_str()));
            found.extend(here.map(|secret| format!("{secret} is in {place}")));
        }
        found
    }

    /// Nothing is found, although what is no secret is found where secrets would be.
    pub(super) fn check(&self) {
        let known = |what: &str| {
            let places = self.seen.iter();
            places.filter(|(_, content)| content.contains(what)).count()
        };
        assert!(known(NO_SECRET) >= 4, "the sweep sees too little");
        let found = self.found();
        assert!(found.is_empty(), "{}", found.join("\n"));
    }
}
