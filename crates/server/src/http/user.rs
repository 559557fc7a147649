//! Users, and what they may do.

use std::collections::BTreeMap;

use regatta_core::permission::{Grant, Permission as P};
use regatta_core::time::Time;
use regatta_store::{Conn, Document, Order, Tx};
use serde_json::{Value, json};

use super::api_key::subject;
use crate::auth::{giving, password};
use crate::call::{Call, created, ok};
use crate::error::ApiError;
use crate::names;
use crate::operation::{Access, Answer, From, Operation, Place, get, needs, post, put};
use crate::resource::{self, Body, Change, Hooks, Resource, read, write};
use crate::shape::{BOOL, ID, LINKS_FIELD, MODIFIED_BY, MODIFIED_ON, Object, Shape, TEXT, field};

static OBJECT: Object = Object {
    name: "User",
    fields: &[
        ID,
        field("Username", TEXT).required().max(200),
        field("DisplayName", TEXT).or("\"\"").max(200),
        field("EmailAddress", TEXT).or("\"\"").max(300),
        field("IsService", BOOL).or("false"),
        field("IsActive", BOOL).or("true"),
        field("Identities", Shape::List(&Shape::Any)).or("[]"),
        MODIFIED_ON,
        MODIFIED_BY,
        LINKS_FIELD,
    ],
};
static WRITTEN: Object = Object {
    name: "UserWrite",
    fields: &[
        field("Username", TEXT).required().max(200),
        field("DisplayName", TEXT).or("\"\"").max(200),
        field("EmailAddress", TEXT).or("\"\"").max(300),
        field("IsService", BOOL).or("false"),
        field("IsActive", BOOL).or("true"),
        field("Identities", Shape::List(&Shape::Any)).or("[]"),
        field("Password", TEXT)
            .about("Never answered. Left out of a replacement: the password stays."),
    ],
};

pub static USER: Resource = Resource {
    kind: "Users",
    item_type: "User",
    place: Place::System,
    names: names!("user", "/users"),
    object: &OBJECT,
    view: P::UserView,
    // Both have handlers of their own, because of the password.
    create: None,
    edit: None,
    delete: Some(P::UserEdit),
    name_key: "Username",
    name_is_unique: true,
    has_slug: false,
    order: Order::Name,
    hooks: Hooks {
        deleting: |change| Box::pin(forget(change)),
        view: |view| {
            for (name, path) in [
                ("ApiKeys", "/apikeys{?skip,take}"),
                ("Permissions", "/permissions{?spaces,includeSystem}"),
                (
                    "PermissionsConfiguration",
                    "/permissions/configuration{?spaces,includeSystem}",
                ),
                ("Spaces", "/spaces"),
                ("Teams", "/teams{?spaces,includeSystem}"),
            ] {
                view.link(name, &format!("/users/{}{path}", view.id));
            }
            view.body.insert("IsRequestor".to_owned(), json!(false));
            view.body
                .insert("CanPasswordBeEdited".to_owned(), json!(true));
        },
        ..Hooks::NONE
    },
};

pub(super) fn operations() -> Vec<Operation> {
    let mut all = resource::operations(&USER);
    all.extend([
        post(
            "userCreate",
            Place::System,
            "/users",
            needs(P::UserEdit, From::System),
            create,
        )
        .body(&WRITTEN)
        .answers(&OBJECT),
        put(
            "userReplace",
            Place::System,
            "/users/{id}",
            needs(P::UserEdit, From::Document("Users", "id")),
            replace,
        )
        .body(&WRITTEN)
        .answers(&OBJECT),
        get(
            "userPermissions",
            Place::System,
            "/users/{user}/permissions",
            Access::SignedIn,
            permissions,
        ),
        get(
            "userPermissionsConfiguration",
            Place::System,
            "/users/{user}/permissions/configuration",
            Access::SignedIn,
            permissions,
        ),
        get(
            "userSpaces",
            Place::System,
            "/users/{user}/spaces",
            Access::SignedIn,
            spaces,
        ),
        get(
            "userTeams",
            Place::System,
            "/users/{user}/teams",
            Access::SignedIn,
            teams,
        ),
    ]);
    all
}

async fn create(mut call: Call) -> Answer {
    let (body, hash) = with_password(&mut call).await?;
    if hash.is_none() && !is_service(&body) {
        return Err(ApiError::invalid_one(
            "Password: a user who is no service account needs a password.",
        ));
    }
    let (document, mut tx) = write::create_open(&USER, &mut call, body).await?;
    if let Some(hash) = hash {
        set_password(&mut tx, &document.id, &hash, call.now()).await?;
    }
    tx.commit().await?;
    Ok(created(read::view(&USER, &document)))
}

async fn replace(mut call: Call) -> Answer {
    let (body, hash) = with_password(&mut call).await?;
    let (document, mut tx) = write::replace_open(&USER, &mut call, body).await?;
    giving::may_act_as(&mut tx, &call.caller, &document.id).await?;
    let is_active = read::body(&document)
        .get("IsActive")
        .and_then(Value::as_bool)
        .unwrap_or(true);
    if hash.is_some() || !is_active {
        // Whoever was signed in with the old password, or is disabled now, is out.
        tx.sessions_delete(&document.id, None).await?;
    }
    if let Some(hash) = hash {
        set_password(&mut tx, &document.id, &hash, call.now()).await?;
    }
    tx.commit().await?;
    Ok(ok(read::view(&USER, &document)))
}

fn is_service(body: &Body) -> bool {
    body.get("IsService")
        .and_then(Value::as_bool)
        .unwrap_or(false)
}

/// The body without the password, and the password's hash. Hashing takes long, so it happens before any transaction.
async fn with_password(call: &mut Call) -> Result<(Body, Option<String>), ApiError> {
    let Value::Object(mut body) = call.json().await? else {
        return Err(ApiError::invalid_one("expected an object"));
    };
    let plain = body
        .shift_remove("Password")
        .and_then(|text| text.as_str().map(str::to_owned))
        .filter(|text| !text.is_empty());
    let Some(plain) = plain else {
        return Ok((body, None));
    };
    let username = body
        .get("Username")
        .and_then(Value::as_str)
        .unwrap_or_default();
    password::check(&plain, username)?;
    let hash = call.app.passwords.hash(plain).await?;
    Ok((body, Some(hash)))
}

const PASSWORDS: &str = "UserPasswords";

/// Keeps the hash in a document of its own, which no operation ever answers.
pub(crate) async fn set_password(
    tx: &mut Tx,
    user_id: &str,
    hash: &str,
    now: Time,
) -> Result<(), ApiError> {
    let id = format!("{PASSWORDS}-{user_id}");
    tx.document_delete(PASSWORDS, &id).await?;
    let document = Document {
        kind: PASSWORDS.to_owned(),
        id,
        space_id: None,
        owner_id: Some(user_id.to_owned()),
        name: user_id.to_owned(),
        name_is_unique: false,
        slug: None,
        sort_order: 0,
        tags: Vec::new(),
        version: 1,
        body: json!({ "Hash": hash }).to_string(),
        created_at: now,
        updated_at: now,
    };
    Ok(tx.document_insert(&document).await?)
}

/// The kept hash of a user's password.
pub(crate) async fn password_of(
    conn: &mut Conn,
    user_id: &str,
) -> Result<Option<String>, ApiError> {
    let found = conn
        .document(PASSWORDS, &format!("{PASSWORDS}-{user_id}"))
        .await?;
    Ok(found.and_then(|document| {
        read::body(&document)
            .get("Hash")?
            .as_str()
            .map(str::to_owned)
    }))
}

/// Takes along the password, sessions, keys and memberships; the last administrator stays.
async fn forget(change: &mut Change<'_>) -> Result<(), ApiError> {
    if change.caller.user_id() == Some(&change.id) {
        return Err(ApiError::invalid_one(
            "You cannot delete your own account. Ask another administrator.",
        ));
    }
    let id = change.id.clone();
    giving::may_act_as(change.tx, change.caller, &id).await?;
    change
        .tx
        .document_delete(PASSWORDS, &format!("{PASSWORDS}-{id}"))
        .await?;
    change.tx.sessions_delete(&id, None).await?;
    for key in change.tx.api_keys(&id).await? {
        change.tx.api_key_delete(&id, &key.id).await?;
    }
    super::team::leave_all(change, &id).await
}

async fn permissions(mut call: Call) -> Answer {
    let user = subject(&mut call, P::UserView).await?;
    let directory = std::sync::Arc::clone(&call.caller.directory);
    let grants = directory.grants_of(&user);
    let teams: Vec<_> = directory
        .teams_of(&user)
        .into_iter()
        .map(|id| json!({ "Id": id, "Name": directory.team_name(id), "IsDirectlyAssigned": true, "ExternalSecurityGroups": [] }))
        .collect();
    let (space, system) = by_permission(&grants);
    let base = format!("/api/users/{user}/permissions");
    Ok(ok(json!({
        "Id": user,
        "SpacePermissions": space,
        "SystemPermissions": system,
        "Teams": teams,
        "IsPermissionsComplete": true,
        "IsTeamsComplete": true,
        "Links": { "Self": base, "User": format!("/api/users/{user}") },
    })))
}

fn by_permission(grants: &[Grant]) -> (BTreeMap<&'static str, Vec<Value>>, Vec<&'static str>) {
    let mut spaces: BTreeMap<_, Vec<Value>> = BTreeMap::new();
    let mut system = std::collections::BTreeSet::new();
    for grant in grants {
        for permission in &grant.permissions {
            let Some(space) = &grant.space else {
                system.insert(permission.as_str());
                continue;
            };
            spaces.entry(permission.as_str()).or_default().push(json!({
                "SpaceId": space,
                "RestrictedToProjectIds": grant.only.projects,
                "RestrictedToEnvironmentIds": grant.only.environments,
                "RestrictedToProjectGroupIds": grant.only.project_groups,
                "RestrictedToTenantIds": grant.only.tenants,
            }));
        }
    }
    (spaces, system.into_iter().collect())
}

async fn spaces(mut call: Call) -> Answer {
    let user = subject(&mut call, P::UserView).await?;
    let directory = &call.caller.directory;
    let grants = directory.grants_of(&user);
    let known = directory.spaces.iter().filter(|space| {
        grants.iter().any(|grant| {
            grant
                .space
                .as_ref()
                .is_some_and(|id| id.as_str() == space.id)
        })
    });
    Ok(ok(known.map(|space| json!({ "Id": space.id, "Name": space.name, "Slug": space.slug, "IsDefault": space.is_default })).collect()))
}

async fn teams(mut call: Call) -> Answer {
    let user = subject(&mut call, P::UserView).await?;
    let directory = &call.caller.directory;
    let teams = directory
        .teams_of(&user)
        .into_iter()
        .map(|id| json!({ "Id": id, "Name": directory.team_name(id) }));
    Ok(ok(teams.collect()))
}
