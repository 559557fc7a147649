//! Upgrading, and refusing what a newer program wrote.

use regatta_store::{Store, StoreError};

use crate::database::{Database, databases};

databases! {
    async fn a_database_of_a_newer_program_is_refused_and_left_alone(db: &Database) {
        db.store.close().await;
        db.sql(
            "INSERT INTO _sqlx_migrations (version, description, installed_on, success, checksum, execution_time) \
             VALUES (9999, 'of the future', CURRENT_TIMESTAMP, true, '', 0)",
        )
        .await;
        let error = Store::open(db.location.clone()).await.err().expect("refused");
        assert!(matches!(error, StoreError::Newer { found: 9999, .. }), "{error}");
        assert!(error.to_string().contains("newer version of Regatta"));
        db.sql("DELETE FROM _sqlx_migrations WHERE version = 9999").await;
        Store::open(db.location.clone()).await.unwrap();
    }

    async fn a_failed_upgrade_changes_nothing(db: &Database) {
        db.store.close().await;
        // Without its history the schema is made again, and fails at the first table that is there.
        db.sql("DROP TABLE counter").await;
        db.sql("DELETE FROM _sqlx_migrations").await;
        let error = Store::open(db.location.clone()).await.err().expect("the schema is half there");
        assert!(matches!(error, StoreError::Migration(_)), "{error}");
        db.sql("CREATE TABLE counter (is_free BIGINT)").await;
    }

    async fn servers_may_start_at_the_same_time(db: &Database) {
        let mut starting = tokio::task::JoinSet::new();
        let empty = db.empty_twin().await;
        for _ in 0..4 {
            let location = empty.clone();
            starting.spawn(async move { Store::open(location).await.map(|_| ()) });
        }
        for started in starting.join_all().await {
            started.unwrap();
        }
    }
}
