//! What names and versions mean: one thing, and what is changed is never the neighbour of what was named.

use super::shell::Shell;
use crate::installation::{Installation, step};

/// A command that must not find anything and says what might have been meant.
async fn refused(shell: &Shell, arguments: &[&str], meant: &str) {
    let ran = shell.run(arguments).await;
    assert_eq!(ran.code, 3, "{arguments:?}: {}{}", ran.out, ran.err);
    assert!(
        ran.err.contains(&format!("Did you mean \"{meant}\"?")),
        "{arguments:?}: {}",
        ran.err
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_is_never_a_longer_one() {
    let installation = Installation::start().await;
    let steps = || vec![step("one", Some(&[]), "true")];
    installation.project("Web", steps()).await;
    installation.project("Shop", steps()).await;
    let shell = Shell::of(&installation);
    for version in ["1.0.10", "2.0", "3.0.0+a"] {
        shell
            .out(&["release", "create", "-p", "web", "--version", version])
            .await;
    }
    let commands: [&[&str]; 5] = [
        &["release", "deploy", "--version", "1.0.1", "--env", "Test"],
        &["release", "delete", "1.0.1", "--yes"],
        &["release", "view", "1.0.1"],
        &["process", "diff", "--from", "1.0.1"],
        &["process", "plan", "--env", "Test", "--release", "1.0.1"],
    ];
    for command in commands {
        refused(&shell, &[command, &["-p", "web"]].concat(), "1.0.10").await;
    }
    assert_eq!(installation.get("/api/tasks").await["TotalResults"], 0);

    let written_otherwise = shell.json(&["release", "view", "2.0.0", "-p", "web"]).await;
    assert_eq!(written_otherwise["Version"], "2.0");
    let other_build = ["release", "delete", "3.0.0", "-p", "web", "--yes"];
    refused(&shell, &other_build, "3.0.0+a").await;
    let id = written_otherwise["Id"].as_str().unwrap();
    let elsewhere = ["release", "delete", id, "-p", "shop", "--yes"];
    assert_eq!(shell.run(&elsewhere).await.code, 3);

    let deployed = shell
        .run(&[
            "release",
            "deploy",
            "-p",
            "web",
            "--version",
            "1.0.10",
            "--env",
            "Test",
            "--wait",
        ])
        .await;
    assert_eq!(deployed.code, 0, "{}", deployed.err);
    assert!(
        deployed.err.starts_with("Web release 1.0.10 to Test #1\n"),
        "what is deployed is said first: {}",
        deployed.err
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_changed_by_the_beginning_of_its_name() {
    let installation = Installation::start().await;
    installation
        .project("Website", vec![step("one", Some(&[]), "true")])
        .await;
    let shell = Shell::of(&installation);
    let commands: [(&[&str], &str); 8] = [
        (&["project", "delete", "Web", "--yes"], "Website"),
        (&["environment", "delete", "Tes", "--yes"], "Test"),
        (
            &["release", "deploy", "-p", "website", "--env", "Tes"],
            "Test",
        ),
        (&["release", "create", "-p", "web"], "Website"),
        (&["variable", "set", "A", "1", "-p", "web"], "Website"),
        (
            &["variable", "set", "A", "1", "-p", "website", "--env", "Te"],
            "Test",
        ),
        (
            &["step", "set", "on", "--sequential", "-p", "website"],
            "one",
        ),
        (&["project", "create", "New", "--space", "Def"], "Default"),
    ];
    for (command, meant) in commands {
        refused(&shell, command, meant).await;
    }
    let shown = shell.json(&["project", "view", "web"]).await;
    assert_eq!(shown["Name"], "Website", "to look at it, it is enough");
}
