//! A project's releases across its environments (octopus-api §2.11).

use std::collections::BTreeMap;

use regatta_core::permission::Permission;
use regatta_core::project::Project;
use regatta_core::release::Release;
use regatta_store::{Conn, Document, Order, Query, Task, TaskQuery};
use serde_json::{Map, Value, json};

use super::dashboard::{may_see_deployments, may_see_environment};
use super::release;
use super::task::body;
use crate::call::{Call, ok};
use crate::error::ApiError;
use crate::operation::{Answer, From, Operation, Place, get, needs};
use crate::stored;
use crate::time_text::iso;

/// Releases shown, newest first.
const RELEASES_MAX: u64 = 30;
/// Deployments looked through.
const TASKS_MAX: u64 = 1_000;

/// The operations on progressions.
#[must_use]
pub fn operations() -> Vec<Operation> {
    let view = needs(Permission::ProjectView, From::Project("project"));
    vec![get(
        "projectProgression",
        Place::Space,
        "/projects/{project}/progression",
        view,
        of_project,
    )]
}

async fn of_project(call: Call) -> Answer {
    let project = call.document().clone();
    let mut conn = call.read().await?;
    let query = Query {
        kind: release::KIND.into(),
        owner_id: Some(project.id.clone()),
        order: Order::Newest,
        take: Some(RELEASES_MAX),
        ..Query::default()
    };
    let documents = conn.documents(&query).await?.items;
    let tasks = visible_tasks(&call, &mut conn, &project).await?;
    let mut environments: Vec<Value> = Vec::new();
    let mut by_channel: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    let mut releases = Vec::new();
    for document in &documents {
        let parsed: Release = stored::parse(document)?;
        let standing = release::progression::standing(&mut conn, &parsed).await?;
        let named = |environment: &regatta_core::environment::Environment| json!({"Id": environment.id, "Name": environment.name});
        let all = standing
            .phases
            .iter()
            .flat_map(regatta_core::lifecycle::PhaseState::environments);
        let here: Vec<Value> = all
            .filter(|id| may_see_environment(&call, id))
            .filter_map(|id| standing.environments.iter().find(|e| e.id == *id))
            .map(named)
            .collect();
        environments.extend(
            here.iter()
                .filter(|one| !environments.contains(one))
                .cloned()
                .collect::<Vec<_>>(),
        );
        by_channel
            .entry(parsed.channel_id.to_string())
            .or_insert(here);
        let channel = channel(&mut conn, parsed.channel_id.as_str()).await?;
        let mut next = standing.next();
        next.retain(|id| id.parse().is_ok_and(|id| may_see_environment(&call, &id)));
        releases.push(json!({
            "Release": release::view(document),
            "Channel": channel,
            "Deployments": items(&tasks, &parsed, &call),
            "NextDeployments": next,
            "HasUnresolvedDefect": false,
            "ReleaseRetentionPeriod": null,
            "TentacleRetentionPeriod": null,
        }));
    }
    Ok(ok(json!({
        "Environments": environments,
        "LifecycleEnvironments": {},
        "ChannelEnvironments": by_channel,
        "Releases": releases,
    })))
}

/// The project's deployments that the caller may see, newest first, as on the dashboard.
async fn visible_tasks(
    call: &Call,
    conn: &mut Conn,
    document: &Document,
) -> Result<Vec<Task>, ApiError> {
    let project: Project = stored::parse(document)?;
    let query = TaskQuery {
        project_id: Some(document.id.clone()),
        kind: Some("Deploy".into()),
        take: Some(TASKS_MAX),
        ..TaskQuery::default()
    };
    let mut tasks = conn.tasks(&query).await?.items;
    tasks.retain(|task| {
        let environment = task.environment_id.as_deref().unwrap_or_default();
        let known = environment.parse();
        known.is_ok_and(|id| may_see_environment(call, &id))
            && may_see_deployments(call, &project, environment)
    });
    Ok(tasks)
}

async fn channel(conn: &mut Conn, id: &str) -> Result<Value, ApiError> {
    let document = conn.document("Channels", id).await?;
    Ok(document.map_or(
        Value::Null,
        |channel| json!({"Id": channel.id, "Name": channel.name, "ProjectId": channel.owner_id}),
    ))
}

/// Dashboard items of one release, by environment, newest first.
fn items(tasks: &[Task], release: &Release, call: &Call) -> Map<String, Value> {
    let mut items: Map<String, Value> = Map::new();
    for task in tasks
        .iter()
        .filter(|task| task.release_id.as_deref() == Some(release.id.as_str()))
    {
        let Some(environment) = &task.environment_id else {
            continue;
        };
        let shown = body::task(task, call.now());
        let item = json!({
            "Id": task.deployment_id, "ProjectId": task.project_id, "EnvironmentId": environment, "ReleaseId": release.id,
            "DeploymentId": task.deployment_id, "TaskId": task.id, "TenantId": null, "ChannelId": release.channel_id,
            "ReleaseVersion": release.version, "Created": iso(task.queued_at), "QueueTime": iso(task.queued_at),
            "StartTime": task.started_at.map(iso), "CompletedTime": task.completed_at.map(iso), "State": task.state.as_str(),
            "HasPendingInterruptions": task.has_pending_interruptions, "HasPendingPreconditions": false,
            "HasWarningsOrErrors": shown["HasWarningsOrErrors"], "ErrorMessage": shown["ErrorMessage"], "Duration": shown["Duration"],
            "IsCurrent": !items.contains_key(environment), "IsPrevious": false, "IsCompleted": task.state.is_completed(),
            "PendingInterruptionTypes": [], "PendingPreconditionTypes": [], "Links": {},
        });
        let list = items
            .entry(environment.clone())
            .or_insert_with(|| json!([]));
        if let Some(list) = list.as_array_mut() {
            list.push(item);
        }
    }
    items
}
