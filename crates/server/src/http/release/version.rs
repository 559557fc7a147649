//! Versions of releases: what is allowed, and the next one that is free. What a template means is
//! the core's ([`regatta_core::version::template`]).

use regatta_core::version::Version;
use regatta_core::version::template::{self, Past};
use regatta_store::{Conn, Document, Order, Query};
use serde_json::Value;

use super::KIND;
use crate::error::ApiError;
use crate::resource::read::body;

/// Versions tried before giving up; a template without a counter has one only.
const TRIES_MAX: u64 = 10_000;

/// The version, trimmed, if it can be one.
pub(super) fn check(text: &str) -> Result<String, ApiError> {
    let text = text.trim();
    let is_fine = !text.is_empty()
        && text.chars().count() <= 349
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '+' | '_'))
        && text.chars().any(|c| c.is_ascii_alphanumeric());
    if is_fine {
        return Ok(text.to_owned());
    }
    Err(ApiError::invalid_one(format!(
        "'{text}' cannot be a version. Use letters, digits, '.', '-', '+' and '_', at most 349 characters, for example 1.2.0."
    )))
}

/// The next version by the project's template, the first that is free.
pub(super) async fn next(
    conn: &mut Conn,
    project: &Document,
    channel: &Document,
) -> Result<String, ApiError> {
    let template = template_of(project);
    let newest = |tag: Option<String>| Query {
        kind: KIND.into(),
        owner_id: Some(project.id.clone()),
        tags: tag.into_iter().map(|tag| vec![tag]).collect(),
        order: Order::Newest,
        take: Some(1),
        ..Query::default()
    };
    // A version that is free text has no numbers to count from.
    let newest_of = async |conn: &mut Conn, query: Query| {
        let found = conn.documents(&query).await?.items.pop();
        Ok::<_, ApiError>(found.and_then(|release| release.name.parse::<Version>().ok()))
    };
    let mut last = newest_of(conn, newest(None)).await?;
    let in_channel = newest(Some(format!("channel:{}", channel.id)));
    let mut last_in_channel = newest_of(conn, in_channel).await?;
    for _ in 0..TRIES_MAX {
        let candidate = after(&template, last.as_ref(), last_in_channel.as_ref())?;
        let text = check(candidate.as_str())?;
        if super::read::find_version(conn, &project.id, &text)
            .await?
            .is_none()
        {
            return Ok(text);
        }
        // Taken: count on from there. A template without a counter gives the same again.
        if last.as_ref().is_some_and(|last| last.as_str() == text) {
            break;
        }
        last_in_channel = last_in_channel.map(|_| candidate.clone());
        last = Some(candidate);
    }
    Err(ApiError::invalid_one(format!(
        "The versioning template '{template}' gives no version that is free. Name a version."
    )))
}

/// The template's version after these; no other variables are known here.
fn after(
    template: &str,
    last: Option<&Version>,
    last_in_channel: Option<&Version>,
) -> Result<Version, ApiError> {
    let past = Past {
        last,
        last_in_channel,
        variable: &|_| None,
    };
    template::next(template, &past).map_err(|error| ApiError::invalid_one(error.to_string()))
}

/// Action and reference of the package whose version releases take, where the project says so.
pub(in crate::http) fn donor(project: &Document) -> Option<(String, String)> {
    let body = body(project);
    let strategy = body.get("VersioningStrategy")?;
    let has_template = strategy["Template"]
        .as_str()
        .is_some_and(|text| !text.trim().is_empty());
    let donor = &strategy["DonorPackage"];
    let text = |key: &str| donor[key].as_str().unwrap_or_default().to_owned();
    let action = text("DeploymentAction");
    (!has_template && !action.is_empty()).then(|| (action, text("PackageReference")))
}

fn template_of(project: &Document) -> String {
    let body = body(project);
    let strategy = body
        .get("VersioningStrategy")
        .and_then(|strategy| strategy.get("Template"));
    let template = strategy
        .and_then(Value::as_str)
        .filter(|template| !template.trim().is_empty());
    template.unwrap_or(template::DEFAULT).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_plain_text_without_spaces() {
        assert_eq!(check(" 1.0.0-beta+3 ").unwrap(), "1.0.0-beta+3");
        for bad in ["", "..", "1 0", "1/0", "a\u{0}"] {
            assert!(check(bad).is_err(), "{bad:?}");
        }
    }
}
