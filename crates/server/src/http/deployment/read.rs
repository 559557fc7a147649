//! Deployments as clients see them.

use regatta_core::permission::Permission;
use regatta_store::{Document, Order, Query, TaskQuery, TaskState};
use serde_json::{Map, Value, json};

use super::KIND;
use crate::audit::{self, Record};
use crate::auth::caller::Sees;
use crate::call::{Call, done, ok};
use crate::error::ApiError;
use crate::http::release;
use crate::operation::Answer;
use crate::page::{page, window};
use crate::resource::read::{body, visible};

/// Tasks looked through for `taskState`.
const TASKS_MAX: u64 = 10_000;

pub(super) async fn get(call: Call) -> Answer {
    Ok(ok(view(call.document())))
}

pub(super) async fn list(call: Call) -> Answer {
    let mut query = base(&call)?;
    for (key, field) in [
        ("projects", "project"),
        ("environments", "environment"),
        ("tenants", "tenant"),
        ("channels", "channel"),
        ("releases", "release"),
    ] {
        if let Some(values) = call.query.list(key)? {
            query.tags.push(
                values
                    .iter()
                    .map(|value| format!("{field}:{value}"))
                    .collect(),
            );
        }
    }
    if let Some(states) = call.query.list("taskState")? {
        let states = states
            .iter()
            .filter_map(|state| TaskState::parse(state))
            .collect();
        let tasks = TaskQuery {
            space_id: Some(Some(call.space_id().to_owned())),
            states,
            kind: Some("Deploy".into()),
            take: Some(TASKS_MAX),
            ..TaskQuery::default()
        };
        let found = call.read().await?.tasks(&tasks).await?.items;
        let mut ids: Vec<String> = found
            .into_iter()
            .filter_map(|task| task.deployment_id)
            .collect();
        if let Some(asked) = &query.ids {
            ids.retain(|id| asked.contains(id));
        }
        query.ids = Some(ids);
    }
    answer(&call, query).await
}

pub(super) async fn of_release(call: Call) -> Answer {
    let mut query = base(&call)?;
    let id = call.parameter("id");
    let release = call
        .find(&mut call.read().await?, release::KIND, id)
        .await?;
    query.tags.push(vec![format!("release:{}", release.id)]);
    answer(&call, query).await
}

fn base(call: &Call) -> Result<Query, ApiError> {
    Ok(Query {
        kind: KIND.into(),
        space_id: Some(Some(call.space_id().to_owned())),
        ids: call.query.list("ids")?,
        order: Order::Newest,
        ..Query::default()
    })
}

async fn answer(call: &Call, mut query: Query) -> Answer {
    let (skip, take) = call.query.window()?;
    let mut conn = call.read().await?;
    let everything = call.sees_by(Permission::DeploymentView) == Sees::Everything;
    if everything {
        (query.skip, query.take) = (skip, Some(take));
    }
    let found = conn.documents(&query).await?;
    let (items, total) = if everything {
        (found.items, found.total)
    } else {
        let seen = visible(call, &mut conn, Permission::DeploymentView, found.items).await?;
        let total = seen.len() as u64;
        (window(seen, &call.query), total)
    };
    let items = items.iter().map(view).collect();
    Ok(ok(page(
        "Deployment",
        items,
        total,
        call.uri_path.trim_end_matches('/'),
        &call.query,
    )))
}

/// Removes a deployment with its task; refused while it is queued or running.
pub(super) async fn delete(call: Call) -> Answer {
    let deployment = call.document().clone();
    let mut tx = call.begin().await?;
    if let Some(task) = super::task_of(&mut tx, &deployment.id).await? {
        if !task.state.is_completed() {
            return Err(ApiError::conflict("InUse", "The deployment has not ended.")
                .help("Cancel it, or wait until it has ended."));
        }
        tx.task_delete(&task.id).await?;
    }
    tx.document_delete(KIND, &deployment.id).await?;
    audit::record(
        &mut tx,
        &call.author(),
        Record::about(
            &deployment,
            "Deleted",
            format!("{} was deleted", deployment.name),
        ),
    )
    .await?;
    tx.commit().await?;
    Ok(done())
}

/// A deployment as answered. Sensitive values given for prompts are never part of it.
pub(crate) fn view(document: &Document) -> Value {
    let mut shown = Map::new();
    shown.insert("Id".into(), document.id.clone().into());
    shown.insert("SpaceId".into(), document.space_id.clone().into());
    shown.extend(body(document));
    if let Some(Value::Object(values)) = shown.get_mut("FormValues") {
        for value in values.values_mut().filter(|value| value.is_object()) {
            *value = json!({"HasValue": true, "NewValue": null, "Hint": null});
        }
    }
    let links = links(document, &shown);
    shown.insert("Links".into(), Value::Object(links));
    Value::Object(shown)
}

fn links(document: &Document, body: &Map<String, Value>) -> Map<String, Value> {
    let space = document.space_id.as_deref().unwrap_or_default();
    let text = |key: &str| body.get(key).and_then(Value::as_str).unwrap_or_default();
    let task = text("TaskId");
    let mut links = Map::new();
    let mut add = |name: &str, path: String| links.insert(name.to_owned(), path.into());
    add("Self", format!("/api/{space}/deployments/{}", document.id));
    add("Task", format!("/api/tasks/{task}"));
    add(
        "Project",
        format!("/api/{space}/projects/{}", text("ProjectId")),
    );
    add(
        "Environment",
        format!("/api/{space}/environments/{}", text("EnvironmentId")),
    );
    add(
        "Release",
        format!("/api/{space}/releases/{}", text("ReleaseId")),
    );
    add(
        "Artifacts",
        format!("/api/{space}/artifacts?regarding={}", document.id),
    );
    add(
        "Interruptions",
        format!("/api/{space}/interruptions?regarding={}", document.id),
    );
    add(
        "DeploymentProcess",
        format!(
            "/api/{space}/deploymentprocesses/{}",
            text("DeploymentProcessId")
        ),
    );
    add("Web", format!("/app#/{space}/deployments/{}", document.id));
    links
}
