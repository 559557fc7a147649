//! A backup as docs/operate.md describes it, made while the server runs, and an installation made of it elsewhere.

use std::process::Command;

use serde_json::{Value, json};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _};

use crate::installation::{Installation, step, text};

/// What the guide tells to copy beside the database.
const FILES: [&str; 4] = ["logs", "artifacts", "packages", "master.key"];

/// What is in the data directory of `from` becomes all that `to` has.
async fn back_up(from: &Installation, to: &Installation) {
    let (source, target) = (from.data_dir(), to.data_dir());
    std::fs::create_dir(&target).unwrap();
    let options = SqliteConnectOptions::new().filename(source.join("regatta.db"));
    let mut database = SqliteConnection::connect_with(&options).await.unwrap();
    let copy = format!("VACUUM INTO '{}'", target.join("regatta.db").display());
    database.execute(AssertSqlSafe(copy)).await.unwrap();
    let mut command = Command::new("cp");
    command.arg("-r").args(FILES.map(|name| source.join(name)));
    assert!(command.arg(&target).status().unwrap().success());
}

/// Its script needs a sensitive value, and leaves a line and a file.
async fn deployed(installation: &Installation) -> (crate::installation::Project, String) {
    let script = "[[ $(get_octopusvariable Secret) == 'open sesame' ]] || exit 9
         echo 'a line of the log'; echo content > file.txt; new_octopusartifact file.txt";
    let steps = vec![step("one", None, script)];
    let mut project = installation.project("Kept", steps).await;
    let path = format!("/api/Spaces-1/variables/variableset-{}", project.id);
    let mut variables = installation.get(&path).await;
    variables["Variables"] = json!([{ "Name": "Secret", "Value": "open sesame", "Type": "Sensitive", "IsSensitive": true }]);
    installation.put(&path, variables).await;
    installation.release(&mut project).await;
    let task = installation.deploy(&project, json!({})).await;
    let over = installation.finished(&task).await;
    assert_eq!(over["State"], "Success", "{over}");
    (project, task)
}

/// Deploys something that goes on until the file `go` appears.
async fn running(installation: &Installation) -> String {
    let folder = installation.folder.path().display();
    let script = format!("touch {folder}/runs; until [[ -e {folder}/go ]]; do sleep 0.02; done");
    let project = installation
        .project("Runs", vec![step("one", None, &script)])
        .await;
    let task = installation.deploy(&project, json!({})).await;
    installation
        .until("the script runs", async || {
            let events = installation.events(&task).await;
            let is_known = events.iter().any(|event| event["Type"] == "TicketStarted");
            (is_known && installation.folder.path().join("runs").exists()).then_some(())
        })
        .await;
    task
}

async fn state(installation: &Installation, task: &str) -> Value {
    installation.get(&format!("/api/tasks/{task}")).await["State"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_installation_made_of_a_backup_has_everything_and_fails_what_was_running() {
    let before = Installation::start().await;
    let (project, done) = deployed(&before).await;
    let open = running(&before).await;
    let mut after = Installation::empty(None);
    back_up(&before, &after).await;
    after.start_server().await;

    assert_eq!(state(&after, &done).await, "Success");
    let raw = after.text(&format!("/api/Spaces-1/tasks/{done}/raw")).await;
    assert!(raw.contains("a line of the log"), "{raw}");
    let artifacts = after
        .get(&format!("/api/Spaces-1/artifacts?regarding={done}"))
        .await;
    let content = text(&artifacts["Items"][0]["Links"]["Content"]);
    assert_eq!(after.text(&content).await, "content\n");
    let lost = after.finished(&open).await;
    assert_eq!(lost["State"], "Failed", "{lost}");
    let again = after.deploy(&project, json!({})).await;
    let again = after.finished(&again).await;
    assert_eq!(again["State"], "Success", "{again}");

    // The installation it was made of goes on.
    std::fs::write(before.folder.path().join("go"), "").unwrap();
    assert_eq!(before.finished(&open).await["State"], "Success");
}
