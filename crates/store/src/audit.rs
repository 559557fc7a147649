//! Who did what: rows that are only inserted, each carrying a hash over itself and the one before it in its space,
//! so that a row changed or removed behind the server's back is found.
//!
//! An entry is written in the transaction of the change it tells of, never beside it.

use sha2::{Digest as _, Sha256};

use regatta_core::time::Time;

use crate::conn::{Conn, Row, Tx};
use crate::error::StoreError;
use crate::filter::Filter;
use crate::page::Page;
use crate::value::values;

/// Something that happened, to be recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// `None` for what concerns the whole installation.
    pub space_id: Option<String>,
    /// Octopus' category, e.g. `Modified`, `DeploymentStarted`.
    pub category: String,
    /// The kind of document it is about, e.g. `Projects`.
    pub document_kind: String,
    /// `None`: the system itself.
    pub user_id: Option<String>,
    pub username: String,
    pub occurred_at: Time,
    pub message: String,
    /// JSON text: everything else people see.
    pub body: String,
    /// Ids of everything it is about: documents, project, environment, tenant, …
    pub related: Vec<String>,
}

/// A recorded entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEvent {
    /// Rises with every event of the installation; its id is `Events-{auto_id}`.
    pub auto_id: i64,
    pub entry: AuditEntry,
}

/// Which audit events, newest first. Fields left out do not filter; lists are alternatives.
#[derive(Debug, Clone, Default)]
pub struct AuditQuery {
    /// Spaces to look in; `None` in the list stands for what concerns the whole installation.
    pub spaces: Option<Vec<Option<String>>>,
    pub auto_ids: Option<Vec<i64>>,
    /// About all of these (Octopus' rule for `regarding`).
    pub regarding: Vec<String>,
    /// Each entry is a list of alternatives, of which one must be related: `regardingAny`, `projects`,
    /// `environments`, `tenants`, … each give one.
    pub related_any: Vec<Vec<String>>,
    /// What the reader may see: of one of these, every list must have something the event is about. `None`: all.
    pub within: Option<Vec<Vec<Vec<String>>>>,
    pub users: Vec<String>,
    pub categories: Vec<String>,
    pub document_kinds: Vec<String>,
    /// Inclusive.
    pub from: Option<Time>,
    /// Exclusive.
    pub to: Option<Time>,
    /// Inclusive.
    pub from_auto_id: Option<i64>,
    /// Inclusive.
    pub to_auto_id: Option<i64>,
    pub skip: u64,
    /// `None`: all of them.
    pub take: Option<u64>,
}

const SELECT: &str = "SELECT auto_id, space_id, category, document_kind, user_id, username, occurred_at, message, \
    body, related, hash FROM audit_event";

impl Conn {
    /// A page of audit events, newest first, with the total.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn audit_events(
        &mut self,
        query: &AuditQuery,
    ) -> Result<Page<AuditEvent>, StoreError> {
        let window = (query.skip, query.take);
        self.page(
            ("audit_event", SELECT, "auto_id DESC"),
            query.filter(),
            window,
            read,
        )
        .await
    }

    /// Looks through the chain of a space; answers the number of the first event that does not fit, if any.
    /// Removing events from the end is seen too, because the newest hash is kept apart.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn audit_first_broken(
        &mut self,
        space_id: Option<&str>,
    ) -> Result<Option<i64>, StoreError> {
        const PER_READ: u64 = 1000;
        const HEAD: &str = "SELECT hash FROM audit_chain WHERE space_id = $1";
        let space_id = space_id.unwrap_or_default();
        let (mut hash, mut after) = (Vec::new(), 0);
        loop {
            let mut filter = Filter::default();
            filter.equals("space_id", space_id);
            filter.compare("auto_id >", after);
            let (sql, parameters) = filter.page(SELECT, "auto_id", 0, Some(PER_READ));
            let rows = self.rows(sqlx::AssertSqlSafe(sql), parameters).await?;
            for row in &rows {
                let event = read(row)?;
                hash = chain(&hash, event.auto_id, &event.entry);
                if hash != row.get::<Vec<u8>>("hash")? {
                    return Ok(Some(event.auto_id));
                }
                after = event.auto_id;
            }
            if (rows.len() as u64) < PER_READ {
                break;
            }
        }
        let head = self
            .row(HEAD, values![space_id])
            .await?
            .map(|row| row.get::<Vec<u8>>("hash"))
            .transpose()?;
        Ok((head.unwrap_or_default() != hash).then_some(after + 1))
    }
}

impl Tx {
    /// Records an entry; answers its number.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn audit_insert(&mut self, entry: &AuditEntry) -> Result<i64, StoreError> {
        const INSERT: &str = "INSERT INTO audit_event (auto_id, space_id, category, document_kind, user_id, username, \
            occurred_at, message, body, related, hash) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
        const RELATE: &str = "INSERT INTO audit_related (document_id, auto_id) VALUES ($1, $2) ON CONFLICT DO NOTHING";
        const HEAD: &str = "SELECT hash FROM audit_chain WHERE space_id = $1";
        const SET_HEAD: &str = "INSERT INTO audit_chain (space_id, hash) VALUES ($1, $2) \
            ON CONFLICT (space_id) DO UPDATE SET hash = excluded.hash";
        // Also the lock that puts the events of all servers in one order.
        let auto_id = self.next_number("Events").await?;
        let space_id = entry.space_id.as_deref().unwrap_or_default();
        let head = self.row(HEAD, values![space_id]).await?;
        let before = head
            .map(|row| row.get::<Vec<u8>>("hash"))
            .transpose()?
            .unwrap_or_default();
        let hash = chain(&before, auto_id, entry);
        let parameters = values![
            auto_id,
            space_id,
            &entry.category,
            &entry.document_kind,
            &entry.user_id,
            &entry.username,
            entry.occurred_at,
            &entry.message,
            &entry.body,
            entry.related.join("\n"),
            hash.as_slice(),
        ];
        self.execute(INSERT, parameters).await?;
        for document_id in &entry.related {
            self.execute(RELATE, values![document_id, auto_id]).await?;
        }
        self.execute(SET_HEAD, values![space_id, hash.as_slice()])
            .await?;
        Ok(auto_id)
    }
}

/// SHA-256 over the hash before, and every field with its length, so that no two entries look alike.
fn chain(before: &[u8], auto_id: i64, entry: &AuditEntry) -> Vec<u8> {
    let mut sha = Sha256::new();
    let mut part = |bytes: &[u8]| {
        sha.update((bytes.len() as u64).to_be_bytes());
        sha.update(bytes);
    };
    part(before);
    part(&auto_id.to_be_bytes());
    part(entry.space_id.as_deref().unwrap_or_default().as_bytes());
    part(entry.category.as_bytes());
    part(entry.document_kind.as_bytes());
    part(&[u8::from(entry.user_id.is_some())]);
    part(entry.user_id.as_deref().unwrap_or_default().as_bytes());
    part(entry.username.as_bytes());
    part(&entry.occurred_at.0.to_be_bytes());
    part(entry.message.as_bytes());
    part(entry.body.as_bytes());
    part(entry.related.join("\n").as_bytes());
    sha.finalize().to_vec()
}

fn read(row: &Row) -> Result<AuditEvent, StoreError> {
    let related = row.text("related")?;
    Ok(AuditEvent {
        auto_id: row.int("auto_id")?,
        entry: AuditEntry {
            space_id: row.present("space_id")?,
            category: row.text("category")?,
            document_kind: row.text("document_kind")?,
            user_id: row.get("user_id")?,
            username: row.text("username")?,
            occurred_at: row.time("occurred_at")?,
            message: row.text("message")?,
            body: row.text("body")?,
            related: related.lines().map(str::to_owned).collect(),
        },
    })
}

impl AuditQuery {
    fn filter(&self) -> Filter {
        const ABOUT: &str = "auto_id IN (SELECT auto_id FROM audit_related WHERE document_id IN";
        let mut filter = Filter::default();
        if let Some(spaces) = &self.spaces {
            let spaces: Vec<_> = spaces
                .iter()
                .map(|space| space.clone().unwrap_or_default())
                .collect();
            filter.one_of("space_id", &spaces);
        }
        if let Some(auto_ids) = &self.auto_ids {
            let numbers: Vec<_> = auto_ids.iter().map(i64::to_string).collect();
            let numbers = if numbers.is_empty() {
                "NULL".to_owned()
            } else {
                numbers.join(", ")
            };
            filter.and(&format!("auto_id IN ({numbers})"));
        }
        let each = self.regarding.iter().map(std::slice::from_ref);
        for alternatives in each.chain(self.related_any.iter().map(Vec::as_slice)) {
            let list = filter.list(alternatives);
            filter.and(&format!("{ABOUT} ({list}))"));
        }
        if let Some(within) = &self.within {
            filter.any_of_all(ABOUT, within);
        }
        for (column, texts) in [
            ("user_id", &self.users),
            ("category", &self.categories),
            ("document_kind", &self.document_kinds),
        ] {
            if !texts.is_empty() {
                filter.one_of(column, texts);
            }
        }
        for (left, bound) in [
            ("occurred_at >=", self.from.map(|at| at.0)),
            ("occurred_at <", self.to.map(|at| at.0)),
            ("auto_id >=", self.from_auto_id),
            ("auto_id <=", self.to_auto_id),
        ] {
            if let Some(bound) = bound {
                filter.compare(left, bound);
            }
        }
        filter
    }
}
