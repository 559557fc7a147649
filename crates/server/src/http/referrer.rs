//! Documents that name another one by its id, anywhere in them: what uses an account, a certificate or an environment.

use regatta_store::{Conn, Document, Query};
use serde_json::Value;

use super::tenant_variable;
use crate::error::ApiError;
use crate::resource::{Change, read};
use crate::scope::names_its_space;

/// Kinds that may name accounts and certificates.
const KINDS: &[&str] = &[
    "DeploymentProcesses",
    "RunbookProcesses",
    "VariableSets",
    "Machines",
    tenant_variable::KIND,
];

/// Everything in the space that names the id, frozen copies too.
pub(super) async fn all(
    conn: &mut Conn,
    space: Option<String>,
    id: &str,
) -> Result<Vec<Document>, ApiError> {
    let mut all = Vec::new();
    for kind in KINDS {
        let query = Query {
            kind: (*kind).to_owned(),
            space_id: Some(space.clone()),
            ..Query::default()
        };
        let found = conn.documents(&query).await?.items;
        all.extend(found.into_iter().filter(|document| {
            document.body.contains(id) && names_it(&Value::Object(read::body(document)), id)
        }));
    }
    Ok(all)
}

/// 400 naming everything that people can still edit and that names the id.
pub(super) async fn none(
    conn: &mut Conn,
    space: Option<String>,
    (what, id): (&str, &str),
) -> Result<(), ApiError> {
    let found = all(conn, space, id).await?;
    let living = found.iter().filter(|user| !is_frozen(user));
    let problems: Vec<String> = living
        .map(|user| {
            format!(
                "'{}' uses this {what}. Give it another one first.",
                user.name
            )
        })
        .collect();
    if problems.is_empty() {
        Ok(())
    } else {
        Err(ApiError::invalid(problems))
    }
}

/// Everything of these kinds that people can still edit and that names the id, as `{what} '{name}'`. Parts of something
/// are called by what they are part of.
pub(super) async fn users_of(
    change: &mut Change<'_>,
    id: &str,
    kinds: &[(&str, &str)],
) -> Result<Vec<String>, ApiError> {
    let mut users = Vec::new();
    for (kind, what) in kinds {
        let space = change.space_id.clone();
        let mut query = Query {
            kind: (*kind).to_owned(),
            ..Query::default()
        };
        if names_its_space(kind) {
            query.tags = vec![vec![format!("space:{}", space.unwrap_or_default())]];
        } else {
            query.space_id = Some(space);
        }
        for document in change.tx.documents(&query).await?.items {
            if !document.body.contains(id) || is_frozen(&document) {
                continue;
            }
            let body = read::body(&document);
            let is_archived = body.get("Archived").is_some_and(|at| !at.is_null());
            if !is_archived && names_it(&Value::Object(body), id) {
                let name = name_of(change, &document).await?;
                users.push(format!("{what} '{name}'"));
            }
        }
    }
    Ok(users)
}

/// The name people gave to it, or to what it is part of.
async fn name_of(change: &mut Change<'_>, document: &Document) -> Result<String, ApiError> {
    let body = read::body(document);
    let of_team = body.get("TeamId").and_then(Value::as_str);
    let whole = match document.kind.as_str() {
        "ScopedUserRoles" => of_team.map(str::to_owned),
        "DeploymentProcesses" | "VariableSets" | tenant_variable::KIND => document.owner_id.clone(),
        "RunbookProcesses" => {
            let runbook = body.get("RunbookId").and_then(Value::as_str);
            runbook.map(str::to_owned).or(document.owner_id.clone())
        }
        _ => None,
    };
    let Some(whole) = whole else {
        return Ok(document.name.clone());
    };
    let kind = match whole.split_once('-') {
        Some(("teams", _)) => "Teams",
        Some((kind, _)) => kind,
        None => "",
    };
    let found = change.tx.document(kind, &whole).await?;
    Ok(found.map_or(whole, |found| found.name))
}

/// Whether it is a copy that a release or a snapshot froze.
pub(super) fn is_frozen(document: &Document) -> bool {
    document.id.contains("-s-")
}

/// Whether the document has this id as a value or a key anywhere.
fn names_it(value: &Value, id: &str) -> bool {
    match value {
        Value::String(text) => text == id,
        Value::Array(items) => items.iter().any(|item| names_it(item, id)),
        Value::Object(object) => object
            .iter()
            .any(|(key, value)| key == id || names_it(value, id)),
        _ => false,
    }
}
