//! Every exit code, reached.

use std::process::Stdio;

use serde_json::{Value, json};

use super::shell::Shell;
use crate::installation::{Installation, step};

/// Deploys to Test and waits.
fn wait<'a>(project: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [
        &[
            "release", "deploy", "-p", project, "--env", "Test", "--wait",
        ],
        more,
    ]
    .concat()
}

fn gate(installation: &Installation) -> (String, std::path::PathBuf) {
    let gate = installation.folder.path().join("gate");
    (
        format!("until test -e {}; do sleep 0.02; done", gate.display()),
        gate,
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn codes_of_commands() {
    let installation = Installation::start().await;
    installation
        .project("Web", vec![step("one", Some(&[]), "true")])
        .await;
    let shell = Shell::of(&installation);
    let code = async |arguments: &[&str]| shell.run(arguments).await.code;
    assert_eq!(code(&["whoami"]).await, 0);
    assert_eq!(code(&["release", "deploy", "-p", "web"]).await, 2);
    assert_eq!(
        code(&[
            "release", "deploy", "-p", "web", "--env", "Test", "--at", "soon"
        ])
        .await,
        2
    );
    assert_eq!(code(&["project", "view", "nothing"]).await, 3);
    installation
        .project("Webs", vec![step("one", Some(&[]), "true")])
        .await;
    installation
        .project("Website", vec![step("one", Some(&[]), "true")])
        .await;
    assert_eq!(
        code(&["project", "view", "webs"]).await,
        0,
        "a whole name is not ambiguous"
    );
    assert_eq!(
        code(&["project", "view", "we"]).await,
        3,
        "a beginning of several is"
    );
    let full = std::fs::OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .unwrap();
    let mut command = shell.command(&["project", "list"]);
    let child = command.stdout(full).spawn().unwrap();
    let output = child.wait_with_output().await.unwrap();
    assert_eq!(
        output.status.code(),
        Some(1),
        "an output that cannot be written is unexpected"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn codes_of_refusals() {
    let installation = Installation::start().await;
    installation
        .project(
            "Web",
            vec![
                step("one", Some(&[]), "true"),
                step("two", Some(&["one"]), "true"),
            ],
        )
        .await;
    let mut shell = Shell::of(&installation);
    let file = shell.home.join("p.ocl");
    let text = shell.out(&["process", "show", "-p", "web", "--ocl"]).await;
    let apply = ["process", "apply", "-p", "web", "-f", "p.ocl", "--yes"];

    std::fs::write(
        &file,
        text.replace("depends_on = []", "depends_on = [\"two\"]"),
    )
    .unwrap();
    let looped = shell.run(&apply).await;
    assert_eq!(looped.code, 6, "{}", looped.err);
    assert!(
        looped.err.contains("one") && looped.err.contains("two"),
        "the loop is named: {}",
        looped.err
    );
    assert_eq!(
        shell
            .run(&["process", "lint", "-p", "web", "-f", "p.ocl"])
            .await
            .code,
        6
    );
    std::fs::write(
        &file,
        text.replace("depends_on = []", "depends_on = [nobody]"),
    )
    .unwrap();
    let unread = shell.run(&apply).await;
    assert_eq!(unread.code, 6);
    assert!(unread.err.contains("p.ocl:2:19"), "{}", unread.err);

    std::fs::write(&file, text.replace("\"two\" {", "\"three\" {")).unwrap();
    let stale = [&apply[..], &["--if-version", "999"]].concat();
    assert_eq!(shell.run(&stale).await.code, 5);
    let unanswered = shell.run(&apply[..6]).await;
    assert_eq!(
        unanswered.code, 2,
        "nobody can be asked: {}",
        unanswered.err
    );
    assert_eq!(
        shell.out(&["process", "show", "-p", "web", "--ocl"]).await,
        text,
        "nothing was changed"
    );

    shell.set("REGATTA_API_KEY", "API-NOBODY00000000000000000000000");
    let refused = shell.run(&["project", "list"]).await;
    assert_eq!(refused.code, 4);
    assert!(refused.err.contains("regatta login"), "{}", refused.err);
    // Nothing listens on the port of a listener that was dropped.
    let free = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    shell.set("REGATTA_URL", &format!("http://{free}"));
    assert_eq!(shell.run(&["project", "list"]).await.code, 7);
    let json = shell.run(&["project", "list", "-o", "json"]).await;
    let error: Value = serde_json::from_str(&json.err).unwrap();
    assert_eq!(error["Error"]["ExitCode"], 7);
}

#[tokio::test(flavor = "multi_thread")]
async fn codes_of_waits_that_end() {
    let installation = Installation::start().await;
    installation
        .project("Good", vec![step("one", Some(&[]), "true")])
        .await;
    installation
        .project(
            "Bad",
            vec![step("one", Some(&[]), "echo the reason; exit 3")],
        )
        .await;
    let (script, _) = gate(&installation);
    installation
        .project("Long", vec![step("one", Some(&[]), &script)])
        .await;
    let shell = Shell::of(&installation);
    let good = shell.run(&wait("good", &[])).await;
    assert_eq!(good.code, 0, "{}", good.err);
    assert!(
        good.err.contains("[1 one] started") && good.err.contains("✓ Succeeded"),
        "{}",
        good.err
    );
    let bad = shell.run(&wait("bad", &[])).await;
    assert_eq!(bad.code, 10, "{}", bad.err);
    assert!(
        bad.err.contains("the reason"),
        "the last lines of what failed: {}",
        bad.err
    );

    let waiting = shell
        .command(&wait("long", &["--cancel-on-interrupt"]))
        .spawn()
        .unwrap();
    let task = running(&installation, "Long").await;
    interrupt(&waiting);
    let output = waiting.wait_with_output().await.unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(11), "{said}");
    assert_eq!(installation.finished(&task).await["State"], "Canceled");
    assert_eq!(shell.run(&["task", "wait", &task]).await.code, 11);
}

#[tokio::test(flavor = "multi_thread")]
async fn codes_of_waits_that_are_left() {
    let installation = Installation::start().await;
    let (script, gate) = gate(&installation);
    installation
        .project("Long", vec![step("one", Some(&[]), &script)])
        .await;
    let mut ask = step("ask", Some(&[]), "");
    ask["Actions"][0]["ActionType"] = json!("Octopus.Manual");
    ask["Actions"][0]["Properties"] = json!({"Octopus.Action.Manual.Instructions": "Look"});
    installation.project("Ask", vec![ask]).await;
    let shell = Shell::of(&installation);

    let timed_out = shell.run(&wait("long", &["--timeout", "300ms"])).await;
    assert_eq!(timed_out.code, 12, "{}", timed_out.err);
    let task = running(&installation, "Long").await;

    let mut waiting = shell
        .command(&["task", "wait", &task])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    attached(&installation, &mut waiting).await;
    interrupt(&waiting);
    let output = waiting.wait_with_output().await.unwrap();
    assert_eq!(output.status.code(), Some(130));
    std::fs::write(gate, "").unwrap();
    assert_eq!(
        installation.finished(&task).await["State"],
        "Success",
        "being left changed nothing"
    );

    let person = shell.run(&wait("ask", &["--no-wait-for-people"])).await;
    assert_eq!(person.code, 13, "{}", person.err);
    let task = running(&installation, "Ask").await;
    let wait_for_no_one = ["task", "wait", &task, "--no-wait-for-people"];
    assert_eq!(shell.run(&wait_for_no_one).await.code, 13);
    let after_the_question = [&wait_for_no_one[..], &["--from-event", "1000"]].concat();
    assert_eq!(shell.run(&after_the_question).await.code, 13);
    let approved = shell
        .run(&["deployment", "approve", &task, "--note", "fine"])
        .await;
    assert_eq!(approved.code, 0, "{}", approved.err);
    assert_eq!(shell.run(&["task", "wait", &task]).await.code, 0);
    let told_again = shell.run(&wait_for_no_one).await;
    assert_eq!(
        told_again.code, 0,
        "nobody is needed any more: {}",
        told_again.err
    );
    assert_eq!(
        shell.run(&["deployment", "approve", &task]).await.code,
        3,
        "nothing is asked any more"
    );
}

/// Each of the two takes less than the limit, both together more.
#[tokio::test(flavor = "multi_thread")]
async fn a_time_limit_is_for_everything_that_is_waited_for() {
    let installation = Installation::start().await;
    let (gated, gate) = gate(&installation);
    let mut tasks = Vec::new();
    for (name, length) in [("Short", "2"), ("Longer", "4")] {
        let script = format!("{gated}; sleep {length}");
        let project = installation
            .project(name, vec![step("one", Some(&[]), &script)])
            .await;
        tasks.push(installation.deploy(&project, json!({})).await);
    }
    let shell = Shell::of(&installation);
    let mut waiting = shell
        .command(&["task", "wait", &tasks[0], &tasks[1], "--timeout", "3s"])
        .spawn()
        .unwrap();
    attached(&installation, &mut waiting).await;
    std::fs::write(gate, "").unwrap();
    let output = waiting.wait_with_output().await.unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(12), "{said}");
    assert_eq!(installation.finished(&tasks[1]).await["State"], "Success");
}

/// The id of the task of a project that has left the queue.
async fn running(installation: &Installation, project: &str) -> String {
    let page = installation
        .until("the task runs", async || {
            let page = installation.get("/api/tasks?take=10").await;
            let items = page["Items"].as_array().unwrap().clone();
            items.into_iter().find(|task| {
                task["Description"].as_str().unwrap().contains(project)
                    && task["State"] == "Executing"
            })
        })
        .await;
    page["Id"].as_str().unwrap().to_owned()
}

/// Until the program has said something, so that it listens to signals.
async fn attached(installation: &Installation, child: &mut tokio::process::Child) {
    use tokio::io::AsyncReadExt as _;
    let mut byte = [0];
    let read = child
        .stderr
        .as_mut()
        .unwrap()
        .read(&mut byte)
        .await
        .unwrap();
    assert_eq!(read, 1, "{}", installation.server_log());
}

pub(super) fn interrupt(child: &tokio::process::Child) {
    let pid = child.id().unwrap().to_string();
    let status = std::process::Command::new("kill")
        .args(["-INT", &pid])
        .status();
    assert!(status.unwrap().success());
}
