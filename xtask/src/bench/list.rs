//! List: pages of lists with 10,000 objects of every kind, as a client that is signed in asks for them.
//!
//! The objects are made through the API, many at once; what is measured afterwards is asked one after the other.

mod kind;

use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use serde_json::{Value, json};

use self::kind::{Body, KINDS, Kind, Made};
use super::project::{BenchStep, Installation, prepare};
use super::stats::{median, percentile};
use crate::demo::client::Client;

/// Requests that make objects at the same time.
const AT_ONCE: usize = 16;
const GOAL_MS: f64 = 30.0;
const SPACE: &str = "/api/Spaces-1";

pub(crate) async fn run((objects, requests): (usize, usize), only: &[String]) -> Result<()> {
    for path in only {
        let paths: Vec<&str> = KINDS.iter().map(|kind| kind.path).collect();
        let is_known = paths.contains(&path.as_str());
        ensure!(is_known, "{path} is none of {}", paths.join(", "));
    }
    let wanted = |kind: &&Kind| only.is_empty() || only.iter().any(|path| path == kind.path);
    let installation = Installation::new(&[])?;
    let server = installation.start("127.0.0.1:0").await?;
    let client = Arc::new(installation.client(&server));
    let made = Arc::new(refer(&client).await?);
    let mut worst = 0.0_f64;
    for kind in KINDS.iter().filter(wanted) {
        if let Some(body) = kind.body {
            fill(&client, &made, (kind, body), objects).await?;
        }
        worst = worst.max(measure(&client, kind, (objects, requests)).await?);
    }
    server.stop().await?;
    println!("List: slowest p99 {worst:.1} ms with {objects} objects of each kind; goal {GOAL_MS}");
    Ok(())
}

async fn refer(client: &Client) -> Result<Made> {
    let step = BenchStep {
        slug: "one".to_owned(),
        depends_on: Vec::new(),
        script: "true".to_owned(),
    };
    let deployable = prepare(client, "Lists", &[step]).await?;
    // None of the deployments is to start.
    let mut space = client.get("/api/spaces/Spaces-1").await?;
    space["TaskQueueStopped"] = json!(true);
    client.put("/api/spaces/Spaces-1", &space).await?;
    let release = deployable["ReleaseId"].clone();
    let id = release.as_str().context("a release has an id")?;
    let shown = client.get(&format!("{SPACE}/releases/{id}")).await?;
    let first = async |path: &str| -> Result<Value> {
        Ok(client.get(path).await?["Items"][0]["Id"].clone())
    };
    Ok(Made {
        project: shown["ProjectId"].clone(),
        environment: deployable["EnvironmentId"].clone(),
        release,
        lifecycle: first("/api/lifecycles?take=1").await?,
        group: first("/api/projectgroups?take=1").await?,
    })
}

async fn fill(
    client: &Arc<Client>,
    made: &Arc<Made>,
    (kind, body): (&Kind, Body),
    objects: usize,
) -> Result<()> {
    let path = format!("{SPACE}/{}", kind.path);
    let posts = (0..objects).map(|n| {
        let (client, path, body) = (Arc::clone(client), path.clone(), body(made, n));
        async move { client.post(&path, &body).await.map(drop) }
    });
    stream::iter(posts)
        .buffer_unordered(AT_ONCE)
        .try_collect::<Vec<()>>()
        .await?;
    Ok(())
}

/// The slowest p99 of the ways to ask for a page.
async fn measure(client: &Client, kind: &Kind, (objects, requests): (usize, usize)) -> Result<f64> {
    let path = format!("{SPACE}/{}", kind.path);
    let total = client.get(&format!("{path}?take=1")).await?["TotalResults"].clone();
    ensure!(
        total.as_u64().unwrap_or(0) >= objects as u64,
        "{} has only {total} objects",
        kind.path
    );
    let mut worst = 0.0_f64;
    for (name, query) in [
        ("first", "take=30".to_owned()),
        ("middle", format!("skip={}&take=30", objects / 2)),
        ("last", format!("skip={}&take=30", objects - 30)),
        ("search", format!("{}&take=30", kind.search)),
    ] {
        let url = format!("{path}?{query}");
        let mut times = Vec::with_capacity(requests);
        for _ in 0..requests {
            let began = Instant::now();
            client.get(&url).await?;
            times.push(began.elapsed().as_secs_f64() * 1000.0);
        }
        let p99 = percentile(&times, 99.0);
        println!(
            "List: {:<20} {name:<7} p50 {:>6.1} ms, p99 {p99:>6.1} ms",
            kind.path,
            median(&times)
        );
        worst = worst.max(p99);
    }
    Ok(worst)
}
