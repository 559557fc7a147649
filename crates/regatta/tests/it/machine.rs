//! What several steps or tasks have to agree about on one machine: who has it, and whether it still takes part.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::installation::{Installation, step, text};

/// The only open question of a task.
async fn question(installation: &Installation, task: &str) -> String {
    questions(installation, task, 1).await.remove(0)
}

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

/// Waits until a task says that it waits for the machine that the other has.
async fn waits_for(installation: &Installation, task: &str, holder: &str) {
    let path = format!("/api/Spaces-1/tasks/{task}/explain");
    installation
        .until("it waits for the machine", async || {
            let explained = installation.get(&path).await;
            let mut items = explained["Items"].as_array()?.iter();
            items
                .any(|item| item["Reason"] == "MachineLock" && item["HolderTaskId"] == holder)
                .then_some(())
        })
        .await;
}

async fn tickets(installation: &Installation, task: &str) -> usize {
    let events = installation.events(task).await;
    let issued = events
        .iter()
        .filter(|event| event["Type"] == "TicketIssued");
    issued.count()
}

fn manual(name: &str) -> Value {
    let mut manual = step(name, None, "");
    manual["Actions"][0]["ActionType"] = json!("Octopus.Manual");
    manual["Actions"][0]["Properties"] =
        json!({"Octopus.Action.Manual.Instructions": "Shall it go on?"});
    manual
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

/// The older task is opened first, and its turn comes before anybody has to wait: the machine is the younger one's
/// all the same.
#[tokio::test(flavor = "multi_thread")]
async fn a_machine_stays_with_the_task_that_has_it_whichever_is_opened_first() {
    let mut installation = Installation::start().await;
    target(&installation).await;
    let later = installation
        .project("Waits", vec![manual("ask"), on_target("waits")])
        .await;
    let sooner = installation.project("Has", vec![on_target("has")]).await;
    let older = installation.deploy(&later, json!({})).await;
    let asked = question(&installation, &older).await;
    // It fails, and keeps the machine until somebody says how it goes on.
    let younger = installation
        .deploy(&sooner, json!({"UseGuidedFailure": true}))
        .await;
    let failed = question(&installation, &younger).await;
    answer(&installation, &asked, json!({"Result": "Proceed"})).await;
    waits_for(&installation, &older, &younger).await;

    installation.kill_server().await;
    installation.start_server().await;
    waits_for(&installation, &older, &younger).await;
    assert_eq!(tickets(&installation, &older).await, 0);

    answer(&installation, &failed, json!({"Guidance": "Fail"})).await;
    assert_eq!(installation.finished(&younger).await["State"], "Failed");
    let over = installation.finished(&older).await;
    assert_eq!(over["State"], "Failed", "{over}");
    assert_eq!(tickets(&installation, &older).await, 1);
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
