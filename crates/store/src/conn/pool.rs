//! Where the database is, and the connections to it.

use std::fmt;
use std::future::ready;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::{Duration, Instant};

use sqlx::Connection as _;
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};

use super::{Conn, Inner, Tx};
use crate::error::StoreError;

/// Connections that only read, beside the one that writes (SQLite).
const SQLITE_READERS_MAX: u32 = 8;
const POSTGRES_CONNECTIONS_MAX: u32 = 16;
/// How long SQLite waits for a lock held by another process (a backup) before it gives up.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
/// What SQLite calls a file that another connection has locked.
const SQLITE_BUSY: &str = "5";
const BUSY_PAUSE: Duration = Duration::from_millis(20);
/// How long a caller waits for a connection, which on SQLite is the queue of writers.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(30);

/// Where the database is.
#[derive(Clone)]
pub enum Location {
    /// A file; created when missing.
    Sqlite(PathBuf),
    /// `postgres://user:password@host/database`.
    Postgres(String),
}

impl fmt::Debug for Location {
    /// The URL may hold a password, so only the kind is shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "Sqlite({})", path.display()),
            Self::Postgres(_) => f.write_str("Postgres"),
        }
    }
}

#[derive(Clone)]
pub(crate) enum Pool {
    /// One connection writes (its pool is the queue of writers), the others read.
    Sqlite {
        writer: SqlitePool,
        readers: SqlitePool,
    },
    Postgres(PgPool),
}

impl Pool {
    pub(crate) async fn open(location: &Location) -> Result<Self, StoreError> {
        match location {
            Location::Sqlite(path) => {
                let options = SqliteConnectOptions::new()
                    .filename(path)
                    .create_if_missing(true)
                    .journal_mode(SqliteJournalMode::Wal)
                    // NORMAL may lose commits that were already answered when the power fails.
                    .synchronous(SqliteSynchronous::Full)
                    .foreign_keys(true)
                    .busy_timeout(BUSY_TIMEOUT);
                let writer = open_writer(&options).await?;
                let readers = sqlite_pool(SQLITE_READERS_MAX)
                    .connect_with(options.read_only(true))
                    .await?;
                Ok(Self::Sqlite { writer, readers })
            }
            Location::Postgres(url) => {
                let options = PgConnectOptions::from_str(url)?;
                let pool = PgPoolOptions::new()
                    .max_connections(POSTGRES_CONNECTIONS_MAX)
                    .acquire_timeout(ACQUIRE_TIMEOUT)
                    .connect_with(options)
                    .await?;
                Ok(Self::Postgres(pool))
            }
        }
    }

    /// A connection to read with.
    pub(crate) async fn read(&self) -> Result<Conn, StoreError> {
        Ok(Conn::new(match self {
            Self::Sqlite { readers, .. } => Inner::Sqlite(readers.acquire().await?),
            Self::Postgres(pool) => Inner::Postgres(pool.acquire().await?),
        }))
    }

    /// A transaction that may write; dropping it rolls back.
    pub(crate) async fn begin(&self) -> Result<Tx, StoreError> {
        Ok(Tx(Conn::new(match self {
            // IMMEDIATE takes the write lock at once; a lock taken later could fail in the middle.
            Self::Sqlite { writer, .. } => {
                Inner::SqliteTx(writer.begin_with("BEGIN IMMEDIATE").await?)
            }
            Self::Postgres(pool) => Inner::PostgresTx(pool.begin().await?),
        })))
    }

    pub(crate) async fn migrate(&self, migrator: &Migrator) -> Result<(), MigrateError> {
        match self {
            // On PostgreSQL the migrator takes a lock; here the one writer's transaction makes processes that start on
            // one file at the same time wait for each other, from the look at what is missing to the last of it.
            Self::Sqlite { writer, .. } => {
                let mut tx = writer.begin_with("BEGIN IMMEDIATE").await?;
                // `run` does the same, but its bounds hide from the compiler that the future can be sent.
                migrator.run_direct(None, &mut *tx, false).await?;
                Ok(tx.commit().await?)
            }
            Self::Postgres(pool) => migrator.run(pool).await,
        }
    }

    /// A migration's text as this database wants it. Files are written for PostgreSQL, with
    /// `);` alone on a line closing a table; SQLite gets strict tables and needs no collation,
    /// because it compares bytes anyway.
    pub(crate) fn schema_text(&self, sql: &str) -> String {
        match self {
            Self::Sqlite { .. } => sql
                .replace(" COLLATE \"C\"", "")
                .replace(" BIGINT", " INTEGER")
                .replace(" BYTEA", " BLOB")
                .replace("\n);", "\n) STRICT;"),
            Self::Postgres(_) => sql.to_owned(),
        }
    }

    /// Waits for open work and closes; on SQLite the last connection also folds the write-ahead log into the file.
    pub(crate) async fn close(&self) {
        match self {
            Self::Sqlite { writer, readers } => {
                readers.close().await;
                writer.close().await;
            }
            Self::Postgres(pool) => pool.close().await,
        }
    }
}

/// Turning the write-ahead log on wants the file for itself for a moment, and does not wait for it as SQLite's other
/// locks do: whoever opens the file at the same time as another process tries again.
async fn open_writer(options: &SqliteConnectOptions) -> Result<SqlitePool, StoreError> {
    let give_up_at = Instant::now() + BUSY_TIMEOUT;
    loop {
        match sqlite_pool(1).connect_with(options.clone()).await {
            Err(sqlx::Error::Database(error))
                if error.code().as_deref() == Some(SQLITE_BUSY) && Instant::now() < give_up_at =>
            {
                tokio::time::sleep(BUSY_PAUSE).await;
            }
            opened => return Ok(opened?),
        }
    }
}

fn sqlite_pool(connections_max: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(connections_max)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        // A file does not hang up: no need to ask before each use, nor to reopen.
        .test_before_acquire(false)
        // What SQLite rolled back by itself (a full disk) the driver cannot roll back, and counts as open for ever.
        .before_acquire(|conn, _| Box::pin(ready(Ok(!conn.is_in_transaction()))))
        .idle_timeout(None)
        .max_lifetime(None)
}
