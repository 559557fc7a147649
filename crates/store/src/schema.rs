//! The list of migrations, and bringing a database up to date with it.
//!
//! A migration that has shipped is never edited (its checksum is in every database): add the next one.

use sqlx::AssertSqlSafe;
use sqlx::SqlSafeStr as _;
use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};

use crate::conn::Pool;
use crate::error::StoreError;

const MIGRATIONS: &[(i64, &str, &str)] = &[
    (
        1,
        "first schema",
        include_str!("../migrations/0001_first.sql"),
    ),
    (
        2,
        "tag of stopped spaces",
        include_str!("../migrations/0002_stopped_spaces.sql"),
    ),
    (
        3,
        "former slugs",
        include_str!("../migrations/0003_former_slugs.sql"),
    ),
];

/// Applies what is missing. Refuses a database that knows migrations this program does not.
pub(crate) async fn upgrade(pool: &Pool) -> Result<(), StoreError> {
    let list = MIGRATIONS.iter().map(|(version, description, sql)| {
        let sql = AssertSqlSafe(pool.schema_text(sql)).into_sql_str();
        Migration::new(
            *version,
            (*description).into(),
            MigrationType::Simple,
            sql,
            false,
        )
    });
    let migrator = Migrator::with_migrations(list.collect());
    pool.migrate(&migrator).await.map_err(|error| match error {
        MigrateError::VersionMissing(found) | MigrateError::VersionTooNew(found, _) => {
            let known = MIGRATIONS.last().map_or(0, |(version, ..)| *version);
            StoreError::Newer { found, known }
        }
        other => StoreError::Migration(other.into()),
    })
}
