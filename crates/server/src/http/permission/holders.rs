//! Whom to ask: the teams that have a permission somewhere. A refusal says the same; this says it before one tries.

use regatta_core::permission::{Permission as P, Scope};
use serde_json::json;

use super::describe;
use crate::call::{Call, ok};
use crate::error::ApiError;
use crate::operation::Answer;
use crate::scope;
use crate::shape::{BOOL, Object, TEXT, TEXTS, field};

pub(super) const QUERY: &[&str] = &["permission", "project", "environment", "tenant"];

pub(super) static OBJECT: Object = Object {
    name: "PermissionHolders",
    fields: &[
        field("Permission", TEXT),
        field("Description", TEXT),
        field("IsHeld", BOOL).about("Whether the caller has it there."),
        field("Teams", TEXTS).about("Names of the teams that have it there."),
    ],
};

pub(super) async fn answer(call: Call) -> Answer {
    if !call.caller.knows_space(call.space_id()) {
        return Err(ApiError::not_found(call.space_id()));
    }
    let name = call.query.get("permission").unwrap_or_default();
    let permission = P::ALL.iter().find(|known| known.as_str() == name);
    let permission = *permission.ok_or_else(|| {
        ApiError::invalid_one(format!(
            "permission: '{name}' is none. Those there are: /api/permissions/all."
        ))
    })?;
    let of = asked(&call).await?;
    Ok(ok(json!({
        "Permission": permission,
        "Description": describe(permission),
        "IsHeld": call.caller.may(permission, &of),
        "Teams": call.caller.teams_that_may(permission, &of),
    })))
}

/// The place the query names, by ids. What does not exist restricts nothing, so nothing is learned of it.
async fn asked(call: &Call) -> Result<Scope, ApiError> {
    let space = Some(call.space_id());
    let named = |key: &str| call.query.get(key).filter(|text| !text.is_empty());
    let mut of = match named("project") {
        Some(project) => scope::of_project(&mut call.read().await?, space, project).await?,
        None => scope::of_space(space),
    };
    of.environments = named("environment")
        .and_then(|id| id.parse().ok())
        .into_iter()
        .collect();
    of.tenants = named("tenant")
        .and_then(|id| id.parse().ok())
        .into_iter()
        .collect();
    Ok(of)
}
