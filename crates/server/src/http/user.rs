//! Users, and what they may do.

use regatta_core::permission::{Permission as P, Scope};
use regatta_core::time::Time;
use regatta_store::{Conn, Document, Order, Tx};
use serde_json::{Value, json};

use super::api_key::subject_named;
use crate::auth::caller::Credential;
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
        field("CurrentPassword", TEXT).about("Needed to change one's own password."),
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
            let has_password = !is_service(view.body);
            view.body
                .insert("CanPasswordBeEdited".to_owned(), json!(has_password));
        },
        ..Hooks::NONE
    },
};

pub(super) fn operations() -> Vec<Operation> {
    let mut all = resource::operations(&USER);
    // Everybody may look at themselves, so this one decides by itself.
    all.retain(|operation| operation.id != USER.names.get.0);
    all.extend([
        get(
            USER.names.get.0,
            Place::System,
            "/users/{id}",
            Access::SignedIn,
            one,
        )
        .answers(&OBJECT),
        get(
            "userIdentityMetadata",
            Place::System,
            "/users/identity-metadata",
            Access::SignedIn,
            identity_metadata,
        ),
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
            Access::SignedIn,
            replace,
        )
        .body(&WRITTEN)
        .answers(&OBJECT),
    ]);
    all
}

async fn create(mut call: Call) -> Answer {
    let Written { body, hash, .. } = written(&mut call).await?;
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

async fn one(mut call: Call) -> Answer {
    let id = call.parameter("id").to_owned();
    let id = subject_named(&mut call, &id, P::UserView).await?;
    let document = call.find(&mut call.read().await?, USER.kind, &id).await?;
    let mut shown = read::view(&USER, &document);
    shown["IsRequestor"] = json!(call.caller.user_id() == Some(&id));
    Ok(ok(shown))
}

/// Oneself, or anybody with `UserEdit`. Oneself without it: only the name shown, the e-mail address and the password.
async fn replace(mut call: Call) -> Answer {
    let id = call.parameter("id").to_owned();
    let id = subject_named(&mut call, &id, P::UserEdit).await?;
    let Written {
        body,
        hash,
        current,
    } = written(&mut call).await?;
    let mut conn = call.read().await?;
    let stored = call.find(&mut conn, USER.kind, &id).await?;
    let is_self = call.caller.user_id() == Some(&id);
    if is_self && !call.caller.may(P::UserEdit, &Scope::default()) {
        only_ones_own(&call, &body, &read::body(&stored))?;
    }
    if is_self && hash.is_some() {
        knows_password(&call, &mut conn, &id, current).await?;
    }
    drop(conn);
    call.document = Some(stored);
    let (document, mut tx) = write::replace_open(&USER, &mut call, body).await?;
    giving::may_act_as(&mut tx, &call.caller, &document.id).await?;
    let after = read::body(&document);
    let is_active = after
        .get("IsActive")
        .and_then(Value::as_bool)
        .unwrap_or(true);
    if hash.is_some() || !is_active {
        // Whoever was signed in with the old password, or is disabled now, is out. Who changed it stays.
        let own = match &call.caller.credential {
            Credential::Session { hash, .. } => Some(hash),
            _ => None,
        };
        tx.sessions_delete(&document.id, own).await?;
    }
    if let Some(hash) = hash {
        set_password(&mut tx, &document.id, &hash, call.now()).await?;
    }
    tx.commit().await?;
    Ok(ok(read::view(&USER, &document)))
}

/// 403 when somebody who may not edit users changes more of themselves than anybody may.
fn only_ones_own(call: &Call, given: &Body, stored: &Body) -> Result<(), ApiError> {
    let differs = |key: &str| {
        given
            .get(key)
            .is_some_and(|value| Some(value) != stored.get(key))
    };
    if ["Username", "IsActive", "IsService", "Identities"]
        .into_iter()
        .any(differs)
    {
        return Err(call.caller.refusal(P::UserEdit, &Scope::default()));
    }
    Ok(())
}

/// 400 unless the current password came along: an unlocked screen is not enough to take an account over.
async fn knows_password(
    call: &Call,
    conn: &mut Conn,
    id: &str,
    current: String,
) -> Result<(), ApiError> {
    let username = call.caller.username();
    let attempt = call
        .app
        .limits
        .attempt(call.now(), username, call.address)?;
    let kept = password_of(conn, id).await?;
    if !call.app.passwords.verify(current, kept).await? {
        return Err(ApiError::invalid_one(
            "CurrentPassword: send the password you have now beside the new one.",
        ));
    }
    call.app.limits.succeeded(attempt);
    Ok(())
}

/// Which identity providers there are; only our own so far, which has no claims to edit.
#[allow(clippy::unused_async, reason = "handlers are async")]
async fn identity_metadata(_call: Call) -> Answer {
    Ok(ok(json!({ "Providers": [] })))
}

fn is_service(body: &Body) -> bool {
    body.get("IsService")
        .and_then(Value::as_bool)
        .unwrap_or(false)
}

/// A request body without its passwords.
struct Written {
    body: Body,
    /// Of the new password, if there is one.
    hash: Option<String>,
    /// The password the caller says they have now.
    current: String,
}

/// Takes the passwords out of the body. Hashing takes long, so it happens before any transaction.
async fn written(call: &mut Call) -> Result<Written, ApiError> {
    let Value::Object(mut body) = call.json().await? else {
        return Err(ApiError::invalid_one("expected an object"));
    };
    let mut take = |key: &str| match body.shift_remove(key) {
        Some(Value::String(text)) => text,
        _ => String::new(),
    };
    let (plain, current) = (take("Password"), take("CurrentPassword"));
    if plain.is_empty() {
        return Ok(Written {
            body,
            hash: None,
            current,
        });
    }
    let username = body
        .get("Username")
        .and_then(Value::as_str)
        .unwrap_or_default();
    password::check(&plain, username)?;
    let hash = call.app.passwords.hash(plain).await?;
    Ok(Written {
        body,
        hash: Some(hash),
        current,
    })
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
