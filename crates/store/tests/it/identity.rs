//! Sessions, API keys, the audit trail, durations of steps.

use regatta_core::time::Time;
use regatta_store::{ApiKey, AuditEntry, AuditQuery, Session, StepDuration, StoreError};

use crate::database::{Database, databases};

fn session(byte: u8, user: &str) -> Session {
    Session {
        hash: [byte; 32],
        user_id: user.to_owned(),
        created_at: Time(1),
        last_used_at: Time(1),
        expires_at: Time(100),
        body: "{}".to_owned(),
    }
}

fn entry(space: Option<&str>, category: &str, at: i64, related: &[&str]) -> AuditEntry {
    AuditEntry {
        space_id: space.map(str::to_owned),
        category: category.to_owned(),
        document_kind: related[0].split('-').next().unwrap().to_owned(),
        user_id: Some("Users-1".to_owned()),
        username: "ada".to_owned(),
        occurred_at: Time(at),
        message: format!("{category} {}", related[0]),
        body: "{}".to_owned(),
        related: related.iter().map(|&id| id.to_owned()).collect(),
    }
}

databases! {
    async fn sessions_end_and_are_ended(db: &Database) {
        let mut tx = db.store.begin().await.unwrap();
        for (byte, user) in [(1, "Users-1"), (2, "Users-1"), (3, "Users-2")] {
            tx.session_insert(&session(byte, user)).await.unwrap();
        }
        assert_eq!(tx.session(&[1; 32], Time(99)).await.unwrap(), Some(session(1, "Users-1")));
        assert_eq!(tx.session(&[1; 32], Time(100)).await.unwrap(), None);
        assert_eq!(tx.session(&[9; 32], Time(1)).await.unwrap(), None);
        assert!(tx.session_use(&[1; 32], Time(50), Time(150)).await.unwrap());
        assert!(!tx.session_use(&[9; 32], Time(50), Time(150)).await.unwrap());
        assert_eq!(tx.session(&[1; 32], Time(120)).await.unwrap().unwrap().last_used_at, Time(50));
        assert_eq!(tx.sessions_delete("Users-1", Some(&[1; 32])).await.unwrap(), 1);
        assert_eq!(tx.sessions_delete_ended(Time(100)).await.unwrap(), 1);
        tx.session_delete(&[1; 32]).await.unwrap();
        assert_eq!(tx.sessions_delete("Users-1", None).await.unwrap(), 0);
    }

    async fn api_keys_are_found_by_hash(db: &Database) {
        let key = |number: u8| ApiKey {
            id: format!("APIKeys-{number}"),
            hash: [number; 32],
            user_id: "Users-1".to_owned(),
            purpose: "build server".to_owned(),
            hint: "API-AB".to_owned(),
            created_at: Time(i64::from(number)),
            expires_at: None,
            last_used_at: None,
        };
        let mut tx = db.store.begin().await.unwrap();
        tx.api_key_insert(&key(1)).await.unwrap();
        tx.api_key_insert(&key(2)).await.unwrap();
        tx.api_key_use("APIKeys-2", Time(7)).await.unwrap();
        assert_eq!(tx.api_key_by_hash(&[1; 32]).await.unwrap(), Some(key(1)));
        assert_eq!(tx.api_key_by_hash(&[2; 32]).await.unwrap().unwrap().last_used_at, Some(Time(7)));
        assert_eq!(tx.api_keys("Users-1").await.unwrap().len(), 2);
        assert!(!tx.api_key_delete("Users-2", "APIKeys-1").await.unwrap());
        assert!(tx.api_key_delete("Users-1", "APIKeys-1").await.unwrap());
        assert_eq!(tx.api_key_by_hash(&[1; 32]).await.unwrap(), None);
        let same_hash = ApiKey { id: "APIKeys-3".to_owned(), ..key(2) };
        let error = tx.api_key_insert(&same_hash).await.unwrap_err();
        assert!(matches!(error, StoreError::Taken { field: "hash" }), "{error}");
    }

    async fn audit_events_are_filtered(db: &Database) {
        let mut tx = db.store.begin().await.unwrap();
        for entry in [
            entry(Some("Spaces-1"), "Created", 10, &["Projects-1"]),
            entry(Some("Spaces-1"), "Modified", 20, &["Projects-1", "Environments-1"]),
            entry(Some("Spaces-2"), "Modified", 30, &["Projects-2", "Environments-1"]),
            entry(None, "Created", 40, &["Users-2"]),
        ] {
            tx.audit_insert(&entry).await.unwrap();
        }
        tx.commit().await.unwrap();
        let texts = |list: &[&str]| list.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
        let mut conn = db.store.read().await.unwrap();
        let all = AuditQuery::default;
        for (query, expected) in [
            (all(), vec![4, 3, 2, 1]),
            (AuditQuery { take: Some(2), skip: 1, ..all() }, vec![3, 2]),
            (AuditQuery { spaces: Some(vec![Some("Spaces-1".to_owned()), None]), ..all() }, vec![4, 2, 1]),
            (AuditQuery { regarding: texts(&["Projects-1", "Environments-1"]), ..all() }, vec![2]),
            (AuditQuery { related_any: vec![texts(&["Projects-1", "Users-2"])], ..all() }, vec![4, 2, 1]),
            (AuditQuery { within: Some(vec![vec![texts(&["Projects-1"]), texts(&["Environments-1"])]]), ..all() }, vec![2]),
            (AuditQuery { within: Some(vec![vec![texts(&["Projects-2"])], vec![texts(&["Users-2"])]]), ..all() }, vec![4, 3]),
            (AuditQuery { within: Some(vec![]), ..all() }, vec![]),
            (AuditQuery { users: texts(&["Users-2"]), ..all() }, vec![]),
            (AuditQuery { categories: texts(&["Created"]), ..all() }, vec![4, 1]),
            (AuditQuery { document_kinds: texts(&["Projects"]), ..all() }, vec![3, 2, 1]),
            (AuditQuery { from: Some(Time(20)), to: Some(Time(40)), ..all() }, vec![3, 2]),
            (AuditQuery { from_auto_id: Some(2), to_auto_id: Some(3), ..all() }, vec![3, 2]),
            (AuditQuery { auto_ids: Some(vec![3, 77]), ..all() }, vec![3]),
            (AuditQuery { auto_ids: Some(vec![]), ..all() }, vec![]),
        ] {
            let page = conn.audit_events(&query).await.unwrap();
            assert_eq!(page.items.iter().map(|event| event.auto_id).collect::<Vec<_>>(), expected, "{query:?}");
        }
        let stored = conn.audit_events(&AuditQuery { auto_ids: Some(vec![2]), ..all() }).await.unwrap();
        assert_eq!(stored.items[0].entry, entry(Some("Spaces-1"), "Modified", 20, &["Projects-1", "Environments-1"]));
    }

    async fn a_changed_or_removed_audit_event_is_found(db: &Database) {
        let mut tx = db.store.begin().await.unwrap();
        for at in 0..5 {
            tx.audit_insert(&entry(Some("Spaces-1"), "Modified", at, &["Projects-1"])).await.unwrap();
        }
        tx.commit().await.unwrap();
        let broken = || async {
            db.store.read().await.unwrap().audit_first_broken(Some("Spaces-1")).await.unwrap()
        };
        assert_eq!(broken().await, None);
        db.sql("DELETE FROM audit_event WHERE auto_id = 5").await;
        assert_eq!(broken().await, Some(5));
        db.sql("DELETE FROM audit_event WHERE auto_id = 2").await;
        assert_eq!(broken().await, Some(3));
        db.sql("UPDATE audit_event SET username = 'eve' WHERE auto_id = 1").await;
        assert_eq!(broken().await, Some(1));
    }

    async fn the_last_durations_of_each_step_are_kept(db: &Database) {
        let mut tx = db.store.begin().await.unwrap();
        for (step, count) in [("build", 60), ("test", 3)] {
            for at in 0..count {
                let duration = StepDuration {
                    project_id: "Projects-1".to_owned(),
                    step: step.to_owned(),
                    action: step.to_owned(),
                    ended_at: Time(at),
                    ms: at * 10,
                };
                tx.step_duration_insert(&duration).await.unwrap();
            }
        }
        let durations = tx.step_durations("Projects-1", 5).await.unwrap();
        let of = |step: &str| durations.iter().filter(|past| past.step == step).map(|past| past.ms).collect::<Vec<_>>();
        assert_eq!(of("build"), vec![590, 580, 570, 560, 550]);
        assert_eq!(of("test"), vec![20, 10, 0]);
        let all = tx.step_durations("Projects-1", 1000).await.unwrap();
        assert_eq!(all.len() as u64, regatta_store::step_duration::DURATIONS_KEPT + 3);
        assert_eq!(tx.step_durations("Projects-2", 5).await.unwrap(), vec![]);
    }
}
