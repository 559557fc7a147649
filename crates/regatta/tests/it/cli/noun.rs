//! Nouns that are more than lists: what they show, whole.

use serde_json::{Value, json};

use super::pages::with_browser;
use super::shell::{Shell, shown};
use crate::installation::{Installation, step, text};

#[tokio::test(flavor = "multi_thread")]
async fn a_preview_says_what_a_name_is_at_a_place_and_why() {
    let installation = Installation::start().await;
    installation
        .project("Web", vec![step("ship", Some(&[]), "true")])
        .await;
    let shell = Shell::of(&installation);
    for set in [
        &["Color", "red"][..],
        &["Color", "green", "--env", "Test"],
        &["Sentence", "It is #{Color}, not #{Nobody}"],
    ] {
        let set = [&["variable", "set", "-p", "web"], set].concat();
        shell.out(&set).await;
    }
    let secret = ["variable", "set", "Password", "--sensitive", "-p", "web"];
    assert_eq!(shell.run_with(&secret, "hunter2").await.code, 0);
    let commands: &[&[&str]] = &[
        &["variable", "preview", "-p", "web"],
        &[
            "variable",
            "preview",
            "-p",
            "web",
            "--as",
            "env=Test,step=ship",
        ],
        &[
            "variable", "preview", "-p", "web", "--as", "env=Test", "-o", "wide",
        ],
        &["variable", "preview", "-p", "web", "--as", "env=Tset"],
        &["variable", "preview", "-p", "web", "--as", "target=web-01"],
        &["variable", "preview", "-p", "web", "--as", "step=nothing"],
        &["variable", "preview", "-p", "web", "--as", "Test"],
        &["variable", "preview", "-p", "web", "--as", "moon=full"],
        &[
            "variable",
            "preview",
            "-p",
            "web",
            "--jq",
            ".Names[0].Evaluated",
        ],
    ];
    insta::assert_snapshot!(shown(&installation, &shell, commands).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn people_their_keys_and_what_they_did() {
    let installation = Installation::start().await;
    installation
        .project("Web", vec![step("ship", Some(&[]), "true")])
        .await;
    let shell = Shell::of(&installation);
    let made = shell
        .json(&["api-key", "create", "Build server", "--expire", "90d"])
        .await;
    let key = text(&made["ApiKey"]);
    assert!(key.starts_with("API-"), "{made}");
    let commands: &[&[&str]] = &[
        &["user", "list"],
        &["user", "view", "ADM"],
        &["user", "view", "ada"],
        &["api-key", "list"],
        &["api-key", "delete", "apikeys-2"],
        &["api-key", "delete", "apikeys-2", "--yes"],
        &["api-key", "delete", "apikeys-2", "--yes"],
        &["api-key", "create", " "],
        &["audit", "list", "-p", "web", "--take", "3"],
        &[
            "audit",
            "list",
            "--user",
            "admin",
            "--category",
            "Created",
            "--take",
            "1",
            "-o",
            "wide",
        ],
        &["audit", "list", "--user", "nobody"],
        &["audit", "list", "--from", "soon"],
    ];
    let shown = shown(&installation, &shell, commands).await;
    assert!(
        !shown.contains(&key),
        "a key is shown when it is made, and never again"
    );
    insta::assert_snapshot!(shown);
    let printed = shell.out(&["api-key", "create", "For a file"]).await;
    let mut other = Shell::anonymous(&installation);
    other.set("REGATTA_URL", &installation.base);
    other.set("REGATTA_API_KEY", printed.trim());
    assert_eq!(other.json(&["whoami"]).await["Username"], "admin");
}

/// Gives a project a runbook of one step, published.
async fn runbook(installation: &Installation, script: &str) {
    let body = json!({"Name": "Back up", "ProjectId": "Projects-1"});
    let made = installation.post("/api/Spaces-1/runbooks", body).await;
    let id = text(&made["Id"]);
    let path = format!("/api/Spaces-1/runbookProcesses/RunbookProcess-{id}");
    let mut process = installation.get(&path).await;
    process["Steps"] = json!([step("save", Some(&[]), script)]);
    installation.put(&path, process).await;
    let snapshot = "/api/Spaces-1/runbookSnapshots?publish=true";
    installation.post(snapshot, json!({"RunbookId": id})).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_runbook_is_run_and_waited_for() {
    let installation = Installation::start().await;
    installation
        .project("Web", vec![step("ship", Some(&[]), "true")])
        .await;
    runbook(&installation, "echo saved").await;
    let mut shell = Shell::of(&installation);
    let run = ["runbook", "run", "back-up", "-p", "web", "--env", "Test"];
    let commands: &[&[&str]] = &[
        &["runbook", "list", "-p", "web"],
        &["runbook", "view", "back", "-p", "web"],
        &["runbook", "run", "back", "-p", "web", "--env", "Test"],
        &[
            "runbook",
            "run",
            "back-up",
            "-p",
            "web",
            "--env",
            "Test",
            "--snapshot",
            "none",
        ],
        &[
            "runbook", "run", "back-up", "-p", "web", "--env", "Test", "--var", "x",
        ],
    ];
    insta::assert_snapshot!(shown(&installation, &shell, commands).await);
    with_browser(&mut shell);
    let view = ["runbook", "view", "back", "-p", "web", "--web"];
    assert_eq!(shell.out(&view).await, "");
    let page = std::fs::read_to_string(shell.home.join("shown")).unwrap();
    let expected = format!("{}/projects/web/runbooks/back-up\n", installation.base);
    assert_eq!(page, expected);
    let waited = shell.run(&[&run[..], &["--wait", "--logs"]].concat()).await;
    assert_eq!(waited.code, 0, "{}", waited.err);
    assert!(waited.err.contains("[1 save] saved"), "{}", waited.err);
    let queued: Value = shell.json(&run).await;
    let task = text(&queued[0]["Id"]);
    assert_eq!(installation.finished(&task).await["State"], "Success");
    assert_eq!(shell.run(&["task", "wait", &task]).await.code, 0);
}
