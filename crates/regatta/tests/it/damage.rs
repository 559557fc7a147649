//! Storage that fails under a running deployment: no task is stuck, and nothing acknowledged is lost.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{Connection as _, Executor as _, Row as _};
use std::time::{Duration, Instant};

use crate::installation::{Installation, process, step};

async fn database(installation: &Installation) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(installation.data_dir().join("regatta.db"));
    SqliteConnection::connect_with(&options).await.unwrap()
}

/// A script that says it runs, prints a line, and ends when the file `go` appears.
fn waiting(folder: &std::path::Path) -> String {
    let folder = folder.display();
    format!(
        "echo before; touch {folder}/runs; until [[ -e {folder}/go ]]; do sleep 0.02; done; echo after"
    )
}

/// Deploys a project of this step; answers the task once its script says that it runs, and its log knows.
async fn running(installation: &Installation, name: &str, step: Value) -> String {
    let project = installation.project(name, vec![step]).await;
    let task = installation.deploy(&project, json!({})).await;
    let runs = installation.folder.path().join("runs");
    installation
        .until("the script runs", async || {
            let events = installation.events(&task).await;
            let is_known = events.iter().any(|event| event["Type"] == "TicketStarted");
            (runs.exists() && is_known).then_some(())
        })
        .await;
    task
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_whose_log_takes_no_event_any_more_fails_and_gives_its_lease_back() {
    let installation = Installation::start().await;
    let folder = installation.folder.path().to_owned();
    let task = running(
        &installation,
        "Broken",
        step("one", None, &waiting(&folder)),
    )
    .await;

    let mut database = database(&installation).await;
    database
        .execute("CREATE TRIGGER broken BEFORE INSERT ON task_event BEGIN SELECT RAISE(ABORT, 'broken'); END")
        .await
        .unwrap();
    std::fs::write(folder.join("go"), "").unwrap();

    let over = installation.finished(&task).await;
    assert_eq!(over["State"], "Failed", "{over}");
    let message = over["ErrorMessage"].as_str().unwrap();
    assert!(message.contains("a defect in the server"), "{message}");
    let lease = sqlx::query("SELECT node FROM task_lease WHERE task_id = $1")
        .bind(&task)
        .fetch_one(&mut database)
        .await
        .unwrap();
    assert_eq!(lease.get::<String, _>("node"), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn output_goes_on_behind_what_is_stored_although_the_log_cannot_be_read_at_a_restart() {
    let mut installation = Installation::start().await;
    let folder = installation.folder.path().to_owned();
    let project = installation
        .project("Unreadable", vec![step("one", None, &waiting(&folder))])
        .await;
    let task = installation.deploy(&project, json!({})).await;
    let lines = format!("/api/Spaces-1/tasks/{task}/log?take=100");
    installation
        .until("the first line is stored", async || {
            let page = installation.get(&lines).await;
            page["Lines"].to_string().contains("before").then_some(())
        })
        .await;

    installation.kill_server().await;
    let (log, aside) = (
        installation.data_dir().join("logs").join(&task),
        folder.join("aside"),
    );
    std::fs::rename(&log, &aside).unwrap();
    std::fs::write(&log, "not a folder").unwrap();
    installation.start_server().await;
    installation
        .until("the server has seen it", async || {
            installation
                .server_log()
                .contains("cannot be read; trying again")
                .then_some(())
        })
        .await;
    // The script ends, and its agent reports, while the server does not know where its output goes on.
    std::fs::write(folder.join("go"), "").unwrap();
    std::fs::remove_file(&log).unwrap();
    std::fs::rename(&aside, &log).unwrap();

    let over = installation.finished(&task).await;
    assert_eq!(over["State"], "Success", "{over}");
    let page = installation.get(&lines).await;
    let lines = page["Lines"].as_array().unwrap().iter();
    let script: Vec<_> = lines
        .filter(|line| line["StepSlug"] == "one")
        .map(|line| line["MessageText"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(script, ["before", "after"]);
}

/// What becomes due while a turn waits for the database is looked at as soon as the turn is stored.
#[tokio::test(flavor = "multi_thread")]
async fn a_pause_between_attempts_that_ends_while_the_database_takes_nothing_is_not_forgotten() {
    let installation = Installation::start().await;
    let folder = installation.folder.path().to_owned();
    let script = format!(
        "[[ -e {0}/go ]] && exit 0; {1}; exit 7",
        folder.display(),
        waiting(&folder)
    );
    let mut flaky = step("one", None, &script);
    let properties = &mut flaky["Actions"][0]["Properties"];
    properties["Octopus.Action.AutoRetry.MaximumCount"] = json!("1");
    properties["Octopus.Action.AutoRetry.MinimumBackoff"] = json!("1");
    let task = running(&installation, "Pause", flaky).await;

    let mut database = database(&installation).await;
    database.execute("BEGIN IMMEDIATE").await.unwrap();
    std::fs::write(folder.join("go"), "").unwrap();
    let lines = format!("/api/Spaces-1/tasks/{task}/log?take=100");
    // The line is written beside the event that cannot be.
    installation
        .until("the first attempt has failed", async || {
            let page = installation.get(&lines).await;
            let text = page["Lines"].to_string();
            text.contains("exited with code 7").then_some(())
        })
        .await;
    let failed_at = Instant::now();
    installation
        .until("the pause is over", async || {
            (failed_at.elapsed() > Duration::from_millis(1_200)).then_some(())
        })
        .await;
    database.execute("COMMIT").await.unwrap();
    let over = installation.finished(&task).await;
    assert_eq!(over["State"], "Success", "{over}");
}

/// Files of the server may not grow beyond this many bytes; `None` lifts the limit.
fn limit_files(installation: &Installation, bytes: Option<u64>) {
    let soft = bytes.map_or("unlimited".to_owned(), |bytes| bytes.to_string());
    let status = std::process::Command::new("prlimit")
        .arg(format!("--fsize={soft}:unlimited"))
        .args(["--pid", &installation.server_pid().to_string()])
        .status()
        .unwrap();
    assert!(status.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn no_line_is_lost_while_the_disk_takes_none() {
    const LINES: u64 = 150_000;
    let installation = Installation::start().await;
    let folder = installation.folder.path().display().to_string();
    let talk =
        format!("touch {folder}/runs; seq -f 'line %08.0f of many that do not fit' 1 {LINES}");
    let steps = vec![
        step("talk", Some(&[]), &talk),
        step("other", Some(&[]), "echo other"),
    ];
    let project = installation.project("Full", steps).await;
    limit_files(&installation, Some(4_000_000));
    let task = installation.deploy(&project, json!({})).await;
    installation
        .until("lines wait for the disk", async || {
            let log = installation.server_log();
            log.contains("log lines wait for the disk").then_some(())
        })
        .await;
    limit_files(&installation, None);
    let over = installation.finished(&task).await;
    assert_eq!(over["State"], "Success", "{over}");
    let raw = installation
        .text(&format!("/api/Spaces-1/tasks/{task}/raw"))
        .await;
    let count = raw.matches("of many that do not fit").count() as u64;
    assert_eq!(count, LINES);
    assert!(!installation.server_log().contains("could not be stored"));
}

/// Machine locks are known to the driver of a task only: while another server drives one, nothing else starts here.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_starts_while_a_task_runs_that_is_driven_elsewhere() {
    let installation = Installation::start().await;
    let folder = installation.folder.path().to_owned();
    let second = installation
        .project("Second", vec![step("only", None, "true")])
        .await;
    let driven = running(&installation, "First", step("one", None, &waiting(&folder))).await;
    let mut database = database(&installation).await;
    let own = async |database: &mut SqliteConnection, node: &str, expires_at: i64| {
        let own = "UPDATE task_lease SET node = $2, expires_at = $3 WHERE task_id = $1";
        let own = sqlx::query(own).bind(&driven).bind(node).bind(expires_at);
        database.execute(own).await.unwrap();
    };
    own(&mut database, "another", i64::MAX / 2).await;
    let held_up = installation.deploy(&second, json!({})).await;
    installation
        .until("the server declines", async || {
            let log = installation.server_log();
            log.contains("a task runs that is not driven here")
                .then_some(())
        })
        .await;
    let path = format!("/api/tasks/{held_up}");
    assert_eq!(installation.get(&path).await["State"], "Queued");
    // The other server dies: its task is taken over, and then everything goes on.
    own(&mut database, "another", 0).await;
    assert_eq!(installation.finished(&held_up).await["State"], "Success");
    std::fs::write(folder.join("go"), "").unwrap();
    assert_eq!(installation.finished(&driven).await["State"], "Success");
}

/// While another server owns the task, the end of its script is that server's to confirm. Without one this server gets
/// the task back, and finds at the agent what happened meanwhile.
#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_a_script_is_kept_while_its_task_is_another_servers() {
    let installation = Installation::start().await;
    let folder = installation.folder.path().to_owned();
    let task = running(&installation, "Lost", step("one", None, &waiting(&folder))).await;
    let mut database = database(&installation).await;
    let lease = async |database: &mut SqliteConnection, change: &'static str| {
        let done = sqlx::query(change).bind(&task).execute(database).await;
        assert_eq!(done.unwrap().rows_affected(), 1);
    };
    lease(
        &mut database,
        "UPDATE task_lease SET node = 'another', epoch = epoch + 1, expires_at = 9000000000000 WHERE task_id = $1",
    )
    .await;
    installation
        .until("the server gives the task up", async || {
            let log = installation.server_log();
            log.contains("task given up").then_some(())
        })
        .await;
    std::fs::write(folder.join("go"), "").unwrap();
    installation
        .until("the script ends", async || {
            let running = process::of(&folder).into_iter();
            let mut running = running.map(|pid| process::read(pid, "cmdline"));
            (!running.any(|arguments| arguments.contains("Script.sh"))).then_some(())
        })
        .await;
    lease(
        &mut database,
        "UPDATE task_lease SET expires_at = 0 WHERE task_id = $1",
    )
    .await;
    let over = installation.finished(&task).await;
    assert_eq!(over["State"], "Success", "{over}");
    // The log may be a little behind the task.
    let path = format!("/api/tasks/{task}/raw");
    let raw = installation
        .until("the log has the last line", async || {
            let raw = installation.text(&path).await;
            raw.contains("after").then_some(raw)
        })
        .await;
    assert_eq!(
        (raw.matches("before").count(), raw.matches("after").count()),
        (1, 1),
        "{raw}"
    );
}

/// With the rows in PostgreSQL a server can lose its directory, and its worker's, and keep its tasks: what may have
/// been started is not started again.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_with_a_new_worker_starts_nothing_again() {
    let mut installation = Installation::start().await;
    let folder = installation.folder.path().to_owned();
    let counted = format!(
        "echo start >> {}/starts; {}",
        folder.display(),
        waiting(&folder)
    );
    let task = running(&installation, "Moved", step("one", None, &counted)).await;
    installation.kill_server().await;
    for own in ["gateway", "worker"] {
        let (from, to) = (installation.data_dir().join(own), folder.join(own));
        std::fs::rename(from, to).unwrap();
    }
    let mut database = database(&installation).await;
    // As after the time a lease lasts.
    database
        .execute("UPDATE task_lease SET expires_at = 0")
        .await
        .unwrap();
    installation.start_server().await;
    let over = installation.finished(&task).await;
    assert_eq!(over["State"], "Failed", "{over}");
    // The last lines of a task may come after its end.
    let raw = format!("/api/tasks/{task}/raw");
    installation
        .until("the log says why", async || {
            let raw = installation.text(&raw).await;
            raw.contains("does not know this script").then_some(())
        })
        .await;
    let starts = std::fs::read_to_string(folder.join("starts")).unwrap();
    assert_eq!(starts, "start\n");
}

/// A limit on the size of files stands in for a full disk. The database is the first to meet it: the rest is small.
#[tokio::test(flavor = "multi_thread")]
async fn when_the_database_has_room_again_everything_goes_on_by_itself() {
    let installation = Installation::start().await;
    let folder = installation.folder.path().to_owned();
    let task = running(&installation, "Full", step("one", None, &waiting(&folder))).await;
    let mut number = 0;
    let mut add = async || {
        number += 1;
        let body = json!({"Name": format!("Environment {number}")});
        let path = "/api/Spaces-1/environments";
        let sent = installation.try_send(Method::POST, path, Some(&body)).await;
        sent.unwrap().0
    };
    let health = async || {
        installation
            .try_send(Method::GET, "/health", None)
            .await
            .unwrap()
    };
    assert_eq!(add().await, StatusCode::CREATED);

    limit_files(&installation, Some(128 * 1024));
    installation
        .until("the database is full", async || {
            (add().await == StatusCode::SERVICE_UNAVAILABLE).then_some(())
        })
        .await;
    let problem = installation
        .until("the server says so", async || {
            let (status, text) = health().await;
            (status == StatusCode::SERVICE_UNAVAILABLE).then_some(text)
        })
        .await;
    assert!(
        problem.contains("The database takes no changes"),
        "{problem}"
    );
    std::fs::write(folder.join("go"), "").unwrap();
    installation
        .until("the task cannot go on", async || {
            let log = installation.server_log();
            log.contains("the database is away; trying again")
                .then_some(())
        })
        .await;

    limit_files(&installation, None);
    installation
        .until("changes are taken again", async || {
            (add().await == StatusCode::CREATED).then_some(())
        })
        .await;
    let over = installation.finished(&task).await;
    assert_eq!(over["State"], "Success", "{over}");
    installation
        .until("the server is well", async || {
            (health().await.0 == StatusCode::OK).then_some(())
        })
        .await;
}
