//! Which worker pools have a worker, as of now: read when a task of their space is opened, and again when they may have
//! changed, so that a task that waits for one goes on, and nothing starts on one that lost its worker.
//!
//! Not here: which worker of a pool a script gets (`regatta_core::engine`).

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use regatta_core::machine::WorkerPool;
use regatta_store::{Conn, StoreError};

use super::Shared;
use super::resources::Pools;
use crate::stored;

/// Other servers change pools, too: look at least this often.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// Whether the pool has a worker: the built-in one works for the default pools, and there is no other yet.
pub(crate) fn is_served(pool: &WorkerPool) -> bool {
    pool.is_default
}

/// Follows the pools of all spaces with open tasks, for as long as the server runs.
pub(super) async fn run(shared: Arc<Shared>) {
    loop {
        tokio::select! {
            () = shared.pools.notified() => {}
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
        if let Err(error) = look(&shared).await {
            tracing::warn!(%error, "the worker pools cannot be looked at; trying again");
        }
    }
}

async fn look(shared: &Shared) -> Result<(), StoreError> {
    let spaces: BTreeSet<String> = {
        let tasks = shared.tasks();
        tasks.values().map(|open| open.space_id.clone()).collect()
    };
    if spaces.is_empty() {
        return Ok(());
    }
    let mut conn = shared.store.read().await?;
    let mut have_changed = false;
    for space in spaces {
        have_changed |= read(shared, &mut conn, &space).await?;
    }
    if have_changed {
        shared.wake_all();
    }
    Ok(())
}

/// Reads the pools of a space anew; answers whether they have changed since the last time.
pub(super) async fn read(
    shared: &Shared,
    conn: &mut Conn,
    space_id: &str,
) -> Result<bool, StoreError> {
    let all: Vec<WorkerPool> = stored::all(conn, "WorkerPools", space_id).await?;
    let (served, others): (Vec<_>, Vec<_>) = all.into_iter().partition(is_served);
    let pools = Pools {
        served: served.iter().map(|pool| pool.id.to_string()).collect(),
        names: others
            .iter()
            .map(|pool| (pool.id.to_string(), pool.name.to_string()))
            .collect(),
    };
    Ok(shared.resources().set_pools(space_id, pools))
}
