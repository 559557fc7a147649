//! The older form: all values of a tenant in one document (octopus-api §2.13).

use regatta_core::tenant::Tenant;
use regatta_core::tenant::value::TenantValue;
use serde_json::{Map, Value, json};

use super::owner::{self, Kind, Owner};
use super::{KIND, id_of, received, shown, store, values};
use crate::call::{Call, ok};
use crate::error::ApiError;
use crate::operation::Answer;
use crate::stored;

pub(super) async fn get(call: Call) -> Answer {
    Ok(ok(answer(&call).await?))
}

async fn answer(call: &Call) -> Result<Value, ApiError> {
    let document = call.document();
    let tenant: Tenant = stored::parse(document)?;
    let mut conn = call.read().await?;
    let version = conn
        .document(KIND, &id_of(&document.id))
        .await?
        .map_or(0, |found| found.version);
    let values = values(&mut conn, &document.id).await?;
    let (mut projects, mut libraries) = (Map::new(), Map::new());
    for owner in owner::all(&mut conn, &tenant).await? {
        let into = match owner.kind {
            Kind::Project => &mut projects,
            Kind::Library => &mut libraries,
        };
        into.insert(owner.id.clone(), entry(&owner, &values));
    }
    let space = document.space_id.as_deref().unwrap_or_default();
    Ok(json!({
        "TenantId": document.id,
        "TenantName": document.name,
        "SpaceId": space,
        "ConcurrencyToken": version.to_string(),
        "ProjectVariables": projects,
        "LibraryVariables": libraries,
        "Links": { "Self": format!("/api/{space}/tenants/{}/variables", document.id) },
    }))
}

fn entry(owner: &Owner, values: &[TenantValue]) -> Value {
    let of = |environment: Option<&str>| -> Value {
        let fits = |value: &&TenantValue| {
            value.owner_id == owner.id
                && match environment {
                    Some(id) => value.environment_ids.iter().any(|own| own == id),
                    None => value.environment_ids.is_empty(),
                }
        };
        let entries = values
            .iter()
            .filter(fits)
            .map(|value| (value.template_id.clone(), shown(&value.value)));
        Value::Object(entries.collect())
    };
    let variables = match owner.kind {
        Kind::Project => {
            let entries = owner
                .environments
                .iter()
                .map(|environment| (environment.clone(), of(Some(environment))));
            Value::Object(entries.collect())
        }
        Kind::Library => of(None),
    };
    json!({
        owner.kind.key(): owner.id,
        owner.kind.name_key(): owner.name,
        "Templates": owner.shown,
        "Variables": variables,
        "Links": {},
    })
}

/// Replaces the values of what the body names; owners it leaves out keep theirs.
pub(super) async fn update(mut call: Call) -> Answer {
    let body = call.json().await?;
    let document = call.document().clone();
    let tenant: Tenant = stored::parse(&document)?;
    let mut tx = call.begin().await?;
    let version = tx
        .document(KIND, &id_of(&document.id))
        .await?
        .map_or(0, |found| found.version);
    if let Some(token) = body["ConcurrencyToken"]
        .as_str()
        .filter(|token| !token.is_empty())
    {
        let given = token.parse::<i64>().unwrap_or(-1);
        if given != version {
            return Err(ApiError::stale("The tenant's variables", given, version));
        }
    }
    let before = values(&mut tx, &document.id).await?;
    let owners = owner::all(&mut tx, &tenant).await?;
    let mut after = before.clone();
    let mut problems = Vec::new();
    for (key, kind) in [
        ("ProjectVariables", Kind::Project),
        ("LibraryVariables", Kind::Library),
    ] {
        for (id, sent) in body[key].as_object().into_iter().flatten() {
            let owner = owners
                .iter()
                .find(|owner| owner.kind == kind && owner.id == *id);
            let Some(owner) = owner else {
                problems.push(format!("{key}: '{id}' has no templates for this tenant."));
                continue;
            };
            for (environment, sent) in sent_values(kind, &sent["Variables"]) {
                let place = (owner, environment.as_deref());
                problems.extend(take(&call, place, sent, (&before, &mut after))?);
            }
        }
    }
    if !problems.is_empty() {
        return Err(ApiError::invalid(problems));
    }
    store(&call, &mut tx, &document, after).await?;
    tx.commit().await?;
    Ok(ok(answer(&call).await?))
}

/// Values by template id, for each environment of a project, or for all at once.
fn sent_values(kind: Kind, sent: &Value) -> Vec<(Option<String>, &Value)> {
    match kind {
        Kind::Library => vec![(None, sent)],
        Kind::Project => sent
            .as_object()
            .into_iter()
            .flatten()
            .map(|(environment, sent)| (Some(environment.clone()), sent))
            .collect(),
    }
}

/// Replaces the values at one place; answers what is wrong.
fn take(
    call: &Call,
    (owner, environment): (&Owner, Option<&str>),
    sent: &Value,
    (before, after): (&[TenantValue], &mut Vec<TenantValue>),
) -> Result<Vec<String>, ApiError> {
    if let Some(environment) = environment
        && !owner.environments.iter().any(|id| id == environment)
    {
        return Ok(vec![format!(
            "ProjectVariables.{}: the tenant does not get the project in '{environment}'.",
            owner.id
        )]);
    }
    let environment_ids: Vec<String> = environment.map(str::to_owned).into_iter().collect();
    let is_here = |value: &TenantValue| {
        value.owner_id == owner.id && value.environment_ids == environment_ids
    };
    after.retain(|value| !is_here(value));
    let mut problems = Vec::new();
    for (template_id, sent) in sent.as_object().into_iter().flatten() {
        let Some(template) = owner.template(template_id) else {
            problems.push(format!(
                "{}: there is no template '{template_id}'.",
                owner.id
            ));
            continue;
        };
        let old = before
            .iter()
            .find(|value| is_here(value) && value.template_id == *template_id);
        let id = old.map_or_else(|| uuid::Uuid::new_v4().to_string(), |old| old.id.clone());
        if let Some(value) = received(call, sent, (&id, old, template.is_sensitive()))? {
            after.push(TenantValue {
                id,
                owner_id: owner.id.clone(),
                template_id: template_id.clone(),
                environment_ids: environment_ids.clone(),
                value,
            });
        }
    }
    Ok(problems)
}
