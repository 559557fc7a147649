//! What a new release of a process has to say: its packages with the versions it would get, the next version, and
//! which variables are not what they were in the newest release.

use regatta_core::package::selection::Wanted;
use regatta_core::process::DeploymentProcess;
use regatta_core::version::Version;
use regatta_core::version::template::{DEFAULT, Past, next};
use regatta_store::{Document, Query};
use serde_json::{Value, json};

use super::{found, parse};
use crate::call::{Call, ok};
use crate::error::ApiError;
use crate::http::release::{self, choose, version};
use crate::http::variable::since;
use crate::operation::Answer;
use crate::time_text::iso;

pub(super) const QUERY: &[&str] = &["channel", "releaseId"];

pub(super) async fn of_id(call: Call) -> Answer {
    of_project(call).await
}

pub(super) async fn of_project(call: Call) -> Answer {
    let process = parse(&found(&call).await?)?;
    let id = process
        .project_id
        .as_ref()
        .map(ToString::to_string)
        .unwrap_or_default();
    let project = call.read().await?.document("Projects", &id).await?;
    let project = project.ok_or_else(|| ApiError::not_found(&id))?;
    let newest = newest_release(&call, &id).await?;
    let last = newest.as_ref().map(|release| release.name.clone());
    let donor = version::donor(&project);
    let next = match donor {
        None => next_version(&project, last.as_deref()),
        Some(_) => None,
    };
    let (donor, reference) = donor.unzip();
    let channel = channel(&call, &process, &project).await?;
    let packages = packages(&call, &process, (channel.as_ref(), newest.as_ref())).await?;
    let changed = match &newest {
        Some(newest) => since::changed_names(&call, &project, newest).await?,
        None => None,
    };
    Ok(ok(json!({
        "DeploymentProcessId": process.id,
        "LastReleaseVersion": last,
        "NextVersionIncrement": next,
        "VersioningPackageStepName": donor,
        "VersioningPackageReferenceName": reference,
        "Packages": packages,
        "VariablesChangedSinceLastRelease": changed,
        "GitResources": [],
        "Links": {},
    })))
}

/// The channel whose rules decide the versions; a runbook has none.
async fn channel(
    call: &Call,
    process: &DeploymentProcess,
    project: &Document,
) -> Result<Option<Document>, ApiError> {
    if process.runbook_id.is_some() {
        return Ok(None);
    }
    let wanted = call.query.get("channel").filter(|named| !named.is_empty());
    let found = release::channel(&mut Box::new(call.read().await?), project, wanted).await?;
    Ok(Some(found))
}

async fn newest_release(call: &Call, project: &str) -> Result<Option<Document>, ApiError> {
    let newest = Query {
        kind: "Releases".to_owned(),
        owner_id: Some(project.to_owned()),
        order: regatta_store::Order::Newest,
        take: Some(1),
        ..Query::default()
    };
    Ok(call.read().await?.documents(&newest).await?.items.pop())
}

/// By the project's template; null when the template needs something only a release knows.
fn next_version(project: &Document, last: Option<&str>) -> Option<String> {
    let body = crate::resource::read::body(project);
    let template = body
        .get("VersioningStrategy")
        .and_then(|strategy| strategy.get("Template")?.as_str())
        .unwrap_or(DEFAULT);
    let last: Option<Version> = last.and_then(|text| text.parse().ok());
    let past = Past {
        last: last.as_ref(),
        last_in_channel: last.as_ref(),
        variable: &|_| None,
    };
    let version = next(template, &past).ok()?;
    Some(version.as_str().to_owned())
}

/// The version the newest release has of a package.
fn selected_last(last: Option<&Document>, package: &Wanted) -> Option<String> {
    let body = crate::resource::read::body(last?);
    let selected = body.get("SelectedPackages")?.as_array()?;
    let is_it = |one: &&Value| {
        one["ActionName"] == package.action_name.as_str()
            && one["PackageReferenceName"] == package.reference_name.as_str()
    };
    let version = &selected.iter().find(is_it)?["Version"];
    version.as_str().map(str::to_owned)
}

/// The packages of a process: what a release made now would get of each, by the rules of the channel, and what the
/// last one has.
pub(in crate::http) async fn packages(
    call: &Call,
    process: &DeploymentProcess,
    (channel, last): (Option<&Document>, Option<&Document>),
) -> Result<Vec<Value>, ApiError> {
    let mut conn = call.read().await?;
    let mut packages = Vec::new();
    for (package, picked) in choose::by_default(&mut conn, process, channel).await? {
        let feed = conn
            .document("Feeds", &package.feed_id)
            .await?
            .map(|feed| feed.name);
        let (now, why) = match picked {
            Ok(now) => (Some(now), None),
            Err(why) => (None, Some(why)),
        };
        let (version, content) = now.unzip();
        let published = content
            .flatten()
            .map(|found| iso(found.document.updated_at));
        packages.push(json!({
            "ActionName": package.action_name,
            "StepName": package.step_name,
            "PackageId": package.package_id,
            "NuGetPackageId": package.package_id,
            "FeedId": package.feed_id,
            "FeedName": feed,
            "NuGetFeedId": package.feed_id,
            "NuGetFeedName": feed,
            "PackageReferenceName": package.reference_name,
            "ProjectName": null,
            "IsResolvable": package.is_resolvable(),
            "VersionSelectedLastRelease": selected_last(last, &package),
            "FixedVersion": package.fixed_version,
            "VersionSelectedNow": version,
            "VersionSelectedNowPublished": published,
            "WhyNoVersion": why,
        }));
    }
    Ok(packages)
}
