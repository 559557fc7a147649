//! Upgrading, and refusing what a newer program wrote.

use regatta_core::time::Time;
use regatta_store::{Document, Query, Store, StoreError};

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

    async fn spaces_stopped_before_they_had_a_tag_are_found_by_it(db: &Database) {
        let mut tx = db.store.begin().await.unwrap();
        for (id, body) in [
            ("Spaces-7", r#"{"Name":"a","TaskQueueStopped":true}"#),
            ("Spaces-8", r#"{"Description":"\"TaskQueueStopped\":true","TaskQueueStopped":false}"#),
        ] {
            tx.document_insert(&space(id, body)).await.unwrap();
        }
        tx.commit().await.unwrap();
        db.store.close().await;
        db.sql("DELETE FROM _sqlx_migrations WHERE version = 2").await;
        let store = Store::open(db.location.clone()).await.unwrap();
        let query = Query {
            kind: "Spaces".to_owned(),
            tags: vec![vec!["task-queue-stopped:true".to_owned()]],
            ..Query::default()
        };
        let found = store.read().await.unwrap().documents(&query).await.unwrap().items;
        let found: Vec<_> = found.into_iter().map(|space| (space.id, space.tags)).collect();
        assert_eq!(found, [("Spaces-7".to_owned(), vec!["task-queue-stopped:true".to_owned()])]);
        store.close().await;
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

fn space(id: &str, body: &str) -> Document {
    Document {
        kind: "Spaces".to_owned(),
        id: id.to_owned(),
        space_id: None,
        owner_id: None,
        name: id.to_owned(),
        name_is_unique: true,
        slug: None,
        sort_order: 0,
        tags: Vec::new(),
        version: 1,
        body: body.to_owned(),
        created_at: Time(1),
        updated_at: Time(1),
    }
}
