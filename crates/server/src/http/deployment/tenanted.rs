//! Deployments for tenants: whom a request means, and whether they get the project there.

use regatta_core::project::{Project, TenantedMode};
use regatta_core::tag_set;
use regatta_core::tenant::{Connection, Tenant};
use regatta_store::{Document, Query};
use serde_json::Value;

use super::request::{Place, text, texts, untenanted};
use crate::call::Call;
use crate::driver::plan_input::PlanInput;
use crate::error::ApiError;
use crate::http::release::by_name;
use crate::stored;

/// Environment and tenant of the older endpoint.
pub(in crate::http) async fn place(
    call: &Call,
    environment: &[String],
    tenant: Option<&str>,
) -> Result<Vec<Place>, ApiError> {
    let mut places = untenanted(call, environment).await?;
    if let Some(tenant) = tenant {
        let tenant = named(call, tenant).await?;
        for place in &mut places {
            place.tenant = Some(tenant.clone());
        }
    }
    Ok(places)
}

/// One place for each tenant that is named, and for each connected one the tags mean.
pub(super) async fn places(
    call: &Call,
    project: &str,
    body: &Value,
) -> Result<Vec<Place>, ApiError> {
    let environment = text(body, "EnvironmentName").map(str::to_owned);
    let mut places = untenanted(call, environment.as_slice()).await?;
    let environment = places
        .pop()
        .ok_or_else(|| ApiError::internal("an environment was found and is not there"))?
        .environment;
    in_environment(call, (project, &environment), body).await
}

/// The same of an environment that is known.
pub(in crate::http) async fn in_environment(
    call: &Call,
    (project, environment): (&str, &Document),
    body: &Value,
) -> Result<Vec<Place>, ApiError> {
    let mut tenants: Vec<Document> = Vec::new();
    for name in texts(body, "Tenants") {
        tenants.push(named(call, &name).await?);
    }
    let tags = texts(body, "TenantTags");
    if !tags.is_empty() {
        tenants.extend(meant(call, (project, environment), &tags).await?);
    }
    if tenants.is_empty() {
        return Err(ApiError::invalid_one(
            "Name at least one tenant in Tenants, or tags in TenantTags.",
        ));
    }
    tenants.sort_by(|a, b| a.id.cmp(&b.id));
    tenants.dedup_by(|a, b| a.id == b.id);
    let place = |tenant| Place {
        environment: environment.clone(),
        tenant: Some(tenant),
    };
    Ok(tenants.into_iter().map(place).collect())
}

async fn named(call: &Call, name: &str) -> Result<Document, ApiError> {
    let found = by_name(call, "Tenants", name).await?;
    found
        .ok_or_else(|| ApiError::invalid_one(format!("There is no tenant '{name}' in this space.")))
}

/// The tenants with these tags that get the project in the environment.
async fn meant(
    call: &Call,
    (project, environment): (&str, &Document),
    tags: &[String],
) -> Result<Vec<Document>, ApiError> {
    let connected = Query {
        kind: "Tenants".into(),
        space_id: Some(Some(call.space_id().to_owned())),
        tags: vec![vec![format!("project:{project}")]],
        ..Query::default()
    };
    let mut conn = call.read().await?;
    let project: Project = stored::need(&mut conn, "Projects", project).await?;
    let mut meant = Vec::new();
    for document in conn.documents(&connected).await?.items {
        let tenant: Tenant = stored::parse(&document)?;
        let here = tenant
            .project_environments
            .get(&project.id)
            .is_some_and(|all| all.iter().any(|id| id.as_str() == environment.id));
        if here && !tenant.is_disabled && tag_set::matches(tags, &tenant.tenant_tags) {
            meant.push(document);
        }
    }
    if meant.is_empty() {
        return Err(ApiError::invalid_one(format!(
            "No tenant that gets {} in {} has the tags {}.",
            project.name,
            environment.name,
            tags.join(", ")
        )));
    }
    Ok(meant)
}

/// Whether project, channel and tenant let the deployment happen.
pub(super) fn check(input: &PlanInput) -> Result<(), ApiError> {
    let Some(tenant) = &input.tenant else {
        return if input.project.tenanted_deployment_mode == TenantedMode::Tenanted {
            Err(ApiError::invalid_one(format!(
                "The project {} is deployed to tenants only. Name a tenant.",
                input.project.name
            )))
        } else {
            Ok(())
        };
    };
    check_tenant(input, tenant, &input.project)
}

/// Whether the tenant of the request gets the project, as it is given, there.
pub(super) fn check_for(input: &PlanInput, project: &Project) -> Result<(), ApiError> {
    match &input.tenant {
        Some(tenant) => check_tenant(input, tenant, project),
        None => Ok(()),
    }
}

fn check_tenant(input: &PlanInput, tenant: &Tenant, project: &Project) -> Result<(), ApiError> {
    let channel_tags = input
        .subject
        .channel()
        .map_or(&[][..], |channel| channel.tenant_tags.as_slice());
    let asked = Connection {
        project,
        environment: &input.environment,
        channel_tags,
    };
    tenant
        .serves(asked)
        .map_err(|why| ApiError::invalid_one(why.to_string()))
}
