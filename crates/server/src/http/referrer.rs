//! Documents that name another one by its id, anywhere in them: what uses an account or a certificate.

use regatta_store::{Conn, Document, Query};
use serde_json::Value;

use super::tenant_variable;
use crate::error::ApiError;
use crate::resource::read;

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

/// Whether it is a copy that a release or a snapshot froze.
pub(super) fn is_frozen(document: &Document) -> bool {
    document.id.contains("-s-")
}

/// Whether the document has this id as a value anywhere.
fn names_it(value: &Value, id: &str) -> bool {
    match value {
        Value::String(text) => text == id,
        Value::Array(items) => items.iter().any(|item| names_it(item, id)),
        Value::Object(object) => object.values().any(|value| names_it(value, id)),
        _ => false,
    }
}
