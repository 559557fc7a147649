//! Documents: versions, uniqueness, lists.

use std::time::Duration;

use regatta_core::time::Time;
use regatta_store::{Document, Order, Query, StoreError};

use crate::database::{Database, databases, queued};

fn project(id: &str, name: &str) -> Document {
    Document {
        kind: "Projects".to_owned(),
        id: id.to_owned(),
        space_id: Some("Spaces-1".to_owned()),
        owner_id: None,
        name: name.to_owned(),
        name_is_unique: true,
        slug: Some(name.to_lowercase().replace(' ', "-")),
        sort_order: 0,
        tags: Vec::new(),
        version: 1,
        body: format!("{{\"Name\":\"{name}\"}}"),
        created_at: Time(1_000),
        updated_at: Time(1_000),
    }
}

async fn insert(db: &Database, documents: &[Document]) {
    let mut tx = db.store.begin().await.unwrap();
    for document in documents {
        tx.document_insert(document).await.unwrap();
    }
    tx.commit().await.unwrap();
}

async fn names(db: &Database, query: Query) -> (Vec<String>, u64) {
    let mut conn = db.store.read().await.unwrap();
    let page = conn.documents(&query).await.unwrap();
    assert_eq!(conn.document_count(&query).await.unwrap(), page.total);
    (
        page.items
            .into_iter()
            .map(|document| document.name)
            .collect(),
        page.total,
    )
}

fn projects() -> Query {
    Query {
        kind: "Projects".to_owned(),
        space_id: Some(Some("Spaces-1".to_owned())),
        ..Query::default()
    }
}

databases! {
    async fn a_slug_that_was_given_up_leads_to_who_had_it_last(db: &Database) {
        let (web, billing) = (project("Projects-1", "Web"), project("Projects-2", "Billing"));
        insert(db, &[web.clone(), billing.clone()]).await;
        let renamed = |document: &Document, slug: &str| Document { slug: Some(slug.to_owned()), ..document.clone() };
        let mut tx = db.store.begin().await.unwrap();
        tx.former_slug_keep(&web).await.unwrap();
        tx.document_replace(&renamed(&web, "shop")).await.unwrap();
        let taken = renamed(&billing, "web");
        tx.former_slug_keep(&billing).await.unwrap();
        tx.document_replace(&taken).await.unwrap();
        tx.commit().await.unwrap();
        let found = async |space: Option<&str>, slug: &str| {
            let mut conn = db.store.read().await.unwrap();
            let found = conn.document_by_former_slug("Projects", space, slug).await.unwrap();
            found.map(|document| document.id)
        };
        let here = Some("Spaces-1");
        assert_eq!(found(here, "web").await.as_deref(), Some("Projects-1"));
        assert_eq!(found(here, "billing").await.as_deref(), Some("Projects-2"));
        assert_eq!(found(Some("Spaces-2"), "web").await, None);
        assert_eq!(found(None, "web").await, None);

        let mut tx = db.store.begin().await.unwrap();
        let taken = Document { version: 2, ..taken };
        tx.former_slug_keep(&taken).await.unwrap();
        tx.document_replace(&renamed(&taken, "money")).await.unwrap();
        tx.document_delete("Projects", "Projects-1").await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(found(here, "web").await.as_deref(), Some("Projects-2"), "the last to give it up");
        let mut tx = db.store.begin().await.unwrap();
        tx.document_delete("Projects", "Projects-2").await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(found(here, "billing").await, None, "what is deleted is not found by what it was called");
    }

    async fn what_was_inserted_is_read(db: &Database) {
        let mut web = project("Projects-1", "Web Shop");
        web.tags = vec!["environment:Environments-1".to_owned(), "role:web".to_owned()];
        insert(db, std::slice::from_ref(&web)).await;
        let mut conn = db.store.read().await.unwrap();
        assert_eq!(conn.document("Projects", "Projects-1").await.unwrap(), Some(web));
        assert_eq!(conn.document("Environments", "Projects-1").await.unwrap(), None);
        assert_eq!(conn.document("Projects", "Projects-2").await.unwrap(), None);
    }

    async fn ids_count_per_kind_and_never_repeat(db: &Database) {
        let mut tx = db.store.begin().await.unwrap();
        assert_eq!(tx.next_id("Projects").await.unwrap(), "Projects-1");
        assert_eq!(tx.next_id("Projects").await.unwrap(), "Projects-2");
        assert_eq!(tx.next_id("Environments").await.unwrap(), "Environments-1");
        tx.commit().await.unwrap();
        let mut tx = db.store.begin().await.unwrap();
        assert_eq!(tx.next_id("Projects").await.unwrap(), "Projects-3");
    }

    async fn what_is_held_is_deleted_only_after_whoever_held_it_is_done(db: &Database) {
        insert(db, &[project("Projects-1", "Web")]).await;
        let mut holding = db.store.begin().await.unwrap();
        assert!(holding.document_hold("Projects", "Projects-1").await.unwrap());
        assert!(!holding.document_hold("Projects", "Projects-2").await.unwrap());
        let store = db.store.clone();
        let mut deleting = tokio::spawn(async move {
            let mut tx = store.begin().await.unwrap();
            let claimed = tx.document_claim("Projects", "Projects-1").await.unwrap();
            let open = tx.tasks_open().await.unwrap().len();
            tx.document_delete("Projects", "Projects-1").await.unwrap();
            tx.commit().await.unwrap();
            (claimed.is_some(), open)
        });
        let waits = tokio::time::timeout(Duration::from_millis(200), &mut deleting).await;
        assert!(waits.is_err(), "it was claimed while it was held");
        holding.task_insert(&queued(1)).await.unwrap();
        holding.commit().await.unwrap();
        assert_eq!(deleting.await.unwrap(), (true, 1), "what was written meanwhile is seen");
        let mut late = db.store.begin().await.unwrap();
        assert!(!late.document_hold("Projects", "Projects-1").await.unwrap());
        assert_eq!(late.document_claim("Projects", "Projects-1").await.unwrap(), None);
    }

    async fn who_comes_after_a_claim_waits_and_finds_nothing(db: &Database) {
        insert(db, &[project("Projects-1", "Web")]).await;
        let mut deleting = db.store.begin().await.unwrap();
        deleting.document_claim("Projects", "Projects-1").await.unwrap().unwrap();
        let store = db.store.clone();
        let mut holding = tokio::spawn(async move {
            let mut tx = store.begin().await.unwrap();
            tx.document_hold("Projects", "Projects-1").await.unwrap()
        });
        let waits = tokio::time::timeout(Duration::from_millis(200), &mut holding).await;
        assert!(waits.is_err(), "it was held while it was claimed");
        deleting.document_delete("Projects", "Projects-1").await.unwrap();
        deleting.commit().await.unwrap();
        assert!(!holding.await.unwrap());
    }

    async fn a_dropped_transaction_leaves_nothing(db: &Database) {
        let mut tx = db.store.begin().await.unwrap();
        tx.document_insert(&project("Projects-1", "Web")).await.unwrap();
        drop(tx);
        assert_eq!(names(db, projects()).await, (vec![], 0));
    }

    async fn a_stale_version_is_refused_and_changes_nothing(db: &Database) {
        let mut web = project("Projects-1", "Web");
        insert(db, std::slice::from_ref(&web)).await;
        web.body = "{}".to_owned();
        let mut tx = db.store.begin().await.unwrap();
        assert_eq!(tx.document_replace(&web).await.unwrap(), 2);
        tx.commit().await.unwrap();

        web.body = "{\"late\":true}".to_owned();
        let mut tx = db.store.begin().await.unwrap();
        let error = tx.document_replace(&web).await.unwrap_err();
        assert!(matches!(error, StoreError::Stale { expected: 1, found: 2, .. }), "{error}");
        drop(tx);
        let stored = db.store.read().await.unwrap().document("Projects", "Projects-1").await.unwrap().unwrap();
        assert_eq!((stored.version, stored.body.as_str()), (2, "{}"));

        let mut tx = db.store.begin().await.unwrap();
        let error = tx.document_replace(&project("Projects-9", "Gone")).await.unwrap_err();
        assert!(matches!(error, StoreError::Missing { .. }), "{error}");
    }

    async fn names_are_unique_per_scope_in_any_case(db: &Database) {
        let mut channel = project("Channels-1", "Dëfault");
        channel.owner_id = Some("Projects-1".to_owned());
        let mut other = channel.clone();
        (other.id, other.owner_id) = ("Channels-2".to_owned(), Some("Projects-2".to_owned()));
        insert(db, &[project("Projects-1", "Web"), channel.clone(), other]).await;

        let mut tx = db.store.begin().await.unwrap();
        (channel.id, channel.name, channel.slug) = ("Channels-3".to_owned(), "DËFAULT".to_owned(), None);
        let error = tx.document_insert(&channel).await.unwrap_err();
        assert!(matches!(error, StoreError::Taken { field: "name" }), "{error}");
        drop(tx);

        let mut tx = db.store.begin().await.unwrap();
        let mut same_slug = project("Projects-2", "Other");
        same_slug.slug = Some("web".to_owned());
        let error = tx.document_insert(&same_slug).await.unwrap_err();
        assert!(matches!(error, StoreError::Taken { field: "slug" }), "{error}");
        drop(tx);

        let mut tx = db.store.begin().await.unwrap();
        let error = tx.document_insert(&project("Projects-1", "Third")).await.unwrap_err();
        assert!(matches!(error, StoreError::Taken { field: "id" }), "{error}");
    }

    async fn lists_are_filtered_sorted_and_paged(db: &Database) {
        let mut all: Vec<_> = (1..=12).map(|n| project(&format!("Projects-{n}"), &format!("p{:02}", 20 - n))).collect();
        all[0].name = "100% Zebra_x".to_owned();
        all[1].tags = vec!["role:web".to_owned(), "environment:Environments-2".to_owned()];
        all[2].tags = vec!["role:db".to_owned()];
        (all[3].space_id, all[4].space_id) = (Some("Spaces-2".to_owned()), None);
        insert(db, &all).await;

        let newest = names(db, Query { order: Order::Newest, take: Some(2), ..projects() }).await;
        assert_eq!(newest, (vec!["p08".to_owned(), "p09".to_owned()], 10));
        let second = names(db, Query { skip: 1, take: Some(2), ..projects() }).await;
        assert_eq!(second, (vec!["p08".to_owned(), "p09".to_owned()], 10));
        let beyond = names(db, Query { skip: 30, take: Some(2), ..projects() }).await;
        assert_eq!(beyond, (vec![], 10));
        let partial = names(db, Query { partial_name: Some("0% zebra_X".to_owned()), ..projects() }).await;
        assert_eq!(partial, (vec!["100% Zebra_x".to_owned()], 1));
        let wildcard = names(db, Query { partial_name: Some("p_8".to_owned()), ..projects() }).await;
        assert_eq!(wildcard, (vec![], 0));
        let exact = names(db, Query { name: Some("P18".to_owned()), ..projects() }).await;
        assert_eq!(exact, (vec!["p18".to_owned()], 1));
        let web_or_db = vec!["role:web".to_owned(), "role:db".to_owned()];
        let tagged = names(db, Query { tags: vec![web_or_db.clone()], ..projects() }).await;
        assert_eq!(tagged, (vec!["p17".to_owned(), "p18".to_owned()], 2));
        let both = vec![web_or_db, vec!["environment:Environments-2".to_owned()]];
        assert_eq!(names(db, Query { tags: both, ..projects() }).await, (vec!["p18".to_owned()], 1));
        assert_eq!(names(db, Query { ids: Some(vec![]), ..projects() }).await, (vec![], 0));
        let ids = Some(vec!["Projects-2".to_owned(), "Projects-4".to_owned()]);
        assert_eq!(names(db, Query { ids, ..projects() }).await, (vec!["p18".to_owned()], 1));
        let outside = Query { space_id: Some(None), ..projects() };
        assert_eq!(names(db, outside).await, (vec!["p15".to_owned()], 1));
        assert_eq!(names(db, Query { space_id: None, ..projects() }).await.1, 12);
    }

    async fn settings_are_set_once_or_replaced(db: &Database) {
        let mut tx = db.store.begin().await.unwrap();
        assert_eq!(tx.setting("installation").await.unwrap(), None);
        assert_eq!(tx.setting_or_insert("installation", "a").await.unwrap(), "a");
        assert_eq!(tx.setting_or_insert("installation", "b").await.unwrap(), "a");
        tx.set_setting("installation", "c").await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(db.store.read().await.unwrap().setting("installation").await.unwrap().as_deref(), Some("c"));
    }

    async fn opening_again_keeps_everything(db: &Database) {
        insert(db, &[project("Projects-1", "Web")]).await;
        let again = regatta_store::Store::open(db.location.clone()).await.unwrap();
        assert!(again.read().await.unwrap().document("Projects", "Projects-1").await.unwrap().is_some());
    }
}
