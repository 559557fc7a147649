//! Who changed what. Every change of state writes exactly one record, in the transaction of the change.

use regatta_store::{AuditEntry, Document, StoreError, Tx};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use regatta_core::diff;
use regatta_core::time::Time;

pub mod subject;

/// Longest message that is kept whole.
const CHARS_MAX: usize = 1000;
/// A change of more places than this is not read place by place.
const DIFFERENCES_MAX: usize = 500;

/// What of a change is about one value of a variable set: not everybody who sees the set sees all of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Part {
    /// Environments of the value before and after.
    pub environments: Vec<Vec<String>>,
    pub sentences: Vec<String>,
    pub differences: Vec<Value>,
}

/// A change to be recorded.
pub struct Record {
    pub space_id: Option<String>,
    /// Octopus' category, e.g. `Modified`.
    pub category: &'static str,
    pub document_kind: String,
    pub message: String,
    /// Ids of everything it is about.
    pub related: Vec<String>,
    /// What is different now, in sentences; `None` when the core has no words for it.
    pub sentences: Vec<String>,
    differences: Vec<Value>,
    values: Vec<Part>,
}

impl Record {
    /// A change of this document.
    #[must_use]
    pub fn about(document: &Document, category: &'static str, message: String) -> Self {
        let mut related = vec![document.id.clone()];
        related.extend(document.owner_id.clone());
        Self {
            space_id: document.space_id.clone(),
            category,
            document_kind: document.kind.clone(),
            message: message.chars().take(CHARS_MAX).collect(),
            related,
            sentences: Vec::new(),
            differences: Vec::new(),
            values: Vec::new(),
        }
    }

    /// Something that is no document.
    #[must_use]
    pub fn of(
        category: &'static str,
        document_kind: &str,
        related: Vec<String>,
        message: String,
    ) -> Self {
        Self {
            space_id: None,
            category,
            document_kind: document_kind.to_owned(),
            message,
            related,
            sentences: Vec::new(),
            differences: Vec::new(),
            values: Vec::new(),
        }
    }

    /// What is different from the stored body before.
    #[must_use]
    pub fn changed(mut self, before: &Document, after: &Document) -> Self {
        let parse = |document: &Document| serde_json::from_str(&document.body).unwrap_or_default();
        let (before, after) = (parse(before), parse(after));
        self.differences = differences(&before, &after, "");
        self.says(&diff::document(&before, &after))
    }

    /// What became of each value of a variable set.
    #[must_use]
    pub fn of_values(mut self, parts: impl Iterator<Item = Part>) -> Self {
        let mut told = 0;
        let within = |part: &Part| {
            told += part.differences.len().max(1);
            told <= DIFFERENCES_MAX
        };
        self.values = parts.take_while(within).collect();
        self
    }

    /// Tells the change in these sentences instead.
    #[must_use]
    pub fn says(mut self, changes: &[diff::Change]) -> Self {
        self.sentences = changes
            .iter()
            .take(DIFFERENCES_MAX)
            .map(ToString::to_string)
            .collect();
        self
    }
}

/// What differs between two values at a place of a document.
pub(crate) fn differences(before: &Value, after: &Value, path: &str) -> Vec<Value> {
    let mut found = Vec::new();
    compare(before, after, path, &mut found);
    found
}

/// Lists what differs, as Octopus' events do: JSON pointer, old and new value. Secrets are ciphertext here and are
/// only said to have changed.
fn compare(old: &Value, new: &Value, path: &str, found: &mut Vec<Value>) {
    match (old, new) {
        _ if old == new || found.len() >= DIFFERENCES_MAX => {}
        (Value::Object(a), Value::Object(b)) => {
            let added = b.keys().filter(|key| !a.contains_key(*key));
            for key in a.keys().chain(added) {
                let place = format!("{path}/{}", key.replace('~', "~0").replace('/', "~1"));
                let get = |map: &serde_json::Map<String, Value>| map.get(key).cloned().unwrap_or(Value::Null);
                if key == "Sealed" || key == "Value" && is_secret(a, b) {
                    found.push(json!({ "path": place, "oldValue": "*****", "newValue": "*****" }));
                } else if key != "LastModifiedBy" {
                    compare(&get(a), &get(b), &place, found);
                }
            }
        }
        (Value::Array(a), Value::Array(b)) => {
            for i in 0..a.len().max(b.len()) {
                let get = |items: &[Value]| items.get(i).cloned().unwrap_or(Value::Null);
                compare(&get(a), &get(b), &format!("{path}/{i}"), found);
            }
        }
        _ => found.push(json!({ "path": path, "oldValue": without_secrets(old), "newValue": without_secrets(new) })),
    }
}

fn is_secret(a: &serde_json::Map<String, Value>, b: &serde_json::Map<String, Value>) -> bool {
    [a, b].iter().any(|map| {
        map.get("IsSensitive")
            .and_then(Value::as_bool)
            .unwrap_or(false)
    })
}

fn without_secrets(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let shown = map.iter().filter(|(key, _)| *key != "Sealed");
            Value::Object(
                shown
                    .map(|(key, value)| (key.clone(), without_secrets(value)))
                    .collect(),
            )
        }
        Value::Array(items) => items.iter().map(without_secrets).collect(),
        other => other.clone(),
    }
}

/// Who did it, when, and from where.
#[derive(Debug, Clone)]
pub struct Author {
    /// `None`: the system itself.
    pub user_id: Option<String>,
    pub username: String,
    pub at: Time,
    /// `API key`, `Session cookie`.
    pub established_with: &'static str,
    pub user_agent: String,
    pub address: String,
}

impl Author {
    /// What the server does by itself.
    #[must_use]
    pub fn system(at: Time) -> Self {
        Self {
            user_id: None,
            username: "system".to_owned(),
            at,
            established_with: "",
            user_agent: String::new(),
            address: String::new(),
        }
    }
}

/// Writes the record.
///
/// # Errors
/// When the database fails.
pub async fn record(tx: &mut Tx, author: &Author, record: Record) -> Result<(), StoreError> {
    let body = json!({
        "IdentityEstablishedWith": author.established_with,
        "UserAgent": author.user_agent,
        "IpAddress": author.address,
        "Sentences": record.sentences,
        "Differences": record.differences,
        "Values": record.values,
    });
    let entry = AuditEntry {
        space_id: record.space_id,
        category: record.category.to_owned(),
        document_kind: record.document_kind,
        user_id: author.user_id.clone(),
        username: author.username.clone(),
        occurred_at: author.at,
        message: record.message,
        body: body.to_string(),
        related: record.related,
    };
    tx.audit_insert(&entry).await.map(|_| ())
}
