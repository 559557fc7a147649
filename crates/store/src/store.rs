//! The database: opening it, reading from it, writing to it.

use std::sync::Arc;

use regatta_core::engine::event::Seq;

use crate::append::Appender;
use crate::conn::{Conn, Location, Pool, Tx};
use crate::error::StoreError;
use crate::schema;
use crate::task_event::Append;

/// All rows of an installation. Cheap to clone.
///
/// Reads go through [`Store::read`]; writes through [`Store::begin`] and [`Tx::commit`].
#[derive(Clone)]
pub struct Store(Arc<Shared>);

struct Shared {
    pool: Pool,
    appender: Appender,
}

impl Store {
    /// Connects and brings the schema up to date.
    ///
    /// # Errors
    /// [`StoreError::Newer`] when a newer program wrote the database; [`StoreError::Migration`] when the upgrade
    /// fails (what was there stays usable); [`StoreError::Database`] when it cannot be reached.
    pub async fn open(location: Location) -> Result<Self, StoreError> {
        let pool = Pool::open(&location).await?;
        schema::upgrade(&pool).await?;
        Ok(Self(Arc::new(Shared {
            appender: Appender::start(pool.clone()),
            pool,
        })))
    }

    /// A connection to read with; sees everything committed before this call. Hold it shortly: there are few.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn read(&self) -> Result<Conn, StoreError> {
        self.0.pool.read().await
    }

    /// A transaction. On SQLite there is one at a time, so never wait for anything else while holding it.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn begin(&self) -> Result<Tx, StoreError> {
        self.0.pool.begin().await
    }

    /// Writes something durable that nobody needs: whether it can.
    ///
    /// # Errors
    /// When the database takes nothing.
    pub async fn try_write(&self) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        // A counter, because a value that stays the same need not be written.
        tx.next_number("trial writes").await?;
        tx.commit().await
    }

    /// Appends events of a run together with what they change elsewhere, durably; answers the number of the last one.
    /// Appends that wait at the same time share one commit, so never hold a [`Tx`] while waiting for this.
    ///
    /// # Errors
    /// [`StoreError::StaleEpoch`] (stop working on the task), [`StoreError::WrongSeq`], or what a write answers;
    /// nothing of this append happened then. Passing trouble of the database is retried before it is told.
    pub async fn append(&self, append: Append) -> Result<Seq, StoreError> {
        self.0.appender.append(append).await
    }

    /// Waits for open work, then closes every connection.
    pub async fn close(&self) {
        self.0.pool.close().await;
    }
}
