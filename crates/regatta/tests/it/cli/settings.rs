//! Signing in, profiles, and where settings come from.

use super::shell::{Shell, steady};
use crate::installation::{ADMIN_KEY, Installation, PASSWORD};

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

#[tokio::test(flavor = "multi_thread")]
async fn every_setting_says_where_it_comes_from() {
    let installation = Installation::start().await;
    let mut shell = Shell::of(&installation);
    shell.out(&["config", "set", "color", "always"]).await;
    shell.out(&["config", "set", "space", "Default"]).await;
    std::fs::write(shell.home.join(".regatta.toml"), "project = \"web\"").unwrap();
    shell.set("REGATTA_PROGRESS", "plain");
    let list = ["config", "list", "--show-origin", "-o", "wide"];
    let mut text = shell.out(&list).await;
    // What all programs understand wins over the profile, too.
    shell.set("FORCE_COLOR", "1");
    text.push_str(
        &shell
            .out(&[&list[..], &["--progress", "full"]].concat())
            .await,
    );
    shell.set("NO_COLOR", "1");
    text.push_str(&shell.out(&[&list[..], &["--color", "auto"]].concat()).await);
    assert_eq!(shell.out(&["config", "get", "color"]).await, "never\n");
    insta::assert_snapshot!(steady(&text, &installation));
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_have_the_shape_of_the_data_wherever_it_was_chosen() {
    let installation = Installation::start().await;
    let mut shell = Shell::of(&installation);
    let refused = ["environment", "create", " "];
    assert!(shell.run(&refused).await.err.starts_with("regatta: "));
    shell.set("REGATTA_OUTPUT", "json");
    let ran = shell.run(&refused).await;
    let error: serde_json::Value = serde_json::from_str(&ran.err).unwrap();
    assert_eq!(error["Error"]["ExitCode"], 6, "{error}");
    assert_eq!(error["Error"]["Status"], 400, "{error}");
    assert_eq!(error["Error"]["Code"], "Invalid", "{error}");
    shell.set("REGATTA_OUTPUT", "nonsense");
    let unread = shell.run(&["environment", "list"]).await;
    assert!(
        unread.code == 2 && unread.err.contains("environment REGATTA_OUTPUT"),
        "{}",
        unread.err
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_are_told_and_with_a_second_v_their_answers() {
    let installation = Installation::start().await;
    let shell = Shell::of(&installation);
    let once = shell.run(&["api", "GET", "/api/nothing", "-v"]).await;
    let request = format!("GET {}/api/nothing", installation.base);
    assert_eq!(once.err.lines().next(), Some(request.as_str()));
    assert!(!once.err.contains("404 Not Found after"), "{}", once.err);
    let twice = shell.run(&["api", "GET", "/api/nothing", "-vv"]).await;
    let answer = twice.err.lines().nth(1).unwrap();
    assert!(answer.starts_with("  404 Not Found after "), "{answer}");
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
