//! What of a recorded change its reader is shown: the audit tells everybody who reads it that a document changed,
//! and only those who may see the document what changed in it. Decided when it is read, so it holds for old records.

use std::collections::HashMap;

use regatta_core::permission::Permission as P;
use regatta_core::variable::access::VariableAccess;
use regatta_store::{AuditEntry, Conn};
use serde_json::{Value, json};

use crate::audit::{Part, subject};
use crate::call::Call;
use crate::error::ApiError;
use crate::http::variable;

/// Kinds without a view permission: whoever has a part in the space sees them.
const OPEN: &[&str] = &["TagSets"];

/// What the reader may see of one document.
enum Sight {
    Whole,
    /// Of a variable set: the values this covers.
    Values(VariableAccess),
    Nothing,
}

/// Sentences and differences as they are shown.
#[derive(Default)]
pub(super) struct Detail {
    pub sentences: Vec<Value>,
    pub differences: Vec<Value>,
}

/// The details of the events of one answer; each document is looked at once.
pub(super) struct Details<'c> {
    call: &'c Call,
    seen: HashMap<String, Sight>,
}

impl<'c> Details<'c> {
    pub(super) fn new(call: &'c Call) -> Self {
        let seen = HashMap::new();
        Self { call, seen }
    }

    pub(super) async fn of(
        &mut self,
        conn: &mut Conn,
        entry: &AuditEntry,
        body: &Value,
    ) -> Result<Detail, ApiError> {
        let list = |key: &str| body[key].as_array().cloned().unwrap_or_default();
        let whole = Detail {
            sentences: list("Sentences"),
            differences: list("Differences"),
        };
        let parts: Vec<Part> = serde_json::from_value(body["Values"].clone()).unwrap_or_default();
        if whole.sentences.is_empty() && whole.differences.is_empty() && parts.is_empty() {
            return Ok(whole);
        }
        let permission = subject::view_of(&entry.document_kind);
        Ok(match self.sight(conn, entry, permission).await? {
            Sight::Whole => whole.with(parts),
            // What was recorded without the places of its values is not told in part.
            Sight::Values(access) if !parts.is_empty() => {
                let all = parts.len();
                let covered = |part: &Part| part.environments.iter().all(|ids| access.covers(ids));
                let parts: Vec<_> = parts.into_iter().filter(covered).collect();
                let hidden =
                    (parts.len() < all).then(|| hidden(permission, "Other values changed, too"));
                let mut detail = Detail::default().with(parts);
                detail.sentences.extend(hidden.flatten());
                detail
            }
            Sight::Values(_) | Sight::Nothing => Detail {
                sentences: hidden(permission, "What changed is not shown")
                    .into_iter()
                    .collect(),
                differences: Vec::new(),
            },
        })
    }

    async fn sight(
        &mut self,
        conn: &mut Conn,
        entry: &AuditEntry,
        permission: Option<P>,
    ) -> Result<&Sight, ApiError> {
        let own = entry.related.first().map_or("", String::as_str);
        let key = format!("{} {own}", entry.document_kind);
        if !self.seen.contains_key(&key) {
            let sight = look(self.call, conn, entry, permission).await?;
            self.seen.insert(key.clone(), sight);
        }
        Ok(&self.seen[&key])
    }
}

impl Detail {
    fn with(mut self, parts: Vec<Part>) -> Self {
        for part in parts {
            self.sentences
                .extend(part.sentences.into_iter().map(Value::from));
            self.differences.extend(part.differences);
        }
        self
    }
}

/// Says that there is more, and what shows it.
fn hidden(permission: Option<P>, what: &str) -> Option<Value> {
    permission.map(|needed| json!(format!("{what}: that needs the {needed} permission")))
}

async fn look(
    call: &Call,
    conn: &mut Conn,
    entry: &AuditEntry,
    permission: Option<P>,
) -> Result<Sight, ApiError> {
    let Some(permission) = permission else {
        let is_open = OPEN.contains(&entry.document_kind.as_str());
        return Ok(if is_open {
            Sight::Whole
        } else {
            Sight::Nothing
        });
    };
    let wanted = subject::scope_now(conn, entry).await?;
    if entry.document_kind == variable::KIND {
        let owner = entry.related.get(1).map_or("", String::as_str);
        return Ok(match variable::viewing_of(call, owner, &wanted) {
            Ok(access) if access.environments.is_none() => Sight::Whole,
            Ok(access) => Sight::Values(access),
            Err(_) => Sight::Nothing,
        });
    }
    Ok(if call.caller.may(permission, &wanted) {
        Sight::Whole
    } else {
        Sight::Nothing
    })
}
