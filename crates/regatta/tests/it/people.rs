//! What people see and do around a run: the order of its log, and cancelling at any moment.

use serde_json::json;

use crate::installation::{Installation, step};

/// The end of a script and what its output said come in one report; a reader meets them in the order they happened.
#[tokio::test(flavor = "multi_thread")]
async fn the_log_tells_what_a_script_wrote_before_how_it_ended() {
    let installation = Installation::start().await;
    let steps = (1..=8).map(|i| {
        let after: &[&str] = &[];
        step(
            &format!("s{i}"),
            Some(after),
            &format!("echo said by s{i}; exit {}", 10 + i),
        )
    });
    let project = installation.project("Failing", steps.collect()).await;
    let task = installation.deploy(&project, json!({})).await;
    installation.finished(&task).await;
    let raw = installation.text(&format!("/api/tasks/{task}/raw")).await;
    let at = |text: String| {
        raw.find(&text)
            .unwrap_or_else(|| panic!("no \"{text}\" in {raw}"))
    };
    for i in 1..=8 {
        let (said, ended) = (
            at(format!("said by s{i}")),
            at(format!("exited with code {}", 10 + i)),
        );
        assert!(said < ended, "the end of s{i} comes first in {raw}");
    }
}

/// Also in the moment between the queue and the first step.
#[tokio::test(flavor = "multi_thread")]
async fn a_task_can_be_cancelled_at_any_moment() {
    let installation = Installation::start().await;
    let project = installation
        .project("Hasty", vec![step("wait", None, "sleep 60")])
        .await;
    for _ in 0..25 {
        let task = installation.deploy(&project, json!({})).await;
        installation
            .post(&format!("/api/tasks/{task}/cancel"), json!({}))
            .await;
        let over = installation.finished(&task).await;
        assert_eq!(over["State"], "Canceled", "{over}");
        let explained = installation
            .get(&format!("/api/tasks/{task}/explain"))
            .await;
        assert_ne!(explained["Task"]["Message"], "about to start");
    }
}
