//! What each format looks like, whole.

use serde_json::json;

use super::shell::{Shell, shown};
use crate::installation::{Installation, step};

/// A project with a release that was deployed, and variables of each kind.
async fn prepared() -> (Installation, Shell) {
    let installation = Installation::start().await;
    let steps = vec![
        step("build", Some(&[]), "echo built"),
        step("test", Some(&["build"]), "echo tested"),
        step("ship", None, "echo shipped"),
    ];
    let project = installation.project("Web shop", steps).await;
    let task = installation.deploy(&project, json!({})).await;
    installation.finished(&task).await;
    let shell = Shell::of(&installation);
    shell
        .out(&[
            "variable", "set", "Color", "green", "--env", "Test", "-p", "web-shop",
        ])
        .await;
    let set = shell
        .run_with(
            &[
                "variable",
                "set",
                "Password",
                "--sensitive",
                "-p",
                "web-shop",
            ],
            "hunter2\n",
        )
        .await;
    assert_eq!(set.code, 0, "{}", set.err);
    (installation, shell)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_format_of_a_list_and_of_one() {
    let (installation, shell) = prepared().await;
    let formats = [
        "table",
        "wide",
        "json",
        "jsonl",
        "yaml",
        "id",
        "template=#{Name | ToUpper} is #{Id}",
    ];
    let mut text = String::new();
    for format in formats {
        let commands: [&[&str]; 2] = [
            &["environment", "list", "-o", format],
            &["project", "view", "web", "-o", format],
        ];
        text.push_str(&shown(&installation, &shell, &commands).await);
    }
    insta::assert_snapshot!(text);
}

#[tokio::test(flavor = "multi_thread")]
async fn expressions_of_jq_reach_into_the_data() {
    let (installation, shell) = prepared().await;
    let commands: &[&[&str]] = &[
        &["environment", "list", "--jq", ".[].Name"],
        &["project", "view", "web", "--jq", "{Name, Slug}"],
        &[
            "process",
            "show",
            "-p",
            "web",
            "--jq",
            ".Steps | map(.Slug)",
        ],
        &["api", "GET", "/api/spaces/all", "--jq", "length"],
        &["environment", "list", "--jq", "map(.Name) | join(\"+\")"],
        &["environment", "list", "--jq", ".["],
        &["environment", "list", "--jq", "map(name)"],
        &["environment", "list", "--jq", ".Name"],
        &["environment", "list", "--jq", ".", "-o", "json"],
    ];
    insta::assert_snapshot!(shown(&installation, &shell, commands).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_noun_as_people_see_it() {
    let (installation, shell) = prepared().await;
    let commands: &[&[&str]] = &[
        &["server", "status"],
        &["whoami"],
        &["project", "list"],
        &["process", "show", "-p", "web"],
        &["process", "show", "-p", "web", "--graph"],
        &["process", "show", "-p", "web", "--ocl"],
        &["process", "lint", "-p", "web"],
        &["process", "diff", "-p", "web"],
        &["process", "history", "-p", "web"],
        &["step", "list", "-p", "web"],
        &["step", "view", "2", "-p", "web"],
        &[
            "step", "depends", "ship", "--add", "build", "-p", "web-shop",
        ],
        &["step", "set", "ship", "--sequential", "-p", "web-shop"],
        &["release", "list", "-p", "web"],
        &["release", "view", "-p", "web"],
        &["deployment", "list", "-p", "web"],
        &["deployment", "view", "1"],
        &["deployment", "log", "1", "--step", "test"],
        &["task", "view", "1"],
        &["variable", "list", "-p", "web"],
        &["variable", "list", "-p", "web", "--ocl"],
        &["target", "list"],
        &["config", "list", "--show-origin"],
        &["api", "GET", "environments", "--paginate", "-o", "id"],
        &["project", "list", "-q"],
        &["project", "view", "Web shup"],
        &["project", "view", "Web shup", "-o", "json"],
    ];
    insta::assert_snapshot!(shown(&installation, &shell, commands).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_listed_without_columns_is_read_aloud() {
    let (installation, mut shell) = prepared().await;
    shell.set("REGATTA_SCREEN_READER", "1");
    let commands: &[&[&str]] = &[&["step", "list", "-p", "web"]];
    insta::assert_snapshot!(shown(&installation, &shell, commands).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_goes_away_is_no_error() {
    let (_installation, shell) = prepared().await;
    let mut child = shell
        .command(&["api", "GET", "/api/openapi.json"])
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().await.unwrap();
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// Without history every step counts a second, so the times are the same everywhere.
#[tokio::test(flavor = "multi_thread")]
async fn a_plan_before_anything_ran() {
    let installation = Installation::start().await;
    let steps = vec![
        step("build", Some(&[]), "true"),
        step("left", Some(&["build"]), "true"),
        step("right", Some(&["build"]), "true"),
        step("ship", None, "true"),
    ];
    installation.project("Web", steps).await;
    let shell = Shell::of(&installation);
    let commands: &[&[&str]] = &[
        &["process", "plan", "-p", "web"],
        &[
            "process", "plan", "-p", "web", "--env", "Test", "--limit", "1",
        ],
        &[
            "process", "plan", "-p", "web", "--whatif", "left:+4s", "--whatif", "3:500ms",
        ],
        &[
            "process",
            "plan",
            "-p",
            "web",
            "--env",
            "Test",
            "--release",
            "0.0.1",
        ],
        &["process", "plan", "-p", "web", "--whatif", "left"],
        &["process", "show", "-p", "web", "--graph"],
    ];
    insta::assert_snapshot!(shown(&installation, &shell, commands).await);
}
