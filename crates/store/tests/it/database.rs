//! A fresh database for one test.

use std::io::Write as _;
use std::sync::Once;

use regatta_core::time::Time;
use regatta_store::{Location, Store, Task};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection, SqliteConnection};
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
        Some(Self::open(TempDir::new().unwrap(), schema(&url).await).await)
    }

    /// Another database of the same sort, never opened.
    pub(crate) async fn empty_twin(&self) -> Location {
        match &self.location {
            Location::Sqlite(_) => Location::Sqlite(self.folder.path().join("twin.db")),
            Location::Postgres(url) => {
                let (url, _) = url.split_once("options=").expect("every test has a schema");
                schema(url.trim_end_matches(['?', '&'])).await
            }
        }
    }

    /// Runs a statement behind the store's back.
    pub(crate) async fn sql(&self, sql: &'static str) {
        match &self.location {
            Location::Sqlite(path) => {
                let options = SqliteConnectOptions::new()
                    .filename(path)
                    .foreign_keys(false);
                SqliteConnection::connect_with(&options)
                    .await
                    .unwrap()
                    .execute(sql)
                    .await
                    .unwrap();
            }
            Location::Postgres(url) => {
                let mut conn = PgConnection::connect(url).await.unwrap();
                conn.execute(sql).await.unwrap();
            }
        }
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

/// Makes an empty schema, and the location that uses it.
async fn schema(url: &str) -> Location {
    let schema = format!("t{}", uuid::Uuid::now_v7().simple());
    let mut admin = PgConnection::connect(url).await.unwrap();
    admin
        .execute(AssertSqlSafe(format!("CREATE SCHEMA {schema}")))
        .await
        .unwrap();
    let separator = if url.contains('?') { '&' } else { '?' };
    Location::Postgres(format!("{url}{separator}options=-csearch_path%3D{schema}"))
}

/// A deployment that waits in the queue.
pub(crate) fn queued(number: u32) -> Task {
    Task {
        space_id: Some("Spaces-1".to_owned()),
        description: format!("Deploy {number}"),
        project_id: Some("Projects-1".to_owned()),
        environment_id: Some("Environments-1".to_owned()),
        release_id: Some("Releases-1".to_owned()),
        deployment_id: Some(format!("Deployments-{number}")),
        ..Task::queued(format!("ServerTasks-{number}"), "Deploy", Time(1))
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
