//! Every script can be ended, with all it has started.

use regatta_core::engine::event::Outcome;

use crate::rig::{Rig, bash, processes, succeeded};

/// Waits until no process carries the mark in its arguments.
async fn wait_until_gone(mark: &str) {
    while processes()
        .iter()
        .any(|(_, arguments)| arguments.contains(mark))
    {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_stop_ends_a_script_that_hears_it_at_once() {
    let mut rig = Rig::new().await;
    let ticket = rig.send(bash(
        "trap 'echo bye; exit 5' TERM; echo ready; while :; do read -t 1 <>/dev/ptmx; done",
    ));
    rig.wait_for_line(&ticket, "ready").await;
    rig.gateway.stop(&ticket, 600_000);
    rig.gateway.stop(&ticket, 600_000);
    let ran = rig.finish(&ticket).await;
    assert_eq!(ran.end.outcome, Outcome::Canceled);
    assert!(ran.text().ends_with("bye\n"), "{}", ran.text());
}

#[tokio::test]
async fn a_stop_ends_scripts_and_children_that_ignore_it() {
    let mut rig = Rig::new().await;
    let body = "trap '' TERM; sleep 4242.1 & setsid sleep 4242.1 & (setsid bash -c 'sleep 4242.1; :' &) ; echo ready; wait";
    let ticket = rig.send(bash(body));
    rig.wait_for_line(&ticket, "ready").await;
    rig.gateway.stop(&ticket, 50);
    let ran = rig.finish(&ticket).await;
    assert_eq!(ran.end.outcome, Outcome::Canceled);
    wait_until_gone("4242.1").await;
}

#[tokio::test]
async fn children_that_ignore_a_stop_do_not_outlive_a_script_that_obeys() {
    let mut rig = Rig::new().await;
    let ticket = rig.send(bash("(trap '' TERM; sleep 4242.2; :) & echo ready; wait"));
    rig.wait_for_line(&ticket, "ready").await;
    rig.gateway.stop(&ticket, 600_000);
    assert_eq!(rig.finish(&ticket).await.end.outcome, Outcome::Canceled);
    wait_until_gone("4242.2").await;
}

#[tokio::test]
async fn a_script_whose_time_is_up_is_ended_by_the_agent_itself() {
    let mut rig = Rig::new().await;
    let mut script = bash("sleep 1000");
    script.timeout_ms = Some(100);
    let ticket = rig.send(script);
    rig.wait_for_started(&ticket).await;
    assert_eq!(rig.finish(&ticket).await.end.outcome, Outcome::TimedOut);
}

#[tokio::test]
async fn a_queued_script_is_stopped_without_ever_starting() {
    let mut rig = Rig::new().await;
    let fifo = rig.dir.path().join("fifo");
    assert!(
        std::process::Command::new("mkfifo")
            .arg(&fifo)
            .status()
            .unwrap()
            .success()
    );
    let wait = format!("read line <{}", fifo.display());
    let first = [rig.send(bash(&wait)), rig.send(bash(&wait))];
    for ticket in &first {
        rig.wait_for_started(ticket).await;
    }
    let queued = rig.send(bash("echo ran"));
    rig.gateway.stop(&queued, 1000);
    let ran = rig.finish(&queued).await;
    assert_eq!(ran.end.outcome, Outcome::Canceled);
    assert!(ran.lines.is_empty() && ran.end.started_at.is_none());
    let mut pipe = std::fs::OpenOptions::new()
        .read(true)
        .write(true)
        .open(&fifo)
        .unwrap();
    std::io::Write::write_all(&mut pipe, b"a\nb\n").unwrap();
    rig.gateway.stop(&first[0], 0);
    rig.finish(&first[0]).await;
    rig.gateway.stop(&first[1], 0);
    rig.finish(&first[1]).await;
    assert!(succeeded(&rig.run(bash("true")).await.end.outcome));
}
