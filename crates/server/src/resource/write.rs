//! Writing documents: create, replace, delete. One transaction holds the document, what it brings along and
//! exactly one audit record.

use axum::http::header;
use regatta_core::secret::Secret;
use regatta_core::time::Time;
use regatta_store::{Document, Query as StoreQuery, Tx};
use serde_json::Value;

use super::{Body, Change, Resource, name, read, secret};
use crate::audit::{self, Record};
use crate::auth::directory;
use crate::auth::giving::Giving;
use crate::call::{Call, created, done, ok};
use crate::error::ApiError;
use crate::operation::Answer;
use crate::scope;
use crate::time_text::iso;

pub(crate) async fn create(resource: &'static Resource, mut call: Call) -> Answer {
    let body = object(call.json().await?);
    let (document, tx) = create_open(resource, &mut call, body).await?;
    tx.commit().await?;
    (resource.hooks.afterwards)(&call.app);
    Ok(created(read::view(resource, &document)))
}

/// Creates a document from a bound body and records it; the caller commits.
pub(crate) async fn create_open(
    resource: &'static Resource,
    call: &mut Call,
    mut body: Body,
) -> Result<(Document, Tx), ApiError> {
    let space_id = space_of_new(resource, call, &mut body)?;
    allow(resource, call, space_id.clone(), &body).await?;
    name::check(resource, &mut body)?;
    let mut tx = call.begin().await?;
    let giving = giving(resource, call, &mut tx).await?;
    let id = tx.next_id(resource.kind).await?;
    let mut change = Change {
        app: &call.app,
        caller: &call.caller,
        tx: &mut tx,
        now: call.now(),
        id,
        space_id,
        before: None,
        body,
    };
    let document = insert(resource, &mut change).await?;
    given(resource, giving, &mut tx).await?;
    let message = format!("{} {} was created", resource.item_type, document.name);
    audit::record(
        &mut tx,
        &call.author(),
        Record::about(&document, "Created", message),
    )
    .await?;
    Ok((document, tx))
}

/// Stores a new document with everything that comes with it. The caller records it and commits.
pub(crate) async fn insert(
    resource: &'static Resource,
    change: &mut Change<'_>,
) -> Result<Document, ApiError> {
    resource.object.keep(&mut change.body, None);
    (resource.hooks.prepare)(change).await?;
    let document = assemble(resource, change, 0).await?;
    change.tx.document_insert(&document).await?;
    (resource.hooks.created)(change).await?;
    touch(resource, change.tx).await?;
    Ok(Document {
        version: 1,
        ..document
    })
}

pub(crate) async fn replace(resource: &'static Resource, mut call: Call) -> Answer {
    let body = object(call.json().await?);
    let (document, tx) = replace_open(resource, &mut call, body).await?;
    tx.commit().await?;
    (resource.hooks.afterwards)(&call.app);
    Ok(ok(read::view(resource, &document)))
}

/// Replaces the call's document with a bound body and records it; the caller commits.
pub(crate) async fn replace_open(
    resource: &'static Resource,
    call: &mut Call,
    mut body: Body,
) -> Result<(Document, Tx), ApiError> {
    name::check(resource, &mut body)?;
    let space_id = call.document().space_id.clone();
    allow(resource, call, space_id, &body).await?;
    let mut tx = call.begin().await?;
    let giving = giving(resource, call, &mut tx).await?;
    let (before, after) = replace_in(resource, call, &mut tx, body).await?;
    given(resource, giving, &mut tx).await?;
    let message = format!("{} {} was changed", resource.item_type, after.name);
    audit::record(
        &mut tx,
        &call.author(),
        Record::about(&after, "Modified", message).changed(&before, &after),
    )
    .await?;
    Ok((after, tx))
}

async fn replace_in(
    resource: &'static Resource,
    call: &Call,
    tx: &mut Tx,
    body: Body,
) -> Result<(Document, Document), ApiError> {
    let id = call.document().id.clone();
    // Read again inside the transaction: it may have changed since the permission was checked.
    let before = tx
        .document(resource.kind, &id)
        .await?
        .ok_or_else(|| ApiError::not_found(&id))?;
    is_based_on(call, &before)?;
    let stored = read::body(&before);
    let mut change = Change {
        app: &call.app,
        caller: &call.caller,
        tx,
        now: call.now(),
        id,
        space_id: before.space_id.clone(),
        body: with_read_only(resource, body, &stored),
        before: Some(stored),
    };
    (resource.hooks.prepare)(&mut change).await?;
    let mut document = assemble(resource, &mut change, before.version).await?;
    document.created_at = before.created_at;
    if before.slug != document.slug {
        change.tx.former_slug_keep(&before).await?;
    }
    document.version = change.tx.document_replace(&document).await?;
    (resource.hooks.replaced)(&mut change).await?;
    touch(resource, change.tx).await?;
    Ok((before, document))
}

/// Refuses a change of something else than the client read, if it says what that was: the header `If-Match` with the
/// `LastModifiedOn` of it. Without the header the last save wins, as Octopus' clients expect.
pub(crate) fn is_based_on(call: &Call, stored: &Document) -> Result<(), ApiError> {
    let Some(given) = call.headers.get(header::IF_MATCH) else {
        return Ok(());
    };
    let saved_on = iso(stored.updated_at);
    let given = given.to_str().unwrap_or_default().trim();
    if given == "*" || given.trim_matches('"') == saved_on {
        return Ok(());
    }
    let saved_by = read::body(stored)
        .get("LastModifiedBy")
        .cloned()
        .unwrap_or_default();
    let message = "Somebody else saved this after you read it. Nothing was changed.";
    Err(ApiError::conflict("StaleVersion", message)
        .help("Load it again, apply your change to it and save again.")
        .fact("SavedBy", saved_by)
        .fact("SavedOn", saved_on))
}

pub(crate) async fn delete(resource: &'static Resource, call: Call) -> Answer {
    let mut tx = call.begin().await?;
    let giving = giving(resource, &call, &mut tx).await?;
    let before = call.claim(&mut tx).await?;
    let id = before.id.clone();
    let stored = read::body(&before);
    let mut change = Change {
        app: &call.app,
        caller: &call.caller,
        tx: &mut tx,
        now: call.now(),
        id: id.clone(),
        space_id: before.space_id.clone(),
        body: stored.clone(),
        before: Some(stored),
    };
    (resource.hooks.deleting)(&mut change).await?;
    tx.document_delete(resource.kind, &id).await?;
    touch(resource, &mut tx).await?;
    given(resource, giving, &mut tx).await?;
    let message = format!("{} {} was deleted", resource.item_type, before.name);
    audit::record(
        &mut tx,
        &call.author(),
        Record::about(&before, "Deleted", message),
    )
    .await?;
    tx.commit().await?;
    (resource.hooks.deleted)(&call.app).await?;
    Ok(done())
}

/// The space a new document lies in. What only names its space lies in none; below a space it is about that space.
fn space_of_new(
    resource: &Resource,
    call: &Call,
    body: &mut Body,
) -> Result<Option<String>, ApiError> {
    let space_id = call.space().map(|space| space.id.clone());
    if !scope::names_its_space(resource.kind) {
        return Ok(space_id);
    }
    let Some(space_id) = space_id else {
        return Ok(None);
    };
    let named = body.get("SpaceId").and_then(Value::as_str);
    if named.is_some_and(|named| !named.is_empty() && named != space_id) {
        return Err(ApiError::invalid_one(
            "SpaceId: it is not the space of the address. Leave it out, or use the other space's address.",
        ));
    }
    body.insert("SpaceId".to_owned(), Value::from(space_id));
    Ok(None)
}

/// Checks the permission for where the document will be: a grant for one group does not let a project move into another.
async fn allow(
    resource: &Resource,
    call: &mut Call,
    space_id: Option<String>,
    body: &Body,
) -> Result<(), ApiError> {
    let planned = Document {
        kind: resource.kind.to_owned(),
        id: call
            .document
            .as_ref()
            .map_or_else(String::new, |document| document.id.clone()),
        owner_id: owner(resource, body),
        body: Value::Object(body.clone()).to_string(),
        ..blank(space_id, call.now())
    };
    let mut conn = call.read().await?;
    let scope = scope::of_document(&mut conn, &planned).await?;
    call.require(&scope)
}

fn owner(resource: &Resource, body: &Body) -> Option<String> {
    let key = resource.hooks.owner_key?;
    body.get(key)
        .and_then(Value::as_str)
        .filter(|id| !id.is_empty())
        .map(str::to_owned)
}

/// The document to store.
async fn assemble(
    resource: &Resource,
    change: &mut Change<'_>,
    version: i64,
) -> Result<Document, ApiError> {
    let name = name::check(resource, &mut change.body)?;
    let place = StoreQuery {
        kind: resource.kind.to_owned(),
        space_id: Some(change.space_id.clone()),
        owner_id: owner(resource, &change.body),
        ..StoreQuery::default()
    };
    let slug = name::slug(
        change.tx,
        resource,
        &place,
        (&name, &change.body, change.before.as_ref()),
    )
    .await?;
    if let Some(slug) = &slug {
        change
            .body
            .insert("Slug".to_owned(), Value::from(slug.as_str()));
    }
    for key in ["Links", "LastModifiedOn"] {
        change.body.shift_remove(key);
    }
    // The stored body is the whole document, as the core reads it.
    change.set("Id", change.id.clone());
    if let Some(space_id) = change.space_id.clone() {
        change.set("SpaceId", space_id);
    }
    seal(resource, change)?;
    change.body.insert(
        "LastModifiedBy".to_owned(),
        Value::from(change.caller.username()),
    );
    Ok(Document {
        kind: resource.kind.to_owned(),
        id: change.id.clone(),
        owner_id: place.owner_id,
        name,
        name_is_unique: resource.name_is_unique,
        slug,
        sort_order: (resource.hooks.sort_order)(&change.body),
        tags: (resource.hooks.tags)(&change.body),
        version,
        body: Value::Object(change.body.clone()).to_string(),
        ..blank(change.space_id.clone(), change.now)
    })
}

/// Seals new secrets, each bound to the document and its field.
fn seal(resource: &Resource, change: &mut Change<'_>) -> Result<(), ApiError> {
    let (vault, id) = (&change.app.vault, change.id.as_str());
    secret::seal(
        resource.object,
        &mut change.body,
        change.before.as_ref(),
        |field, plain| {
            let place = regatta_store::Place {
                kind: resource.kind,
                id,
                field,
            };
            let sealed = vault.seal(place, &Secret::new(plain.to_owned()));
            sealed.map(|sealed| sealed.0).map_err(ApiError::internal)
        },
    )
}

/// A document that belongs to another one and is no [`Resource`] of its own.
pub(crate) fn part(
    kind: &str,
    id: &str,
    belongs: (Option<String>, &str),
    content: (&Value, Time),
) -> Document {
    let ((space_id, owner), (body, now)) = (belongs, content);
    Document {
        kind: kind.to_owned(),
        id: id.to_owned(),
        owner_id: Some(owner.to_owned()),
        name: id.to_owned(),
        body: body.to_string(),
        ..blank(space_id, now)
    }
}

fn blank(space_id: Option<String>, now: regatta_core::time::Time) -> Document {
    Document {
        kind: String::new(),
        id: String::new(),
        space_id,
        owner_id: None,
        name: String::new(),
        name_is_unique: false,
        slug: None,
        sort_order: 0,
        tags: Vec::new(),
        version: 0,
        body: String::new(),
        created_at: now,
        updated_at: now,
    }
}

/// What the server keeps in the document and clients cannot change, or did not.
fn with_read_only(resource: &Resource, mut body: Body, stored: &Body) -> Body {
    for field in resource
        .object
        .fields
        .iter()
        .filter(|field| field.read_only)
    {
        match stored.get(field.name) {
            Some(value) => body.insert(field.name.to_owned(), value.clone()),
            None => body.shift_remove(field.name),
        };
    }
    resource.object.keep(&mut body, Some(stored));
    body
}

/// Before a change to who may do what: waits for other such changes.
async fn giving(resource: &Resource, call: &Call, tx: &mut Tx) -> Result<Option<Giving>, ApiError> {
    let is_about_rights = directory::KINDS.contains(&resource.kind);
    if is_about_rights {
        Giving::begin(tx, &call.caller).await.map(Some)
    } else {
        Ok(None)
    }
}

/// After a change to who may do what: nobody got more than the giver has, and somebody can still administer.
async fn given(resource: &Resource, giving: Option<Giving>, tx: &mut Tx) -> Result<(), ApiError> {
    let Some(giving) = giving else { return Ok(()) };
    // Who may create or edit spaces appoints their managers, without being one (Octopus' rule).
    if resource.kind != "Spaces" {
        giving.check(tx).await?;
    }
    giving.leaves_an_administrator(tx).await
}

async fn touch(resource: &Resource, tx: &mut Tx) -> Result<(), ApiError> {
    if directory::KINDS.contains(&resource.kind) {
        directory::touch(tx).await?;
    }
    Ok(())
}

fn object(body: Value) -> Body {
    match body {
        Value::Object(body) => body,
        _ => Body::new(),
    }
}
