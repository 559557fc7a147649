//! A server with one project, environment and release, ready to be deployed again and again.

use std::path::PathBuf;

use anyhow::{Context, Result};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::demo::client::Client;
use crate::server_process::{Profile, ServerProcess, Start, build, random_text};

/// One bash step of a benchmark process.
pub(crate) struct BenchStep {
    pub(crate) slug: String,
    pub(crate) depends_on: Vec<String>,
    pub(crate) script: String,
}

/// A data directory, and what it takes to start a server on it again.
pub(crate) struct Installation {
    pub(crate) folder: TempDir,
    binary: PathBuf,
    api_key: String,
    extra: Vec<String>,
}

impl Installation {
    /// Builds the release binary and makes a fresh data directory.
    pub(crate) fn new(extra: &[&str]) -> Result<Self> {
        Ok(Self {
            folder: tempfile::tempdir()?,
            binary: build(Profile::Release)?,
            api_key: format!("API-{}", random_text(26)?),
            extra: extra.iter().map(ToString::to_string).collect(),
        })
    }

    pub(crate) async fn start(&self, listen: &str) -> Result<ServerProcess> {
        let extra: Vec<&str> = self.extra.iter().map(String::as_str).collect();
        let data_dir = self.folder.path().join("data");
        ServerProcess::start(&Start {
            binary: &self.binary,
            data_dir: &data_dir,
            listen,
            api_key: &self.api_key,
            password: "Bench-Passw0rd!",
            extra: &extra,
        })
        .await
    }

    pub(crate) fn client(&self, server: &ServerProcess) -> Client {
        Client::new(server.address.clone(), self.api_key.clone())
    }
}

/// Creates environment `Bench`, a project with these steps and its first release.
/// Answers with the body that deploys it through the legacy route.
pub(crate) async fn prepare(client: &Client, name: &str, steps: &[BenchStep]) -> Result<Value> {
    let first = async |path: &str| -> Result<Value> {
        Ok(client.get(path).await?["Items"][0]["Id"].clone())
    };
    let environment =
        match client.get("/api/environments?partialName=Bench").await?["Items"][0]["Id"].clone() {
            Value::Null => client
                .post("/api/environments", &json!({"Name": "Bench"}))
                .await?["Id"]
                .clone(),
            id => id,
        };
    let project = client
        .post(
            "/api/projects",
            &json!({
                "Name": name,
                "LifecycleId": first("/api/lifecycles?take=1").await?,
                "ProjectGroupId": first("/api/projectgroups?take=1").await?,
            }),
        )
        .await?;
    let id = project["Id"]
        .as_str()
        .context("a created project has an Id")?;
    let path = format!("/api/Spaces-1/projects/{id}/deploymentprocesses");
    let mut process = client.get(&path).await?;
    process["Steps"] = steps.iter().map(step_json).collect();
    client.put(&path, &process).await?;
    let release = client
        .post(
            "/api/Spaces-1/releases/create/v1",
            &json!({"SpaceIdOrName": "Spaces-1", "ProjectName": id}),
        )
        .await?;
    Ok(json!({"ReleaseId": release["ReleaseId"], "EnvironmentId": environment}))
}

/// Deploys; answers with the id of the task.
pub(crate) async fn deploy(client: &Client, body: &Value) -> Result<String> {
    let deployment = client.post("/api/Spaces-1/deployments", body).await?;
    Ok(deployment["TaskId"]
        .as_str()
        .context("a deployment names its task")?
        .to_owned())
}

fn step_json(step: &BenchStep) -> Value {
    json!({
        "Name": step.slug,
        "Slug": step.slug,
        "StartTrigger": "StartWithPrevious",
        "Properties": {"Regatta.Step.DependsOn": json!(step.depends_on).to_string()},
        "Actions": [{
            "Name": step.slug,
            "ActionType": "Octopus.Script",
            "Properties": {
                "Octopus.Action.RunOnServer": "true",
                "Octopus.Action.Script.ScriptSource": "Inline",
                "Octopus.Action.Script.Syntax": "Bash",
                "Octopus.Action.Script.ScriptBody": step.script,
            },
        }],
    })
}

/// The graph of P1: 20 layers of 50 steps, each waiting for 3 of the layer before.
pub(crate) fn layered_graph(script: impl Fn(usize) -> String) -> Vec<BenchStep> {
    let slug = |layer: usize, place: usize| format!("s{layer:02}-{:02}", place % 50);
    let step = |index: usize| {
        let (layer, place) = (index / 50, index % 50);
        let before = layer.checked_sub(1);
        let depends_on = before.map_or(Vec::new(), |before| {
            (0..3).map(|k| slug(before, place + k * 7)).collect()
        });
        BenchStep {
            slug: slug(layer, place),
            depends_on,
            script: script(index),
        }
    };
    (0..1000).map(step).collect()
}
