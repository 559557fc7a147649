//! Documents that carry tags by their canonical names: renamed along with the tag, and a reason not to remove one.

use std::collections::{BTreeMap, BTreeSet};

use regatta_store::{Document, Query};
use serde_json::Value;

use super::stored_tags;
use crate::error::ApiError;
use crate::resource::{Change, read};

/// Kinds that carry tags, and how messages call one.
const CARRIERS: &[(&str, &str)] = &[
    ("Tenants", "tenant"),
    ("Machines", "deployment target"),
    ("Projects", "project"),
    ("Environments", "environment"),
    ("Channels", "channel"),
    ("Accounts", "account"),
    ("Certificates", "certificate"),
    ("DeploymentProcesses", "process"),
    ("RunbookProcesses", "runbook process"),
    ("Runbooks", "runbook"),
    ("VariableSets", "variable set"),
];
/// Keys whose lists hold canonical tag names, anywhere in a document.
const KEYS: &[&str] = &[
    "TenantTags",
    "EnvironmentTags",
    "ProjectTags",
    "RunbookTags",
    "TenantTag",
];
/// Users named in a refusal.
const NAMED_MAX: usize = 10;

/// After a set was changed: renames what is carried, and refuses if a removed tag is.
pub(super) async fn follow(change: &mut Change<'_>) -> Result<(), ApiError> {
    let (renamed, removed) = difference(change);
    if renamed.is_empty() && removed.is_empty() {
        return Ok(());
    }
    let carriers = carriers(change).await?;
    refuse_used(&carriers, &removed)?;
    for document in carriers {
        let mut body = Value::Object(read::body(&document));
        if rename(&mut body, &renamed) > 0 {
            let renamed = Document {
                body: body.to_string(),
                updated_at: change.now,
                tags: document
                    .tags
                    .iter()
                    .map(|tag| renamed_tag(tag, &renamed))
                    .collect(),
                ..document
            };
            change.tx.document_replace(&renamed).await?;
        }
    }
    Ok(())
}

/// Before a set is removed: nothing may carry one of its tags.
pub(super) async fn is_unused(change: &mut Change<'_>) -> Result<(), ApiError> {
    let removed = stored_tags(change).iter().filter_map(canonical).collect();
    let carriers = carriers(change).await?;
    refuse_used(&carriers, &removed)
}

fn canonical(tag: &Value) -> Option<String> {
    Some(tag["CanonicalTagName"].as_str()?.to_lowercase())
}

/// Old names with their new ones, and names that are gone; old names in lower case.
fn difference(change: &Change<'_>) -> (BTreeMap<String, String>, BTreeSet<String>) {
    let now: BTreeMap<String, String> = change
        .body
        .get("Tags")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|tag| {
            Some((
                tag["Id"].as_str()?.to_owned(),
                tag["CanonicalTagName"].as_str()?.to_owned(),
            ))
        })
        .collect();
    let (mut renamed, mut removed) = (BTreeMap::new(), BTreeSet::new());
    for tag in stored_tags(change) {
        let Some(old) = canonical(&tag) else { continue };
        match now.get(tag["Id"].as_str().unwrap_or_default()) {
            Some(new) if tag["CanonicalTagName"] != *new => drop(renamed.insert(old, new.clone())),
            Some(_) => {}
            None => drop(removed.insert(old)),
        }
    }
    (renamed, removed)
}

async fn carriers(change: &mut Change<'_>) -> Result<Vec<Document>, ApiError> {
    let mut all = Vec::new();
    for (kind, _) in CARRIERS {
        let query = Query {
            kind: (*kind).to_owned(),
            space_id: Some(change.space_id.clone()),
            ..Query::default()
        };
        // Frozen copies are what releases were made with: they stay as they are.
        let living = change.tx.documents(&query).await?.items;
        all.extend(living.into_iter().filter(|found| !found.id.contains("-s-")));
    }
    Ok(all)
}

fn refuse_used(carriers: &[Document], removed: &BTreeSet<String>) -> Result<(), ApiError> {
    let mut problems = Vec::new();
    for document in carriers {
        let mut carried = BTreeSet::new();
        collect(&Value::Object(read::body(document)), &mut carried);
        for tag in carried.intersection(removed) {
            let what = CARRIERS
                .iter()
                .find(|(kind, _)| *kind == document.kind)
                .map_or("document", |(_, what)| what);
            problems.push(format!(
                "Tags: the {what} '{}' has the tag {tag}. Take it away there first.",
                document.name
            ));
        }
    }
    let more = problems.len().saturating_sub(NAMED_MAX);
    if more > 0 {
        problems.truncate(NAMED_MAX);
        problems.push(format!("… and {more} more."));
    }
    if problems.is_empty() {
        Ok(())
    } else {
        Err(ApiError::invalid(problems))
    }
}

/// The canonical names a document carries, in lower case.
fn collect(value: &Value, carried: &mut BTreeSet<String>) {
    match value {
        Value::Object(object) => {
            for (key, value) in object {
                match value {
                    Value::Array(tags) if KEYS.contains(&key.as_str()) => carried.extend(
                        tags.iter()
                            .filter_map(|tag| tag.as_str().map(str::to_lowercase)),
                    ),
                    other => collect(other, carried),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, carried)),
        _ => {}
    }
}

/// Renames what is carried anywhere in the value; answers how much was.
fn rename(value: &mut Value, renamed: &BTreeMap<String, String>) -> usize {
    match value {
        Value::Object(object) => object
            .iter_mut()
            .map(|(key, value)| match value {
                Value::Array(tags) if KEYS.contains(&key.as_str()) => rename_tags(tags, renamed),
                other => rename(other, renamed),
            })
            .sum(),
        Value::Array(items) => items.iter_mut().map(|item| rename(item, renamed)).sum(),
        _ => 0,
    }
}

fn rename_tags(tags: &mut [Value], renamed: &BTreeMap<String, String>) -> usize {
    let mut count = 0;
    for tag in tags {
        let new = tag
            .as_str()
            .and_then(|old| renamed.get(&old.to_lowercase()));
        if let Some(new) = new {
            *tag = Value::from(new.as_str());
            count += 1;
        }
    }
    count
}

/// The same for what lists are filtered by.
fn renamed_tag(tag: &str, renamed: &BTreeMap<String, String>) -> String {
    let new = tag
        .strip_prefix("tag:")
        .and_then(|old| renamed.get(&old.to_lowercase()));
    new.map_or_else(
        || tag.to_owned(),
        |new| format!("tag:{}", new.to_lowercase()),
    )
}
