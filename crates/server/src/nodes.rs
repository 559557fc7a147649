//! Other servers on the same database: who is there, and whether this one may start beside them.
//!
//! Logs, artifacts and packages are files of one data directory, so a second server cannot show what the first one has:
//! it can only wait to take over. Whoever wants that says so; otherwise it is a mistake, and nothing starts. A database
//! in a file is the data directory's, which has one server anyway. Not here: who drives a task ([`crate::driver`]).

use std::time::Duration;

use regatta_store::node::Node;
use regatta_store::{Store, StoreError};

use crate::app::App;
use crate::config::Config;
use crate::server::ServerError;

const BEAT_EVERY: Duration = Duration::from_secs(5);
/// A server that said nothing for so long is gone.
const GONE_AFTER_MS: i64 = 20_000;

/// Takes a place beside what servers there are.
///
/// # Errors
/// [`ServerError::Beside`] when there is another one, unless that is wanted.
pub(crate) async fn enter(store: &Store, config: &Config, node: &str) -> Result<(), ServerError> {
    let mut tx = store.begin().await?;
    // Of two that start at once the second sees the first.
    tx.queue_lock().await?;
    for other in others(tx.nodes(GONE_AFTER_MS).await?, node) {
        if !config.is_standby {
            return Err(ServerError::Beside {
                other: other.about,
                seconds: other.seen_ms_ago.max(0) / 1000,
            });
        }
        warn(&other);
    }
    if config.database_url.is_some() {
        tx.node_seen(node, &about(config, node)).await?;
    }
    Ok(tx.commit().await?)
}

/// Says that this server is there for as long as it runs, and warns when another one comes.
pub(crate) async fn stay(app: App) {
    let node = app.driver().node().to_owned();
    let about = about(&app.config, &node);
    let mut known: Vec<String> = Vec::new();
    loop {
        tokio::time::sleep(BEAT_EVERY).await;
        match beat(&app.store, &node, &about).await {
            Ok(others) => {
                let new = others.iter().filter(|other| !known.contains(&other.id));
                new.for_each(warn);
                known = others.into_iter().map(|other| other.id).collect();
            }
            Err(error) => {
                tracing::warn!(%error, "other servers do not know that this one is there");
            }
        }
    }
}

async fn beat(store: &Store, node: &str, about: &str) -> Result<Vec<Node>, StoreError> {
    let mut tx = store.begin().await?;
    tx.node_seen(node, about).await?;
    let nodes = tx.nodes(GONE_AFTER_MS).await?;
    tx.commit().await?;
    Ok(others(nodes, node))
}

/// Lets another server start at once.
pub(crate) async fn leave(app: &App) {
    let left = async {
        let mut tx = app.store.begin().await?;
        tx.node_gone(app.driver().node()).await?;
        tx.commit().await
    };
    if let Err(error) = left.await {
        tracing::warn!(%error, "other servers take this one for running a little longer");
    }
}

/// The servers beside this one.
pub(crate) async fn beside(app: &App) -> Result<Vec<String>, StoreError> {
    let nodes = app.store.read().await?.nodes(GONE_AFTER_MS).await?;
    let others = others(nodes, app.driver().node()).into_iter();
    Ok(others.map(|other| other.id).collect())
}

fn others(nodes: Vec<Node>, node: &str) -> Vec<Node> {
    nodes.into_iter().filter(|other| other.id != node).collect()
}

fn warn(other: &Node) {
    tracing::warn!(
        other = other.about,
        "another server uses the same database: each has files the other cannot show, and one starts nothing while the other drives a task"
    );
}

fn about(config: &Config, node: &str) -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let data_dir = std::path::absolute(&config.data_dir);
    let data_dir = data_dir.as_ref().unwrap_or(&config.data_dir).display();
    format!("{node} on {} with {data_dir}", host.trim())
}
