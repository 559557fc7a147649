//! What people edit, as documents: JSON text that SQL never looks into, beside the columns that are searched,
//! sorted or unique. A new field of a resource is a field in its Rust type; no SQL changes.

use sqlx::AssertSqlSafe;

use regatta_core::time::Time;

use crate::conn::{Conn, Row, Tx};
use crate::error::StoreError;
use crate::filter::Filter;
use crate::page::Page;
use crate::task::{TaskState, TasksOf};
use crate::value::{Value, values};

mod hold;

/// One stored resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// The prefix of its ids, e.g. `Projects`.
    pub kind: String,
    /// E.g. `Projects-12`; from [`Tx::next_id`], or derived from the owner's.
    pub id: String,
    /// `None` for what belongs to the whole installation (users, spaces).
    pub space_id: Option<String>,
    /// The document it belongs to, e.g. a channel's project. Names are unique per owner, else per space.
    pub owner_id: Option<String>,
    pub name: String,
    /// Whether no other document of the same kind and scope may have this name (in any case of letters).
    pub name_is_unique: bool,
    pub slug: Option<String>,
    pub sort_order: i64,
    /// Further values to find it by, `field:value`, e.g. `environment:Environments-1`. No line breaks.
    pub tags: Vec<String>,
    /// Counts the writes, from 1. For a replace: the version that was read.
    pub version: i64,
    /// JSON text.
    pub body: String,
    pub created_at: Time,
    pub updated_at: Time,
}

/// Which documents, in which order, and how many of them.
#[derive(Debug, Clone, Default)]
pub struct Query {
    pub kind: String,
    /// `Some(None)`: only those outside all spaces. `None`: everywhere.
    pub space_id: Option<Option<String>>,
    pub owner_id: Option<String>,
    /// Only these; an empty list matches nothing.
    pub ids: Option<Vec<String>>,
    /// The whole name, in any case of letters.
    pub name: Option<String>,
    /// A part of the name, in any case of letters.
    pub partial_name: Option<String>,
    pub slug: Option<String>,
    /// Each entry is a set of alternatives; a document must have a tag of every entry.
    pub tags: Vec<Vec<String>>,
    /// What the reader may see: of one of these, the document must have a tag of every list. `None`: all.
    pub within: Option<Vec<Vec<Vec<String>>>>,
    /// Only those that belong to a task that is there.
    pub is_of_task: bool,
    /// Only those that belong to one of these tasks.
    pub of_tasks: Option<TasksOf>,
    /// Only deployments and runs whose task is in one of these states; an empty list does not filter.
    pub task_states: Vec<TaskState>,
    pub order: Order,
    pub skip: u64,
    /// `None`: all of them.
    pub take: Option<u64>,
}

/// Order of a list; ties are broken by id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    #[default]
    Name,
    /// By `sort_order`, then name.
    Sorted,
    /// By the number in the id, highest first.
    Newest,
    Oldest,
}

pub(crate) const COLUMNS: &str = "kind, id, space_id, owner_id, name, name_unique, slug, sort_order, version, body, tags, \
    created_at, updated_at";

impl Conn {
    /// The document with this id.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn document(&mut self, kind: &str, id: &str) -> Result<Option<Document>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM document WHERE id = $1 AND kind = $2");
        let row = self.row(AssertSqlSafe(sql), values![id, kind]).await?;
        row.as_ref().map(read).transpose()
    }

    /// A page of a list, with the total.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn documents(&mut self, query: &Query) -> Result<Page<Document>, StoreError> {
        let filter = query.filter();
        let order = match query.order {
            Order::Name => "name_key, id",
            Order::Sorted => "sort_order, name_key, id",
            Order::Newest => "serial DESC, id DESC",
            Order::Oldest => "serial, id",
        };
        let select = format!("SELECT {COLUMNS} FROM document");
        self.page(
            ("document", &select, order),
            filter,
            (query.skip, query.take),
            read,
        )
        .await
    }

    /// How many documents match, whatever `skip` and `take` say.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn document_count(&mut self, query: &Query) -> Result<u64, StoreError> {
        self.count("document", query.filter()).await
    }
}

impl Tx {
    /// Stores a new document, as version 1.
    ///
    /// # Errors
    /// [`StoreError::Taken`] when its id, name or slug is in use; the transaction is lost then on PostgreSQL.
    pub async fn document_insert(&mut self, document: &Document) -> Result<(), StoreError> {
        const INSERT: &str = "INSERT INTO document (id, kind, space_id, owner_id, scope, serial, \
            name, name_key, name_unique, slug, sort_order, version, body, tags, created_at, updated_at) \
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 1, $12, $13, $14, $15)";
        let mut parameters = values![&document.id, &document.kind];
        parameters.extend(searched(document));
        parameters.push(Value::from(document.created_at));
        parameters.push(Value::from(document.updated_at));
        self.execute(INSERT, parameters).await?;
        self.insert_tags(&document.id, &document.tags).await
    }

    /// Replaces the document if its version is still `document.version`; answers the new version.
    /// `created_at` never changes.
    ///
    /// # Errors
    /// [`StoreError::Stale`] when somebody else wrote it meanwhile, [`StoreError::Missing`] when it is gone,
    /// [`StoreError::Taken`] when its name or slug is in use.
    pub async fn document_replace(&mut self, document: &Document) -> Result<i64, StoreError> {
        const REPLACE: &str = "UPDATE document SET space_id = $3, owner_id = $4, scope = $5, \
            serial = $6, name = $7, name_key = $8, name_unique = $9, slug = $10, sort_order = $11, \
            version = version + 1, body = $12, tags = $13, updated_at = $14 \
            WHERE id = $1 AND kind = $2 AND version = $15";
        let mut parameters = values![&document.id, &document.kind];
        parameters.extend(searched(document));
        parameters.push(Value::from(document.updated_at));
        parameters.push(Value::from(document.version));
        if self.execute(REPLACE, parameters).await? == 0 {
            return Err(self.why_not_replaced(document).await?);
        }
        self.renew_tags(&document.id, &document.tags).await?;
        Ok(document.version + 1)
    }

    /// Gives a document other tags; it counts as no change of it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn document_retag(&mut self, id: &str, tags: &[String]) -> Result<(), StoreError> {
        const RETAG: &str = "UPDATE document SET tags = $2 WHERE id = $1";
        self.execute(RETAG, values![id, tags.join("\n")]).await?;
        self.renew_tags(id, tags).await
    }

    /// Removes a document; says whether it was there.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn document_delete(&mut self, kind: &str, id: &str) -> Result<bool, StoreError> {
        let removed = self
            .execute(
                "DELETE FROM document WHERE id = $1 AND kind = $2",
                values![id, kind],
            )
            .await?;
        Ok(removed > 0)
    }

    /// Removes every document of the kind that was made before; says how many.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn documents_delete_old(
        &mut self,
        kind: &str,
        until: Time,
    ) -> Result<u64, StoreError> {
        self.execute(
            "DELETE FROM document WHERE kind = $1 AND created_at <= $2",
            values![kind, until],
        )
        .await
    }

    /// Removes every document of the kind that the owner has; says how many.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn documents_delete_of(
        &mut self,
        kind: &str,
        owner_id: &str,
    ) -> Result<u64, StoreError> {
        self.execute(
            "DELETE FROM document WHERE kind = $1 AND owner_id = $2",
            values![kind, owner_id],
        )
        .await
    }

    async fn why_not_replaced(&mut self, document: &Document) -> Result<StoreError, StoreError> {
        const FOUND: &str = "SELECT version FROM document WHERE id = $1 AND kind = $2";
        let (kind, id) = (document.kind.clone(), document.id.clone());
        Ok(match self.row(FOUND, values![&id, &kind]).await? {
            Some(row) => StoreError::Stale {
                kind,
                id,
                expected: document.version,
                found: row.int("version")?,
            },
            None => StoreError::Missing { kind, id },
        })
    }

    async fn renew_tags(&mut self, id: &str, tags: &[String]) -> Result<(), StoreError> {
        const FORGET: &str = "DELETE FROM document_tag WHERE document_id = $1";
        self.execute(FORGET, values![id]).await?;
        self.insert_tags(id, tags).await
    }

    async fn insert_tags(&mut self, id: &str, tags: &[String]) -> Result<(), StoreError> {
        const INSERT: &str =
            "INSERT INTO document_tag (tag, document_id) VALUES ($1, $2) ON CONFLICT DO NOTHING";
        for tag in tags {
            self.execute(INSERT, values![tag, id]).await?;
        }
        Ok(())
    }
}

/// The columns `$3..$13` that both writing statements share.
fn searched(document: &Document) -> Vec<Value> {
    let space_id = document.space_id.as_deref().unwrap_or_default();
    let owner_id = document.owner_id.as_deref().unwrap_or_default();
    let scope = if owner_id.is_empty() {
        space_id
    } else {
        owner_id
    };
    let name_key = document.name.to_lowercase();
    let name_unique = document.name_is_unique.then(|| name_key.clone());
    values![
        space_id,
        owner_id,
        scope,
        serial(&document.id),
        &document.name,
        name_key,
        &name_unique,
        &document.slug,
        document.sort_order,
        &document.body,
        document.tags.join("\n"),
    ]
}

/// The number at the end of an id, 0 when there is none.
pub(crate) fn serial(id: &str) -> i64 {
    let digits = id.len() - id.bytes().rev().take_while(u8::is_ascii_digit).count();
    id[digits..].parse().unwrap_or(0)
}

pub(crate) fn read(row: &Row) -> Result<Document, StoreError> {
    Ok(Document {
        kind: row.text("kind")?,
        id: row.text("id")?,
        space_id: row.present("space_id")?,
        owner_id: row.present("owner_id")?,
        name: row.text("name")?,
        name_is_unique: row.get::<Option<String>>("name_unique")?.is_some(),
        slug: row.get("slug")?,
        sort_order: row.int("sort_order")?,
        tags: row.text("tags")?.lines().map(str::to_owned).collect(),
        version: row.int("version")?,
        body: row.text("body")?,
        created_at: row.time("created_at")?,
        updated_at: row.time("updated_at")?,
    })
}

impl Query {
    fn filter(&self) -> Filter {
        let mut filter = Filter::default();
        filter.equals("kind", &self.kind);
        if let Some(space_id) = &self.space_id {
            filter.equals("space_id", space_id.as_deref().unwrap_or_default());
        }
        filter.equals_if("owner_id", self.owner_id.as_deref());
        filter.equals_if("slug", self.slug.as_deref());
        if let Some(name) = &self.name {
            filter.equals("name_key", name.to_lowercase());
        }
        filter.contains("name_key", self.partial_name.as_deref().unwrap_or_default());
        if let Some(ids) = &self.ids {
            filter.one_of("id", ids);
        }
        const TAGGED: &str = "id IN (SELECT document_id FROM document_tag WHERE tag IN";
        for alternatives in &self.tags {
            let list = filter.list(alternatives);
            filter.and(&format!("{TAGGED} ({list}))"));
        }
        if let Some(within) = &self.within {
            filter.any_of_all(TAGGED, within);
        }
        if self.is_of_task {
            filter.and("EXISTS (SELECT 1 FROM task WHERE task.id = document.owner_id)");
        }
        if let Some(of) = &self.of_tasks {
            let whose = filter.list(&[of.id().to_owned()]);
            filter.and(&format!(
                "owner_id IN (SELECT id FROM task WHERE {} IN ({whose}))",
                of.column()
            ));
        }
        if !self.task_states.is_empty() {
            let states = self
                .task_states
                .iter()
                .map(|state| state.as_str().to_owned());
            let states = filter.list(&states.collect::<Vec<_>>());
            filter.and(&format!(
                "EXISTS (SELECT 1 FROM task WHERE task.deployment_id = document.id AND task.state IN ({states}))"
            ));
        }
        filter
    }
}
