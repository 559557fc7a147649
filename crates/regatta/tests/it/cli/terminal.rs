//! Waiting in a real terminal: drawn, coloured or not, left and gone on.

use super::shell::{Shell, Terminal};
use crate::installation::{Installation, step};

const WAIT: [&str; 7] = ["release", "deploy", "-p", "web", "--env", "Test", "--wait"];

/// Two steps that run at the same time, one that waits for them, and the file that lets them go on.
async fn prepared() -> (Installation, Shell, std::path::PathBuf) {
    let installation = Installation::start().await;
    let gate = installation.folder.path().join("gate");
    let script = format!("until test -e {}; do sleep 0.02; done", gate.display());
    let steps = vec![
        step("left", Some(&[]), &script),
        step("right", Some(&[]), &script),
        step("after", Some(&["left", "right"]), "echo done"),
    ];
    installation.project("Web", steps).await;
    let shell = Shell::of(&installation);
    (installation, shell, gate)
}

async fn both_run(terminal: &mut Terminal) {
    terminal.until("▶ 1 left").await;
    terminal.until("▶ 2 right").await;
    terminal
        .until("○ 3 after  waiting for left (running), right (running)")
        .await;
    // The last line of a drawing: before it the screen may hold half of one.
    terminal.until("keys:").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_drawn_in_place_and_stays_when_it_is_over() {
    let (_installation, shell, gate) = prepared().await;
    let mut terminal = shell.in_terminal(&WAIT);
    both_run(&mut terminal).await;
    let screen = terminal.screen();
    assert_eq!(
        screen.matches("keys:").count(),
        1,
        "drawn over, not below: {screen}"
    );
    assert!(screen.contains("2 at once"), "{screen}");
    std::fs::write(gate, "").unwrap();
    assert_eq!(terminal.end().await, 0);
    let screen = terminal.screen();
    assert!(
        screen.contains("✓ 3 after") && screen.contains("Order respected: 2 of 2"),
        "{screen}"
    );
    assert!(!screen.contains("keys:"), "{screen}");
    assert!(
        terminal.text().contains("\x1b[36m"),
        "running steps have a colour"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn leaving_by_key_or_by_interrupt_leaves_it_running() {
    let (installation, shell, gate) = prepared().await;
    let mut by_key = shell.in_terminal(&WAIT);
    both_run(&mut by_key).await;
    by_key.press(b"q").await;
    assert_eq!(by_key.end().await, 130);
    assert!(by_key.text().contains("Detached"), "{}", by_key.text());
    let task = installation.get("/api/tasks?take=1").await["Items"][0].clone();
    assert_eq!(task["State"], "Executing");
    let id = task["Id"].as_str().unwrap();

    let mut by_interrupt = shell.in_terminal(&["deployment", "watch", id]);
    both_run(&mut by_interrupt).await;
    by_interrupt.press(&[3]).await;
    assert_eq!(by_interrupt.end().await, 130);

    let mut twice = shell.in_terminal(&["deployment", "watch", id]);
    both_run(&mut twice).await;
    twice.press(&[3]).await;
    twice.until("Press Ctrl-C again").await;
    twice.press(&[3]).await;
    twice.until("Cancel").await;
    twice.press(b"n\n").await;
    assert_eq!(twice.end().await, 130, "{}", twice.text());

    std::fs::write(gate, "").unwrap();
    assert_eq!(installation.finished(id).await["State"], "Success");
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_show_all_and_cancel() {
    let (installation, shell, _gate) = prepared().await;
    let mut terminal = shell.in_terminal(&WAIT);
    both_run(&mut terminal).await;
    terminal.press(b"f").await;
    terminal.press(b"c").await;
    assert_eq!(terminal.end().await, 11, "{}", terminal.text());
    let task = installation.get("/api/tasks?take=1").await["Items"][0].clone();
    assert_eq!(task["State"], "Canceled");
}

/// Where nothing can be drawn over there are lines, and no escape sequence at all.
#[tokio::test(flavor = "multi_thread")]
async fn terminals_that_cannot_be_drawn_over_get_lines() {
    let (_installation, mut shell, gate) = prepared().await;
    std::fs::write(gate, "").unwrap();
    for (name, value) in [
        ("CI", "true"),
        ("REGATTA_SCREEN_READER", "1"),
        ("TERM", "dumb"),
    ] {
        shell.set(name, value);
        let mut terminal = shell.in_terminal(&WAIT);
        assert_eq!(terminal.end().await, 0, "{}", terminal.text());
        let text = terminal.text();
        assert!(!text.contains('\x1b'), "{name}: {text}");
        let started = match name {
            "REGATTA_SCREEN_READER" => "1 left: started",
            _ => "[1 left] started",
        };
        assert!(text.contains(started), "{name}: {text}");
        shell.set(name, if name == "TERM" { "xterm" } else { "" });
    }
    shell.set("NO_COLOR", "1");
    let mut terminal = shell.in_terminal(&WAIT);
    assert_eq!(terminal.end().await, 0);
    let text = terminal.text();
    assert!(
        text.contains("\x1b[J") && !text.contains("\x1b[36m") && !text.contains("\x1b[0m"),
        "drawn without colours: {text}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn events_are_lines_of_json_that_can_be_resumed() {
    let (_installation, shell, gate) = prepared().await;
    std::fs::write(gate, "").unwrap();
    let numbers = |out: &str| -> Vec<u64> {
        out.lines()
            .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
            .filter_map(|event| event["Seq"].as_u64())
            .collect()
    };
    let all = shell
        .run(&[&WAIT[..], &["--progress", "json", "-q"]].concat())
        .await;
    assert_eq!(all.code, 0, "{}", all.err);
    let all = numbers(&all.out);
    assert_eq!(all, (1..=all.len() as u64).collect::<Vec<_>>());
    let rest = shell
        .run(&[
            "deployment",
            "watch",
            "1",
            "--progress",
            "json",
            "--from-event",
            "3",
        ])
        .await;
    assert_eq!(numbers(&rest.out), all[3..], "{}", rest.err);
}

/// The server is killed and comes back; the watching goes on to the end.
#[tokio::test(flavor = "multi_thread")]
async fn a_lost_server_is_not_a_failed_deployment() {
    let (mut installation, shell, gate) = prepared().await;
    let mut terminal = shell.in_terminal(&WAIT);
    both_run(&mut terminal).await;
    installation.kill_server().await;
    terminal.until("connection lost").await;
    std::fs::write(gate, "").unwrap();
    installation.start_server().await;
    assert_eq!(terminal.end().await, 0, "{}", terminal.text());
    assert!(
        terminal.screen().contains("✓ Succeeded"),
        "{}",
        terminal.screen()
    );
}

/// Who is asked learns how not to be.
#[tokio::test(flavor = "multi_thread")]
async fn what_the_command_line_does_not_say_is_asked() {
    let (_installation, shell, gate) = prepared().await;
    std::fs::write(gate, "").unwrap();
    let mut terminal = shell.in_terminal(&["release", "deploy", "--wait"]);
    terminal.until("   1  Web\nNumber or name:").await;
    terminal.press(b"1\n").await;
    terminal.until("Which environment?").await;
    terminal.until("Number or name:").await;
    terminal.press(b"te\n").await;
    let same = "Without questions: regatta release deploy --wait --project web --env test";
    terminal.until(same).await;
    assert_eq!(terminal.end().await, 0, "{}", terminal.text());
    assert_eq!(terminal.text().matches("Without questions").count(), 1);

    let mut wrong = shell.in_terminal(&["release", "list"]);
    wrong.until("Number or name:").await;
    wrong.press(b"7\n").await;
    assert_eq!(wrong.end().await, 3, "{}", wrong.text());
    let silent = shell.run(&["release", "deploy", "-p", "web"]).await;
    assert_eq!(silent.code, 2, "{}", silent.err);
}
