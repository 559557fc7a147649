//! The newer form: values as lists with scopes, common ones (of library sets) and those of projects apart.

use regatta_core::permission::Permission as P;
use regatta_core::tenant::Tenant;
use regatta_core::tenant::value::TenantValue;
use regatta_store::Query;
use serde_json::{Value, json};

use super::owner::{self, Kind, Owner};
use super::{received, shown, store, values};
use crate::call::{Call, ok};
use crate::error::ApiError;
use crate::operation::Answer;
use crate::resource::read;
use crate::stored;

pub(super) async fn get(call: Call, kind: Kind) -> Answer {
    Ok(ok(answer(&call, kind).await?))
}

async fn answer(call: &Call, kind: Kind) -> Result<Value, ApiError> {
    let tenant: Tenant = stored::parse(call.document())?;
    let mut conn = call.read().await?;
    let all = values(&mut conn, &call.document().id).await?;
    let owners = owner::all(&mut conn, &tenant).await?;
    let owners = owners.iter().filter(|owner| owner.kind == kind);
    let (mut variables, mut missing) = (Vec::new(), Vec::new());
    for owner in owners {
        for value in all.iter().filter(|value| value.owner_id == owner.id) {
            let mut item = item(owner, &value.template_id, &value.environment_ids);
            item["Id"] = json!(value.id);
            item["Value"] = shown(&value.value);
            variables.push(item);
        }
        missing.extend(
            owner.missing(&all).map(|(template, environment)| {
                item(owner, &template.id, &[environment.to_owned()])
            }),
        );
    }
    let mut answer = json!({ "TenantId": call.document().id, "Variables": variables });
    if call.query.flag("includeMissingVariables")?.unwrap_or(false) {
        answer["MissingVariables"] = Value::Array(missing);
    }
    Ok(answer)
}

fn item(owner: &Owner, template: &str, environments: &[String]) -> Value {
    let shown = owner.shown.iter().find(|shown| shown["Id"] == template);
    json!({
        owner.kind.key(): owner.id,
        owner.kind.name_key(): owner.name,
        "Name": shown.map(|shown| shown["Name"].clone()),
        "TemplateId": template,
        "Template": shown,
        "Scope": { "EnvironmentIds": environments },
    })
}

/// Replaces all values of this kind.
pub(super) async fn replace(mut call: Call, kind: Kind) -> Answer {
    let body = call.json().await?;
    let document = call.document().clone();
    let tenant: Tenant = stored::parse(&document)?;
    let mut tx = call.begin().await?;
    let before = values(&mut tx, &document.id).await?;
    let owners = owner::all(&mut tx, &tenant).await?;
    let is_ours = |id: &str| {
        owners
            .iter()
            .any(|owner| owner.kind == kind && owner.id == id)
    };
    let mut after: Vec<TenantValue> = before
        .iter()
        .filter(|value| !is_ours(&value.owner_id))
        .cloned()
        .collect();
    let mut problems = Vec::new();
    for (i, sent) in body["Variables"]
        .as_array()
        .into_iter()
        .flatten()
        .enumerate()
    {
        match value(&call, (kind, &owners), sent, &before)? {
            Ok(Some(value)) if overlaps(&after, &value) => problems.push(format!(
                "Variables[{i}]: there is another value for this template in one of these environments."
            )),
            Ok(value) => after.extend(value),
            Err(problem) => problems.push(format!("Variables[{i}].{problem}")),
        }
    }
    if !problems.is_empty() {
        return Err(ApiError::invalid(problems));
    }
    store(&call, &mut tx, &document, after).await?;
    tx.commit().await?;
    Ok(ok(answer(&call, kind).await?))
}

fn overlaps(known: &[TenantValue], new: &TenantValue) -> bool {
    known.iter().any(|known| {
        let same = known.owner_id == new.owner_id && known.template_id == new.template_id;
        let both_everywhere = known.environment_ids.is_empty() && new.environment_ids.is_empty();
        let shared = |id: &String| new.environment_ids.contains(id);
        same && (both_everywhere || known.environment_ids.iter().any(shared))
    })
}

/// One item of the list; the inner error says what is wrong with it.
fn value(
    call: &Call,
    (kind, owners): (Kind, &[Owner]),
    sent: &Value,
    before: &[TenantValue],
) -> Result<Result<Option<TenantValue>, String>, ApiError> {
    let text = |key: &str| sent[key].as_str().unwrap_or_default();
    let owner_id = text(kind.key());
    let owner = owners
        .iter()
        .find(|owner| owner.kind == kind && owner.id == owner_id);
    let Some(owner) = owner else {
        return Ok(Err(format!(
            "{}: '{owner_id}' has no templates for this tenant.",
            kind.key()
        )));
    };
    let Some(template) = owner.template(text("TemplateId")) else {
        return Ok(Err(format!(
            "TemplateId: {} has no template '{}'.",
            owner.name,
            text("TemplateId")
        )));
    };
    let scope = sent["Scope"]["EnvironmentIds"].as_array();
    let environment_ids: Vec<String> = scope
        .into_iter()
        .flatten()
        .filter_map(|id| id.as_str().map(str::to_owned))
        .collect();
    if kind == Kind::Project && environment_ids.is_empty() {
        return Ok(Err(
            "Scope.EnvironmentIds: a value for a project's template needs its environments."
                .to_owned(),
        ));
    }
    let foreign = environment_ids
        .iter()
        .find(|id| !owner.environments.contains(id));
    if let Some(foreign) = foreign {
        return Ok(Err(format!(
            "Scope.EnvironmentIds: the tenant has no connection to '{foreign}'."
        )));
    }
    let old = before.iter().find(|value| {
        value.id == text("Id") && value.owner_id == owner.id && value.template_id == template.id
    });
    let id = old.map_or_else(|| uuid::Uuid::new_v4().to_string(), |old| old.id.clone());
    let kept = received(call, &sent["Value"], (&id, old, template.is_sensitive()))?;
    Ok(Ok(kept.map(|value| TenantValue {
        id,
        owner_id: owner.id.clone(),
        template_id: template.id.clone(),
        environment_ids,
        value,
    })))
}

/// `GET tenants/variables-missing`: a bare array, one entry per tenant that lacks something.
pub(super) async fn missing(call: Call) -> Answer {
    let query = Query {
        kind: "Tenants".to_owned(),
        space_id: Some(Some(call.space_id().to_owned())),
        ids: call.query.list("tenantId")?,
        ..Query::default()
    };
    let mut conn = call.read().await?;
    let found = conn.documents(&query).await?.items;
    let seen = read::visible(&call, &mut conn, P::TenantView, found).await?;
    let only = |key: &str| call.query.get(key).map(str::to_owned);
    let (project, environment) = (only("projectId"), only("environmentId"));
    let mut all = Vec::new();
    for document in seen {
        let tenant: Tenant = stored::parse(&document)?;
        let values = values(&mut conn, &document.id).await?;
        let mut missing = Vec::new();
        for owner in owner::all(&mut conn, &tenant).await? {
            if project
                .as_ref()
                .is_some_and(|id| owner.kind == Kind::Project && owner.id != *id)
            {
                continue;
            }
            let wanted = owner
                .missing(&values)
                .filter(|(_, at)| environment.as_ref().is_none_or(|only| only == at));
            missing.extend(wanted.map(|(template, at)| {
                json!({
                    owner.kind.key(): owner.id,
                    "EnvironmentId": at,
                    "VariableTemplateId": template.id,
                    "VariableTemplateName": template.name,
                    "Links": {},
                })
            }));
        }
        if !missing.is_empty() {
            all.push(json!({ "TenantId": document.id, "MissingVariables": missing }));
        }
    }
    Ok(ok(Value::Array(all)))
}
