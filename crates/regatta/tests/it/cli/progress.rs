//! Every mode of progress, whole: lines, events, nothing, the picture in its region and on all of the screen.

use regex::Regex;
use serde_json::json;
use tokio::io::{AsyncBufReadExt as _, BufReader};

use super::shell::{Shell, Terminal, steady};
use crate::installation::{Installation, step};

const WAIT: [&str; 7] = ["release", "deploy", "-p", "web", "--env", "Test", "--wait"];

/// Without how long things took.
fn timeless(text: &str, installation: &Installation) -> String {
    let text = steady(text, installation);
    let rules = [
        (r"( · |  )~\d+s left", ""),
        // Of two that take as long either may be part of it.
        (r"chain: [12] → 3", "chain: 1 → 3"),
        // Whether the last line of the server is there before the end is told is its own affair.
        (r"\[server\] .*\n", ""),
        (r"\b\d+(\.\d)?s\b", "Ns"),
        (r#""Ticket":"[^"]*""#, r#""Ticket":"TICKET""#),
        (r#""([A-Za-z]*Ms)":\d+"#, r#""$1":N"#),
    ];
    rules.iter().fold(text, |text, (pattern, with)| {
        let pattern = Regex::new(pattern).unwrap();
        pattern.replace_all(&text, *with).into_owned()
    })
}

/// One step after the other, so that everything happens in the same order.
async fn one_by_one(last: &str) -> (Installation, Shell) {
    let installation = Installation::start().await;
    let steps = vec![
        step("build", Some(&[]), "echo built"),
        step("ship", Some(&["build"]), last),
    ];
    installation.project("Web", steps).await;
    let shell = Shell::of(&installation);
    (installation, shell)
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_of_what_succeeds_and_of_what_fails() {
    let (installation, mut shell) = one_by_one("seq 1 25; echo the reason >&2; exit 3").await;
    let mut text = String::new();
    let leaving_out = [&WAIT[..], &["--exclude-step", "ship"]].concat();
    for command in [&WAIT[..], &leaving_out] {
        let ran = shell.run(command).await;
        let said = format!("{}{}[{}]", ran.out, ran.err, ran.code);
        text.push_str(&format!("$ regatta {}\n{said}\n\n", command.join(" ")));
    }
    shell.set("REGATTA_SCREEN_READER", "1");
    let read = shell.run(&leaving_out).await;
    text.push_str(&format!("read aloud:\n{}", read.err));
    insta::assert_snapshot!(timeless(&text, &installation));
}

#[tokio::test(flavor = "multi_thread")]
async fn events_and_nothing() {
    let (installation, shell) = one_by_one("exit 3").await;
    let mut text = String::new();
    for mode in ["json", "none"] {
        let ran = shell
            .run(&[&WAIT[..], &["--progress", mode]].concat())
            .await;
        text.push_str(&format!(
            "--progress {mode}\n{}[stderr]\n{}[{}]\n\n",
            ran.out, ran.err, ran.code
        ));
    }
    insta::assert_snapshot!(timeless(&text, &installation));
}

/// A step that writes lines when a file appears, one that waits for another file, and one behind both.
struct Gated {
    installation: Installation,
    shell: Shell,
}

impl Gated {
    async fn new() -> Self {
        let installation = Installation::start().await;
        let gate = |name: &str| {
            let path = installation.folder.path().join(name);
            format!("until test -e {}; do sleep 0.02; done", path.display())
        };
        let talks = format!("echo before; {}; echo after; {}", gate("talk"), gate("end"));
        let steps = vec![
            step("left", Some(&[]), &talks),
            step("right", Some(&[]), &gate("end")),
            step("last", Some(&["left", "right"]), "echo done"),
        ];
        installation.project("Web", steps).await;
        let shell = Shell::of(&installation);
        Self {
            installation,
            shell,
        }
    }

    fn open(&self, gate: &str) {
        std::fs::write(self.installation.folder.path().join(gate), "").unwrap();
    }

    /// The screen once both steps run and the drawing is complete.
    async fn running(&self, terminal: &mut Terminal) -> String {
        let told = [
            "▶ 1 left",
            "▶ 2 right",
            "last  waiting for left (running), right",
            "keys:",
        ];
        terminal
            .read_until(|terminal| {
                let screen = terminal.screen();
                told.iter().all(|text| screen.contains(text)) && !screen.contains("queued at")
            })
            .await;
        timeless(&terminal.screen(), &self.installation)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_picture_in_its_region_with_the_log_above() {
    let gated = Gated::new().await;
    let mut terminal = gated.shell.in_terminal(&WAIT);
    let mut text = gated.running(&mut terminal).await;
    terminal.press(b"l").await;
    terminal.until("[1 left] before").await;
    gated.open("talk");
    terminal.until("[1 left] after").await;
    gated.open("end");
    assert_eq!(terminal.end().await, 0, "{}", terminal.text());
    assert!(
        !terminal.screen().contains('~'),
        "nothing is left to do: {}",
        terminal.screen()
    );
    let end = timeless(&terminal.screen(), &gated.installation);
    text.push_str(&format!("\n-- with l, at the end --\n{end}\n"));
    insta::assert_snapshot!(text);
}

#[tokio::test(flavor = "multi_thread")]
async fn all_of_the_screen_and_back_without_losing_a_line() {
    let gated = Gated::new().await;
    let full = [&WAIT[..], &["--progress", "full", "--logs"]].concat();
    let mut terminal = gated.shell.in_terminal(&full);
    gated.running(&mut terminal).await;
    terminal.until("[1 left] before").await;
    let mut text = gated.running(&mut terminal).await;
    assert!(terminal.is_on_other_screen());
    gated.open("talk");
    terminal.until("[1 left] after").await;
    terminal.press(b"f").await;
    terminal.until_on_own_screen().await;
    terminal.until("[1 left] after").await;
    terminal.press(b"f").await;
    terminal.until_on_other_screen().await;
    gated.open("end");
    assert_eq!(terminal.end().await, 0, "{}", terminal.text());
    assert!(!terminal.is_on_other_screen(), "{}", terminal.text());
    let end = timeless(&terminal.screen(), &gated.installation);
    text.push_str(&format!("\n-- at the end --\n{end}\n"));
    insta::assert_snapshot!(text);
}

#[tokio::test(flavor = "multi_thread")]
async fn leaving_leaves_the_other_screen_too() {
    let gated = Gated::new().await;
    let full = [&WAIT[..], &["--progress", "full"]].concat();
    let mut terminal = gated.shell.in_terminal(&full);
    gated.running(&mut terminal).await;
    terminal.press(&[3]).await;
    terminal.until("Press Ctrl-C again").await;
    assert!(!terminal.is_on_other_screen(), "{}", terminal.text());
    terminal.press(&[3]).await;
    terminal.until("[y/N]").await;
    // Whoever presses it once more wants to be gone, not to be asked.
    terminal.press(&[3]).await;
    assert_eq!(terminal.end().await, 130, "{}", terminal.text());
    let task = gated.installation.get("/api/tasks?take=1").await["Items"][0].clone();
    assert_eq!(task["State"], "Executing");
}

#[tokio::test(flavor = "multi_thread")]
async fn terminals_without_utf8_get_ascii_and_who_listens_gets_words() {
    let (installation, mut shell) = one_by_one("exit 3").await;
    let mut text = String::new();
    for (name, value) in [("LC_ALL", "C"), ("REGATTA_SCREEN_READER", "1")] {
        shell.set(name, value);
        let graph = shell
            .out(&["process", "show", "-p", "web", "--graph"])
            .await;
        let ran = shell.run(&WAIT).await;
        assert!(ran.err.is_ascii(), "{}", ran.err);
        text.push_str(&format!("{name}={value}\n{graph}{}\n", ran.err));
        shell.set(name, "");
    }
    shell.set("LC_ALL", "POSIX");
    let mut terminal = shell.in_terminal(&WAIT);
    assert_eq!(terminal.end().await, 10, "{}", terminal.text());
    assert!(terminal.text().is_ascii(), "{}", terminal.text());
    text.push_str(&format!("drawn:\n{}\n", terminal.screen()));
    insta::assert_snapshot!(timeless(&text, &installation));
}

/// Nobody is asked to press what cannot be pressed.
#[tokio::test(flavor = "multi_thread")]
async fn without_a_keyboard_no_keys_are_named() {
    let gated = Gated::new().await;
    let mut terminal = gated
        .shell
        .in_terminal(&[&WAIT[..], &["--no-prompt"]].concat());
    terminal.until("Ctrl-C detaches (keeps running)").await;
    assert!(!terminal.text().contains("keys:"), "{}", terminal.text());
    gated.open("talk");
    gated.open("end");
    assert_eq!(terminal.end().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_connection_is_told_beside_events_too() {
    let mut gated = Gated::new().await;
    let mut child = gated
        .shell
        .command(&[&WAIT[..], &["--progress", "json"]].concat())
        .spawn()
        .unwrap();
    let mut told = BufReader::new(child.stderr.take().unwrap()).lines();
    let mut events = BufReader::new(child.stdout.take().unwrap()).lines();
    while !events
        .next_line()
        .await
        .unwrap()
        .unwrap()
        .contains("\"TicketStarted\"")
    {}
    gated.installation.kill_server().await;
    let lost = told.next_line().await.unwrap().unwrap();
    assert!(lost.starts_with("connection lost ("), "{lost}");
    gated.open("talk");
    gated.open("end");
    gated.installation.start_server().await;
    let back = told.next_line().await.unwrap().unwrap();
    assert_eq!(back, "connected again");
    while events.next_line().await.unwrap().is_some() {}
    assert_eq!(child.wait().await.unwrap().code(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_cancelled_while_the_server_is_away_is_cancelled_when_it_is_back() {
    let mut gated = Gated::new().await;
    let mut terminal = gated.shell.in_terminal(&WAIT);
    gated.running(&mut terminal).await;
    gated.installation.kill_server().await;
    terminal.until("connection lost").await;
    terminal.press(b"c").await;
    terminal.until("it will be told as soon as it does").await;
    gated.installation.start_server().await;
    assert_eq!(terminal.end().await, 11, "{}", terminal.text());
    let task = gated.installation.get("/api/tasks?take=1").await["Items"][0].clone();
    assert_eq!(task["State"], json!("Canceled"));
}
