//! A fresh database for one test.

use std::io::Write as _;
use std::sync::Once;

use regatta_store::{Location, Store};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};
use tempfile::TempDir;

/// Where PostgreSQL listens; `cargo xtask test` starts one and sets this.
const POSTGRES_URL: &str = "REGATTA_TEST_POSTGRES_URL";

pub(crate) struct Database {
    pub(crate) location: Location,
    pub(crate) store: Store,
    /// For files of the test; gone when it ends.
    pub(crate) folder: TempDir,
}

impl Database {
    pub(crate) async fn sqlite() -> Self {
        let folder = TempDir::new().unwrap();
        let location = Location::Sqlite(folder.path().join("regatta.db"));
        Self::open(folder, location).await
    }

    /// A schema of its own in the PostgreSQL that is there, or `None` (said on stderr) when there is none.
    pub(crate) async fn postgres() -> Option<Self> {
        static SAID: Once = Once::new();
        let Ok(url) = std::env::var(POSTGRES_URL) else {
            // Straight to stderr: the test harness hides what passing tests print.
            SAID.call_once(|| {
                let said = writeln!(
                    std::io::stderr(),
                    "\nSKIPPED: the PostgreSQL half of the store's tests, because {POSTGRES_URL} is not set. \
                     `cargo xtask test` runs it.\n"
                );
                said.expect("stderr is open");
            });
            return None;
        };
        let folder = TempDir::new().unwrap();
        let schema = format!("t{}", uuid::Uuid::now_v7().simple());
        let mut admin = PgConnection::connect(&url).await.unwrap();
        admin
            .execute(AssertSqlSafe(format!("CREATE SCHEMA {schema}")))
            .await
            .unwrap();
        let separator = if url.contains('?') { '&' } else { '?' };
        let location =
            Location::Postgres(format!("{url}{separator}options=-csearch_path%3D{schema}"));
        Some(Self::open(folder, location).await)
    }

    async fn open(folder: TempDir, location: Location) -> Self {
        let store = Store::open(location.clone()).await.unwrap();
        Self {
            location,
            store,
            folder,
        }
    }
}

/// Declares tests that run on both databases: `databases! { async fn name(db: &Database) { … } }`.
macro_rules! databases {
    ($($(#[$meta:meta])* async fn $name:ident($db:ident: &Database) $body:block)*) => {$(
        $(#[$meta])*
        mod $name {
            use super::*;

            async fn check($db: &Database) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                check(&Database::sqlite().await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                if let Some(database) = Database::postgres().await {
                    check(&database).await;
                }
            }
        }
    )*};
}
pub(crate) use databases;
