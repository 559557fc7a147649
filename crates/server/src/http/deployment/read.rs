//! Deployments as clients see them; lists and removal of runbook runs are the same.

use regatta_core::permission::Permission;
use regatta_store::{Document, Order, Query};
use serde_json::{Map, Value, json};

use crate::audit::{self, Record};
use crate::auth::caller::Sees;
use crate::call::{Call, done, ok};
use crate::driver::run_kind::RunKind;
use crate::error::ApiError;
use crate::http::release;
use crate::http::task::task_state;
use crate::operation::Answer;
use crate::page::{page, window};
use crate::remains;
use crate::resource::read::{body, visible};

/// What is special about the lists of deployments, or of runbook runs.
pub(in crate::http) struct Requests {
    pub kind: RunKind,
    pub item_type: &'static str,
    pub view: Permission,
    /// Query keys, and the field of the tags each looks for.
    pub filters: &'static [(&'static str, &'static str)],
    pub shown: fn(&Document) -> Value,
}

pub(super) static DEPLOYMENTS: Requests = Requests {
    kind: RunKind::Deployment,
    item_type: "Deployment",
    view: Permission::DeploymentView,
    filters: &[
        ("projects", "project"),
        ("environments", "environment"),
        ("tenants", "tenant"),
        ("channels", "channel"),
        ("releases", "release"),
    ],
    shown: view,
};

pub(super) async fn get(call: Call) -> Answer {
    Ok(ok(view(call.document())))
}

pub(in crate::http) async fn list(requests: &'static Requests, call: Call) -> Answer {
    let mut query = base(requests, &call)?;
    for (key, field) in requests.filters {
        if let Some(values) = call.query.list(key)? {
            let tags = values.iter().map(|value| format!("{field}:{value}"));
            query.tags.push(tags.collect());
        }
    }
    if let Some(states) = call.query.list("taskState")? {
        let states = states.iter().map(|state| task_state("taskState", state));
        query.task_states = states.collect::<Result<_, _>>()?;
    }
    answer(requests, &call, query).await
}

pub(super) async fn of_release(call: Call) -> Answer {
    let id = call.parameter("id");
    let release = call
        .find(&mut call.read().await?, release::KIND, id)
        .await?;
    tagged(&DEPLOYMENTS, &call, format!("release:{}", release.id)).await
}

/// Those with a tag.
pub(in crate::http) async fn tagged(
    requests: &'static Requests,
    call: &Call,
    tag: String,
) -> Answer {
    let mut query = base(requests, call)?;
    query.tags.push(vec![tag]);
    answer(requests, call, query).await
}

fn base(requests: &Requests, call: &Call) -> Result<Query, ApiError> {
    Ok(Query {
        kind: requests.kind.documents().into(),
        space_id: Some(Some(call.space_id().to_owned())),
        ids: call.query.list("ids")?,
        partial_name: call.query.get("partialName").map(str::to_owned),
        order: Order::Newest,
        ..Query::default()
    })
}

async fn answer(requests: &'static Requests, call: &Call, mut query: Query) -> Answer {
    let (skip, take) = call.query.window()?;
    let mut conn = call.read().await?;
    let everything = call.sees_by(requests.view) == Sees::Everything;
    if everything {
        (query.skip, query.take) = (skip, Some(take));
    }
    let found = conn.documents(&query).await?;
    let (items, total) = if everything {
        (found.items, found.total)
    } else {
        let seen = visible(call, &mut conn, requests.view, found.items).await?;
        let total = seen.len() as u64;
        (window(seen, &call.query), total)
    };
    Ok(ok(page(
        requests.item_type,
        items.iter().map(requests.shown).collect(),
        total,
        call.uri_path.trim_end_matches('/'),
        &call.query,
    )))
}

/// Removes a deployment or a run with its task and all that belongs to it; refused while it is queued or running.
pub(in crate::http) async fn delete(requests: &'static Requests, call: Call) -> Answer {
    let request = call.document().clone();
    let mut tx = call.begin().await?;
    let mut remains = None;
    if let Some(task) = super::task_of(&mut tx, &request.id).await? {
        if !task.state.is_completed() {
            let message = format!("The {} has not ended.", requests.kind.called());
            return Err(
                ApiError::conflict("InUse", message).help("Cancel it, or wait until it has ended.")
            );
        }
        remains = Some(remains::delete_task(&mut tx, &task.id, call.now()).await?);
    }
    tx.document_delete(requests.kind.documents(), &request.id)
        .await?;
    let message = format!("{} was deleted", request.name);
    let record = Record::about(&request, "Deleted", message);
    audit::record(&mut tx, &call.author(), record).await?;
    tx.commit().await?;
    if let Some(remains) = remains {
        remains.remove(&call.app).await;
    }
    Ok(done())
}

/// The body with its id. Sensitive values given for prompts are never part of it: the text that was given is shown as an
/// empty one, because Octopus' Go client reads texts here, and loses the whole list over anything else.
fn bare(document: &Document) -> Map<String, Value> {
    let mut shown = Map::new();
    shown.insert("Id".into(), document.id.clone().into());
    shown.insert("SpaceId".into(), document.space_id.clone().into());
    shown.extend(body(document));
    if let Some(Value::Object(values)) = shown.get_mut("FormValues") {
        for value in values.values_mut().filter(|value| value.is_object()) {
            *value = json!("");
        }
    }
    shown
}

/// A deployment as answered.
pub(crate) fn view(document: &Document) -> Value {
    let others = [
        ("Release", "releases", "ReleaseId"),
        (
            "DeploymentProcess",
            "deploymentprocesses",
            "DeploymentProcessId",
        ),
    ];
    let web = format!("deployments/{}", document.id);
    linked(document, ("deployments", &web), &others)
}

/// A deployment or a runbook run with its links: where it is, in the API and in the portal, what every one has, and
/// others as their name, the collection, and the key of the id in it.
pub(in crate::http) fn linked(
    document: &Document,
    (collection, web): (&str, &str),
    others: &[(&str, &str, &str)],
) -> Value {
    let mut shown = bare(document);
    let space = document.space_id.as_deref().unwrap_or_default();
    let text = |key: &str| shown.get(key).and_then(Value::as_str).unwrap_or_default();
    let below = |collection: &str, id: &str| format!("/api/{space}/{collection}/{id}");
    let regarding =
        |collection: &str| format!("/api/{space}/{collection}?regarding={}", document.id);
    let mut links = Map::new();
    let mut add = |name: &str, path: String| links.insert(name.to_owned(), path.into());
    add("Self", below(collection, &document.id));
    add("Task", format!("/api/tasks/{}", text("TaskId")));
    add("Project", below("projects", text("ProjectId")));
    add("Environment", below("environments", text("EnvironmentId")));
    for (name, collection, key) in others {
        add(name, below(collection, text(key)));
    }
    add("Artifacts", regarding("artifacts"));
    add("Interruptions", regarding("interruptions"));
    add("Web", format!("/app#/{space}/{web}"));
    shown.insert("Links".into(), Value::Object(links));
    Value::Object(shown)
}
