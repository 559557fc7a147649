//! What shells offer when the key is pressed.

use super::shell::Shell;
use crate::installation::{Installation, step};
use crate::packages::{push, tar_gz};

#[tokio::test(flavor = "multi_thread")]
async fn completion_scripts_are_made_for_every_shell() {
    let installation = Installation::start().await;
    let shell = Shell::anonymous(&installation);
    for name in ["bash", "zsh", "fish", "powershell"] {
        let script = shell.out(&["completion", name]).await;
        assert!(
            script.contains("regatta") && script.contains("COMPLETE"),
            "{name}"
        );
    }
}

/// What the script of bash asks when the key is pressed behind the last of these words.
async fn completed(shell: &mut Shell, words: &[&str]) -> Vec<String> {
    shell.set("COMPLETE", "bash");
    shell.set("_CLAP_IFS", "\n");
    shell.set("_CLAP_COMPLETE_INDEX", &words.len().to_string());
    let asked = [&["--", "regatta"], words].concat();
    let offered = shell.out(&asked).await;
    offered.lines().map(str::to_owned).collect()
}

/// The same for what only the server knows; on a machine that is busy the key may have to be pressed again.
async fn completed_by_server(shell: &mut Shell, words: &[&str]) -> Vec<String> {
    for _ in 0..20 {
        let mut offered = completed(shell, words).await;
        offered.retain(|word| !word.starts_with('-'));
        if !offered.is_empty() {
            return offered;
        }
    }
    panic!("nothing is offered behind {words:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn names_of_the_server_are_completed() {
    let mut installation = Installation::start().await;
    let steps = vec![step("build", None, "echo built")];
    installation.project("Shop", steps).await;
    let mut shell = Shell::of(&installation);
    assert_eq!(completed(&mut shell, &["release", "dep"]).await, ["deploy"]);
    let environments = completed_by_server(&mut shell, &["release", "deploy", "--env", ""]).await;
    assert!(
        environments.contains(&"Test".to_owned()),
        "{environments:?}"
    );
    assert_eq!(
        completed_by_server(&mut shell, &["release", "list", "-p", "Sh"]).await,
        ["Shop"]
    );
    assert_eq!(
        completed(&mut shell, &["release", "list", "-p", "x"]).await,
        [""; 0]
    );
    std::fs::write(shell.home.join("content"), "").unwrap();
    let archive = tar_gz(&shell.home);
    push(
        &installation,
        "Acme.Web.1.0.tar.gz",
        &archive,
        "FailIfExists",
    )
    .await;
    assert_eq!(
        completed_by_server(&mut shell, &["package", "versions", "Ac"]).await,
        ["Acme.Web"]
    );
    // What was asked for is kept, for when the server does not answer.
    installation.kill_server().await;
    assert_eq!(
        completed(&mut shell, &["release", "list", "-p", "Sh"]).await,
        ["Shop"]
    );
    assert_eq!(
        completed(&mut shell, &["release", "list", "--space", ""]).await,
        [""; 0]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_named_may_belong_to_what_is_on_the_line() {
    let installation = Installation::start().await;
    let steps = vec![step("build", None, "true"), step("ship", None, "true")];
    installation.project("Shop", steps).await;
    let steps = vec![step("clean", None, "true")];
    installation.project("Yard", steps).await;
    let mut shell = Shell::of(&installation);
    for (words, expected) in [
        (
            &["step", "view", "-p", "Shop", ""][..],
            &["build", "ship"][..],
        ),
        (&["step", "view", "--project=yard", "c"], &["clean"]),
        (&["release", "view", "-p", "shop", "0"], &["0.0.1"]),
        (&["project", "view", "Y"], &["Yard"]),
        (&["environment", "view", ""], &["Test"]),
        (&["config", "get", "pro"], &["project", "progress"]),
    ] {
        assert_eq!(
            completed_by_server(&mut shell, words).await,
            expected,
            "{words:?}"
        );
    }
    // Without a project nobody knows whose steps.
    assert_eq!(completed(&mut shell, &["step", "view", "b"]).await, [""; 0]);
    shell.set("COMPLETE", "");
    shell
        .out(&["config", "set", "project", "Yard", "--profile", "yard"])
        .await;
    assert_eq!(
        completed(&mut shell, &["release", "list", "--profile", "y"]).await,
        ["yard"]
    );
    let of_profile = ["step", "view", "--profile", "yard", "c"];
    assert_eq!(
        completed_by_server(&mut shell, &of_profile).await,
        ["clean"]
    );
}

/// Names that are no longer fresh are better than a shell that hangs.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_says_nothing_is_not_waited_for() {
    let installation = Installation::start().await;
    installation
        .project("Shop", vec![step("build", None, "true")])
        .await;
    let mut shell = Shell::of(&installation);
    let words = ["release", "deploy", "--env", "T"];
    assert_eq!(completed_by_server(&mut shell, &words).await, ["Test"]);
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", silent.local_addr().unwrap());
    let kept = shell.home.join(".cache/regatta/names.json");
    let names = std::fs::read_to_string(&kept).unwrap();
    let names = names.replace(&installation.base, &address);
    let mut names: serde_json::Value = serde_json::from_str(&names).unwrap();
    for place in names.as_object_mut().unwrap().values_mut() {
        place["AtSeconds"] = 0.into();
    }
    std::fs::write(&kept, names.to_string()).unwrap();
    shell.set("REGATTA_URL", &address);
    assert_eq!(completed(&mut shell, &words).await, ["Test"]);
    // It was asked, and did not answer.
    silent.accept().unwrap();
}
