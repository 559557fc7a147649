//! The only file that knows which database it talks to.
//!
//! Everything else writes one portable SQL text with `$1..$n` and reads rows by column name.
//! What differs between SQLite and PostgreSQL (connection set-up, how a transaction begins,
//! the clock, row locks, the schema's type names) is decided here and nowhere else.

use std::fmt;
use std::future::ready;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::{Duration, Instant};

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions, PgRow};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteRow,
    SqliteSynchronous,
};
use sqlx::{Connection as _, Postgres, Row as _, SqlSafeStr, Sqlite, Transaction};

use regatta_core::time::Time;

use crate::error::StoreError;
use crate::value::Value;

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

/// A connection to read with.
pub struct Conn {
    inner: Inner,
    /// Why the database may have rolled the transaction back by itself. What would follow in it is refused: it would be
    /// committed alone.
    rolled_back: Option<StoreError>,
}

/// A transaction: everything a [`Conn`] can, and writing. Dropped without [`Tx::commit`], nothing happened.
pub struct Tx(Conn);

enum Inner {
    Sqlite(PoolConnection<Sqlite>),
    SqliteTx(Transaction<'static, Sqlite>),
    Postgres(PoolConnection<Postgres>),
    PostgresTx(Transaction<'static, Postgres>),
}

impl std::ops::Deref for Tx {
    type Target = Conn;
    fn deref(&self) -> &Conn {
        &self.0
    }
}

impl std::ops::DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut Conn {
        &mut self.0
    }
}

/// Runs `$body` with `$query` bound to the values and `$conn` the driver's own connection.
macro_rules! on_driver {
    ($inner:expr, $sql:expr, $values:expr, |$query:ident, $conn:ident, $row:ident| $body:expr) => {{
        let sql = $sql.into_sql_str();
        match $inner {
            Inner::Sqlite(conn) => {
                let ($query, $conn, $row) =
                    (bind::<Sqlite>(sql, $values), &mut **conn, Row::Sqlite);
                $body
            }
            Inner::SqliteTx(tx) => {
                let ($query, $conn, $row) = (bind::<Sqlite>(sql, $values), &mut **tx, Row::Sqlite);
                $body
            }
            Inner::Postgres(conn) => {
                let ($query, $conn, $row) =
                    (bind::<Postgres>(sql, $values), &mut **conn, Row::Postgres);
                $body
            }
            Inner::PostgresTx(tx) => {
                let ($query, $conn, $row) =
                    (bind::<Postgres>(sql, $values), &mut **tx, Row::Postgres);
                $body
            }
        }
    }};
}

impl Conn {
    const fn new(inner: Inner) -> Self {
        Self {
            inner,
            rolled_back: None,
        }
    }

    pub(crate) async fn rows(
        &mut self,
        sql: impl SqlSafeStr,
        values: Vec<Value>,
    ) -> Result<Vec<Row>, StoreError> {
        self.check_open()?;
        let rows = on_driver!(&mut self.inner, sql, values, |query, conn, row| query
            .fetch_all(conn)
            .await
            .map(|rows| rows.into_iter().map(row).collect()));
        rows.map_err(|error| self.failed(error))
    }

    pub(crate) async fn row(
        &mut self,
        sql: impl SqlSafeStr,
        values: Vec<Value>,
    ) -> Result<Option<Row>, StoreError> {
        self.check_open()?;
        let found = on_driver!(&mut self.inner, sql, values, |query, conn, row| query
            .fetch_optional(conn)
            .await
            .map(|found| found.map(row)));
        found.map_err(|error| self.failed(error))
    }

    fn check_open(&self) -> Result<(), StoreError> {
        self.rolled_back.clone().map_or(Ok(()), Err)
    }

    fn failed(&mut self, error: sqlx::Error) -> StoreError {
        let error = StoreError::from(error);
        if matches!(self.inner, Inner::SqliteTx(_)) && error.may_roll_back() {
            self.rolled_back = Some(error.clone());
        }
        error
    }

    /// The first column of the only row, a number.
    pub(crate) async fn number(
        &mut self,
        sql: impl SqlSafeStr,
        values: Vec<Value>,
    ) -> Result<i64, StoreError> {
        match self.row(sql, values).await? {
            Some(row) => row.get_at(0),
            None => Err(StoreError::from(sqlx::Error::RowNotFound)),
        }
    }

    /// The database's clock, in ms since 1970, as an expression. Ownership is decided by this clock only.
    pub(crate) const fn now_sql(&self) -> &'static str {
        match self.inner {
            Inner::Sqlite(_) | Inner::SqliteTx(_) => "CAST(unixepoch('subsec') * 1000 AS INTEGER)",
            Inner::Postgres(_) | Inner::PostgresTx(_) => {
                "CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)"
            }
        }
    }

    /// Ends a `SELECT` of rows that will be changed, leaving out those of `table` that another transaction holds.
    /// SQLite has one writer, so nobody else can hold any.
    pub(crate) fn skip_locked_sql(&self, table: &str) -> String {
        match self.inner {
            Inner::Sqlite(_) | Inner::SqliteTx(_) => String::new(),
            Inner::Postgres(_) | Inner::PostgresTx(_) => {
                format!(" FOR UPDATE OF {table} SKIP LOCKED")
            }
        }
    }

    /// Ends a `SELECT` of rows that nobody else may delete before this transaction ends.
    pub(crate) const fn hold_sql(&self) -> &'static str {
        match self.inner {
            Inner::Sqlite(_) | Inner::SqliteTx(_) => "",
            Inner::Postgres(_) | Inner::PostgresTx(_) => " FOR KEY SHARE",
        }
    }

    /// Ends a `SELECT` of rows that nobody else may hold, change or delete before this transaction ends.
    pub(crate) const fn claim_sql(&self) -> &'static str {
        match self.inner {
            Inner::Sqlite(_) | Inner::SqliteTx(_) => "",
            Inner::Postgres(_) | Inner::PostgresTx(_) => " FOR UPDATE",
        }
    }
}

impl Tx {
    /// Makes everything of this transaction durable.
    ///
    /// # Errors
    /// When the database refuses; nothing happened then, unless the connection was lost meanwhile.
    pub async fn commit(self) -> Result<(), StoreError> {
        self.0.check_open()?;
        match self.0.inner {
            Inner::SqliteTx(tx) => tx.commit().await?,
            Inner::PostgresTx(tx) => tx.commit().await?,
            Inner::Sqlite(_) | Inner::Postgres(_) => {}
        }
        Ok(())
    }

    /// Runs a statement; says how many rows it changed.
    pub(crate) async fn execute(
        &mut self,
        sql: impl SqlSafeStr,
        values: Vec<Value>,
    ) -> Result<u64, StoreError> {
        self.0.check_open()?;
        let done = on_driver!(&mut self.0.inner, sql, values, |query, conn, _row| query
            .execute(conn)
            .await
            .map(|done| done.rows_affected()));
        done.map_err(|error| self.0.failed(error))
    }
}

/// A driver all our values can be bound with.
trait Driver: sqlx::Database {
    fn bind_value(
        arguments: &mut Self::Arguments,
        value: Value,
    ) -> Result<(), sqlx::error::BoxDynError>;
}

impl Driver for Sqlite {
    fn bind_value(
        arguments: &mut Self::Arguments,
        value: Value,
    ) -> Result<(), sqlx::error::BoxDynError> {
        use sqlx::Arguments as _;
        match value {
            Value::Text(text) => arguments.add(text),
            Value::Int(number) => arguments.add(number),
            Value::Bytes(bytes) => arguments.add(bytes),
        }
    }
}

impl Driver for Postgres {
    fn bind_value(
        arguments: &mut Self::Arguments,
        value: Value,
    ) -> Result<(), sqlx::error::BoxDynError> {
        use sqlx::Arguments as _;
        match value {
            Value::Text(text) => arguments.add(text),
            Value::Int(number) => arguments.add(number),
            Value::Bytes(bytes) => arguments.add(bytes),
        }
    }
}

fn bind<'q, D: Driver>(
    sql: sqlx::SqlStr,
    values: Vec<Value>,
) -> sqlx::query::Query<'q, D, D::Arguments>
where
    D::Arguments: sqlx::IntoArguments<D>,
{
    let mut arguments = D::Arguments::default();
    for value in values {
        D::bind_value(&mut arguments, value).expect("text, numbers and bytes always encode");
    }
    sqlx::query_with(sql, arguments)
}

/// One row of a result, read by column name.
pub(crate) enum Row {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

/// A type both drivers can decode.
pub(crate) trait Column:
    for<'r> sqlx::Decode<'r, Sqlite>
    + sqlx::Type<Sqlite>
    + for<'r> sqlx::Decode<'r, Postgres>
    + sqlx::Type<Postgres>
{
}
impl Column for String {}
impl Column for i64 {}
impl Column for Vec<u8> {}
impl Column for Option<String> {}
impl Column for Option<i64> {}

impl Row {
    pub(crate) fn get<T: Column>(&self, column: &str) -> Result<T, StoreError> {
        Ok(match self {
            Self::Sqlite(row) => row.try_get(column)?,
            Self::Postgres(row) => row.try_get(column)?,
        })
    }

    fn get_at<T: Column>(&self, index: usize) -> Result<T, StoreError> {
        Ok(match self {
            Self::Sqlite(row) => row.try_get(index)?,
            Self::Postgres(row) => row.try_get(index)?,
        })
    }

    pub(crate) fn text(&self, column: &str) -> Result<String, StoreError> {
        self.get(column)
    }

    /// A text that is '' when there is none.
    pub(crate) fn present(&self, column: &str) -> Result<Option<String>, StoreError> {
        Ok(Some(self.text(column)?).filter(|text| !text.is_empty()))
    }

    pub(crate) fn int(&self, column: &str) -> Result<i64, StoreError> {
        self.get(column)
    }

    pub(crate) fn flag(&self, column: &str) -> Result<bool, StoreError> {
        Ok(self.int(column)? != 0)
    }

    pub(crate) fn time(&self, column: &str) -> Result<Time, StoreError> {
        Ok(Time(self.int(column)?))
    }

    pub(crate) fn time_opt(&self, column: &str) -> Result<Option<Time>, StoreError> {
        Ok(self.get::<Option<i64>>(column)?.map(Time))
    }
}

#[cfg(test)]
mod tests;
