//! Scripts that are stopped: past their time limit, by a cancel, or not at all.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{finished, position, run, with, with_properties};
use crate::installation::{Installation, step, text};

#[tokio::test(flavor = "multi_thread")]
async fn a_script_past_its_time_limit_is_killed_and_failed() {
    let installation = Installation::start().await;
    let limit = json!({"Octopus.Action.ExecutionTimeout.Minutes": "0.01"});
    let (task, events) = run(
        &installation,
        "Limit",
        vec![with_properties(step("slow", None, "sleep 600"), limit)],
    )
    .await;
    assert_eq!(task["State"], "Failed");
    assert_eq!(events[finished(&events, "slow")]["Outcome"], "TimedOut");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_deployment_ends_its_scripts_and_starts_nothing_more() {
    let installation = Installation::start().await;
    let started = installation.folder.path().join("started");
    let script = format!("touch {}; sleep 600", started.display());
    let steps = vec![
        step("long", None, &script),
        with(
            step("cleanup", None, "echo no"),
            json!({"Condition": "Always"}),
        ),
    ];
    let project = installation.project("Cancel", steps).await;
    let task = installation.deploy(&project, json!({})).await;
    installation
        .until("the script starts", async || started.exists().then_some(()))
        .await;
    // No body, as the Go client sends it, and `{}`, as the npm client does.
    installation
        .send(
            Method::POST,
            &format!("/api/spaces/Spaces-1/tasks/{task}/cancel"),
            None,
        )
        .await;
    installation
        .post(&format!("/api/tasks/{task}/cancel"), json!({}))
        .await;
    let over = installation.finished(&task).await;
    assert_eq!(over["State"], "Canceled");
    let events = installation.events(&task).await;
    assert!(position(&events, "TicketIssued", "cleanup").is_none());
}

/// A script that cannot be stopped, because nothing on its machine moves any more, is named; given up, the driver
/// knows and the task is over for good.
#[tokio::test(flavor = "multi_thread")]
async fn a_script_that_cannot_be_stopped_is_named_and_given_up() {
    let installation = Installation::start().await;
    let started = installation.folder.path().join("started");
    let release = installation.folder.path().join("end");
    let script = format!(
        "trap 'yes {} | head -n 12000; exit' TERM; echo $$ >{}; until test -e {}; do sleep 0.1; done",
        "x".repeat(500),
        started.display(),
        release.display()
    );
    let project = installation
        .project("Stuck", vec![step("stuck", None, &script)])
        .await;
    let task = installation.deploy(&project, json!({})).await;
    let path = |what: &str| format!("/api/Spaces-1/tasks/{task}/{what}");
    let is_abandoned = async |body: Value| {
        let path = path("abandon");
        let sent = installation.try_send(Method::POST, &path, Some(&body));
        sent.await.unwrap()
    };
    installation
        .until("the script starts", async || {
            let running = installation.get(&path("running")).await;
            (started.exists() && running["Items"][0]["StartedAt"].is_string()).then_some(())
        })
        .await;
    assert_eq!(is_abandoned(json!({})).await.0, StatusCode::CONFLICT);
    installation.freeze_link();
    installation.post(&path("cancel"), json!({})).await;
    let running = installation.get(&path("running")).await;
    assert_eq!(running["Items"][0]["StepSlug"], "stuck", "{running}");
    assert!(running["CanAbandonAt"].is_string());
    let early = is_abandoned(json!({})).await;
    assert_eq!(early.0, StatusCode::CONFLICT);
    assert!(early.1.contains("30 s"), "{}", early.1);
    let given_up = installation
        .until("the script may be given up", async || {
            let wrong = is_abandoned(json!({"Ticket": "no such"})).await;
            if wrong.0 == StatusCode::CONFLICT {
                return None;
            }
            assert_eq!(wrong.0, StatusCode::BAD_REQUEST, "{}", wrong.1);
            Some(installation.post(&path("abandon"), json!({})).await)
        })
        .await;
    assert_eq!(given_up["Abandoned"][0]["StepSlug"], "stuck", "{given_up}");
    let over = installation.finished(&task).await;
    assert_eq!(over["State"], "Canceled");
    let events = installation.events(&task).await;
    let end = &events[finished(&events, "stuck")];
    assert_eq!(end["Outcome"], "Unknown");
    assert_eq!(end["Message"], "admin gave it up; it may still be running");
    assert_eq!(events.last().unwrap()["Result"], "Canceled");
    // The end was the driver's own: nothing is left that it waits for.
    assert_eq!(installation.get(&path("running")).await["Items"], json!([]));
    // Its machine moves again: what the script writes now is nobody's, and the agent can let go of it.
    installation.thaw_link();
    let pid = std::fs::read_to_string(&started).unwrap();
    let process = std::path::Path::new("/proc").join(pid.trim());
    let kept = format!("worker/spool/{}.out", text(&end["Ticket"]));
    let kept = installation.data_dir().join(kept);
    installation
        .until("the agent lets go of the script", async || {
            (!process.exists() && !kept.exists()).then_some(())
        })
        .await;
    std::fs::write(&release, "").unwrap();
}
