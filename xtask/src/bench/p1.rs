//! P1: a graph of 1,000 `bash` steps at parallelism 2, against `xargs -P2` starting 1,000 of the same.

use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Result, ensure};

use super::project::{Installation, deploy, layered_graph, prepare};
use super::stats::{median, percentile};
use crate::demo::watch::wait_until_finished;

/// The program both sides start 1,000 times.
const SCRIPT: &str = "echo $0";

pub(crate) async fn run(rounds: usize) -> Result<()> {
    let installation = Installation::new(&["--worker-slots", "2"])?;
    let server = installation.start("127.0.0.1:0").await?;
    let client = installation.client(&server);
    let body = prepare(&client, "P1", &layered_graph(|_| SCRIPT.to_owned())).await?;
    let (mut ours, mut baseline, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..=rounds {
        let started = Instant::now();
        let task = deploy(&client, &body).await?;
        let result = wait_until_finished(&client, &task).await?;
        let seconds = started.elapsed().as_secs_f64();
        ensure!(
            result.succeeded,
            "round {round} did not succeed: {result:?}"
        );
        ensure!(
            result.order_respected(),
            "round {round} broke the order: {result:?}"
        );
        let reference = xargs()?;
        if round == 0 {
            continue; // warms the page cache for both
        }
        println!(
            "round {round}: regatta {seconds:.3} s, xargs {reference:.3} s, ratio {:.2}",
            seconds / reference
        );
        ours.push(seconds);
        baseline.push(reference);
        ratios.push(seconds / reference);
    }
    server.stop().await?;
    println!(
        "P1: regatta {:.3} s, xargs {:.3} s; ratio median {:.2} (p10 {:.2}, p90 {:.2}); goal 1.25",
        median(&ours),
        median(&baseline),
        median(&ratios),
        percentile(&ratios, 10.0),
        percentile(&ratios, 90.0),
    );
    Ok(())
}

/// Seconds `xargs` takes for the same 1,000 programs, two at once, output thrown away.
fn xargs() -> Result<f64> {
    let started = Instant::now();
    let status = Command::new("sh")
        .args([
            "-c",
            &format!("seq 1000 | xargs -P2 -n1 bash -c '{SCRIPT}'"),
        ])
        .stdout(Stdio::null())
        .status()?;
    ensure!(status.success(), "xargs ended with {status}");
    Ok(started.elapsed().as_secs_f64())
}
