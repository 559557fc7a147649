//! `cargo xtask demo`: a real server, two sample projects, a deployment of each shown live, and the proof of their order.

pub(crate) mod client;
mod live;
mod process;
pub(crate) mod sample;
pub(crate) mod watch;

use std::io::IsTerminal as _;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use clap::Args;
use serde_json::{Value, json};

use crate::portal;
use crate::server_process::{Profile, ServerProcess, Start, USERNAME, build, random_text};
use client::Client;
use live::Live;
use sample::{Sample, TARGETS, WEB_SHOP, WEB_SHOP_COMPLETE};

pub(crate) const SPACE: &str = "/api/Spaces-1";

#[derive(Args)]
pub(crate) struct Demo {
    /// End when both deployments have; exit code 0 only if their order was respected.
    #[arg(long)]
    once: bool,
    /// Address to listen on.
    #[arg(long, default_value = "127.0.0.1:8065")]
    listen: String,
    /// Write what the terminal showed of the first deployment to this file as a picture (SVG).
    #[arg(long)]
    picture: Option<PathBuf>,
}

pub(crate) async fn run(demo: Demo) -> Result<()> {
    portal::build().await?;
    println!("Building regatta (the first time takes some minutes) ...");
    let binary = build(Profile::Debug)?;
    let folder = tempfile::tempdir()?;
    let data_dir = folder.path().join("data");
    let api_key = format!("API-{}", random_text(26)?);
    let password = format!("Demo-{}", random_text(12)?);
    // A second demo, or anything else on the usual port, must not keep `--once` from running.
    let listen = if demo.once {
        "127.0.0.1:0"
    } else {
        &demo.listen
    };
    let start = Start {
        binary: &binary,
        data_dir: &data_dir,
        listen,
        api_key: &api_key,
        password: &password,
        extra: &[],
    };
    let server = ServerProcess::start(&start).await?;
    let client = Client::new(server.address.clone(), api_key);
    let mut live = Live::new(std::io::stdout().is_terminal());
    prepare_targets(&client).await?;
    deploy(&client, &WEB_SHOP, &mut live).await?;
    // The larger sample would not fit on a page.
    if let Some(path) = &demo.picture {
        std::fs::write(path, live.picture())
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    deploy(&client, &WEB_SHOP_COMPLETE, &mut live).await?;
    if demo.once {
        return server.stop().await;
    }
    println!("\nThe server goes on at {}", client.address);
    println!(
        "  user      {USERNAME}\n  password  {password}\n  API key   {}",
        client.api_key
    );
    println!(
        "  data      {} (removed when the demo ends)",
        data_dir.display()
    );
    println!("Press Ctrl-C to end it.");
    tokio::select! {
        ended = server.wait() => ended,
        interrupted = tokio::signal::ctrl_c() => Ok(interrupted?),
    }
}

/// Environment `Test` and the machines in it. They are targets without an agent: a worker acts on their behalf.
pub(crate) async fn prepare_targets(client: &Client) -> Result<()> {
    let environment = client
        .post(&format!("{SPACE}/environments"), &json!({"Name": "Test"}))
        .await?;
    for (name, tag) in TARGETS {
        let machine = json!({
            "Name": name,
            "EnvironmentIds": [environment["Id"]],
            "Roles": [tag],
            "Endpoint": {"CommunicationStyle": "None"},
        });
        client.post(&format!("{SPACE}/machines"), &machine).await?;
    }
    Ok(())
}

/// The smaller sample with a release that was deployed once, so that durations are known.
pub(crate) async fn prepare_web_shop(client: &Client) -> Result<()> {
    prepare_targets(client).await?;
    deploy(client, &WEB_SHOP, &mut Live::new(false)).await
}

/// Creates the sample's project and release, deploys it to Test and shows it; fails unless it ran in order.
async fn deploy(client: &Client, sample: &Sample, live: &mut Live) -> Result<()> {
    let project = create_project(client, sample).await?;
    let release = client
        .post(
            &format!("{SPACE}/releases/create/v1"),
            &json!({"SpaceIdOrName": "Spaces-1", "ProjectName": project}),
        )
        .await?;
    let version = release["ReleaseVersion"]
        .as_str()
        .context("a release has a version")?;
    live.line(&format!(
        "\n{}: deploying release {version} to Test, {} steps",
        sample.name,
        sample.steps.len()
    ));
    let body = json!({
        "SpaceIdOrName": "Spaces-1",
        "ProjectName": project,
        "ReleaseVersion": version,
        "EnvironmentNames": ["Test"],
    });
    let created = client
        .post(&format!("{SPACE}/deployments/create/untenanted/v1"), &body)
        .await?;
    let task = created["DeploymentServerTasks"][0]["ServerTaskId"]
        .as_str()
        .context("a deployment names its task")?;
    let finished = watch::follow(client, task, live).await?;
    live.line(&finished.verdict());
    ensure!(finished.succeeded, "the deployment did not succeed");
    ensure!(finished.order_respected(), "the order was not respected");
    ensure!(
        finished.steps_at_once_max() >= 3,
        "fewer than three steps ran at once"
    );
    Ok(())
}

/// Creates the project with its process; answers with its id.
pub(crate) async fn create_project(client: &Client, sample: &Sample) -> Result<String> {
    let first = async |path: &str| -> Result<Value> {
        Ok(client.get(&format!("{SPACE}/{path}?take=1")).await?["Items"][0]["Id"].clone())
    };
    let body = json!({
        "Name": sample.name,
        "LifecycleId": first("lifecycles").await?,
        "ProjectGroupId": first("projectgroups").await?,
    });
    let project = client.post(&format!("{SPACE}/projects"), &body).await?;
    let id = project["Id"]
        .as_str()
        .context("a created project has an Id")?;
    let path = format!("{SPACE}/projects/{id}/deploymentprocesses");
    let mut document = client.get(&path).await?;
    document["Steps"] = process::steps(sample);
    client.put(&path, &document).await?;
    Ok(id.to_owned())
}
