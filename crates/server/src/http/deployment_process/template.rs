//! What a new release of a process has to say: its packages, and the next version.

use regatta_core::package::selection::{Wanted, wanted};
use regatta_core::process::DeploymentProcess;
use regatta_core::version::Version;
use regatta_core::version::template::{DEFAULT, Past, next};
use regatta_store::{Document, Query};
use serde_json::{Value, json};

use super::{found, parse};
use crate::call::{Call, ok};
use crate::error::ApiError;
use crate::operation::Answer;

pub(super) const QUERY: &[&str] = &["channel", "releaseId"];

pub(super) async fn of_id(call: Call) -> Answer {
    of_project(call).await
}

pub(super) async fn of_project(call: Call) -> Answer {
    let process = parse(&found(&call).await?)?;
    let project = process
        .project_id
        .as_ref()
        .map(ToString::to_string)
        .unwrap_or_default();
    let newest = newest_release(&call, &project).await?;
    let last = newest.as_ref().map(|release| release.name.clone());
    let next = next_version(&call, &project, last.as_deref()).await?;
    let packages = packages(&call, &process, newest.as_ref()).await?;
    Ok(ok(json!({
        "DeploymentProcessId": process.id,
        "LastReleaseVersion": last,
        "NextVersionIncrement": next,
        "VersioningPackageStepName": null,
        "VersioningPackageReferenceName": null,
        "Packages": packages,
        "GitResources": [],
        "Links": {},
    })))
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
async fn next_version(
    call: &Call,
    project: &str,
    last: Option<&str>,
) -> Result<Option<String>, ApiError> {
    let found = call.read().await?.document("Projects", project).await?;
    let body = found
        .map(|project| crate::resource::read::body(&project))
        .unwrap_or_default();
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
    Ok(next(template, &past)
        .ok()
        .map(|version| version.as_str().to_owned()))
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

pub(in crate::http) async fn packages(
    call: &Call,
    process: &DeploymentProcess,
    last: Option<&Document>,
) -> Result<Vec<Value>, ApiError> {
    let mut conn = call.read().await?;
    let mut packages = Vec::new();
    for package in wanted(process) {
        let feed = conn
            .document("Feeds", &package.feed_id)
            .await?
            .map(|feed| feed.name);
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
        }));
    }
    Ok(packages)
}
