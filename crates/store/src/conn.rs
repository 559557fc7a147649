//! The only file that knows which database it talks to, with the parts it is made of: how one is opened ([`pool`]) and how
//! what it answers is read ([`row`]).
//!
//! Everything else writes one portable SQL text with `$1..$n` and reads rows by column name.
//! What differs between SQLite and PostgreSQL (connection set-up, how a transaction begins,
//! the clock, row locks, the schema's type names) is decided here and nowhere else.

mod pool;
mod row;

use sqlx::pool::PoolConnection;
use sqlx::{Postgres, SqlSafeStr, Sqlite, Transaction};

use crate::error::StoreError;
use crate::value::Value;

pub use pool::Location;
pub(crate) use pool::Pool;
pub(crate) use row::Row;

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

#[cfg(test)]
mod tests;
