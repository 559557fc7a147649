//! Killing a process in the middle of its writes: what it was told is durable, is.
//!
//! The child is this same test binary, running [`child_that_writes_until_killed`] with its place in the environment.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Command, Stdio};

use regatta_core::engine::event::Event;
use regatta_store::{Location, LogStore, Store};
use tempfile::TempDir;

use crate::database::{Database, databases};
use crate::log::{all, batch};
use crate::run::{append, insert, pick_up};

const CHILD_LOCATION: &str = "REGATTA_TEST_CHILD_LOCATION";
const CHILD_LOGS: &str = "REGATTA_TEST_CHILD_LOGS";
const TASK: &str = "ServerTasks-1";

fn spawn(location: &Location, logs: &TempDir, limit: Option<&str>) -> Child {
    let location = match location {
        Location::Sqlite(path) => path.display().to_string(),
        Location::Postgres(url) => url.clone(),
    };
    let program = std::env::current_exe().unwrap();
    let mut command = match limit {
        None => Command::new(program),
        Some(limit) => {
            let mut shell = Command::new("bash");
            shell.args(["-c", limit]).arg(program);
            shell
        }
    };
    command
        .args([
            "--exact",
            "crash::child_that_writes_until_killed",
            "--nocapture",
        ])
        .env(CHILD_LOCATION, location)
        .env(CHILD_LOGS, logs.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Does nothing unless started by [`spawn`].
#[tokio::test]
async fn child_that_writes_until_killed() {
    let (Ok(location), Ok(logs)) = (std::env::var(CHILD_LOCATION), std::env::var(CHILD_LOGS))
    else {
        return;
    };
    let location = if location.starts_with("postgres") {
        Location::Postgres(location)
    } else {
        Location::Sqlite(location.into())
    };
    let store = Store::open(location).await.unwrap();
    let logs = LogStore::open(logs.as_ref()).unwrap();
    let mut tx = store.begin().await.unwrap();
    tx.leases_end("a").await.unwrap();
    let lease = tx.lease_take(TASK, "a", 60_000).await.unwrap().unwrap();
    tx.commit().await.unwrap();
    let mut line = *logs.follow(TASK).await.unwrap().borrow();
    for seq in lease.last_seq.. {
        let last_seq = store
            .append(append(&lease, seq, vec![Event::Started]))
            .await
            .unwrap();
        let text = format!("line {}", line + 1);
        match logs.append(TASK, batch("build", &[&text])).await {
            Ok(number) => line = number,
            Err(error) => return say(&format!("refused {error}")),
        }
        say(&format!("durable {last_seq} {line}"));
    }
}

fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    // The parent may be gone, and then so is the reason to write.
    if writeln!(out, "{text}").and_then(|()| out.flush()).is_err() {
        std::process::exit(1);
    }
}

/// Reads what the child says until `count` writes are durable; answers the last (event, line).
fn listen(child: &mut Child, count: usize) -> (u64, u64) {
    let lines = BufReader::new(child.stdout.as_mut().unwrap())
        .lines()
        .map(Result::unwrap);
    let durable = lines.filter_map(|line| {
        let (_, numbers) = line.split_once("durable ")?;
        let (seq, number) = numbers.split_once(' ')?;
        Some((seq.parse().ok()?, number.parse().ok()?))
    });
    durable
        .take(count)
        .last()
        .expect("the child wrote something")
}

databases! {
    async fn killed_at_any_moment_nothing_acknowledged_is_lost(db: &Database) {
        let logs_folder = TempDir::new().unwrap();
        insert(&db.store, 1..=1).await;
        pick_up(&db.store, 1, "a").await.unwrap();
        for round in 1..=8 {
            let mut child = spawn(&db.location, &logs_folder, None);
            let (seq, number) = listen(&mut child, round * 3);
            child.kill().unwrap();
            child.wait().unwrap();

            let events = db.store.read().await.unwrap().task_events(TASK, 0, u64::MAX).await.unwrap();
            let numbers: Vec<_> = events.iter().map(|recorded| recorded.seq).collect();
            assert_eq!(numbers, (1..=events.len() as u64).collect::<Vec<_>>(), "without gaps");
            assert!(events.len() as u64 >= seq);
            let logs = LogStore::open(logs_folder.path()).unwrap();
            let (lines, damaged) = all(&logs).await;
            let expected: Vec<_> = (1..=lines.len()).map(|number| format!("line {number}")).collect();
            assert_eq!((&lines, damaged), (&expected, vec![]));
            assert!(lines.len() as u64 >= number);
        }
    }
}

/// A limit on the size of files stands in for a full disk: the write fails half-way in both cases.
#[tokio::test]
async fn a_write_that_fails_half_way_loses_nothing_before_it() {
    let db = Database::sqlite().await;
    let logs_folder = TempDir::new().unwrap();
    insert(&db.store, 1..=1).await;
    pick_up(&db.store, 1, "a").await.unwrap();
    // A log that is nearly as big as files may become, so that the log hits the limit before the database.
    let logs = LogStore::open(logs_folder.path()).unwrap();
    let long = "x".repeat(1_000);
    let texts = vec![long.as_str(); 2_067];
    logs.append(TASK, batch("build", &texts)).await.unwrap();
    drop(logs);
    let mut child = spawn(
        &db.location,
        &logs_folder,
        Some("trap '' XFSZ; ulimit -f 2048; exec \"$0\" \"$@\""),
    );
    let (_, number) = listen(&mut child, usize::MAX);
    assert!(
        child.wait().unwrap().success(),
        "the child says what happened instead of dying of it"
    );

    let logs = LogStore::open(logs_folder.path()).unwrap();
    let (lines, damaged) = all(&logs).await;
    assert_eq!((lines.len() as u64, damaged), (number, vec![]));
    assert_eq!(
        logs.append(TASK, batch("build", &["there is room again"]))
            .await
            .unwrap(),
        number + 1
    );
}
