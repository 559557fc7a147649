//! The database: opening it, reading from it, writing to it.

use std::sync::Arc;

use crate::conn::{Conn, Location, Pool, Tx};
use crate::error::StoreError;
use crate::schema;

/// All rows of an installation. Cheap to clone.
///
/// Reads go through [`Store::read`]; writes through [`Store::begin`] and [`Tx::commit`].
#[derive(Clone)]
pub struct Store(Arc<Shared>);

struct Shared {
    pool: Pool,
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
        Ok(Self(Arc::new(Shared { pool })))
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

    /// Waits for open work, then closes every connection.
    pub async fn close(&self) {
        self.0.pool.close().await;
    }
}
