//! A server that is killed under a deployment.

use serde_json::json;

use crate::installation::{Installation, step};

/// The headline promise (DESIGN D8): a killed server loses nothing and starts nothing twice.
#[tokio::test(flavor = "multi_thread")]
async fn a_killed_server_goes_on_where_it_was() {
    let mut installation = Installation::start().await;
    let folder = installation.folder.path().display().to_string();
    let script = format!(
        "echo first >> {folder}/runs; until test -e {folder}/gate; do sleep 0.02; done; echo after"
    );
    let project = installation
        .project(
            "Kill",
            vec![
                step("first", None, &script),
                step("second", None, &format!("echo second >> {folder}/runs")),
            ],
        )
        .await;
    let task = installation.deploy(&project, json!({})).await;
    let runs = installation.folder.path().join("runs");
    installation
        .until("the script starts", async || runs.exists().then_some(()))
        .await;
    installation.kill_server().await;
    std::fs::write(installation.folder.path().join("gate"), "").unwrap();
    installation.start_server().await;
    let over = installation.finished(&task).await;
    assert_eq!(over["State"], "Success", "{over}");
    assert_eq!(std::fs::read_to_string(runs).unwrap(), "first\nsecond\n");
    let raw = installation.text(&format!("/api/tasks/{task}/raw")).await;
    assert_eq!(raw.matches("after").count(), 1, "{raw}");
}
