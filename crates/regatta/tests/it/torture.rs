//! Server and link killed again and again while deployments run: nothing lost, nothing run twice, no line missing.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};

use crate::installation::{Installation, step, text};

const STEPS: usize = 24;
const LINES: usize = 5;

/// Every script leaves a line that names its task and step, and prints numbered lines.
fn steps(runs: &str) -> Vec<Value> {
    let script = |index: usize| {
        format!(
            "echo $(get_octopusvariable Octopus.Task.Id)/{index} >> {runs}; \
             for k in $(seq {LINES}); do echo line $k of {index}; sleep 0.05; done"
        )
    };
    let name = |index: usize| format!("s{index:02}");
    let one = |index: usize| {
        let before: Vec<String> = index
            .checked_sub(4)
            .map(name)
            .into_iter()
            .chain((index.is_multiple_of(3) && index > 4).then(|| name(index - 3)))
            .collect();
        let before: Vec<&str> = before.iter().map(String::as_str).collect();
        step(&name(index), Some(&before), &script(index))
    };
    (0..STEPS).map(one).collect()
}

async fn torture(mut installation: Installation, server_kills: usize, link_kills: usize) {
    let runs = installation.folder.path().join("runs");
    let project = installation
        .project("Torture", steps(&runs.display().to_string()))
        .await;
    let mut tasks = vec![installation.deploy(&project, json!({})).await];
    for round in 0..server_kills.max(link_kills) {
        // Not a wait for something: the moment of the kill is to be another one each time.
        tokio::time::sleep(Duration::from_millis(150 + 97 * (round as u64 % 11))).await;
        if round < link_kills {
            installation.kill_link();
        }
        if round < server_kills {
            installation.kill_server().await;
            installation.start_server().await;
        }
        let last = installation
            .get(&format!("/api/tasks/{}", tasks[tasks.len() - 1]))
            .await;
        if last["IsCompleted"] == true {
            tasks.push(installation.deploy(&project, json!({})).await);
        }
    }
    for task in &tasks {
        let over = installation.finished(task).await;
        assert_eq!(over["State"], "Success", "{over}");
        check_log(&installation, task).await;
        check_events(&installation, task).await;
    }
    let mut counts = BTreeMap::<String, usize>::new();
    for line in std::fs::read_to_string(&runs).unwrap().lines() {
        *counts.entry(line.to_owned()).or_default() += 1;
    }
    let twice: Vec<_> = counts.iter().filter(|(_, times)| **times > 1).collect();
    assert!(twice.is_empty(), "ran twice: {twice:?}");
    assert_eq!(counts.len(), tasks.len() * STEPS, "scripts were lost");
}

/// Numbers without gaps, and of every script exactly its lines in order.
async fn check_log(installation: &Installation, task: &str) {
    let page = installation
        .get(&format!("/api/Spaces-1/tasks/{task}/log?take=10000"))
        .await;
    let mut by_step = BTreeMap::<String, Vec<String>>::new();
    for (index, line) in page["Lines"].as_array().unwrap().iter().enumerate() {
        assert_eq!(line["Number"], json!(index + 1));
        if let Some(step) = line["StepSlug"].as_str() {
            by_step
                .entry(step.to_owned())
                .or_default()
                .push(text(&line["MessageText"]));
        }
    }
    for index in 0..STEPS {
        let expected: Vec<String> = (1..=LINES)
            .map(|line| format!("line {line} of {index}"))
            .collect();
        assert_eq!(
            by_step.get(&format!("s{index:02}")),
            Some(&expected),
            "{task}"
        );
    }
}

/// Events are numbered without gaps, and every dependency was kept.
async fn check_events(installation: &Installation, task: &str) {
    for (index, event) in installation.events(task).await.iter().enumerate() {
        assert_eq!(event["Seq"], json!(index + 1));
    }
    let verdict = installation
        .get(&format!("/api/Spaces-1/tasks/{task}/verdict"))
        .await;
    assert_eq!(
        verdict["DependenciesRespected"], verdict["DependenciesTotal"],
        "{verdict}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_or_doubled_when_server_and_link_are_killed_forty_times_each() {
    torture(Installation::start().await, 40, 40).await;
}

/// The same on PostgreSQL, shorter; where `REGATTA_TEST_POSTGRES_URL` names a server.
#[tokio::test(flavor = "multi_thread")]
async fn the_same_holds_on_postgresql() {
    let Ok(url) = std::env::var("REGATTA_TEST_POSTGRES_URL") else {
        return;
    };
    // A schema of its own: other tests use the same server.
    let schema = format!("torture_{}", std::process::id());
    let mut admin = PgConnection::connect(&url).await.unwrap();
    let create = AssertSqlSafe(format!("CREATE SCHEMA {schema}"));
    admin.execute(create).await.unwrap();
    let separator = if url.contains('?') { '&' } else { '?' };
    let url = format!("{url}{separator}options=-csearch_path%3D{schema}");
    torture(Installation::start_on(Some(url)).await, 8, 8).await;
}
