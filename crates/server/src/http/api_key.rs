//! API keys: of oneself, or of others with UserEdit. The key is answered once, when it is made.

use regatta_core::permission::{Permission as P, Scope};
use regatta_core::time::Time;
use regatta_store::{ApiKey, Tx};
use serde_json::{Value, json};

use crate::audit::{self, Author, Record};
use crate::auth::caller::Credential;
use crate::auth::{api_key, giving};
use crate::call::{Call, created, done, ok};
use crate::error::ApiError;
use crate::http::user::USER;
use crate::operation::{Access, Answer, Operation, Place, delete, get, post};
use crate::page::{page, window};
use crate::shape::{ID, LINKS_FIELD, Object, Shape, TEXT, TIME, field};
use crate::time_text::{iso, parse_iso};

static KEY: Object = Object {
    name: "ApiKey",
    fields: &[
        ID,
        field("Purpose", TEXT).required().max(500),
        field("UserId", TEXT).read_only(),
        field("ApiKey", Shape::Any)
            .read_only()
            .about("The key itself as a text, once; afterwards only its hint."),
        field("Created", TIME).read_only(),
        field("Expires", TIME),
        LINKS_FIELD,
    ],
};

pub(super) fn operations() -> Vec<Operation> {
    vec![
        get(
            "apiKeyList",
            Place::System,
            "/users/{user}/apikeys",
            Access::SignedIn,
            list,
        )
        .answers_page(&KEY)
        .query(&["skip", "take"]),
        get(
            "apiKeyGet",
            Place::System,
            "/users/{user}/apikeys/{id}",
            Access::SignedIn,
            one,
        )
        .answers(&KEY),
        post(
            "apiKeyCreate",
            Place::System,
            "/users/{user}/apikeys",
            Access::SignedIn,
            create,
        )
        .body(&KEY)
        .answers(&KEY),
        delete(
            "apiKeyDelete",
            Place::System,
            "/users/{user}/apikeys/{id}",
            Access::SignedIn,
            remove,
        ),
    ]
}

/// The user of the path: oneself, or anybody with this permission.
pub(super) async fn subject(call: &mut Call, permission: P) -> Result<String, ApiError> {
    let given = call.parameter("user").to_owned();
    subject_named(call, &given, permission).await
}

/// The user of this id: oneself (also as `me`), or anybody with this permission.
pub(super) async fn subject_named(
    call: &mut Call,
    given: &str,
    permission: P,
) -> Result<String, ApiError> {
    let own = call.caller.user_id().unwrap_or_default().to_owned();
    if given.eq_ignore_ascii_case("me") || given.eq_ignore_ascii_case(&own) {
        call.decided();
        return Ok(own);
    }
    call.also_require(permission, &Scope::default())?;
    call.decided();
    let found = call.find(&mut call.read().await?, USER.kind, given).await?;
    Ok(found.id)
}

fn shown(key: &ApiKey) -> Value {
    json!({
        "Id": key.id,
        "Purpose": key.purpose,
        "UserId": key.user_id,
        "ApiKey": { "HasValue": true, "NewValue": null, "Hint": key.hint },
        "Created": iso(key.created_at),
        "Expires": key.expires_at.map(iso),
        "Links": { "Self": format!("/api/users/{}/apikeys/{}", key.user_id, key.id) },
    })
}

async fn list(mut call: Call) -> Answer {
    call.query.window()?;
    let user = subject(&mut call, P::UserEdit).await?;
    let keys = call.read().await?.api_keys(&user).await?;
    let total = keys.len() as u64;
    let items = window(keys, &call.query).iter().map(shown).collect();
    Ok(ok(page(
        "ApiKey",
        items,
        total,
        &format!("/api/users/{user}/apikeys"),
        &call.query,
    )))
}

async fn one(mut call: Call) -> Answer {
    let user = subject(&mut call, P::UserEdit).await?;
    let keys = call.read().await?.api_keys(&user).await?;
    let id = call.parameter("id");
    let found = keys.iter().find(|key| key.id.eq_ignore_ascii_case(id));
    found
        .map(|key| ok(shown(key)))
        .ok_or_else(|| ApiError::not_found(id))
}

async fn create(mut call: Call) -> Answer {
    let user = subject(&mut call, P::UserEdit).await?;
    let body = call.json().await?;
    let text = |key: &str| body.get(key).and_then(Value::as_str).unwrap_or_default();
    let expires_at = expiry(&call, parse_iso(text("Expires")))?;
    let mut tx = call.begin().await?;
    giving::may_act_as(&mut tx, &call.caller, &user).await?;
    let new = NewKey {
        user_id: user,
        purpose: text("Purpose").to_owned(),
        expires_at,
    };
    let made = make(&mut tx, &call.author(), new).await?;
    tx.commit().await?;
    Ok(created(made))
}

/// A key to be made.
pub(super) struct NewKey {
    pub(super) user_id: String,
    pub(super) purpose: String,
    pub(super) expires_at: Option<Time>,
}

/// Makes a key and records it; the answer holds the key itself, this once.
pub(super) async fn make(tx: &mut Tx, author: &Author, new: NewKey) -> Result<Value, ApiError> {
    let plain = api_key::make()?;
    let key = ApiKey {
        id: tx.next_id("APIKeys").await?,
        hash: api_key::hash(&plain),
        user_id: new.user_id.clone(),
        purpose: new.purpose,
        hint: api_key::hint(&plain),
        created_at: author.at,
        expires_at: new.expires_at,
        last_used_at: None,
    };
    tx.api_key_insert(&key).await?;
    let message = format!("The API key {} ({}) was created", key.hint, key.purpose);
    let related = vec![key.id.clone(), new.user_id];
    audit::record(
        tx,
        author,
        Record::of("Created", "APIKeys", related, message),
    )
    .await?;
    let mut answer = shown(&key);
    answer["ApiKey"] = json!(plain);
    Ok(answer)
}

/// What is made with a key must not outlive it; otherwise a short-lived key would be worth a lasting one.
pub(super) fn expiry(call: &Call, wanted: Option<Time>) -> Result<Option<Time>, ApiError> {
    if wanted.is_some_and(|end| end <= call.now()) {
        return Err(ApiError::invalid_one(
            "Expires: this time has passed already.",
        ));
    }
    let Credential::ApiKey {
        expires_at: Some(parent),
        ..
    } = &call.caller.credential
    else {
        return Ok(wanted);
    };
    if wanted.is_some_and(|end| end > *parent) {
        return Err(ApiError::invalid_one(format!(
            "Expires: a key made with another key cannot be valid for longer than that one ({}).",
            iso(*parent)
        )));
    }
    Ok(Some(wanted.unwrap_or(*parent)))
}

async fn remove(mut call: Call) -> Answer {
    let user = subject(&mut call, P::UserEdit).await?;
    let id = call.parameter("id").to_owned();
    let mut tx = call.begin().await?;
    if !tx.api_key_delete(&user, &id).await? {
        return Err(ApiError::not_found(&id));
    }
    let message = format!("The API key {id} was deleted");
    audit::record(
        &mut tx,
        &call.author(),
        Record::of("Deleted", "APIKeys", vec![id, user], message),
    )
    .await?;
    tx.commit().await?;
    Ok(done())
}
