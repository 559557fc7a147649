//! P3: in a chain, from the last instruction of a step's script to the first instruction of the next one's.
//! That is more than "settled to started": it includes bash ending and bash starting.

use anyhow::{Context, Result, ensure};

use super::project::{BenchStep, Installation, deploy, prepare};
use super::stats::{median, percentile};
use crate::demo::watch::wait_until_finished;

pub(crate) async fn run(steps: usize) -> Result<()> {
    let installation = Installation::new(&[])?;
    let server = installation.start("127.0.0.1:0").await?;
    let client = installation.client(&server);
    let stamps = installation.folder.path().join("stamps");
    let chain: Vec<BenchStep> = (0..steps)
        .map(|index| BenchStep {
            slug: format!("s{index}"),
            depends_on: index
                .checked_sub(1)
                .map(|before| format!("s{before}"))
                .into_iter()
                .collect(),
            script: format!(
                "started=$EPOCHREALTIME; echo $started $EPOCHREALTIME >> {}",
                stamps.display()
            ),
        })
        .collect();
    let body = prepare(&client, "P3", &chain).await?;
    let task = deploy(&client, &body).await?;
    ensure!(
        wait_until_finished(&client, &task).await?.succeeded,
        "task {task} did not succeed"
    );
    server.stop().await?;
    let gaps_ms = gaps_ms(&std::fs::read_to_string(&stamps).context("the scripts left no times")?)?;
    ensure!(
        gaps_ms.len() + 1 == steps,
        "{steps} steps, {} gaps",
        gaps_ms.len()
    );
    let bash = bash_start_ms()?;
    println!(
        "P3: end to next start p50 {:.2} ms, p99 {:.2} ms over {} gaps (starting bash alone: p50 {bash:.2} ms); goals 3 and 20",
        median(&gaps_ms),
        percentile(&gaps_ms, 99.0),
        gaps_ms.len(),
    );
    Ok(())
}

/// Milliseconds between one line's second time and the next line's first.
fn gaps_ms(text: &str) -> Result<Vec<f64>> {
    let mut ended: Option<f64> = None;
    let mut gaps = Vec::new();
    for line in text.lines() {
        let (start, end) = line
            .split_once(' ')
            .with_context(|| format!("not two times: {line}"))?;
        if let Some(ended) = ended {
            gaps.push((start.parse::<f64>()? - ended) * 1000.0);
        }
        ended = Some(end.parse()?);
    }
    Ok(gaps)
}

/// Median milliseconds a bare `bash -c :` takes, for comparison.
fn bash_start_ms() -> Result<f64> {
    let mut sample = Vec::new();
    for _ in 0..100 {
        let started = std::time::Instant::now();
        std::process::Command::new("bash")
            .args(["-c", ":"])
            .status()?;
        sample.push(started.elapsed().as_secs_f64() * 1000.0);
    }
    Ok(median(&sample))
}
