//! Waiting for tasks: for too long, for unknown ones, for more than one request holds.

use serde_json::{Value, json};

use super::{run, traffic};
use crate::installation::{Installation, text};

#[tokio::test(flavor = "multi_thread")]
async fn waiting_ends_in_time_and_cancels_when_it_is_told_to() {
    let installation = Installation::start().await;
    let told = run(&installation, "waiting", &json!({ "space": "waiting" })).await;
    insta::assert_snapshot!("npm_waiting_traffic", traffic(&installation).await);
    let task = text(&told["id"]);
    assert_eq!(told["late"], json!([]), "it was not over");
    assert_eq!(
        told["unknown"]["message"],
        "Unknown task Id(s) ServerTasks-99999"
    );
    assert_eq!(told["second"], json!([task]));
    assert_eq!(
        told["canceled"]["message"],
        "Timeout reached after 0.2 seconds. Tasks were cancelled."
    );
    let ended = installation.get(&format!("/api/tasks/{task}")).await;
    assert_eq!(ended["State"], "Canceled", "{ended}");
    assert_eq!(told["ended"], ended);
    let events = format!("/api/tasks/{task}/events?take=1000");
    let events = installation.get(&events).await;
    let is_cancel = |event: &Value| event["Type"] == "CancelRequested";
    assert!(
        events["Items"].as_array().unwrap().iter().any(is_cancel),
        "{events}"
    );
}
