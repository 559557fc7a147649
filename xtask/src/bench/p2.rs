//! P2: from the request that creates a deployment to the first instruction of its first script, on an idle server.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, ensure};

use super::project::{BenchStep, Installation, deploy, prepare};
use super::stats::{median, percentile};
use crate::demo::watch::wait_until_finished;

pub(crate) async fn run(deployments: usize) -> Result<()> {
    let installation = Installation::new(&[])?;
    let server = installation.start("127.0.0.1:0").await?;
    let client = installation.client(&server);
    let stamps = installation.folder.path().join("stamps");
    let step = BenchStep {
        slug: "first".into(),
        depends_on: Vec::new(),
        script: format!("echo $EPOCHREALTIME >> {}", stamps.display()),
    };
    let body = prepare(&client, "P2", &[step]).await?;
    let mut asked_at = Vec::new();
    for _ in 0..deployments {
        asked_at.push(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs_f64());
        let task = deploy(&client, &body).await?;
        ensure!(
            wait_until_finished(&client, &task).await?.succeeded,
            "task {task} did not succeed"
        );
    }
    server.stop().await?;
    let text = std::fs::read_to_string(&stamps).context("the scripts left no times")?;
    let ran_at: Vec<f64> = text
        .lines()
        .map(|line| line.replace(',', ".").parse())
        .collect::<Result<_, _>>()?;
    ensure!(
        ran_at.len() == asked_at.len(),
        "{} deployments, {} first instructions",
        asked_at.len(),
        ran_at.len()
    );
    let latencies_ms: Vec<f64> = ran_at
        .iter()
        .zip(&asked_at)
        .map(|(ran, asked)| (ran - asked) * 1000.0)
        .collect();
    println!(
        "P2: request to first instruction p50 {:.1} ms, p99 {:.1} ms over {deployments} deployments; goals 10 and 50",
        median(&latencies_ms),
        percentile(&latencies_ms, 99.0),
    );
    Ok(())
}
