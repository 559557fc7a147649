//! Archiving: a certificate leaves the lists and keeps its id, so that what names it goes on.

use regatta_store::Document;
use serde_json::Value;

use super::{CERTIFICATE, tags};
use crate::audit::{self, Record};
use crate::call::{Call, ok};
use crate::error::ApiError;
use crate::operation::Answer;
use crate::resource::read;
use crate::time_text::iso;

pub(super) async fn archive(call: Call) -> Answer {
    set(call, true).await
}

pub(super) async fn unarchive(call: Call) -> Answer {
    set(call, false).await
}

/// Doing it twice changes nothing.
async fn set(call: Call, archived: bool) -> Answer {
    let id = call.document().id.clone();
    let mut tx = call.begin().await?;
    let before = tx.document(CERTIFICATE.kind, &id).await?;
    let before = before.ok_or_else(|| ApiError::not_found(&id))?;
    let mut body = read::body(&before);
    let was = body.get("Archived").is_some_and(|at| !at.is_null());
    if was == archived {
        return Ok(ok(read::view(&CERTIFICATE, &before)));
    }
    let at = archived.then(|| iso(call.now()));
    body.insert("Archived".into(), Value::from(at));
    let mut after = Document {
        tags: tags(&body),
        // Names are free again while a certificate is archived.
        name_is_unique: !archived,
        body: Value::Object(body).to_string(),
        updated_at: call.now(),
        ..before.clone()
    };
    after.version = tx.document_replace(&after).await?;
    let done = if archived { "archived" } else { "unarchived" };
    let message = format!("Certificate {} was {done}", after.name);
    let record = Record::about(&after, "Modified", message).changed(&before, &after);
    audit::record(&mut tx, &call.author(), record).await?;
    tx.commit().await?;
    Ok(ok(read::view(&CERTIFICATE, &after)))
}
