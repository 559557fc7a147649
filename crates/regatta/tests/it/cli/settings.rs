//! Signing in, profiles, and where settings come from.

use super::shell::Shell;
use crate::installation::{ADMIN_KEY, Installation, PASSWORD, step};
use crate::packages::{push, tar_gz};

#[tokio::test(flavor = "multi_thread")]
async fn signing_in_keeps_the_key_where_only_its_owner_reads_it() {
    use std::os::unix::fs::PermissionsExt as _;
    let installation = Installation::start().await;
    let shell = Shell::anonymous(&installation);
    let url = installation.base.as_str();
    let login = shell
        .run_with(
            &["login", url, "--api-key-stdin"],
            &format!("{ADMIN_KEY}\n"),
        )
        .await;
    assert_eq!(login.code, 0, "{}", login.err);
    assert!(!format!("{login:?}").contains(ADMIN_KEY));
    let file = shell.home.join(".config/regatta/credentials.toml");
    assert_eq!(
        std::fs::metadata(&file).unwrap().permissions().mode() & 0o777,
        0o600
    );
    assert_eq!(shell.json(&["whoami"]).await["Username"], "admin");
    let listed = shell.run(&["config", "list", "--show-origin"]).await;
    assert!(listed.out.contains("profile default") && !listed.out.contains(ADMIN_KEY));

    let wrong = shell
        .run_with(
            &["login", url, "--api-key-stdin", "--profile", "other"],
            "API-WRONG\n",
        )
        .await;
    assert_eq!(wrong.code, 4, "{}", wrong.err);
    assert_eq!(
        shell.run(&["whoami", "--profile", "other"]).await.code,
        3,
        "a failed login makes no profile"
    );
    for nonsense in ["", "\n", "two words", "\u{1b}[2J"] {
        assert_eq!(
            shell
                .run_with(&["login", url, "--api-key-stdin"], nonsense)
                .await
                .code,
            2
        );
    }
    assert_eq!(
        shell.run(&["login", url]).await.code,
        2,
        "nobody can be asked"
    );
    assert_eq!(shell.run(&["logout"]).await.code, 0);
    assert_eq!(shell.run(&["whoami"]).await.code, 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn options_win_over_variables_over_the_project_file_over_the_profile() {
    let installation = Installation::start().await;
    let mut shell = Shell::of(&installation);
    for (name, value) in [("project", "from-profile"), ("output", "jsonl")] {
        shell.out(&["config", "set", name, value]).await;
    }
    assert_eq!(
        shell.out(&["config", "get", "project"]).await,
        "from-profile\n"
    );
    std::fs::write(shell.home.join(".regatta.toml"), "project = \"from-file\"").unwrap();
    assert_eq!(
        shell.out(&["config", "get", "project"]).await,
        "from-file\n"
    );
    shell.set("REGATTA_PROJECT", "from-variable");
    assert_eq!(
        shell.out(&["config", "get", "project"]).await,
        "from-variable\n"
    );
    assert_eq!(
        shell
            .out(&["config", "get", "project", "-p", "from-option"])
            .await,
        "from-option\n"
    );
    assert!(
        shell.out(&["environment", "list"]).await.is_empty(),
        "a list of nothing has no lines"
    );
    assert_eq!(
        shell.run(&["config", "set", "output", "pretty"]).await.code,
        2
    );
    assert_eq!(
        shell.run(&["config", "set", "colour", "always"]).await.code,
        3
    );
}

/// A repository somebody else wrote must not be able to have a key sent to them.
#[tokio::test(flavor = "multi_thread")]
async fn a_project_file_cannot_send_a_key_elsewhere() {
    let installation = Installation::start().await;
    let mut shell = Shell::anonymous(&installation);
    let login = shell
        .run_with(&["login", &installation.base, "--api-key-stdin"], ADMIN_KEY)
        .await;
    assert_eq!(login.code, 0, "{}", login.err);
    let thief = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    thief.set_nonblocking(true).unwrap();
    let file = shell.home.join(".regatta.toml");
    std::fs::write(
        &file,
        format!("server = \"http://{}\"", thief.local_addr().unwrap()),
    )
    .unwrap();
    let saved = shell.run(&["project", "list"]).await;
    assert_eq!(saved.code, 4, "{}", saved.err);
    shell.set("REGATTA_API_KEY", ADMIN_KEY);
    let variable = shell.run(&["project", "list"]).await;
    assert_eq!(variable.code, 2, "{}", variable.err);
    assert_eq!(
        thief.accept().unwrap_err().kind(),
        std::io::ErrorKind::WouldBlock,
        "nobody called"
    );
    std::fs::write(&file, "api_key = \"API-X\"").unwrap();
    let keyed = shell.run(&["project", "list"]).await;
    assert!(
        keyed.code == 2 && keyed.err.contains("does not belong there"),
        "{}",
        keyed.err
    );
}

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

#[tokio::test(flavor = "multi_thread")]
async fn names_of_the_server_are_completed() {
    let mut installation = Installation::start().await;
    let steps = vec![step("build", None, "echo built")];
    installation.project("Shop", steps).await;
    let mut shell = Shell::of(&installation);
    assert_eq!(completed(&mut shell, &["release", "dep"]).await, ["deploy"]);
    let environments = completed(&mut shell, &["release", "deploy", "--env", ""]).await;
    assert!(
        environments.contains(&"Test".to_owned()),
        "{environments:?}"
    );
    assert_eq!(
        completed(&mut shell, &["release", "list", "-p", "Sh"]).await,
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
        completed(&mut shell, &["package", "versions", "Ac"]).await,
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
async fn a_password_makes_a_key_and_is_not_kept() {
    let installation = Installation::start().await;
    let shell = Shell::anonymous(&installation);
    let login = [
        "login",
        &installation.base,
        "--username",
        "admin",
        "--password-stdin",
    ];
    let wrong = shell.run_with(&login, "Wrong-Horse-1\n").await;
    assert_eq!(wrong.code, 4, "{}", wrong.err);
    let right = shell.run_with(&login, &format!("{PASSWORD}\n")).await;
    assert_eq!(right.code, 0, "{}", right.err);
    assert_eq!(shell.json(&["whoami"]).await["Username"], "admin");
    let kept =
        std::fs::read_to_string(shell.home.join(".config/regatta/credentials.toml")).unwrap();
    assert!(kept.contains("API-") && !kept.contains(PASSWORD));
    let keys = installation.get("/api/users/me/apikeys").await;
    let purposes = keys["Items"].to_string();
    assert!(purposes.contains("regatta on"), "{purposes}");

    let mut terminal = shell.in_terminal(&login[..4]);
    terminal.until("Password of admin:").await;
    terminal.press(format!("{PASSWORD}\r").as_bytes()).await;
    assert_eq!(terminal.end().await, 0, "{}", terminal.text());
    assert!(
        !terminal.text().contains(PASSWORD),
        "it is not shown while it is typed"
    );
}
