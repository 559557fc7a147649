//! Questions to people: approvals, and failures that somebody decides about.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{finished, position};
use crate::installation::{Installation, step, text};

fn manual(name: &str, after: Option<&[&str]>) -> Value {
    let mut manual = step(name, after, "");
    manual["Actions"][0]["ActionType"] = json!("Octopus.Manual");
    manual["Actions"][0]["Properties"] =
        json!({"Octopus.Action.Manual.Instructions": "Look at #{Octopus.Environment.Name}"});
    manual
}

async fn open_questions(installation: &Installation, task: &str, count: usize) -> Vec<Value> {
    installation
        .until("questions are asked", async || {
            let page = installation
                .get(&format!(
                    "/api/Spaces-1/interruptions?regarding={task}&pendingOnly=true"
                ))
                .await;
            let items = page["Items"].as_array().unwrap().clone();
            (items.len() == count).then_some(items)
        })
        .await
}

async fn answer(installation: &Installation, question: &Value, form: Value) -> Value {
    let path = format!("/api/Spaces-1/interruptions/{}", text(&question["Id"]));
    installation
        .put(&format!("{path}/responsible"), json!({}))
        .await;
    installation.post(&format!("{path}/submit"), form).await
}

/// Regression case 8: questions asked at the same time are independent, and each is answered once.
#[tokio::test(flavor = "multi_thread")]
async fn two_questions_at_the_same_time_are_independent() {
    let installation = Installation::start().await;
    let steps = vec![
        manual("left", Some(&[])),
        manual("right", Some(&[])),
        step("after-left", Some(&["left"]), "echo ok"),
    ];
    let project = installation.project("People", steps).await;
    let task = installation.deploy(&project, json!({})).await;
    let questions = open_questions(&installation, &task, 2).await;
    let left = questions
        .iter()
        .find(|question| text(&question["Title"]).contains("left"))
        .unwrap();
    let right = questions
        .iter()
        .find(|question| text(&question["Title"]).contains("right"))
        .unwrap();
    assert_eq!(left["Form"]["Values"]["Instructions"], "", "{left}");
    answer(
        &installation,
        left,
        json!({"Result": "Proceed", "Notes": "fine"}),
    )
    .await;
    installation
        .until("what waits for the left one runs", async || {
            let events = installation.events(&task).await;
            position(&events, "TicketIssued", "after-left")
        })
        .await;
    let still_open = open_questions(&installation, &task, 1).await;
    assert_eq!(still_open[0]["Id"], right["Id"]);
    let again = format!("/api/Spaces-1/interruptions/{}/submit", text(&left["Id"]));
    let (status, _) = installation
        .try_send(Method::POST, &again, Some(&json!({"Result": "Abort"})))
        .await
        .unwrap();
    assert_eq!(status, StatusCode::CONFLICT);
    answer(&installation, right, json!({"Result": "Abort"})).await;
    assert_eq!(installation.finished(&task).await["State"], "Failed");
}

async fn check_stated(installation: &Installation, path: &str) {
    let effects = installation.get(&format!("{path}/effects")).await;
    let stated: Vec<String> = effects["Items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|effect| {
            let policy = effect["FailurePolicy"].as_str().unwrap_or("-");
            format!(
                "{} {policy}: {}",
                text(&effect["Choice"]),
                text(&effect["Text"])
            )
        })
        .collect();
    assert_eq!(
        stated,
        [
            "Retry -: bad starts now. long keeps running. next, more still wait.",
            "Fail FinishBranches: next is skipped. long keeps running. more still waits.",
            "Fail StartNothingNew: next is skipped. long keeps running. more will not run.",
            "Fail CancelRunning: long is told to stop. next is skipped. more will not run.",
            "Ignore -: next starts now. long keeps running. more still waits.",
        ]
    );
}

/// The cards of a failure say what each choice does; the one that is taken does it, and whoever comes second is
/// told who was first.
#[tokio::test(flavor = "multi_thread")]
async fn a_choice_does_what_was_stated_and_the_second_person_is_told_of_the_first() {
    let installation = Installation::start().await;
    let long = "sleep 600";
    let steps = vec![
        step("bad", Some(&[]), "exit 1"),
        step("long", Some(&[]), long),
        step("next", Some(&["bad"]), "echo never"),
        step("more", Some(&["long"]), "echo never"),
    ];
    let project = installation.project("Choices", steps).await;
    let task = installation
        .deploy(&project, json!({"UseGuidedFailure": true}))
        .await;
    let question = open_questions(&installation, &task, 1).await.remove(0);
    let path = format!("/api/Spaces-1/interruptions/{}", text(&question["Id"]));
    installation
        .until("the other lane runs", async || {
            let events = installation.events(&task).await;
            let is_long =
                |event: &Value| event["Type"] == "TicketStarted" && event["StepSlug"] == "long";
            events.iter().any(is_long).then_some(())
        })
        .await;
    check_stated(&installation, &path).await;
    let form = json!({"Guidance": "Fail", "FailurePolicy": "CancelRunning", "Notes": "no use"});
    let wrong = json!({"Guidance": "Fail", "FailurePolicy": "Whatever"});
    let submit = format!("{path}/submit");
    installation
        .put(&format!("{path}/responsible"), json!({}))
        .await;
    let refused = installation
        .try_send(Method::POST, &submit, Some(&wrong))
        .await;
    assert_eq!(refused.unwrap().0, StatusCode::BAD_REQUEST);
    let (one, other) = tokio::join!(
        installation.try_send(Method::POST, &submit, Some(&form)),
        installation.try_send(Method::POST, &submit, Some(&form)),
    );
    let (won, lost): (Vec<_>, Vec<_>) = [one.unwrap(), other.unwrap()]
        .into_iter()
        .partition(|(status, _)| status.is_success());
    assert_eq!((won.len(), lost.len()), (1, 1), "{won:?} {lost:?}");
    assert_eq!(lost[0].0, StatusCode::CONFLICT);
    assert!(
        lost[0].1.contains("admin answered Fail 0 s ago"),
        "{}",
        lost[0].1
    );
    let over = installation.finished(&task).await;
    assert_eq!(over["State"], "Failed");
    let events = installation.events(&task).await;
    assert_eq!(events[finished(&events, "long")]["Outcome"], "Canceled");
    assert!(position(&events, "TicketIssued", "more").is_none());
    let closed = installation.get(&format!("{path}/effects")).await;
    assert_eq!(closed["Items"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guided_failure_is_retried_ignored_or_failed_as_a_person_says() {
    let installation = Installation::start().await;
    let project = installation
        .project(
            "Guided",
            vec![step("bad", None, "exit 1"), step("next", None, "echo next")],
        )
        .await;
    let task = installation
        .deploy(&project, json!({"UseGuidedFailure": true}))
        .await;
    for (guidance, is_last) in [("Retry", false), ("Ignore", true)] {
        let question = open_questions(&installation, &task, 1).await.remove(0);
        assert_eq!(question["Type"], "GuidedFailure");
        answer(&installation, &question, json!({"Guidance": guidance})).await;
        if !is_last {
            installation
                .until("it is tried again", async || {
                    let page = installation
                        .get(&format!("/api/Spaces-1/interruptions?regarding={task}"))
                        .await;
                    (page["TotalResults"] == 2).then_some(())
                })
                .await;
        }
    }
    let over = installation.finished(&task).await;
    assert_eq!(
        (&over["State"], &over["HasWarningsOrErrors"]),
        (&json!("Success"), &json!(true))
    );
    let failed = installation
        .deploy(&project, json!({"UseGuidedFailure": true}))
        .await;
    let question = open_questions(&installation, &failed, 1).await.remove(0);
    answer(&installation, &question, json!({"Guidance": "Fail"})).await;
    assert_eq!(installation.finished(&failed).await["State"], "Failed");
}
