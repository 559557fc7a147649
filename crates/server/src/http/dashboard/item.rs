//! One deployment as the dashboard and a project's progression show it; not which ones they show.

use regatta_store::Task;
use serde_json::{Value, json};

use crate::call::Call;
use crate::http::task::body;
use crate::shape::{BOOL, INT, LINKS_FIELD, Object, TEXT, TEXTS, TIME, field};
use crate::time_text::iso;

pub(super) static ITEM: Object = Object {
    name: "DashboardItem",
    fields: &[
        field("Id", TEXT),
        field("ProjectId", TEXT),
        field("EnvironmentId", TEXT),
        field("ReleaseId", TEXT),
        field("DeploymentId", TEXT),
        field("TaskId", TEXT),
        field("TenantId", TEXT),
        field("ChannelId", TEXT),
        field("ReleaseVersion", TEXT),
        field("Created", TIME),
        field("QueueTime", TIME),
        field("StartTime", TIME),
        field("CompletedTime", TIME),
        field("State", TEXT),
        field("HasPendingInterruptions", BOOL),
        field("HasPendingPreconditions", BOOL),
        field("HasWarningsOrErrors", BOOL),
        field("ErrorMessage", TEXT),
        field("Duration", TEXT),
        field("IsCurrent", BOOL),
        field("IsPrevious", BOOL),
        field("IsCompleted", BOOL),
        field("PendingInterruptionTypes", TEXTS),
        field("PendingPreconditionTypes", TEXTS),
        field("Regatta.NewerReleases", INT)
            .about("Extended: newer releases that reached the environment before."),
        field("Regatta.PercentComplete", INT).about("Extended, while it runs."),
        field("Regatta.RemainingMs", INT).about("Extended, while it runs; by the simulator."),
        field("Regatta.IsOverdue", BOOL)
            .about("Extended, while it runs: something of it takes longer than is typical."),
        field("Regatta.Queued", INT).about(
            "Extended: newer deployments that wait behind it. What runs is shown, not what waits.",
        ),
        LINKS_FIELD,
    ],
};
/// What is shown of a deployment's release.
pub(in crate::http) struct Release<'a> {
    pub version: &'a str,
    pub channel: Option<&'a str>,
}

/// What a deployment is among those of its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::http) enum Standing {
    /// The newest.
    Current,
    /// The newest of those before that succeeded.
    Previous,
    /// One of the others.
    Earlier,
}

/// The item of a deployment, by its task.
pub(in crate::http) fn view(
    call: &Call,
    task: &Task,
    release: Option<Release<'_>>,
    standing: Standing,
) -> Value {
    let told = body::task(task, call.now());
    let space = call.space_id();
    let link = |kind: &str, id: &Option<String>| {
        format!("/api/{space}/{kind}/{}", id.as_deref().unwrap_or_default())
    };
    json!({
        "Id": task.deployment_id, "ProjectId": task.project_id, "EnvironmentId": task.environment_id,
        "ReleaseId": task.release_id, "DeploymentId": task.deployment_id, "TaskId": task.id, "TenantId": task.tenant_id,
        "ChannelId": release.as_ref().and_then(|release| release.channel),
        "ReleaseVersion": release.map(|release| release.version),
        "Created": iso(task.queued_at), "QueueTime": told["QueueTime"], "StartTime": told["StartTime"],
        "CompletedTime": told["CompletedTime"], "State": told["State"],
        "HasPendingInterruptions": task.has_pending_interruptions, "HasPendingPreconditions": false,
        "HasWarningsOrErrors": told["HasWarningsOrErrors"], "ErrorMessage": told["ErrorMessage"], "Duration": told["Duration"],
        "IsCurrent": standing == Standing::Current, "IsPrevious": standing == Standing::Previous,
        "IsCompleted": told["IsCompleted"], "PendingInterruptionTypes": [], "PendingPreconditionTypes": [],
        "Links": {
            "Self": link("deployments", &task.deployment_id), "Release": link("releases", &task.release_id),
            "Task": format!("/api/tasks/{}", task.id),
        },
    })
}
