//! What names a certificate: variables of projects, library sets and tenants, and targets.

use std::collections::BTreeSet;

use regatta_core::permission::Permission as P;
use regatta_store::Document;
use serde_json::{Map, Value};

use super::super::library_variable_set::LIBRARY_VARIABLE_SET;
use super::super::machine::MACHINE;
use super::super::project::PROJECT;
use super::super::referrer;
use super::super::tenant::TENANT;
use crate::call::{Call, ok};
use crate::error::ApiError;
use crate::operation::Answer;
use crate::resource::{Change, Resource, read};

/// By the key of the answer.
static LISTS: &[(&str, &Resource, P)] = &[
    ("ProjectUsages", &PROJECT, P::ProjectView),
    (
        "LibraryVariableSetUsages",
        &LIBRARY_VARIABLE_SET,
        P::LibraryVariableSetView,
    ),
    ("TenantUsages", &TENANT, P::TenantView),
    ("DeploymentTargetUsages", &MACHINE, P::MachineView),
];

pub(super) async fn is_unused(change: &mut Change<'_>) -> Result<(), ApiError> {
    let (space, id) = (change.space_id.clone(), change.id.clone());
    referrer::none(change.tx, space, ("certificate", &id)).await
}

/// Whole documents, as Octopus answers them; of each kind those that the caller may see.
pub(super) async fn usages(call: Call) -> Answer {
    let document = call.document();
    let mut conn = call.read().await?;
    let found = referrer::all(&mut conn, document.space_id.clone(), &document.id).await?;
    let living = found.iter().filter(|user| !referrer::is_frozen(user));
    let owners: BTreeSet<String> = living.filter_map(owner).collect();
    let mut answer = Map::new();
    for (key, resource, permission) in LISTS {
        let mut users = Vec::new();
        for id in &owners {
            if id.starts_with(&format!("{}-", resource.kind)) {
                users.extend(conn.document(resource.kind, id).await?);
            }
        }
        let seen = read::visible(&call, &mut conn, *permission, users).await?;
        let shown: Vec<Value> = seen.iter().map(|user| read::view(resource, user)).collect();
        answer.insert((*key).to_owned(), Value::from(shown));
    }
    Ok(ok(Value::Object(answer)))
}

/// Who people say uses it: the project of a process, the tenant of its variables.
fn owner(user: &Document) -> Option<String> {
    if user.kind == "Machines" {
        return Some(user.id.clone());
    }
    let body = read::body(user);
    let project = body.get("ProjectId").and_then(Value::as_str);
    project.map(str::to_owned).or_else(|| user.owner_id.clone())
}
