//! A server that is killed at an awkward moment and started again: what it had promised still holds.

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{Connection as _, Executor as _};

use crate::installation::{Installation, process, step};

/// Says that it runs, ends when it is let go, and prints its last words then, if it has any.
fn waiting(folder: &Path, name: &str, last_words: &str) -> Value {
    let folder = folder.display();
    let script = format!(
        "touch {folder}/{name}-runs; until [[ -e {folder}/{name}-go ]]; do sleep 0.02; done; {last_words}"
    );
    step(name, Some(&[]), &script)
}

async fn nothing_runs(installation: &Installation) {
    installation
        .until("the scripts end", async || {
            let pids = process::of(installation.folder.path()).into_iter();
            let mut running = pids.map(|pid| process::read(pid, "cmdline"));
            (!running.any(|arguments| arguments.contains("Script.sh"))).then_some(())
        })
        .await;
}

/// The agent forgets a script once its end is durable. The last lines and the end come together, because the server
/// waited for its database; then the end could be written, and the lines could not.
#[tokio::test(flavor = "multi_thread")]
async fn the_last_words_of_a_script_are_durable_before_its_end() {
    let mut installation = Installation::start().await;
    let folder = installation.folder.path().to_owned();
    let steps = vec![
        waiting(&folder, "first", "true"),
        waiting(&folder, "last", "echo the last words"),
    ];
    let project = installation.project("Last", steps).await;
    let task = installation.deploy(&project, json!({})).await;
    installation
        .until("the scripts run", async || {
            let runs = |name: &str| folder.join(format!("{name}-runs")).exists();
            (runs("first") && runs("last")).then_some(())
        })
        .await;
    let log = installation.data_dir().join("logs").join(&task);
    assert!(!log.exists(), "nothing was said yet");
    std::fs::write(&log, "not a folder").unwrap();
    let file = installation.data_dir().join("regatta.db");
    let options = SqliteConnectOptions::new().filename(file);
    let mut database = SqliteConnection::connect_with(&options).await.unwrap();

    database.execute("BEGIN IMMEDIATE").await.unwrap();
    std::fs::write(folder.join("first-go"), "").unwrap();
    let says = |installation: &Installation, what: &str, times: usize| {
        (installation.server_log().matches(what).count() >= times).then_some(())
    };
    installation
        .until("the first end waits for the database", async || {
            says(&installation, "writing events again", 1)
        })
        .await;
    std::fs::write(folder.join("last-go"), "").unwrap();
    nothing_runs(&installation).await;
    // For the report to arrive; should it come later, there is less to see, and nothing to fail.
    let ended_at = Instant::now();
    installation
        .until("the end is reported", async || {
            (ended_at.elapsed() > Duration::from_secs(1)).then_some(())
        })
        .await;
    database.execute("COMMIT").await.unwrap();
    // Twice: what is written beside the lines has been written by then.
    installation
        .until("the last words wait for the disk", async || {
            says(&installation, "log lines wait for the disk", 2)
        })
        .await;

    installation.kill_server().await;
    std::fs::remove_file(&log).unwrap();
    installation.start_server().await;
    let over = installation.finished(&task).await;
    assert_eq!(over["State"], "Success", "{over}");
    let raw = installation.text(&format!("/api/tasks/{task}/raw")).await;
    assert_eq!(raw.matches("the last words").count(), 1, "{raw}");
}
