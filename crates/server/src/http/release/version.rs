//! Versions of releases: what is allowed, and the next one by the project's template.
//!
//! Templates are Octopus': either `1.2.i`, where `i` counts up, or text with
//! `#{Octopus.Version.LastMajor}`, `...NextPatch` and so on, which look at the newest release.

use regatta_store::{Conn, Document, Order, Query};
use serde_json::Value;

use super::KIND;
use crate::error::ApiError;
use crate::resource::read::body;

/// What Octopus gives new projects.
pub(crate) const DEFAULT_TEMPLATE: &str =
    "#{Octopus.Version.LastMajor}.#{Octopus.Version.LastMinor}.#{Octopus.Version.NextPatch}";
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
    let template = template(project);
    let newest = |tag: Option<String>| Query {
        kind: KIND.into(),
        owner_id: Some(project.id.clone()),
        tags: tag.into_iter().map(|tag| vec![tag]).collect(),
        order: Order::Newest,
        take: Some(1),
        ..Query::default()
    };
    let last = conn
        .documents(&newest(None))
        .await?
        .items
        .pop()
        .map(|release| release.name);
    let in_channel = newest(Some(format!("channel:{}", channel.id)));
    let last_in_channel = conn
        .documents(&in_channel)
        .await?
        .items
        .pop()
        .map(|release| release.name);
    for bump in 0..TRIES_MAX {
        let candidate = fill(&template, last.as_deref(), last_in_channel.as_deref(), bump);
        let checked = check(&candidate)?;
        if super::read::find_version(conn, &project.id, &checked)
            .await?
            .is_none()
        {
            return Ok(checked);
        }
        if bump > 0
            && candidate
                == fill(
                    &template,
                    last.as_deref(),
                    last_in_channel.as_deref(),
                    bump - 1,
                )
        {
            break;
        }
    }
    Err(ApiError::invalid_one(format!(
        "The versioning template '{template}' gives no version that is free. Name a version."
    )))
}

fn template(project: &Document) -> String {
    let body = body(project);
    let strategy = body
        .get("VersioningStrategy")
        .and_then(|strategy| strategy.get("Template"));
    let template = strategy
        .and_then(Value::as_str)
        .filter(|template| !template.trim().is_empty());
    template.unwrap_or(DEFAULT_TEMPLATE).to_owned()
}

/// The four numbers of a version; text after them does not count.
fn numbers(version: Option<&str>) -> [u64; 4] {
    let mut found = [0; 4];
    let head = version
        .unwrap_or_default()
        .split(['-', '+'])
        .next()
        .unwrap_or_default();
    for (slot, part) in found.iter_mut().zip(head.split('.')) {
        *slot = part.parse().unwrap_or(0);
    }
    found
}

/// `bump` is added to what counts up, to get past versions that are taken.
fn fill(template: &str, last: Option<&str>, last_in_channel: Option<&str>, bump: u64) -> String {
    if !template.contains("#{") {
        return count_up(template, last, bump);
    }
    let mut text = template.to_owned();
    for (prefix, version) in [
        ("Octopus.Version.Channel.", last_in_channel),
        ("Octopus.Version.", last),
    ] {
        let current = numbers(version);
        for (at, name) in [
            (0, "Major"),
            (1, "Minor"),
            (2, "Patch"),
            (2, "Build"),
            (3, "Revision"),
        ] {
            text = text.replace(
                &format!("#{{{prefix}Last{name}}}"),
                &current[at].to_string(),
            );
            text = text.replace(
                &format!("#{{{prefix}Next{name}}}"),
                &(current[at] + 1 + bump).to_string(),
            );
        }
        let suffix = version
            .and_then(|version| version.split_once('-'))
            .map_or("", |(_, suffix)| suffix);
        text = text.replace(&format!("#{{{prefix}LastSuffix}}"), suffix);
    }
    text
}

/// `i` (and Octopus' `c`) as a whole part counts up from the newest release with the same parts before it.
fn count_up(template: &str, last: Option<&str>, bump: u64) -> String {
    let parts: Vec<&str> = template.split('.').collect();
    let Some(at) = parts.iter().position(|part| matches!(*part, "i" | "c")) else {
        return template.to_owned();
    };
    let last: Vec<&str> = last
        .map(|last| last.split('.').collect())
        .unwrap_or_default();
    let continues = last.len() > at && last[..at] == parts[..at];
    let number = if continues {
        last[at]
            .split(['-', '+'])
            .next()
            .and_then(|n| n.parse::<u64>().ok())
            .map_or(0, |n| n + 1)
    } else {
        0
    };
    let mut filled: Vec<String> = parts.iter().map(|part| (*part).to_owned()).collect();
    filled[at] = (number + bump).to_string();
    filled.join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_template_counts_the_patch_up() {
        assert_eq!(fill(DEFAULT_TEMPLATE, None, None, 0), "0.0.1");
        assert_eq!(
            fill(DEFAULT_TEMPLATE, Some("1.4.9-rc.1"), None, 0),
            "1.4.10"
        );
        assert_eq!(fill(DEFAULT_TEMPLATE, Some("1.4.9"), None, 2), "1.4.12");
    }

    #[test]
    fn a_counter_starts_at_zero_and_follows_its_own_line() {
        assert_eq!(fill("1.2.i", None, None, 0), "1.2.0");
        assert_eq!(fill("1.2.i", Some("1.2.7"), None, 0), "1.2.8");
        assert_eq!(fill("1.3.i", Some("1.2.7"), None, 0), "1.3.0");
        assert_eq!(fill("2026.1", None, None, 3), "2026.1");
    }

    #[test]
    fn a_version_is_plain_text_without_spaces() {
        assert_eq!(check(" 1.0.0-beta+3 ").unwrap(), "1.0.0-beta+3");
        for bad in ["", "..", "1 0", "1/0", "a\u{0}"] {
            assert!(check(bad).is_err(), "{bad:?}");
        }
    }
}
