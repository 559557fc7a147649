//! A task as the API shows it (octopus-api §2.11).

use regatta_core::time::Time;
use regatta_store::{Task, TaskState};
use serde_json::{Map, Value, json};

use crate::time_text::{duration, iso};

/// The body of one task. `now` is used for the duration of one that still runs.
#[must_use]
pub(crate) fn task(task: &Task, now: Time) -> Value {
    let is_completed = task.state.is_completed();
    let arguments: Value = serde_json::from_str(&task.arguments).unwrap_or_else(|_| json!({}));
    let mut body = json!({
        "Id": task.id,
        "SpaceId": task.space_id,
        "Name": task.kind,
        "Description": task.description,
        "Arguments": arguments,
        "State": task.state.as_str(),
        "Completed": completed_text(task),
        "QueueTime": iso(task.scheduled_at.unwrap_or(task.queued_at)),
        "QueueTimeExpiry": task.expires_at.map(iso),
        "StartTime": task.started_at.map(iso),
        "LastUpdatedTime": iso(task.updated_at),
        "CompletedTime": task.completed_at.map(iso),
        "ServerNode": task.node,
        "Duration": duration_text(task, now),
        "ErrorMessage": task.error_message.as_deref().unwrap_or_default(),
        "HasBeenPickedUpByProcessor": task.started_at.is_some(),
        "IsCompleted": is_completed,
        "FinishedSuccessfully": task.state == TaskState::Success,
        "HasPendingInterruptions": task.has_pending_interruptions,
        "HasWarningsOrErrors": task.has_warnings || task.state == TaskState::Failed,
        "CanRerun": is_completed && task.deployment_id.is_some(),
        "ProjectId": task.project_id,
        "EnvironmentId": task.environment_id,
        "TenantId": task.tenant_id,
    });
    body["Links"] = links(task).into();
    body
}

fn links(task: &Task) -> Map<String, Value> {
    let id = &task.id;
    let space = task.space_id.as_deref().unwrap_or("Spaces-1");
    let mut links = Map::new();
    let mut add = |name: &str, path: String| links.insert(name.to_owned(), path.into());
    add("Self", format!("/api/tasks/{id}"));
    add("Web", format!("/app#/{space}/tasks/{id}"));
    add("Raw", format!("/api/tasks/{id}/raw"));
    add(
        "Details",
        format!("/api/tasks/{id}/details{{?verbose,tail,ranges}}"),
    );
    add(
        "QueuedBehind",
        format!("/api/tasks/{id}/queued-behind{{?skip,take}}"),
    );
    add(
        "Artifacts",
        format!("/api/{space}/artifacts?regarding={id}"),
    );
    add(
        "Interruptions",
        format!("/api/{space}/interruptions?regarding={id}"),
    );
    add("State", format!("/api/tasks/{id}/state"));
    add(
        "Events",
        format!("/api/{space}/tasks/{id}/events{{?after,take}}"),
    );
    add("Explain", format!("/api/{space}/tasks/{id}/explain"));
    add(
        "Log",
        format!("/api/{space}/tasks/{id}/log{{?from,take,step,target,level}}"),
    );
    add("Verdict", format!("/api/{space}/tasks/{id}/verdict"));
    if task.state.is_completed() {
        if task.deployment_id.is_some() {
            add("Rerun", format!("/api/tasks/rerun/{id}"));
        }
    } else {
        add("Cancel", format!("/api/tasks/{id}/cancel"));
    }
    links
}

fn completed_text(task: &Task) -> String {
    match task.completed_at {
        Some(at) => iso(at),
        None if task.has_pending_interruptions => "Waiting for a person…".into(),
        None => format!("{}…", task.state.as_str()),
    }
}

fn duration_text(task: &Task, now: Time) -> Option<String> {
    let started_at = task.started_at?;
    Some(duration(
        task.completed_at.unwrap_or(now).since_ms(started_at),
    ))
}
