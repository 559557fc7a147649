//! What a permission is wanted for, read off a document; and finding documents inside a scope.

use regatta_core::id::{ProjectGroupId, ProjectId};
use regatta_core::permission::Scope;
use regatta_store::{Conn, Document, Query, StoreError};
use serde_json::Value;

use crate::auth::caller::Sees;

/// The whole space, or the system.
#[must_use]
pub fn of_space(space: Option<&str>) -> Scope {
    Scope {
        space: space.and_then(|id| id.parse().ok()),
        ..Scope::default()
    }
}

/// What a document belongs to: its project (itself, or its owner) with the group, its environments and tenants.
///
/// # Errors
/// When the database fails.
pub async fn of_document(conn: &mut Conn, document: &Document) -> Result<Scope, StoreError> {
    let body: Value = serde_json::from_str(&document.body).unwrap_or_default();
    let mut scope = of_space(space_of(document, &body));
    scope.environments = several(&body, "EnvironmentId", "EnvironmentIds");
    scope.tenants = several(&body, "TenantId", "TenantIds");
    match document.kind.as_str() {
        "Projects" => {
            scope.project = document.id.parse().ok();
            scope.project_group = one(&body, "ProjectGroupId");
        }
        "ProjectGroups" => scope.project_group = document.id.parse().ok(),
        "Environments" => scope.environments = document.id.parse().into_iter().collect(),
        "Tenants" => scope.tenants = document.id.parse().into_iter().collect(),
        _ => {
            let project = document
                .owner_id
                .clone()
                .filter(|id| id.starts_with("Projects-"));
            let project = project.or_else(|| {
                body.get("ProjectId")
                    .and_then(Value::as_str)
                    .map(str::to_owned)
            });
            if let Some(project) = project {
                let parent = of_project(conn, document.space_id.as_deref(), &project).await?;
                (scope.project, scope.project_group) = (parent.project, parent.project_group);
            }
        }
    }
    Ok(scope)
}

/// A project with its group, by id.
///
/// # Errors
/// When the database fails.
pub async fn of_project(
    conn: &mut Conn,
    space: Option<&str>,
    project: &str,
) -> Result<Scope, StoreError> {
    let mut scope = of_space(space);
    scope.project = project.parse().ok();
    if let Some(project) = conn.document("Projects", project).await? {
        let body: Value = serde_json::from_str(&project.body).unwrap_or_default();
        scope.project_group = one(&body, "ProjectGroupId");
    }
    Ok(scope)
}

/// The document of this kind, in this space (or outside all spaces), by id or slug, or by a slug it had before. One of
/// another space is not found.
///
/// # Errors
/// When the database fails.
pub async fn find(
    conn: &mut Conn,
    kind: &str,
    space: Option<&str>,
    id_or_slug: &str,
) -> Result<Option<Document>, StoreError> {
    let mut found = conn.document(kind, id_or_slug).await?;
    if found.is_none() && looks_like_id(kind, id_or_slug) {
        // Ids are read in any case of letters, like everything else in a path.
        let tail = &id_or_slug[kind.len()..];
        found = conn.document(kind, &format!("{kind}{tail}")).await?;
    }
    if let Some(document) = found.filter(|document| is_in(document, space)) {
        return Ok(Some(document));
    }
    let by_slug = Query {
        kind: kind.to_owned(),
        space_id: Some(space.map(str::to_owned)),
        slug: Some(id_or_slug.to_lowercase()),
        take: Some(1),
        ..Query::default()
    };
    if let Some(document) = conn.documents(&by_slug).await?.items.pop() {
        return Ok(Some(document));
    }
    conn.document_by_former_slug(kind, space, &id_or_slug.to_lowercase())
        .await
}

/// What a restricted reader may see, as ids that things are about: one of these must have, in every list, something
/// it is about. A grant for a project *and* an environment so needs both; a project group stands for the projects
/// that are in it now. `None`: everything.
///
/// # Errors
/// When the database fails.
pub async fn within(
    conn: &mut Conn,
    sees: &Sees,
    space: Option<&str>,
) -> Result<Option<Vec<Vec<Vec<String>>>>, StoreError> {
    let Sees::Only(all) = sees else {
        return Ok(None);
    };
    let mut within = Vec::with_capacity(all.len());
    for inside in all {
        let projects = projects_of(conn, (&inside.projects, &inside.project_groups), space).await?;
        let environments = inside.environments.iter().map(ToString::to_string);
        let tenants = inside.tenants.iter().map(ToString::to_string);
        let lists = [projects, environments.collect(), tenants.collect()];
        within.push(lists.into_iter().filter(|list| !list.is_empty()).collect());
    }
    Ok(Some(within))
}

/// Ids that stand for these projects and groups: their own, and of the projects that are in the groups now.
///
/// # Errors
/// When the database fails.
pub(crate) async fn projects_of(
    conn: &mut Conn,
    (projects, groups): (&[ProjectId], &[ProjectGroupId]),
    space: Option<&str>,
) -> Result<Vec<String>, StoreError> {
    let mut all: Vec<String> = projects.iter().map(ToString::to_string).collect();
    for group in groups {
        all.push(group.to_string());
        let query = Query {
            kind: "Projects".into(),
            space_id: Some(space.map(str::to_owned)),
            tags: vec![vec![format!("group:{group}")]],
            ..Query::default()
        };
        let members = conn.documents(&query).await?.items.into_iter();
        all.extend(members.map(|project| project.id));
    }
    Ok(all)
}

/// Kinds that belong to the system and say in their body which space, if any, they are about.
#[must_use]
pub fn names_its_space(kind: &str) -> bool {
    matches!(kind, "Teams" | "ScopedUserRoles")
}

fn space_of<'d>(document: &'d Document, body: &'d Value) -> Option<&'d str> {
    let named = body.get("SpaceId").and_then(Value::as_str);
    match &document.space_id {
        None if names_its_space(&document.kind) => named.filter(|id| !id.is_empty()),
        own => own.as_deref(),
    }
}

/// Whether a path below this space (`None`: the system) leads to the document. What names its space is found below
/// the system as well.
fn is_in(document: &Document, space: Option<&str>) -> bool {
    if !names_its_space(&document.kind) || space.is_none() {
        return document.space_id.as_deref() == space;
    }
    let body = serde_json::from_str(&document.body).unwrap_or_default();
    space_of(document, &body) == space
}

fn looks_like_id(kind: &str, text: &str) -> bool {
    text.get(..kind.len())
        .is_some_and(|head| head.eq_ignore_ascii_case(kind))
}

fn one<T: std::str::FromStr>(body: &Value, key: &str) -> Option<T> {
    body.get(key)?.as_str()?.parse().ok()
}

fn several<T: std::str::FromStr>(body: &Value, single: &str, plural: &str) -> Vec<T> {
    if let Some(id) = one(body, single) {
        return vec![id];
    }
    let items = body.get(plural).and_then(Value::as_array);
    items
        .into_iter()
        .flatten()
        .filter_map(|id| id.as_str()?.parse().ok())
        .collect()
}
