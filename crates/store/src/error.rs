//! What can go wrong in the database, in words the server can act on.

use std::borrow::Cow;
use std::sync::Arc;

use sqlx::error::ErrorKind;

/// An error of the database part of the store. Cloneable, because one failed commit may answer many callers.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// Somebody else changed the row since it was read.
    #[error("{kind} {id} was changed by somebody else: expected version {expected}, found {found}")]
    Stale {
        kind: String,
        id: String,
        expected: i64,
        found: i64,
    },
    #[error("{kind} {id} does not exist")]
    Missing { kind: String, id: String },
    /// Another row of the same scope has this value already.
    #[error("{field} is taken by another one")]
    Taken { field: &'static str },
    /// The task belongs to somebody else by now; whoever sees this must stop working on it.
    #[error("task {task_id} is owned at epoch {found}, not {given}: another node took it over")]
    StaleEpoch {
        task_id: String,
        given: i64,
        found: i64,
    },
    /// The events do not follow the last one of the log.
    #[error("task {task_id} has {found} events, not {given}")]
    WrongSeq {
        task_id: String,
        given: u64,
        found: u64,
    },
    /// The program is older than the data.
    #[error(
        "the database was written by a newer version of Regatta (schema {found}, this program knows up to {known}): \
         start that version or a newer one, or restore the backup made before the upgrade"
    )]
    Newer { found: i64, known: i64 },
    #[error("cannot bring the database schema up to date: {0}")]
    Migration(Arc<sqlx::migrate::MigrateError>),
    #[error("{what} in the database cannot be read: {why}")]
    Corrupt { what: String, why: String },
    /// The writer of grouped appends is gone: the process is shutting down.
    #[error("the store is closed")]
    Closed,
    #[error("database: {0}")]
    Database(Arc<sqlx::Error>),
}

impl StoreError {
    /// Whether repeating the whole transaction may succeed: busy, deadlock, lost connection, and a disk that is full until
    /// somebody has made room.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        let Self::Database(error) = self else {
            return false;
        };
        match error.as_ref() {
            sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::WorkerCrashed => true,
            sqlx::Error::Database(_) => self.code().is_some_and(|code| is_transient_code(&code)),
            _ => false,
        }
    }

    /// Whether there is no room left where the database is.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.code()
            .is_some_and(|code| code == "53100" || sqlite_code(&code) == Some(FULL))
    }

    /// Whether SQLite may have rolled the transaction back by itself when it said so.
    pub(crate) fn may_roll_back(&self) -> bool {
        let code = self.code().and_then(|code| sqlite_code(&code));
        matches!(code, Some(BUSY | NOMEM | INTERRUPT | IOERR | FULL))
    }

    fn code(&self) -> Option<Cow<'_, str>> {
        let Self::Database(error) = self else {
            return None;
        };
        error.as_database_error()?.code()
    }
}

// SQLite's result codes.
const BUSY: u32 = 5;
const LOCKED: u32 = 6;
const NOMEM: u32 = 7;
const INTERRUPT: u32 = 9;
const IOERR: u32 = 10;
const FULL: u32 = 13;
const CANTOPEN: u32 = 14;

/// What SQLite says, without what it adds in the higher bits; `None` for PostgreSQL, whose codes have five letters.
fn sqlite_code(code: &str) -> Option<u32> {
    let extended: u32 = (code.len() < 5).then(|| code.parse().ok()).flatten()?;
    Some(extended & 0xff)
}

/// PostgreSQL: serialization failure, deadlock, lock not available, and the classes "connection exception", "insufficient
/// resources" and "operator intervention".
fn is_transient_code(code: &str) -> bool {
    match sqlite_code(code) {
        Some(code) => matches!(code, BUSY | LOCKED | NOMEM | IOERR | FULL | CANTOPEN),
        None => {
            matches!(code, "40001" | "40P01" | "55P03")
                || ["08", "53", "57P0"]
                    .iter()
                    .any(|class| code.starts_with(class))
        }
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        if let sqlx::Error::Database(database) = &error
            && matches!(database.kind(), ErrorKind::UniqueViolation)
        {
            // PostgreSQL names the index, SQLite the columns: both contain the column's name.
            let place = database.constraint().unwrap_or_else(|| database.message());
            return Self::Taken {
                field: taken_field(place),
            };
        }
        Self::Database(Arc::new(error))
    }
}

fn taken_field(place: &str) -> &'static str {
    ["name_unique", "slug", "hash"]
        .into_iter()
        .find(|column| place.contains(column))
        .map_or("id", |column| {
            if column == "name_unique" {
                "name"
            } else {
                column
            }
        })
}
