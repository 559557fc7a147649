//! Reading documents: lists, whole lists, one, and how a document looks to clients.

use std::collections::{BTreeMap, HashMap};

use regatta_core::permission::{Permission, Scope};
use regatta_store::{Conn, Document, Query as StoreQuery};
use serde_json::{Map, Value};

use super::{Body, Resource, View, secret};
use crate::auth::caller::Sees;
use crate::call::{Call, ok};
use crate::error::ApiError;
use crate::operation::{Answer, Place};
use crate::page::{page, window};
use crate::query::Query;
use crate::scope;
use crate::time_text::iso;

pub(crate) async fn list(resource: &'static Resource, call: Call) -> Answer {
    list_with(resource, call, |_| {}).await
}

/// As [`list`], and each item gets what `also` adds to it.
pub(crate) async fn list_with(
    resource: &'static Resource,
    call: Call,
    also: fn(&mut Value),
) -> Answer {
    let (skip, take) = call.query.window()?;
    let mut query = filter(resource, &call)?;
    let mut conn = call.read().await?;
    let (items, total) = if sees_all(resource, &call) {
        (query.skip, query.take) = (skip, Some(take));
        let found = conn.documents(&query).await?;
        (found.items, found.total)
    } else {
        let found = {
            let found = conn.documents(&query).await?.items;
            shown(resource, &call, &mut conn, found).await?
        };
        let total = found.len() as u64;
        (window(found, &call.query), total)
    };
    let items = items.iter().map(|document| {
        let mut item = view(resource, document);
        also(&mut item);
        item
    });
    Ok(ok(page(
        resource.item_type,
        items.collect(),
        total,
        call.uri_path.trim_end_matches('/'),
        &call.query,
    )))
}

pub(crate) async fn all(resource: &'static Resource, call: Call) -> Answer {
    let mut conn = call.read().await?;
    let found = conn.documents(&filter(resource, &call)?).await?.items;
    let found = shown(resource, &call, &mut conn, found).await?;
    Ok(ok(found
        .iter()
        .map(|document| view(resource, document))
        .collect()))
}

pub(crate) async fn get(resource: &'static Resource, call: Call) -> Answer {
    let Some(sight) = resource.hooks.sees else {
        return Ok(ok(view(resource, call.document())));
    };
    let id = call.parameter("id");
    let document = call
        .find(&mut call.read().await?, resource.kind, id)
        .await?;
    if (sight.one)(&call.caller, &document) {
        Ok(ok(view(resource, &document)))
    } else {
        Err(ApiError::not_found(id))
    }
}

/// Whether nothing that is listed has to be kept from the caller.
fn sees_all(resource: &Resource, call: &Call) -> bool {
    match (resource.hooks.sees, call.space()) {
        (Some(sight), Some(space)) => (sight.all)(&call.caller, &space.id),
        (Some(_), None) => false,
        (None, _) => call.sees() == Sees::Everything,
    }
}

async fn shown(
    resource: &Resource,
    call: &Call,
    conn: &mut Conn,
    documents: Vec<Document>,
) -> Result<Vec<Document>, ApiError> {
    match resource.hooks.sees {
        Some(sight) => Ok(documents
            .into_iter()
            .filter(|document| (sight.one)(&call.caller, document))
            .collect()),
        None => visible(call, conn, resource.view, documents).await,
    }
}

/// What the query asks for, without its window.
fn filter(resource: &Resource, call: &Call) -> Result<StoreQuery, ApiError> {
    let query = &call.query;
    let mut tags = Vec::new();
    for (key, field) in resource.hooks.filters {
        let unasked = resource.hooks.unless_asked.iter();
        let unasked = unasked.filter(|(of, _)| of == key && query.get("ids").is_none());
        match query.list(key)? {
            Some(values) => tags.extend(alternatives(field, &values)),
            None => tags.extend(unasked.map(|(_, value)| vec![format!("{field}:{value}")])),
        }
    }
    for (key, field) in resource.hooks.flags {
        tags.extend(query.flag(key)?.map(|flag| vec![format!("{field}:{flag}")]));
    }
    let mut space_id = call.space().map(|space| space.id.clone());
    if scope::names_its_space(resource.kind) {
        tags.extend(about_spaces(query, space_id.take())?);
    }
    Ok(StoreQuery {
        kind: resource.kind.to_owned(),
        space_id: Some(space_id),
        ids: query.list("ids")?,
        name: query.get("name").map(str::to_owned),
        // Octopus' clients search users by `filter`, certificates by `search`, everything else by `partialName`.
        partial_name: query
            .get("partialName")
            .or_else(|| query.get("filter"))
            .or_else(|| query.get("search"))
            .map(str::to_owned),
        tags,
        order: resource.order,
        ..StoreQuery::default()
    })
}

/// What a list is filtered by: every group must be met by one of its members. Values are alternatives, except that
/// tags of different tag sets must all be met.
pub(crate) fn alternatives(field: &str, values: &[String]) -> Vec<Vec<String>> {
    let mut groups: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for value in values {
        let set = value.split_once('/').map_or("", |(set, _)| set);
        let group = groups.entry(set.to_lowercase()).or_default();
        group.push(format!("{field}:{value}"));
        // Tags and words are asked for in any case of letters.
        group.push(format!("{field}:{}", value.to_lowercase()));
    }
    groups.into_values().collect()
}

/// Documents that name their space: those of the path's space, or of `?spaces=` and with `includeSystem` those of
/// none.
fn about_spaces(query: &Query, space: Option<String>) -> Result<Option<Vec<String>>, ApiError> {
    let tag = |space: &str| format!("space:{space}");
    let asked = query.list("spaces")?;
    if let Some(space) = space {
        let is_asked = asked.is_none_or(|spaces| spaces.contains(&space));
        return Ok(Some(is_asked.then(|| tag(&space)).into_iter().collect()));
    }
    let Some(spaces) = asked else {
        return Ok(None);
    };
    let system = query.flag("includeSystem")?.unwrap_or(false).then_some("");
    let spaces = spaces.iter().map(String::as_str).chain(system);
    Ok(Some(spaces.map(tag).collect()))
}

/// Those of the documents that the caller may see by this permission.
///
/// # Errors
/// When the database fails.
pub async fn visible(
    call: &Call,
    conn: &mut Conn,
    permission: Permission,
    documents: Vec<Document>,
) -> Result<Vec<Document>, ApiError> {
    if call.sees_by(permission) == Sees::Everything {
        return Ok(documents);
    }
    let mut projects: HashMap<String, Scope> = HashMap::new();
    let mut seen = Vec::new();
    for document in documents {
        let owner = document
            .owner_id
            .clone()
            .filter(|id| id.starts_with("Projects-"));
        let known = owner
            .as_ref()
            .and_then(|owner| projects.get(owner))
            .cloned();
        let scope = match known {
            Some(scope) => scope,
            None => scope::of_document(conn, &document).await?,
        };
        if call.caller.may(permission, &scope) {
            seen.push(document);
        }
        if let Some(owner) = owner {
            projects.entry(owner).or_insert(scope);
        }
    }
    Ok(seen)
}

/// The stored body of a document.
#[must_use]
pub fn body(document: &Document) -> Body {
    match serde_json::from_str(&document.body) {
        Ok(Value::Object(body)) => body,
        // Only this server writes bodies, and it writes objects.
        _ => {
            tracing::error!(id = document.id, "the stored document is not a JSON object");
            Body::new()
        }
    }
}

/// The document as clients see it.
#[must_use]
pub fn view(resource: &Resource, document: &Document) -> Value {
    let mut shown = body(document);
    secret::hide(resource.object, &mut shown);
    let base = document
        .space_id
        .as_ref()
        .map_or_else(|| "/api".to_owned(), |space| format!("/api/{space}"));
    let mut links = Map::new();
    let own = format!("{base}{}/{}", resource.names.list.1, document.id);
    links.insert("Self".to_owned(), Value::from(own));
    (resource.hooks.view)(&mut View {
        id: &document.id,
        base: &base,
        document,
        body: &mut shown,
        links: &mut links,
    });
    let mut answer = Body::new();
    answer.insert("Id".to_owned(), Value::from(document.id.as_str()));
    if resource.place != Place::System {
        answer.insert("SpaceId".to_owned(), Value::from(document.space_id.clone()));
    }
    shown.shift_remove("Id");
    if resource.place != Place::System {
        shown.shift_remove("SpaceId");
    }
    answer.extend(shown);
    answer.insert(
        "LastModifiedOn".to_owned(),
        Value::from(iso(document.updated_at)),
    );
    answer.insert("Links".to_owned(), Value::Object(links));
    Value::Object(answer)
}
