//! A recorded change as a reader of the stream is told of it: what it was, never what is in it.

use regatta_core::permission::Permission as P;
use regatta_store::{AuditEvent, Conn, StoreError};
use serde_json::{Value, json};

use crate::audit::subject;
use crate::auth::caller::Caller;
use crate::time_text::iso;

/// Their documents say in the body which save they come from.
const VERSIONED: &[&str] = &["DeploymentProcesses", "RunbookProcesses", "VariableSets"];

/// `None`: it is not for this reader.
pub(super) async fn told(
    conn: &mut Conn,
    caller: &Caller,
    event: &AuditEvent,
) -> Result<Option<Value>, StoreError> {
    let entry = &event.entry;
    let kind = entry.document_kind.as_str();
    let wanted = subject::scope_of(conn, entry).await?;
    // Who may see documents of a kind may know that one changed. Of what has none only readers of the audit are told.
    let permission = subject::view_of(kind).unwrap_or(P::EventView);
    if !caller.may(permission, &wanted) {
        return Ok(None);
    }
    let mut related = entry.related.iter();
    let own = related
        .find(|id| id.starts_with(kind))
        .or(entry.related.first());
    let version = match own.filter(|_| VERSIONED.contains(&kind)) {
        Some(id) => version(conn, kind, id).await?,
        None => None,
    };
    Ok(Some(json!({
        "Seq": event.auto_id,
        "Kind": kind,
        "Id": own,
        "Category": entry.category,
        "Version": version,
        "RelatedDocumentIds": entry.related,
        "UserId": entry.user_id,
        "Username": entry.username,
        "At": iso(entry.occurred_at),
    })))
}

/// The version the document has by now: what a reader would get.
async fn version(conn: &mut Conn, kind: &str, id: &str) -> Result<Option<i64>, StoreError> {
    let found = conn.document(kind, id).await?;
    let body: Option<Value> = found.and_then(|found| serde_json::from_str(&found.body).ok());
    Ok(body.and_then(|body| body.get("Version")?.as_i64()))
}
