//! What the outside offers a run at one moment: workers, machines, locks, slots. Handed in, never looked up.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

/// Everything outside the run that decides whether an action may start now.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct World {
    /// In order of preference; of equally loaded workers the first is chosen.
    pub workers: Vec<Worker>,
    /// Targets (document ids) that cannot be reached. Actions on them wait. A shell that gives up
    /// on a target leaves it out and reports the dispatch as failed.
    pub offline: BTreeSet<String>,
    /// Locks of *other* tasks by machine (document id); see [`super::MachineLocks::seen_by`].
    pub locks: BTreeMap<String, Hold>,
    /// Tickets the server may still hand out over all tasks; `None` = no limit.
    pub free_slots: Option<u32>,
    /// What people call worker pools that may have no worker, by document id.
    #[serde(default)]
    pub pool_names: BTreeMap<String, String>,
}

/// A worker as the gateway sees it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Worker {
    pub id: String,
    /// Worker pools it serves.
    pub pools: Vec<String>,
    pub connected: bool,
    /// Scripts it runs at once.
    pub slots: u32,
    /// Further tickets it takes and queues itself, so that it never idles for a round trip.
    pub ahead: u32,
    /// Tickets it holds now, running or queued, of all tasks.
    pub tickets: u32,
}

/// Who holds a machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// Task id, e.g. `ServerTasks-12`; `None` when whoever looks may not know of the task.
    pub task: Option<String>,
    /// Shared holds let each other in (`OctopusBypassDeploymentMutex`).
    pub shared: bool,
}

impl World {
    /// A world with one connected worker in `pool`, `slots` wide; for tests and simulations.
    #[must_use]
    pub fn of_one_worker(id: &str, pool: &str, slots: u32) -> Self {
        let worker = Worker {
            id: id.to_owned(),
            pools: vec![pool.to_owned()],
            connected: true,
            slots,
            ahead: 0,
            tickets: 0,
        };
        Self {
            workers: vec![worker],
            ..Self::default()
        }
    }
}
