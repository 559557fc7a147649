//! Names and slugs of documents: what the core allows, made unique where the store wants it so.

use regatta_core::name::{Name, Slug};
use regatta_store::{Query, Tx};
use serde_json::Value;

use super::{Body, Resource};
use crate::error::ApiError;

/// Trims and checks the name in the body.
pub(crate) fn check(resource: &Resource, body: &mut Body) -> Result<String, ApiError> {
    let given = body
        .get(resource.name_key)
        .and_then(Value::as_str)
        .unwrap_or_default();
    let name: Name = given
        .parse()
        .map_err(|error| ApiError::invalid_one(format!("{}: {error}", resource.name_key)))?;
    body.insert(resource.name_key.to_owned(), Value::from(name.as_str()));
    Ok(name.as_str().to_owned())
}

/// The slug to store: the one sent, the one it has, or a free one made from the name.
pub(crate) async fn slug(
    tx: &mut Tx,
    resource: &Resource,
    place: &Query,
    names: (&str, &Body, Option<&Body>),
) -> Result<Option<String>, ApiError> {
    let (name, body, before) = names;
    if !resource.has_slug {
        return Ok(None);
    }
    let sent = body
        .get("Slug")
        .and_then(Value::as_str)
        .filter(|slug| !slug.is_empty());
    let kept = before
        .and_then(|before| before.get("Slug"))
        .and_then(Value::as_str);
    if let Some(sent) = sent.filter(|sent| Some(*sent) != kept) {
        let slug: Slug = sent
            .parse()
            .map_err(|error| ApiError::invalid_one(format!("Slug: {error}")))?;
        return Ok(Some(slug.as_str().to_owned()));
    }
    if let Some(kept) = kept {
        return Ok(Some(kept.to_owned()));
    }
    let base = Slug::from_name(name).as_str().to_owned();
    let mut candidate = base.clone();
    for number in 2_u64.. {
        let taken = Query {
            slug: Some(candidate.clone()),
            take: Some(1),
            ..place.clone()
        };
        if tx.document_count(&taken).await? == 0 {
            break;
        }
        candidate = format!("{base}-{number}");
    }
    Ok(Some(candidate))
}
