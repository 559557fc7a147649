//! What only this file can bring about: a database that is full before anything else is.

use sqlx::AssertSqlSafe;
use tempfile::TempDir;

use super::{Location, Tx};
use crate::error::StoreError;
use crate::store::Store;
use crate::value::values;

const LARGE_BYTES: usize = 1 << 20;

async fn open() -> (TempDir, Store) {
    let folder = TempDir::new().unwrap();
    let location = Location::Sqlite(folder.path().join("regatta.db"));
    let store = Store::open(location).await.unwrap();
    (folder, store)
}

/// Lets the database grow no further, for as long as it is written through the same connection.
async fn forbid_growth(tx: &mut Tx) {
    let pages = tx.number("PRAGMA page_count", values![]).await.unwrap();
    let limit = format!("PRAGMA max_page_count = {pages}");
    tx.row(AssertSqlSafe(limit), values![]).await.unwrap();
}

async fn fill(tx: &mut Tx) -> StoreError {
    let large = "x".repeat(LARGE_BYTES);
    tx.set_setting("large", &large).await.unwrap_err()
}

#[tokio::test]
async fn a_full_database_takes_changes_again_as_soon_as_there_is_room() {
    let (_folder, store) = open().await;
    let mut tx = store.begin().await.unwrap();
    forbid_growth(&mut tx).await;
    tx.commit().await.unwrap();
    let mut tx = store.begin().await.unwrap();
    tx.set_setting("before", "the end").await.unwrap();
    let error = fill(&mut tx).await;
    assert!(error.is_full() && error.is_transient(), "{error}");
    drop(tx);

    let mut tx = store.begin().await.unwrap();
    tx.set_setting("after", "the end").await.unwrap();
    tx.commit().await.unwrap();
    let mut conn = store.read().await.unwrap();
    assert_eq!(conn.setting("before").await.unwrap(), None);
    let after = conn.setting("after").await.unwrap();
    assert_eq!(after.as_deref(), Some("the end"));
}

/// SQLite has rolled back what came before, and would commit what comes after by itself.
#[tokio::test]
async fn nothing_of_a_transaction_that_met_a_full_disk_is_kept() {
    let (_folder, store) = open().await;
    let mut tx = store.begin().await.unwrap();
    forbid_growth(&mut tx).await;
    fill(&mut tx).await;
    let refused = tx.set_setting("half", "done").await.unwrap_err();
    assert!(refused.is_full(), "{refused}");
    let refused = tx.commit().await.unwrap_err();
    assert!(refused.is_full(), "{refused}");

    let mut conn = store.read().await.unwrap();
    assert_eq!(conn.setting("half").await.unwrap(), None);
    store.try_write().await.unwrap();
}
