//! What a new release of a process has to say: its packages, and the next version.

use regatta_core::process::DeploymentProcess;
use regatta_core::version::Version;
use regatta_core::version::template::{DEFAULT, Past, next};
use regatta_store::Query;
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
    let last = last_version(&call, &project).await?;
    let next = next_version(&call, &project, last.as_deref()).await?;
    let packages = packages(&call, &process).await?;
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

async fn last_version(call: &Call, project: &str) -> Result<Option<String>, ApiError> {
    let newest = Query {
        kind: "Releases".to_owned(),
        owner_id: Some(project.to_owned()),
        order: regatta_store::Order::Newest,
        take: Some(1),
        ..Query::default()
    };
    let found = call.read().await?.documents(&newest).await?.items.pop();
    Ok(found.and_then(|release| {
        crate::resource::read::body(&release)
            .get("Version")?
            .as_str()
            .map(str::to_owned)
    }))
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

pub(in crate::http) async fn packages(
    call: &Call,
    process: &DeploymentProcess,
) -> Result<Vec<Value>, ApiError> {
    let mut conn = call.read().await?;
    let mut packages = Vec::new();
    for (step, action) in process.actions() {
        for package in &action.packages {
            let feed = conn
                .document("Feeds", &package.feed_id)
                .await?
                .map(|feed| feed.name);
            packages.push(json!({
                "ActionName": action.name,
                "StepName": step.name,
                "PackageId": package.package_id,
                "NuGetPackageId": package.package_id,
                "FeedId": package.feed_id,
                "FeedName": feed,
                "NuGetFeedId": package.feed_id,
                "NuGetFeedName": feed,
                "PackageReferenceName": package.name,
                "ProjectName": null,
                "IsResolvable": !package.package_id.contains("#{") && !package.feed_id.contains("#{"),
                "VersionSelectedLastRelease": null,
                "FixedVersion": null,
            }));
        }
    }
    Ok(packages)
}
