//! Variables set from the command line, one value for each scope.

use serde_json::Value;

use super::shell::Shell;
use crate::installation::{Installation, step};

async fn values(shell: &Shell) -> Vec<String> {
    let listed = shell.json(&["variable", "list", "-p", "web"]).await;
    let items = listed.as_array().unwrap().iter();
    items
        .map(|item: &Value| item["Value"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scope_is_the_same_in_any_order() {
    let installation = Installation::start().await;
    installation
        .project("Web", vec![step("one", Some(&[]), "true")])
        .await;
    let shell = Shell::of(&installation);
    shell.out(&["environment", "create", "Production"]).await;
    let one = [
        "--env",
        "Test",
        "--env",
        "Production",
        "--role",
        "web",
        "--role",
        "db",
        "-p",
        "web",
    ];
    let other = [
        "--role",
        "DB",
        "--role",
        "Web",
        "--env",
        "production",
        "--env",
        "test",
        "-p",
        "web",
    ];
    for (value, scope) in [("first", one), ("second", other)] {
        shell
            .out(&[&["variable", "set", "Color", value], &scope[..]].concat())
            .await;
    }
    assert_eq!(values(&shell).await, ["second"]);
    let narrower = [
        "variable", "set", "Color", "third", "--env", "Test", "-p", "web",
    ];
    shell.out(&narrower).await;
    assert_eq!(values(&shell).await, ["second", "third"]);
    shell
        .out(&[&["variable", "unset", "color"], &other[..]].concat())
        .await;
    assert_eq!(values(&shell).await, ["third"]);
}
