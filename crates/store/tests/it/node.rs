//! Servers that say that they use the database.

use regatta_store::node::Node;

use crate::database::{Database, databases};

/// Longer than any test takes.
const LONG_MS: i64 = 3_600_000;

async fn nodes(db: &Database, within_ms: i64) -> Vec<Node> {
    let mut conn = db.store.read().await.unwrap();
    conn.nodes(within_ms).await.unwrap()
}

databases! {
    async fn a_server_is_known_from_its_last_word_until_it_goes(db: &Database) {
        let mut tx = db.store.begin().await.unwrap();
        for (id, about) in [("node-b", "b on a host"), ("node-a", "a"), ("node-b", "b on another host")] {
            tx.node_seen(id, about).await.unwrap();
        }
        tx.set_setting("another setting", "x").await.unwrap();
        tx.commit().await.unwrap();
        let known = nodes(db, LONG_MS).await;
        let told: Vec<_> = known.iter().map(|node| (&*node.id, &*node.about)).collect();
        assert_eq!(told, [("node-a", "a"), ("node-b", "b on another host")]);
        assert!(known.iter().all(|node| (0..LONG_MS).contains(&node.seen_ms_ago)), "{known:?}");
        // Nobody was there in the future.
        assert_eq!(nodes(db, -1).await, []);

        let mut tx = db.store.begin().await.unwrap();
        tx.node_gone("node-b").await.unwrap();
        tx.commit().await.unwrap();
        let left = nodes(db, LONG_MS).await;
        assert_eq!(left.iter().map(|node| &*node.id).collect::<Vec<_>>(), ["node-a"]);
    }
}
