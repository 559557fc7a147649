//! Packages as clients see them.

use regatta_store::Query;
use serde_json::{Map, Value, json};

use crate::call::{Call, ok};
use crate::error::ApiError;
use crate::http::build_information;
use crate::http::download::{Download, download};
use crate::http::feed::built_in;
use crate::operation::Answer;
use crate::package::{self, Found, KIND, latest, parse_id};
use crate::page::{page, window};
use crate::time_text::iso;

/// A page of at most so many is read as it is in the database: by id, then age. Otherwise the newest version comes first.
const PAGE_MAX: u64 = 1000;

pub(super) async fn list(call: Call) -> Answer {
    let query = Query {
        kind: KIND.into(),
        space_id: Some(Some(call.space_id().to_owned())),
        name: call.query.get("nuGetPackageId").map(str::to_owned),
        partial_name: call.query.get("filter").map(str::to_owned),
        ..Query::default()
    };
    let mut conn = call.read().await?;
    let feed = built_in(&mut conn, call.space_id()).await?;
    let path = call.uri_path.trim_end_matches('/');
    let (skip, take) = call.query.window()?;
    if take <= PAGE_MAX && !is_chosen(&call)? {
        let query = Query {
            skip,
            take: Some(take),
            ..query
        };
        let found = conn.documents(&query).await?;
        let mut items = Vec::with_capacity(found.items.len());
        for document in found.items {
            items.push(view(&Found::read(document)?, &feed, None));
        }
        return Ok(ok(page("Package", items, found.total, path, &call.query)));
    }
    let mut found = package::read_all(&mut conn, &query).await?;
    if call.query.flag("latest")?.unwrap_or(false) {
        found = latest(found);
    }
    if let Some(ids) = call.query.list("ids")? {
        let is_wanted = |one: &Found| ids.iter().any(|id| is_called(one, id));
        found.retain(is_wanted);
    }
    let total = found.len() as u64;
    let items = window(found, &call.query);
    let items = items.iter().map(|one| view(one, &feed, None)).collect();
    Ok(ok(page("Package", items, total, path, &call.query)))
}

/// Whether all packages must be looked at to know which are wanted, or in which order.
fn is_chosen(call: &Call) -> Result<bool, ApiError> {
    let query = &call.query;
    let of_one = query.get("nuGetPackageId").is_some();
    Ok(of_one || query.flag("latest")?.unwrap_or(false) || query.list("ids")?.is_some())
}

fn is_called(one: &Found, id: &str) -> bool {
    id == one.document.id || id.eq_ignore_ascii_case(&one.package.id())
}

/// The package of the path.
pub(super) async fn find(call: &Call, id: &str) -> Result<Found, ApiError> {
    let mut conn = call.read().await?;
    let found = match parse_id(id) {
        Some((name, version)) => {
            package::find(&mut conn, call.space_id(), (&name, &version)).await?
        }
        // The number it has in the store.
        None => match conn.document(KIND, id).await? {
            Some(document) if document.space_id.as_deref() == Some(call.space_id()) => {
                Some(Found::read(document)?)
            }
            _ => None,
        },
    };
    found.ok_or_else(|| ApiError::not_found(id))
}

pub(super) async fn get(call: Call) -> Answer {
    let found = find(&call, call.parameter("id")).await?;
    let mut conn = call.read().await?;
    let feed = built_in(&mut conn, call.space_id()).await?;
    let about = build_information::of_package(&mut conn, call.space_id(), &found.package).await?;
    Ok(ok(view(&found, &feed, about)))
}

pub(super) async fn raw(call: Call) -> Answer {
    let found = find(&call, call.parameter("id")).await?;
    let file = Download {
        blob: &found.package.blob,
        length_bytes: found.package.length_bytes,
        filename: &found.package.filename(),
    };
    download(&call, &call.app.packages, &file).await
}

/// Notes come with packages of NuGet; of the others it is said that they have none.
pub(super) async fn notes(call: Call) -> Answer {
    let ids = call.query.list("packageIds")?.unwrap_or_default();
    let mut conn = call.read().await?;
    let feed = built_in(&mut conn, call.space_id()).await?;
    drop(conn);
    let mut packages = Vec::with_capacity(ids.len());
    for id in ids {
        let (name, version, notes) = match find(&call, &id).await {
            Ok(found) => {
                let (name, version) = (
                    found.package.package_id.clone(),
                    found.package.version.clone(),
                );
                (json!(name), json!(version), notes_of(&found))
            }
            Err(error) if error.status() == axum::http::StatusCode::NOT_FOUND => {
                let failure = format!("There is no package '{id}' in this feed.");
                (
                    json!(id),
                    Value::Null,
                    json!({ "Succeeded": false, "FailureReason": failure, "Notes": null }),
                )
            }
            Err(error) => return Err(error),
        };
        packages
            .push(json!({ "PackageId": name, "Version": version, "FeedId": feed, "Notes": notes }));
    }
    Ok(ok(json!({ "Packages": packages })))
}

pub(in crate::http) fn notes_of(found: &Found) -> Value {
    let notes = found.package.notes.as_deref();
    json!({
        "Succeeded": true,
        "FailureReason": null,
        "DisplayMessage": notes.unwrap_or("This package has no release notes."),
        "Notes": notes,
        "Published": iso(found.document.updated_at),
    })
}

/// A package as answered. No `ReleaseNotes`: Octopus' Go client takes them for a time.
pub(in crate::http) fn view(found: &Found, feed: &str, about: Option<Value>) -> Value {
    let package = &found.package;
    let space = found.document.space_id.as_deref().unwrap_or_default();
    let id = package.id();
    let own = format!("/api/{space}/packages/{id}");
    let mut shown = Map::new();
    let mut add = |key: &str, value: Value| shown.insert(key.to_owned(), value);
    add("Id", json!(id));
    add("SpaceId", json!(space));
    add("PackageId", json!(package.package_id));
    add("NuGetPackageId", json!(package.package_id));
    add("Version", json!(package.version));
    add("FeedId", json!(feed));
    add("NuGetFeedId", json!(feed));
    add("Title", json!(package.package_id));
    add("Summary", json!(""));
    add("Description", json!(""));
    add("Published", json!(iso(found.document.updated_at)));
    add("FileExtension", json!(package.extension));
    add("PackageSizeBytes", json!(package.length_bytes));
    add("Hash", json!(package.blob.as_str()));
    if let Some(about) = about {
        add("PackageVersionBuildInformation", about);
    }
    let raw = format!("{own}/raw");
    let links = json!({
        "Self": own,
        "Raw": raw,
        "Feed": format!("/api/{space}/feeds/{feed}"),
        "AllVersions": format!("/api/{space}/packages?nuGetPackageId={}", package.package_id),
    });
    add("Links", links);
    Value::Object(shown)
}
