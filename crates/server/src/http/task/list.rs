//! Lists of tasks.

use regatta_core::permission::Permission;
use regatta_store::{Conn, Task, TaskQuery, TaskState};
use serde_json::{Value, json};

use super::{access, body};
use crate::auth::caller::Sees;
use crate::call::{Call, ok};
use crate::error::ApiError;
use crate::operation::Answer;
use crate::page::{page, window};

pub(super) async fn list(call: Call) -> Answer {
    let mut query = filter(&call)?;
    let (skip, take) = call.query.window()?;
    let mut conn = call.read().await?;
    let everything =
        call.space().is_some() && call.sees_by(Permission::TaskView) == Sees::Everything;
    if !everything {
        query.within = Some(access::places(&call, &mut conn).await?);
    }
    (query.skip, query.take) = (skip, Some(take));
    // Octopus' npm client asks for its second batch of ids with the skip of a second page.
    if query.ids.is_some() && skip >= conn.task_count(&query).await? {
        query.skip = 0;
    }
    let found = conn.tasks(&query).await?;
    Ok(answer(&call, &found.items, found.total))
}

/// A page of these tasks, of which the caller sees what they may.
pub(in crate::http) async fn of(call: &Call, ids: Vec<String>) -> Answer {
    let query = TaskQuery {
        ids: Some(ids),
        ..TaskQuery::default()
    };
    let mut conn = call.read().await?;
    let found = conn.tasks(&query).await?.items;
    let seen = visible(call, &mut conn, found).await?;
    let total = seen.len() as u64;
    call.query.window()?;
    let shown = window(seen, &call.query);
    Ok(answer(call, &shown, total))
}

/// A page of tasks, of which there are `total`.
pub(super) fn answer(call: &Call, tasks: &[Task], total: u64) -> axum::response::Response {
    let now = call.now();
    let items = tasks.iter().map(|task| body::task(task, now)).collect();
    ok(page(
        "Task",
        items,
        total,
        call.uri_path.trim_end_matches('/'),
        &call.query,
    ))
}

/// Those the caller may see.
pub(super) async fn visible(
    call: &Call,
    conn: &mut Conn,
    tasks: Vec<Task>,
) -> Result<Vec<Task>, ApiError> {
    let mut sight = access::Sight::default();
    let mut seen = Vec::new();
    for task in tasks {
        if sight.may(call, conn, &task).await? {
            seen.push(task);
        }
    }
    Ok(seen)
}

fn filter(call: &Call) -> Result<TaskQuery, ApiError> {
    let query = &call.query;
    let text = |key: &str| query.get(key).map(str::to_owned);
    let mut states = Vec::new();
    for state in query.list("states")?.unwrap_or_default() {
        states.push(task_state("states", &state)?);
    }
    if query.flag("running")?.unwrap_or(false) {
        states.extend([TaskState::Executing, TaskState::Cancelling]);
    }
    Ok(TaskQuery {
        space_ids: spaces(call)?,
        ids: query.list("ids")?,
        states,
        kind: text("name"),
        project_id: text("project"),
        environment_id: text("environment"),
        tenant_id: text("tenant").map(Some),
        release_id: text("release"),
        deployment_id: text("deployment"),
        runbook_id: text("runbook"),
        node: text("node"),
        partial_description: text("partialName"),
        is_active: query.flag("active")?.unwrap_or(false),
        has_pending_interruptions: query.flag("hasPendingInterruptions")?,
        has_warnings: query.flag("hasWarningsOrErrors")?,
        ..TaskQuery::default()
    })
}

/// The spaces whose tasks are wanted: that of the path, or those of `spaces` and with `includeSystem` none of them; all
/// when nobody asks. Below a space are no tasks of another one.
fn spaces(call: &Call) -> Result<Option<Vec<Option<String>>>, ApiError> {
    let asked = call.query.list("spaces")?;
    if let Some(own) = call.space() {
        let is_asked = asked.is_none_or(|asked| asked.contains(&own.id));
        return Ok(Some(
            is_asked.then(|| Some(own.id.clone())).into_iter().collect(),
        ));
    }
    let Some(asked) = asked else {
        return Ok(None);
    };
    let system = call.query.flag("includeSystem")?.unwrap_or(false);
    let system = system.then_some(None);
    Ok(Some(asked.into_iter().map(Some).chain(system).collect()))
}

/// A state as the query's `key` names it.
pub(in crate::http) fn task_state(key: &str, state: &str) -> Result<TaskState, ApiError> {
    TaskState::parse(state)
        .ok_or_else(|| ApiError::invalid_one(format!("{key}: '{state}' is no state of a task.")))
}

pub(super) async fn types(_: Call) -> Answer {
    let types: Vec<Value> = [
        ("Deploy", "Deploy"),
        ("RunbookRun", "Run a runbook"),
        ("Health", "Health check"),
    ]
    .map(|(id, name)| json!({"Id": id, "Name": name}))
    .into();
    Ok(ok(Value::Array(types)))
}
