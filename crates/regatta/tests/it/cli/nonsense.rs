//! Nonsense in every argument: a clear error, and nothing that acts on the terminal.

use super::shell::Shell;
use crate::installation::{Installation, step};

/// `@` is where the nonsense goes.
const COMMANDS: &[&[&str]] = &[
    &["project", "view", "@"],
    &["project", "delete", "@", "--yes"],
    &["project", "list", "--space", "@"],
    &["project", "list", "--profile", "@"],
    &["environment", "view", "@"],
    &["target", "view", "@"],
    &["process", "show", "-p", "@"],
    &["process", "apply", "-p", "web", "-f", "@", "--yes"],
    &["process", "diff", "-p", "web", "--from", "@"],
    &["process", "plan", "-p", "web", "--env", "@"],
    &["process", "plan", "-p", "web", "--whatif", "@"],
    &["project", "settings", "-p", "web", "--apply", "@"],
    &[
        "release", "deploy", "-p", "web", "--env", "Test", "--tenant", "@",
    ],
    &["step", "view", "@", "-p", "web"],
    &["step", "depends", "one", "--add", "@", "-p", "web"],
    &["release", "view", "@", "-p", "web"],
    &["release", "delete", "@", "-p", "web", "--yes"],
    &["release", "create", "-p", "web", "--channel", "@x"],
    &["release", "deploy", "-p", "web", "--env", "@"],
    &[
        "release",
        "deploy",
        "-p",
        "web",
        "--env",
        "Test",
        "--exclude-step",
        "@",
    ],
    &[
        "release", "deploy", "-p", "web", "--env", "Test", "--target", "@",
    ],
    &[
        "release", "deploy", "-p", "web", "--env", "Test", "--at", "@",
    ],
    &[
        "release", "deploy", "-p", "web", "--env", "Test", "--var", "@",
    ],
    &["deployment", "view", "@"],
    &["deployment", "watch", "@"],
    &["deployment", "log", "@"],
    &["deployment", "cancel", "@"],
    &["deployment", "retry", "@"],
    &["deployment", "approve", "@"],
    &["task", "view", "@"],
    &["task", "wait", "@"],
    &["variable", "unset", "@", "-p", "web"],
    &["variable", "apply", "-f", "@", "-p", "web"],
    &["package", "versions", "@"],
    &["package", "view", "@"],
    &["package", "notes", "Web", "@"],
    &["package", "push", "@"],
    &["package", "download", "@"],
    &["package", "delete", "@", "1.0", "--yes"],
    &["api", "@", "projects"],
    &["api", "GET", "nothing/@"],
    &["config", "get", "@"],
    &["config", "set", "server", "@"],
    &["profile", "use", "@"],
    &["server", "status", "--server", "@"],
];

#[tokio::test(flavor = "multi_thread")]
async fn nonsense_is_refused_with_a_reason() {
    let installation = Installation::start().await;
    installation
        .project("Web", vec![step("one", Some(&[]), "true")])
        .await;
    let shell = Shell::of(&installation);
    let long = "x".repeat(5_000);
    let nonsense = [
        " ",
        "../../etc/passwd",
        "%2e%2e%2f?a=b&c#d",
        "💥\u{202e}",
        "\u{1b}[2J\u{7}",
        "'; DROP TABLE x",
        &long,
        "-1",
    ];
    for command in COMMANDS {
        for text in nonsense {
            let arguments: Vec<String> =
                command.iter().map(|part| part.replace('@', text)).collect();
            let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
            let ran = shell.run(&arguments).await;
            assert!(
                ![0, 1, 101, -1].contains(&ran.code),
                "{arguments:?}: {} {}{}",
                ran.code,
                ran.out,
                ran.err
            );
            assert!(
                !ran.err.is_empty() && !ran.err.contains("panicked"),
                "{arguments:?}: {}",
                ran.err
            );
            assert!(
                !ran.err.contains(['\x1b', '\x07', '\u{202e}']),
                "{arguments:?}: {:?}",
                ran.err
            );
        }
    }
    let projects = shell.json(&["project", "list"]).await;
    assert_eq!(projects.as_array().unwrap().len(), 1, "nothing was deleted");
}
