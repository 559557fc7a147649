//! The header `Idempotency-Key`: a request sent again with the same key does not deploy again.
//!
//! The key is remembered in the transaction that makes the deployments, per user, with a hash of
//! the body: the same key with another body is refused instead of answered with something else.
//! A key is forgotten after a day, and who sends it again must still be allowed to deploy.

use regatta_core::time::Time;
use regatta_store::{Document, Query, StoreError, Tx};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::queue::make;
use super::request::Wanted;
use crate::call::Call;
use crate::error::ApiError;
use crate::scope;

const HEADER: &str = "idempotency-key";
const MARKS: &str = "IdempotencyKeys";
const CHARS_MAX: usize = 255;
const KEPT_MS: i64 = 24 * 3_600_000;

/// Makes the deployments, unless this key did already.
pub(in crate::http) async fn once(
    call: &mut Call,
    body: &Value,
    wanted: Wanted,
) -> Result<Vec<Document>, ApiError> {
    let kind = wanted.how.kind.documents();
    let Some(mark) = mark(call, body)? else {
        return make(call, wanted, None).await;
    };
    if let Some(made) = made_before(call, kind, &mark).await? {
        return Ok(made);
    }
    match make(call, wanted, Some(mark.clone())).await {
        // Another request with the same key was faster.
        Err(error) if error.code() == "NameTaken" => {
            made_before(call, kind, &mark).await?.ok_or(error)
        }
        other => other,
    }
}

fn mark(call: &Call, body: &Value) -> Result<Option<Document>, ApiError> {
    let Some(key) = call.headers.get(HEADER) else {
        return Ok(None);
    };
    let key = key
        .to_str()
        .ok()
        .map(str::trim)
        .filter(|key| !key.is_empty() && key.len() <= CHARS_MAX);
    let key = key.ok_or_else(|| {
        ApiError::invalid_one(format!(
            "The header Idempotency-Key must be 1 to {CHARS_MAX} visible ASCII characters."
        ))
    })?;
    let id = hex(&Sha256::digest(format!(
        "{}\n{}\n{key}",
        call.caller.user_id().unwrap_or_default(),
        call.space_id()
    )));
    let now = call.now();
    Ok(Some(Document {
        kind: MARKS.into(),
        id: format!("{MARKS}-{id}"),
        space_id: Some(call.space_id().to_owned()),
        owner_id: None,
        name: id,
        name_is_unique: true,
        slug: None,
        sort_order: 0,
        tags: Vec::new(),
        version: 1,
        body: json!({"Body": hex(&Sha256::digest(body.to_string()))}).to_string(),
        created_at: now,
        updated_at: now,
    }))
}

async fn made_before(
    call: &mut Call,
    kind: &str,
    mark: &Document,
) -> Result<Option<Vec<Document>>, ApiError> {
    let mut conn = call.read().await?;
    let known = conn.document(MARKS, &mark.id).await?;
    let Some(known) = known.filter(|known| known.created_at > expired_before(call.now())) else {
        return Ok(None);
    };
    let (old, new) = (
        crate::resource::read::body(&known),
        crate::resource::read::body(mark),
    );
    if old.get("Body") != new.get("Body") {
        return Err(ApiError::conflict(
            "IdempotencyKeyReused",
            "This Idempotency-Key was used for a different request.",
        )
        .help("Use a new key for each new deployment."));
    }
    let ids = crate::resource::texts(&old, "Deployments");
    let query = Query {
        kind: kind.into(),
        ids: Some(ids.clone()),
        ..Query::default()
    };
    let mut made = conn.documents(&query).await?.items;
    made.sort_by_key(|deployment| ids.iter().position(|id| *id == deployment.id));
    for deployment in &made {
        let allowed = scope::of_document(&mut conn, deployment).await?;
        call.require(&allowed)?;
    }
    all_there(&ids, &made)?;
    Ok(Some(made))
}

/// What was deleted since cannot be answered with, and making it again is not what the key is for.
fn all_there(ids: &[String], made: &[Document]) -> Result<(), ApiError> {
    let is_gone = |id: &&String| made.iter().all(|deployment| deployment.id != **id);
    let gone: Vec<&str> = ids.iter().filter(is_gone).map(String::as_str).collect();
    let were = match gone.len() {
        0 => return Ok(()),
        1 => "was",
        _ => "were",
    };
    let message = format!(
        "This Idempotency-Key made {}, which {were} deleted.",
        gone.join(", ")
    );
    Err(ApiError::conflict("IdempotencyKeyReused", message)
        .help("Use a new key for each new deployment."))
}

fn expired_before(now: Time) -> Time {
    now.plus_ms(-KEPT_MS)
}

/// Keeps the key with what it made, and forgets those that are old.
pub(super) async fn remember(
    tx: &mut Tx,
    mut mark: Document,
    made: &[Document],
) -> Result<(), StoreError> {
    let mut body = crate::resource::read::body(&mark);
    let ids: Vec<&str> = made
        .iter()
        .map(|deployment| deployment.id.as_str())
        .collect();
    body.insert("Deployments".into(), json!(ids));
    mark.body = Value::Object(body).to_string();
    tx.documents_delete_old(MARKS, expired_before(mark.created_at))
        .await?;
    tx.document_insert(&mark).await
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to a String cannot fail");
        text
    })
}
