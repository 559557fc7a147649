//! Looking for packages in a feed: ids by a part of their name, versions by range and tag.

use regatta_core::package::rule::VersionRule;
use regatta_core::permission::Permission as P;
use regatta_core::version::Version;
use regatta_store::Query;
use serde_json::{Value, json};

use crate::call::{Call, ok};
use crate::error::ApiError;
use crate::http::package::{notes_of, view};
use crate::operation::Answer;
use crate::package::{self, Found, KIND, latest};
use crate::page::{page, window};
use crate::scope;

fn all_in(call: &Call) -> Query {
    Query {
        kind: KIND.into(),
        space_id: Some(Some(call.space_id().to_owned())),
        ..Query::default()
    }
}

/// Of the space, or of all spaces in which the caller may look at feeds.
pub(super) async fn stats(call: Call) -> Answer {
    let mut conn = call.read().await?;
    let spaces = match call.space() {
        Some(space) => vec![space.id.clone()],
        None => spaces(&call),
    };
    let mut count = 0;
    for space in spaces {
        let query = Query {
            kind: KIND.into(),
            space_id: Some(Some(space)),
            ..Query::default()
        };
        count += conn.document_count(&query).await?;
    }
    Ok(ok(json!({ "TotalPackages": count })))
}

fn spaces(call: &Call) -> Vec<String> {
    let may = |id: &str| call.caller.may(P::FeedView, &scope::of_space(Some(id)));
    let spaces = call.caller.directory.spaces.iter().map(|space| &space.id);
    spaces.filter(|id| may(id)).cloned().collect()
}

pub(super) async fn versions(call: Call) -> Answer {
    let query = &call.query;
    let wanted = package_id(&call)?;
    let rule = VersionRule::new(
        query.get("versionRange").unwrap_or_default(),
        query.get("preReleaseTag").unwrap_or_default(),
    );
    let rule = rule.map_err(|error| ApiError::invalid_one(error.to_string()))?;
    let with_pre_releases = query.flag("includePreRelease")?.unwrap_or(true);
    let part = query.get("filter").unwrap_or_default().to_lowercase();
    let mut conn = call.read().await?;
    let mut found = package::versions(&mut conn, call.space_id(), &wanted).await?;
    found.retain(|one| {
        let version = one.package.version();
        (with_pre_releases || version.pre_release().is_empty())
            && one.package.version.to_lowercase().contains(&part)
            && rule.allows(&version)
    });
    answer(&call, found, version_view)
}

/// A version of a package, as feeds answer it.
fn version_view(found: &Found, feed: &str) -> Value {
    let mut shown = view(found, feed, None);
    shown["SizeBytes"] = json!(found.package.length_bytes);
    shown
}

pub(super) async fn search(call: Call) -> Answer {
    let query = Query {
        partial_name: call.query.get("term").map(str::to_owned),
        ..all_in(&call)
    };
    let found = package::read_all(&mut call.read().await?, &query).await?;
    let space = call.space_id().to_owned();
    answer(&call, latest(found), |one, feed| {
        let id = &one.package.package_id;
        json!({
            "Id": id,
            "Name": id,
            "Description": "",
            "LatestVersion": one.package.version,
            "Links": {
                "Feed": format!("/api/{space}/feeds/{feed}"),
                "AllVersions": format!("/api/{space}/feeds/{feed}/packages/versions?packageId={id}"),
            },
        })
    })
}

fn answer(call: &Call, found: Vec<Found>, view: impl Fn(&Found, &str) -> Value) -> Answer {
    // The only feed there is, is the built-in one.
    let feed = call.document().id.as_str();
    let total = found.len() as u64;
    let items = window(found, &call.query);
    let items = items.iter().map(|one| view(one, feed)).collect();
    let path = call.uri_path.trim_end_matches('/');
    Ok(ok(page("PackageVersion", items, total, path, &call.query)))
}

pub(super) async fn notes(call: Call) -> Answer {
    let wanted = package_id(&call)?;
    let version = call.query.get("version").unwrap_or_default();
    let version: Version =
        version
            .parse()
            .map_err(|error: regatta_core::version::VersionError| {
                ApiError::invalid_one(error.to_string())
            })?;
    let mut conn = call.read().await?;
    let found = package::find(&mut conn, call.space_id(), (&wanted, &version)).await?;
    let found = found.ok_or_else(|| ApiError::not_found(&format!("{wanted} {version}")))?;
    Ok(ok(notes_of(&found)))
}

fn package_id(call: &Call) -> Result<String, ApiError> {
    let id = call.query.get("packageId").map(str::to_owned);
    id.ok_or_else(|| ApiError::invalid_one("packageId: say which package's versions are wanted."))
}
