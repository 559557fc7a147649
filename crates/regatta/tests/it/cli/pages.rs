//! Pages of the portal that are shown instead of an answer.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;

use serde_json::json;

use super::shell::Shell;
use crate::installation::{Installation, step};

/// A browser that only writes down what it was to show.
pub(super) fn with_browser(shell: &mut Shell) -> std::path::PathBuf {
    let folder = shell.home.join("bin");
    std::fs::create_dir_all(&folder).unwrap();
    let shown = shell.home.join("shown");
    for name in ["xdg-open", "open"] {
        let program = folder.join(name);
        let script = format!("#!/bin/sh\necho \"$1\" >> {}\n", shown.display());
        std::fs::write(&program, script).unwrap();
        std::fs::set_permissions(&program, Permissions::from_mode(0o755)).unwrap();
    }
    let path = std::env::var("PATH").unwrap_or_default();
    shell.set("PATH", &format!("{}:{path}", folder.display()));
    shown
}

#[tokio::test(flavor = "multi_thread")]
async fn every_view_has_a_page() {
    let installation = Installation::start().await;
    let project = installation
        .project("Web shop", vec![step("build", Some(&[]), "true")])
        .await;
    let task = installation.deploy(&project, json!({})).await;
    installation.finished(&task).await;
    let mut shell = Shell::of(&installation);
    let shown = with_browser(&mut shell);
    for command in [
        &["project", "view", "web"][..],
        &["project", "open", "web-shop"],
        &["environment", "view", "Test"],
        &["release", "view", "-p", "web-shop"],
        &["step", "view", "1", "-p", "web-shop"],
        &["deployment", "view", "1"],
        &["task", "view", &task],
    ] {
        let mut command = command.to_vec();
        if command[1] == "view" {
            command.push("--web");
        }
        assert_eq!(shell.out(&command).await, "", "{command:?}");
    }
    let shown = std::fs::read_to_string(shown).unwrap();
    let number = task.trim_start_matches("ServerTasks-");
    let expected = [
        "projects/web-shop",
        "projects/web-shop",
        "environments/test",
        "projects/web-shop/releases/0.0.1",
        "projects/web-shop/process/steps/build",
        "projects/web-shop/deployments/1",
        &format!("tasks/{number}"),
    ];
    let shown: Vec<&str> = shown.lines().collect();
    assert_eq!(
        shown,
        expected.map(|path| format!("{}/{path}", installation.base))
    );
}
