//! What several steps or tasks have to agree about on one machine.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::installation::{Installation, step, text};

async fn questions(installation: &Installation, task: &str, count: usize) -> Vec<String> {
    let path = format!("/api/Spaces-1/interruptions?regarding={task}&pendingOnly=true");
    let id = |item: &Value| text(&item["Id"]);
    installation
        .until("somebody is asked", async || {
            let page = installation.get(&path).await;
            let ids: Vec<String> = page["Items"].as_array()?.iter().map(id).collect();
            (ids.len() == count).then_some(ids)
        })
        .await
}

async fn answer(installation: &Installation, question: &str, form: Value) {
    let path = format!("/api/Spaces-1/interruptions/{question}");
    installation
        .put(&format!("{path}/responsible"), json!({}))
        .await;
    installation.post(&format!("{path}/submit"), form).await;
}

async fn tickets(installation: &Installation, task: &str) -> usize {
    let events = installation.events(task).await;
    let issued = events
        .iter()
        .filter(|event| event["Type"] == "TicketIssued");
    issued.count()
}

/// A step on the target with the role `web`.
fn on_target(name: &str) -> Value {
    let mut step = step(name, None, "echo ok");
    step["Actions"][0]["Properties"]["Octopus.Action.RunOnServer"] = json!("false");
    step["Properties"]["Octopus.Action.TargetRoles"] = json!("web");
    step
}

/// An environment with a target that every script fails on, as nothing reaches it.
async fn target(installation: &Installation) {
    let environment = installation
        .post("/api/environments", json!({"Name": "Test"}))
        .await;
    let target = json!({
        "Name": "web", "EnvironmentIds": [environment["Id"]], "Roles": ["web"],
        "Endpoint": {"CommunicationStyle": "TentaclePassive", "Uri": "https://tentacle.example:10933/", "Thumbprint": "AABBCC"},
    });
    installation.post("/api/Spaces-1/machines", target).await;
}

/// What an open question offers, by the buttons of its form.
async fn offered(installation: &Installation, question: &str) -> Vec<String> {
    let path = format!("/api/Spaces-1/interruptions/{question}");
    let asked = installation.get(&path).await;
    let elements = asked["Form"]["Elements"].as_array().unwrap().iter();
    let buttons = elements.filter_map(|element| element["Control"]["Buttons"].as_array());
    buttons
        .flatten()
        .map(|button| text(&button["Value"]))
        .collect()
}

/// Two steps failed on the same machine, and somebody takes it out: the other question offers no retry any more.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_tried_again_on_a_machine_that_was_taken_out() {
    let installation = Installation::start().await;
    target(&installation).await;
    let mut second = on_target("second");
    second["StartTrigger"] = json!("StartWithPrevious");
    let project = installation
        .project("Out", vec![on_target("first"), second])
        .await;
    let task = installation
        .deploy(&project, json!({"UseGuidedFailure": true}))
        .await;
    let asked = questions(&installation, &task, 2).await;
    let all = ["Retry", "Fail", "Ignore", "Exclude"];
    assert_eq!(offered(&installation, &asked[1]).await, all);
    answer(&installation, &asked[0], json!({"Guidance": "Exclude"})).await;
    assert_eq!(offered(&installation, &asked[1]).await, ["Fail", "Ignore"]);
    let path = format!("/api/Spaces-1/interruptions/{}", asked[1]);
    installation
        .put(&format!("{path}/responsible"), json!({}))
        .await;
    let retry = json!({"Guidance": "Retry"});
    let (status, said) = installation
        .try_send(Method::POST, &format!("{path}/submit"), Some(&retry))
        .await
        .unwrap();
    assert_eq!(status, StatusCode::BAD_REQUEST, "{said}");
    answer(&installation, &asked[1], json!({"Guidance": "Ignore"})).await;
    let over = installation.finished(&task).await;
    assert_eq!(over["State"], "Success", "{over}");
    assert_eq!(tickets(&installation, &task).await, 2);
}
