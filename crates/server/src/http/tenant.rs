//! Tenants, and which projects they get in which environments.

use std::collections::BTreeMap;

use regatta_core::permission::Permission as P;
use regatta_core::project::{Project, TenantedMode};
use regatta_core::tag_set::{self, TagScope};
use regatta_core::tenant::Tenant;
use regatta_store::Order;
use serde_json::{Value, json};

use super::tag_set::carries;
use crate::call::{Call, created, ok};
use crate::error::ApiError;
use crate::names;
use crate::operation::{Answer, From, Operation, Place, get, needs, post};
use crate::resource::cloning::{self, Cloning};
use crate::resource::{self, Body, Change, Hooks, Resource, read, texts, write};
use crate::shape::{
    BOOL, DESCRIPTION, ID, LINKS_FIELD, MODIFIED_BY, MODIFIED_ON, NAME, Object, SLUG, SPACE_ID,
    Shape, TEXT, TEXTS, field,
};
use crate::stored;

static OBJECT: Object = Object {
    name: "Tenant",
    fields: &[
        ID,
        SPACE_ID,
        NAME,
        SLUG,
        DESCRIPTION,
        field("TenantTags", TEXTS)
            .or("[]")
            .about("Canonical names, `Tag set/Tag`."),
        field("ProjectEnvironments", Shape::Map(&TEXTS))
            .or("{}")
            .about("Environment ids by project id."),
        field("ClonedFromTenantId", TEXT).read_only(),
        field("IsDisabled", BOOL).or("false"),
        MODIFIED_ON,
        MODIFIED_BY,
        LINKS_FIELD,
    ],
};

static CLONED: Object = Object {
    name: "TenantClone",
    fields: &[NAME, DESCRIPTION],
};

static CLONING: Cloning = Cloning {
    resource: &TENANT,
    asked: &CLONED,
    sees: &[P::TenantView],
    drops: &["Slug", "Description"],
    source_key: "ClonedFromTenantId",
};

pub static TENANT: Resource = Resource {
    kind: "Tenants",
    item_type: "Tenant",
    place: Place::Space,
    names: names!("tenant", "/tenants"),
    object: &OBJECT,
    view: P::TenantView,
    // It has a handler of its own, because the same request can also clone.
    create: None,
    edit: Some(P::TenantEdit),
    delete: Some(P::TenantDelete),
    name_key: "Name",
    name_is_unique: true,
    has_slug: true,
    order: Order::Name,
    hooks: Hooks {
        prepare: |change| Box::pin(prepare(change)),
        deleting: |change| Box::pin(deleting(change)),
        view: |view| {
            view.body.entry("ClonedFromTenantId").or_insert(Value::Null);
            view.link("Variables", &format!("/tenants/{}/variables", view.id));
            let space = view.document.space_id.clone().unwrap_or_default();
            view.links.insert(
                "Web".to_owned(),
                json!(format!("/app#/{space}/tenants/{}/overview", view.id)),
            );
        },
        tags: |body| {
            let mut tags: Vec<String> = connected(body)
                .keys()
                .map(|project| format!("project:{project}"))
                .collect();
            let own = texts(body, "TenantTags");
            tags.extend(own.iter().map(|tag| format!("tag:{}", tag.to_lowercase())));
            let disabled = body.get("IsDisabled").and_then(Value::as_bool);
            tags.push(format!("disabled:{}", disabled.unwrap_or(false)));
            let source = body.get("ClonedFromTenantId").and_then(Value::as_str);
            tags.extend(source.map(|source| format!("cloned:{source}")));
            tags
        },
        filters: &[
            ("projectId", "project"),
            ("tags", "tag"),
            ("clonedFromTenantId", "cloned"),
        ],
        flags: &[("isDisabled", "disabled")],
        ..Hooks::NONE
    },
};

pub(super) fn operations() -> Vec<Operation> {
    let mut all = resource::operations(&TENANT);
    let space = Place::Space;
    all.extend([
        post(
            "tenantCreate",
            space,
            "/tenants",
            needs(P::TenantCreate, From::Items),
            create,
        )
        .body(&OBJECT)
        .answers(&OBJECT)
        .query(&["clone"])
        .summary("Creates a tenant; with ?clone={id} from another one."),
        get(
            "tenantTagTest",
            space,
            "/tenants/tag-test",
            needs(P::TenantView, From::Items),
            tag_test,
        )
        .query(&["tenantIds", "tags"])
        .summary("Which of the tenants the tags mean, and what the others lack."),
        get(
            "tenantStatus",
            space,
            "/tenants/status",
            needs(P::TenantView, From::Items),
            status,
        )
        .summary("Whether there are tenants at all."),
    ]);
    all
}

/// Environment ids by project id.
fn connected(body: &Body) -> BTreeMap<String, Vec<String>> {
    let of = |(project, ids): (&String, &Value)| {
        let ids = ids.as_array().into_iter().flatten();
        let ids = ids.filter_map(|id| id.as_str().map(str::to_owned));
        (project.clone(), ids.collect())
    };
    let connections = body.get("ProjectEnvironments").and_then(Value::as_object);
    connections.into_iter().flatten().map(of).collect()
}

async fn prepare(change: &mut Change<'_>) -> Result<(), ApiError> {
    carries(change, "TenantTags", TagScope::Tenant).await?;
    let mut problems = Vec::new();
    for (project, environments) in connected(&change.body) {
        problems.extend(check_connection(change, &project, &environments).await?);
    }
    if !problems.is_empty() {
        return Err(ApiError::invalid(problems));
    }
    change.is_a::<Tenant>()
}

async fn check_connection(
    change: &mut Change<'_>,
    id: &str,
    environments: &[String],
) -> Result<Vec<String>, ApiError> {
    let mut problems = Vec::new();
    let found = change.tx.document("Projects", id).await?;
    match found.filter(|project| project.space_id == change.space_id) {
        None => problems.push(format!(
            "ProjectEnvironments: '{id}' is no project of this space."
        )),
        Some(found) => {
            let project: Project = stored::parse(&found)?;
            let was = change
                .before
                .as_ref()
                .is_some_and(|before| connected(before).contains_key(id));
            // What is connected already may stay: the project may have been changed since.
            if project.tenanted_deployment_mode == TenantedMode::Untenanted && !was {
                problems.push(format!(
                    "ProjectEnvironments: the project '{}' is not deployed to tenants. Allow tenanted deployments in its settings first.",
                    project.name
                ));
            }
        }
    }
    for environment in environments {
        let found = change.tx.document("Environments", environment).await?;
        if found.is_none_or(|found| found.space_id != change.space_id) {
            problems.push(format!(
                "ProjectEnvironments.{id}: '{environment}' is no environment of this space."
            ));
        }
    }
    Ok(problems)
}

async fn deleting(change: &mut Change<'_>) -> Result<(), ApiError> {
    let open = regatta_store::TaskQuery {
        tenant_id: Some(Some(change.id.clone())),
        ..regatta_store::TaskQuery::default()
    };
    super::unfinished::none(change.tx, open).await?;
    change
        .tx
        .document_delete(
            super::tenant_variable::KIND,
            &super::tenant_variable::id_of(&change.id),
        )
        .await?;
    Ok(())
}

async fn create(mut call: Call) -> Answer {
    let Some(source) = call.query.get("clone").map(str::to_owned) else {
        return write::create(&TENANT, call).await;
    };
    let (cloned, mut tx) = cloning::create_open(&CLONING, &mut call, &source).await?;
    let pair = (cloned.source.id.as_str(), &cloned.document);
    super::tenant_variable::copy(&call, &mut tx, pair).await?;
    tx.commit().await?;
    Ok(created(read::view(&TENANT, &cloned.document)))
}

async fn tag_test(call: Call) -> Answer {
    let wanted = call.query.list("tags")?.unwrap_or_default();
    let query = regatta_store::Query {
        kind: TENANT.kind.to_owned(),
        space_id: Some(Some(call.space_id().to_owned())),
        ids: call.query.list("tenantIds")?,
        ..regatta_store::Query::default()
    };
    let mut conn = call.read().await?;
    let found = conn.documents(&query).await?.items;
    let seen = read::visible(&call, &mut conn, P::TenantView, found).await?;
    let test = |tenant: &regatta_store::Document| {
        let has = texts(&read::body(tenant), "TenantTags");
        let missing = tag_set::missing(&wanted, &has);
        let is_matched = missing.is_empty();
        (
            tenant.id.clone(),
            json!({ "IsMatched": is_matched, "MissingTags": missing }),
        )
    };
    Ok(ok(Value::Object(seen.iter().map(test).collect())))
}

async fn status(call: Call) -> Answer {
    let query = regatta_store::Query {
        kind: TENANT.kind.to_owned(),
        space_id: Some(Some(call.space_id().to_owned())),
        ..regatta_store::Query::default()
    };
    let mut conn = call.read().await?;
    let found = conn.documents(&query).await?.items;
    let seen = read::visible(&call, &mut conn, P::TenantView, found).await?;
    Ok(ok(
        json!({ "Enabled": !seen.is_empty(), "Count": seen.len() }),
    ))
}
