//! Server, link and supervisor killed again and again while deployments run: nothing lost, nothing run twice, no line
//! missing without a word.

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

/// How often each process is killed.
#[derive(Clone, Copy, Default)]
struct Kills {
    server: usize,
    link: usize,
    supervisor: usize,
}

async fn torture(mut installation: Installation, kills: Kills) {
    let runs = installation.folder.path().join("runs");
    let project = installation
        .project("Torture", steps(&runs.display().to_string()))
        .await;
    let mut tasks = vec![installation.deploy(&project, json!({})).await];
    for round in 0..kills.server.max(kills.link).max(kills.supervisor) {
        // Not a wait for something: the moment of the kill is to be another one each time.
        tokio::time::sleep(Duration::from_millis(150 + 97 * (round as u64 % 11))).await;
        if round < kills.supervisor {
            installation.kill_supervisor();
        }
        if round < kills.link {
            installation.kill_link();
        }
        if round < kills.server {
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
        if over["State"] != "Success" {
            panic!("{over} {:#?}", installation.events(task).await);
        }
        check_log(&installation, task, kills.supervisor > 0).await;
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

/// Numbers without gaps, and of every script exactly its lines in order. What a supervisor took along when it was killed
/// may be missing at the end of a script, if the log says so.
async fn check_log(installation: &Installation, task: &str, may_be_cut_off: bool) {
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
        let mut found = by_step.remove(&format!("s{index:02}")).unwrap_or_default();
        let is_cut_off = found
            .last()
            .is_some_and(|line| line.contains("may be missing"));
        if is_cut_off && may_be_cut_off {
            found.pop();
            assert!(expected.starts_with(&found), "{task}: {found:?}");
        } else {
            assert_eq!(found, expected, "{task}");
        }
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
    let kills = Kills {
        server: 40,
        link: 40,
        supervisor: 0,
    };
    torture(Installation::start().await, kills).await;
}

/// Every end is known all the same: the supervisor's keeper saw it.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_or_doubled_when_the_supervisor_is_killed_forty_times() {
    let kills = Kills {
        supervisor: 40,
        ..Kills::default()
    };
    torture(Installation::start().await, kills).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_or_doubled_when_everything_is_killed_at_once() {
    let kills = Kills {
        server: 10,
        link: 10,
        supervisor: 10,
    };
    torture(Installation::start().await, kills).await;
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
    let kills = Kills {
        server: 8,
        link: 8,
        supervisor: 0,
    };
    torture(Installation::start_on(Some(url)).await, kills).await;
}
