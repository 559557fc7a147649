//! What is done to deployments from the command line, seen in the server.

use serde_json::json;

use super::shell::Shell;
use crate::installation::{Installation, step, text};

async fn newest(installation: &Installation) -> String {
    text(&installation.get("/api/tasks?take=1").await["Items"][0]["Id"])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deployment_does_what_its_options_say() {
    let installation = Installation::start().await;
    let steps = vec![
        step("one", Some(&[]), "echo one $(get_octopusvariable Color)"),
        step("two", Some(&[]), "echo two"),
    ];
    let project = installation.project("Web", steps).await;
    let path = format!("/api/Spaces-1/variables/variableset-{}", project.id);
    let mut set = installation.get(&path).await;
    set["Variables"] = json!([{"Name": "Color", "Value": "red", "Type": "String", "Prompt": {"Label": "Which?", "Required": false}}]);
    installation.put(&path, set).await;
    let shell = Shell::of(&installation);
    shell
        .out(&[
            "release",
            "create",
            "-p",
            "web",
            "--version",
            "2.0.0",
            "--notes",
            "second",
        ])
        .await;
    let twice = ["release", "create", "-p", "web", "--version", "2.0.0"];
    assert_eq!(shell.run(&twice).await.code, 6);
    assert_eq!(
        shell
            .run(&[&twice[..], &["--ignore-existing"]].concat())
            .await
            .code,
        0
    );
    let deploy = [
        "release",
        "deploy",
        "-p",
        "web",
        "--env",
        "test",
        "--wait",
        "--logs",
        "--exclude-step",
        "2",
        "--var",
        "Color=green",
    ];
    let ran = shell.run(&deploy).await;
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.err.contains("[1 one] one green"), "{}", ran.err);
    assert!(
        ran.err.contains("[2 two] skipped: by request") && !ran.err.contains("[2 two] started"),
        "{}",
        ran.err
    );

    let later = [
        "release", "deploy", "-p", "web", "--env", "test", "--at", "in 2h", "--expire", "1h", "-o",
        "json",
    ];
    let queued: serde_json::Value = serde_json::from_str(&shell.out(&later).await).unwrap();
    let id = text(&queued[0]["TaskId"]);
    let task = installation.get(&format!("/api/tasks/{id}")).await;
    assert_eq!(task["State"], "Queued");
    assert!(task["QueueTimeExpiry"].is_string(), "{task}");
    assert_eq!(shell.run(&["deployment", "cancel", &id]).await.code, 0);
    assert_eq!(installation.finished(&id).await["State"], "Canceled");
    assert_eq!(shell.run(&["deployment", "retry", &id]).await.code, 0);
    let again = newest(&installation).await;
    assert_ne!(again, id);
    assert_eq!(installation.finished(&again).await["State"], "Success");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_is_followed_to_its_end_and_filtered() {
    let installation = Installation::start().await;
    let gate = installation.folder.path().join("gate");
    let script = format!(
        "echo before; until test -e {}; do sleep 0.02; done; echo after; echo aside >&2",
        gate.display()
    );
    let project = installation
        .project("Web", vec![step("one", Some(&[]), &script)])
        .await;
    let task = installation.deploy(&project, json!({})).await;
    let shell = Shell::of(&installation);
    let mut following = shell.command(&["deployment", "log", &task, "--follow", "--step", "one"]);
    let mut child = following.spawn().unwrap();
    {
        use tokio::io::AsyncReadExt as _;
        let mut bytes = [0; 7];
        child
            .stdout
            .as_mut()
            .unwrap()
            .read_exact(&mut bytes)
            .await
            .unwrap();
        assert_eq!(&bytes, b"before\n", "lines come while the script runs");
    }
    std::fs::write(gate, "").unwrap();
    let output = child.wait_with_output().await.unwrap();
    assert_eq!(output.status.code(), Some(0));
    let rest = String::from_utf8(output.stdout).unwrap();
    assert!(
        rest.contains("after") && rest.contains("aside") && !rest.contains("before"),
        "{rest}"
    );
    assert_eq!(
        shell
            .out(&["deployment", "log", "1", "--grep", "aft"])
            .await,
        "after\n"
    );
    assert_eq!(
        shell
            .run(&["deployment", "log", "1", "--level", "Loud"])
            .await
            .code,
        6
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wait_shows_every_line_of_a_long_log() {
    let installation = Installation::start().await;
    installation
        .project("Web", vec![step("one", Some(&[]), "seq 1 20000")])
        .await;
    let shell = Shell::of(&installation);
    let wait = [
        "release", "deploy", "-p", "web", "--env", "Test", "--wait", "--logs",
    ];
    let watch = ["deployment", "watch", "1", "--logs"];
    for command in [&wait[..], &watch] {
        let ran = shell.run(command).await;
        assert_eq!(ran.code, 0, "{}", ran.err);
        let shown = ran
            .err
            .lines()
            .filter_map(|line| line.strip_prefix("[1 one] "));
        let numbers: Vec<u32> = shown.filter_map(|line| line.parse().ok()).collect();
        assert_eq!(numbers.len(), 20_000, "{command:?}");
        assert!(numbers.into_iter().eq(1..=20_000), "{command:?}");
        let last = ran.err.lines().last().unwrap();
        assert!(
            last.starts_with("✓ Succeeded"),
            "the end comes last: {last}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn questions_are_answered_by_the_step_that_asks() {
    let installation = Installation::start().await;
    let manual = |name: &str| {
        let mut manual = step(name, Some(&[]), "");
        manual["Actions"][0]["ActionType"] = json!("Octopus.Manual");
        manual["Actions"][0]["Properties"] = json!({"Octopus.Action.Manual.Instructions": "Look"});
        manual
    };
    let project = installation
        .project("Web", vec![manual("left"), manual("right")])
        .await;
    let task = installation.deploy(&project, json!({})).await;
    let path = format!("/api/Spaces-1/interruptions?regarding={task}&pendingOnly=true");
    installation
        .until("both ask", async || {
            (installation.get(&path).await["TotalResults"] == 2).then_some(())
        })
        .await;
    let shell = Shell::of(&installation);
    let either = shell.run(&["deployment", "approve", &task]).await;
    assert!(
        either.code == 3 && either.err.contains("left") && either.err.contains("right"),
        "{}",
        either.err
    );
    assert_eq!(
        shell
            .run(&["deployment", "approve", &task, "left", "--note", "fine"])
            .await
            .code,
        0
    );
    assert_eq!(
        shell
            .run(&["deployment", "abort", &task, "right"])
            .await
            .code,
        0
    );
    assert_eq!(installation.finished(&task).await["State"], "Failed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guided_failure_is_tried_again() {
    let installation = Installation::start().await;
    let mark = installation.folder.path().join("mark");
    let script = format!("test -e {0} || {{ touch {0}; exit 1; }}", mark.display());
    installation
        .project("Web", vec![step("one", Some(&[]), &script)])
        .await;
    let shell = Shell::of(&installation);
    let deploy = [
        "release",
        "deploy",
        "-p",
        "web",
        "--env",
        "Test",
        "--wait",
        "--guided-failure",
        "on",
        "--no-wait-for-people",
    ];
    let asked = shell.run(&deploy).await;
    assert_eq!(asked.code, 13, "{}", asked.err);
    let task = newest(&installation).await;
    assert_eq!(
        shell.run(&["deployment", "approve", &task]).await.code,
        3,
        "a failure is not approved"
    );
    assert_eq!(shell.run(&["deployment", "retry", &task]).await.code, 0);
    assert_eq!(shell.run(&["task", "wait", &task]).await.code, 0);
}
