//! P8: the server killed every 2 s while the graph of P1 runs 20 times; each script leaves a line that says it ran.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use serde_json::Value;

use super::project::{Installation, deploy, layered_graph, prepare};
use crate::demo::client::Client;
use crate::demo::watch::wait_until_finished;
use crate::server_process::ServerProcess;

const KILL_EVERY: Duration = Duration::from_secs(2);

pub(crate) async fn run(deployments: usize) -> Result<()> {
    let installation = Installation::new(&["--worker-slots", "2"])?;
    let server = installation.start("127.0.0.1:0").await?;
    let listen = server.address.trim_start_matches("http://").to_owned();
    let client = installation.client(&server);
    let starts = installation.folder.path().join("starts");
    let graph = layered_graph(|index| {
        format!(
            "echo \"$(get_octopusvariable Octopus.Task.Id)/{index}\" >> {}",
            starts.display()
        )
    });
    let body = prepare(&client, "P8", &graph).await?;

    let calm = one_round(&client, &body, deployments).await?;
    let before = count(&starts)?;
    ensure!(
        before.values().all(|&times| times == 1),
        "a script ran twice without any kill"
    );
    let started = Instant::now();
    let (server, kills) =
        killed_round(&installation, server, &listen, (&body, deployments)).await?;
    let stormy = started.elapsed();
    server.stop().await?;

    let counts = count(&starts)?;
    let expected = 2 * deployments * graph.len();
    let doubled = counts.values().filter(|&&times| times > 1).count();
    let lost = expected - counts.len();
    let added = (stormy.as_secs_f64() - calm.as_secs_f64()) / f64::from(kills.max(1));
    println!(
        "P8: {deployments} deployments x {} steps, {kills} kills: {lost} lost, {doubled} doubled; \
         {:.1} s calm, {:.1} s with kills, {added:.2} s added per kill; goals 0, 0 and 1.5",
        graph.len(),
        calm.as_secs_f64(),
        stormy.as_secs_f64(),
    );
    ensure!(lost == 0 && doubled == 0, "scripts were lost or ran twice");
    Ok(())
}

/// How often each script ran.
fn count(starts: &std::path::Path) -> Result<BTreeMap<String, usize>> {
    let mut counts = BTreeMap::new();
    for line in std::fs::read_to_string(starts)?.lines() {
        *counts.entry(line.to_owned()).or_default() += 1;
    }
    Ok(counts)
}

async fn one_round(client: &Client, body: &Value, deployments: usize) -> Result<Duration> {
    let started = Instant::now();
    let mut tasks = Vec::new();
    for _ in 0..deployments {
        tasks.push(deploy(client, body).await?);
    }
    for task in &tasks {
        ensure!(
            wait_until_finished(client, task).await?.succeeded,
            "task {task} did not succeed"
        );
    }
    Ok(started.elapsed())
}

/// The same round while the server is killed and started again until every task has ended.
async fn killed_round(
    installation: &Installation,
    server: ServerProcess,
    listen: &str,
    (body, deployments): (&Value, usize),
) -> Result<(ServerProcess, u32)> {
    let client = installation.client(&server);
    let mut open = VecDeque::new();
    for _ in 0..deployments {
        open.push_back(deploy(&client, body).await?);
    }
    let (mut server, mut kills) = (server, 0);
    loop {
        let done = tokio::time::timeout(KILL_EVERY, all_finished(&client, &mut open)).await;
        if let Ok(result) = done {
            result?;
            return Ok((server, kills));
        }
        server.kill().await?;
        kills += 1;
        server = installation.start(listen).await?;
    }
}

/// Takes each finished task from `open`, so that a kill does not make the ended ones be read again.
async fn all_finished(client: &Client, open: &mut VecDeque<String>) -> Result<()> {
    while let Some(task) = open.front() {
        let result = wait_until_finished(client, task).await?;
        ensure!(result.succeeded, "task {task} did not succeed: {result:?}");
        ensure!(
            result.order_respected(),
            "task {task} broke the order: {result:?}"
        );
        open.pop_front();
    }
    Ok(())
}
