//! Releases as clients see them.

use regatta_core::permission::Permission;
use regatta_store::{Document, Order, Query};
use serde_json::{Map, Value, json};

use super::KIND;
use crate::auth::caller::Sees;
use crate::call::{Call, ok};
use crate::error::ApiError;
use crate::operation::Answer;
use crate::page::{page, window};
use crate::resource::read::{body, visible};

pub(super) async fn get(call: Call) -> Answer {
    Ok(ok(view(call.document())))
}

pub(super) async fn list(call: Call) -> Answer {
    let query = Query {
        kind: KIND.into(),
        space_id: Some(Some(call.space_id().to_owned())),
        ids: call.query.list("ids")?,
        order: Order::Newest,
        ..Query::default()
    };
    answer(&call, query, Permission::ReleaseView).await
}

pub(super) async fn of_project(call: Call) -> Answer {
    let query = of(&call, &call.document().id)?;
    answer(&call, query, Permission::ReleaseView).await
}

pub(super) async fn of_channel(call: Call) -> Answer {
    let mut query = of(&call, &call.document().id)?;
    query
        .tags
        .push(vec![format!("channel:{}", call.parameter("channel"))]);
    answer(&call, query, Permission::ReleaseView).await
}

fn of(call: &Call, project: &str) -> Result<Query, ApiError> {
    Ok(Query {
        kind: KIND.into(),
        owner_id: Some(project.to_owned()),
        partial_name: call.query.get("searchByVersion").map(str::to_owned),
        order: Order::Newest,
        ..Query::default()
    })
}

async fn answer(call: &Call, mut query: Query, permission: Permission) -> Answer {
    let (skip, take) = call.query.window()?;
    let mut conn = call.read().await?;
    let everything = call.sees_by(permission) == Sees::Everything;
    if everything {
        (query.skip, query.take) = (skip, Some(take));
    }
    let found = conn.documents(&query).await?;
    let (items, total) = if everything {
        (found.items, found.total)
    } else {
        let seen = visible(call, &mut conn, permission, found.items).await?;
        let total = seen.len() as u64;
        (window(seen, &call.query), total)
    };
    let items = items.iter().map(view).collect();
    Ok(ok(page(
        "Release",
        items,
        total,
        call.uri_path.trim_end_matches('/'),
        &call.query,
    )))
}

pub(super) async fn by_version(call: Call) -> Answer {
    let version = call.parameter("version").to_owned();
    let found = find_version(
        &mut Box::new(call.read().await?),
        &call.document().id,
        &version,
    )
    .await?;
    let found = found.ok_or_else(|| ApiError::not_found(&version))?;
    Ok(ok(view(&found)))
}

/// The release of a project with this version, in any case of letters.
pub(crate) async fn find_version(
    conn: &mut regatta_store::Conn,
    project: &str,
    version: &str,
) -> Result<Option<Document>, ApiError> {
    let query = Query {
        kind: KIND.into(),
        owner_id: Some(project.to_owned()),
        name: Some(version.to_owned()),
        take: Some(1),
        ..Query::default()
    };
    Ok(conn.documents(&query).await?.items.pop())
}

/// Packages of the release that are not in the feed any more.
pub(super) async fn missing_packages(call: Call) -> Answer {
    let release = body(call.document());
    let selected = release.get("SelectedPackages").and_then(Value::as_array);
    let mut conn = call.read().await?;
    let mut missing = Vec::new();
    for one in selected.into_iter().flatten() {
        let (Some(id), Some(version)) = (one["PackageId"].as_str(), one["Version"].as_str()) else {
            continue;
        };
        // What came from elsewhere has no hash, and cannot be looked for.
        let (true, Ok(parsed)) = (one["Hash"].is_string(), version.parse()) else {
            continue;
        };
        let found = crate::package::find(&mut conn, call.space_id(), (id, &parsed)).await?;
        if found.is_none() {
            missing.push(json!({ "Id": id, "Version": version }));
        }
    }
    Ok(ok(json!({ "Packages": missing })))
}

/// A release as answered.
pub(crate) fn view(document: &Document) -> Value {
    let mut shown = Map::new();
    shown.insert("Id".into(), document.id.clone().into());
    shown.insert("SpaceId".into(), document.space_id.clone().into());
    shown.extend(body(document));
    // A body may carry what a client once sent under these names.
    shown.insert("Id".into(), document.id.clone().into());
    shown.insert("SpaceId".into(), document.space_id.clone().into());
    shown.insert(
        "LastModifiedOn".into(),
        crate::time_text::iso(document.updated_at).into(),
    );
    let links = links(document, &shown);
    shown.insert("Links".into(), Value::Object(links));
    Value::Object(shown)
}

fn links(document: &Document, body: &Map<String, Value>) -> Map<String, Value> {
    let space = document.space_id.as_deref().unwrap_or_default();
    let text = |key: &str| body.get(key).and_then(Value::as_str).unwrap_or_default();
    let own = format!("/api/{space}/releases/{}", document.id);
    let mut links = Map::new();
    let mut add = |name: &str, path: String| links.insert(name.to_owned(), path.into());
    add("Self", own.clone());
    add(
        "Project",
        format!("/api/{space}/projects/{}", text("ProjectId")),
    );
    add("Progression", format!("{own}/progression"));
    add("Deployments", format!("{own}/deployments{{?skip,take}}"));
    add("DeploymentTemplate", format!("{own}/deployments/template"));
    add("DeploymentPreviews", format!("{own}/deployments/previews"));
    for (name, path) in [
        ("Defects", "defects"),
        ("ReportDefect", "defects"),
        ("ResolveDefect", "defects/resolve"),
    ] {
        add(name, format!("{own}/{path}"));
    }
    add("SnapshotVariables", format!("{own}/snapshot-variables"));
    add(
        "Artifacts",
        format!("/api/{space}/artifacts?regarding={}", document.id),
    );
    add(
        "ProjectDeploymentProcessSnapshot",
        format!(
            "/api/{space}/deploymentprocesses/{}",
            text("ProjectDeploymentProcessSnapshotId")
        ),
    );
    add(
        "ProjectVariableSnapshot",
        format!(
            "/api/{space}/variables/{}",
            text("ProjectVariableSetSnapshotId")
        ),
    );
    add("Web", format!("/app#/{space}/releases/{}", document.id));
    links
}
