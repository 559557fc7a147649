//! What of the dashboard a person wants to see: each has their own in every space, and nobody else's is shown.

use regatta_store::{Conn, Document, Query};
use serde_json::{Value, json};

use crate::audit::{self, Record};
use crate::call::{Call, ok};
use crate::error::ApiError;
use crate::operation::Answer;
use crate::resource::read::body;
use crate::resource::write::part;
use crate::resource::{Body, texts};
use crate::shape::{Field, INT, LINKS_FIELD, Object, Shape, TEXT, field};

/// Kind of the store's documents.
const KIND: &str = "DashboardConfigurations";

const fn list(name: &'static str) -> Field {
    field(name, crate::shape::TEXTS).or("[]")
}

pub(super) static OBJECT: Object = Object {
    name: "DashboardConfiguration",
    fields: &[
        field("Id", TEXT).read_only(),
        list("IncludedProjectGroupIds"),
        list("IncludedProjectIds"),
        list("IncludedEnvironmentIds"),
        list("IncludedTenantIds"),
        field("IncludedTenantTags", Shape::List(&Shape::Text)).or("[]"),
        field("ProjectLimit", INT).about("The most projects that are shown; null for all."),
        LINKS_FIELD,
    ],
};

/// The lists of ids, with the kind that each names.
const LISTS: &[(&str, &str)] = &[
    ("IncludedProjectGroupIds", "ProjectGroups"),
    ("IncludedProjectIds", "Projects"),
    ("IncludedEnvironmentIds", "Environments"),
    ("IncludedTenantIds", "Tenants"),
];

/// What is to be shown; `None`: all.
#[derive(Default)]
pub(super) struct Chosen {
    pub projects: Option<Vec<String>>,
    pub environments: Option<Vec<String>>,
    pub limit: Option<usize>,
}

pub(super) async fn get(call: Call) -> Answer {
    let stored = stored(&mut call.read().await?, &call).await?;
    Ok(ok(view(&call, stored.map(|document| body(&document)))))
}

pub(super) async fn replace(mut call: Call) -> Answer {
    let Value::Object(mut sent) = call.json().await? else {
        return Err(ApiError::invalid_one("expected an object"));
    };
    for key in ["Id", "Links"] {
        sent.shift_remove(key);
    }
    check(&call, &sent).await?;
    call.decided();
    let mut tx = call.begin().await?;
    let there = stored(&mut tx, &call).await?;
    let content = Value::Object(sent.clone());
    let user = call.caller.user_id().unwrap_or_default().to_owned();
    let space = Some(call.space_id().to_owned());
    let after = part(KIND, &id(&call), (space, &user), (&content, call.now()));
    let message = format!("The dashboard of {} was configured", call.caller.username());
    let record = match &there {
        Some(before) => {
            let after = Document {
                version: before.version,
                created_at: before.created_at,
                ..after
            };
            tx.document_replace(&after).await?;
            Record::about(&after, "Modified", message).changed(before, &after)
        }
        None => {
            tx.document_insert(&after).await?;
            Record::about(&after, "Created", message)
        }
    };
    audit::record(&mut tx, &call.author(), record).await?;
    tx.commit().await?;
    Ok(ok(view(&call, Some(sent))))
}

/// What the caller wants to see.
pub(super) async fn chosen(call: &Call, conn: &mut Conn) -> Result<Chosen, ApiError> {
    let Some(document) = stored(conn, call).await? else {
        return Ok(Chosen::default());
    };
    let wanted = body(&document);
    let filled = |ids: Vec<String>| (!ids.is_empty()).then_some(ids);
    let mut projects = texts(&wanted, "IncludedProjectIds");
    let groups = texts(&wanted, "IncludedProjectGroupIds");
    if !groups.is_empty() {
        let query = Query {
            kind: "Projects".to_owned(),
            space_id: Some(Some(call.space_id().to_owned())),
            tags: vec![groups.iter().map(|id| format!("group:{id}")).collect()],
            ..Query::default()
        };
        let members = conn.documents(&query).await?.items;
        projects.extend(members.into_iter().map(|project| project.id));
    }
    // A group without projects shows none of them, not all there are.
    let is_restricted = !projects.is_empty() || !groups.is_empty();
    Ok(Chosen {
        projects: is_restricted.then_some(projects),
        environments: filled(texts(&wanted, "IncludedEnvironmentIds")),
        limit: limit(&wanted),
    })
}

fn limit(wanted: &Body) -> Option<usize> {
    let limit = wanted.get("ProjectLimit").and_then(Value::as_u64)?;
    usize::try_from(limit).ok()
}

async fn check(call: &Call, sent: &Body) -> Result<(), ApiError> {
    let mut problems = Vec::new();
    let mut conn = call.read().await?;
    for (key, kind) in LISTS {
        for id in texts(sent, key) {
            if call.find(&mut conn, kind, &id).await.is_err() {
                problems.push(format!("{key}: '{id}' does not exist in this space."));
            }
        }
    }
    let limit = sent.get("ProjectLimit").filter(|limit| !limit.is_null());
    if limit.is_some_and(|limit| limit.as_u64().is_none_or(|limit| limit == 0)) {
        problems.push("ProjectLimit: must be 1 or more, or null for all projects.".to_owned());
    }
    if problems.is_empty() {
        Ok(())
    } else {
        Err(ApiError::invalid(problems))
    }
}

fn id(call: &Call) -> String {
    let user = call.caller.user_id().unwrap_or_default();
    format!("dashboardconfiguration-{}-{user}", call.space_id())
}

async fn stored(conn: &mut Conn, call: &Call) -> Result<Option<Document>, ApiError> {
    Ok(conn.document(KIND, &id(call)).await?)
}

fn view(call: &Call, stored: Option<Body>) -> Value {
    let mut shown = json!({ "Id": id(call) });
    for (key, _) in LISTS {
        shown[*key] = json!([]);
    }
    shown["IncludedTenantTags"] = json!([]);
    shown["ProjectLimit"] = Value::Null;
    for (key, value) in stored.into_iter().flatten() {
        shown[key.as_str()] = value;
    }
    let own = format!("/api/{}/dashboardconfiguration", call.space_id());
    shown["Links"] = json!({ "Self": own });
    shown
}
