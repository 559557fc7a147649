//! What the open deployments of this server share: workers with their slots, and machines.
//!
//! One lock guards all of it, held for the short pure part of a turn only, so that two
//! deployments never count on the same slot or machine. Nothing here is stored: after a
//! restart it is counted again from the folded runs and from the agents that connect. For the
//! same reason a server starts nothing while another one drives a task ([`super::open`]).

use std::collections::{BTreeMap, BTreeSet, HashMap};

use regatta_core::engine::{MachineLocks, Run, Worker, World};

use super::BUILT_IN_WORKER;

/// See the module.
#[derive(Default)]
pub(super) struct Resources {
    workers: BTreeMap<String, Worker>,
    locks: MachineLocks,
    /// Worker of every ticket given to one.
    tickets: HashMap<String, String>,
    /// Tasks that found a worker's slots or a machine taken.
    waiting: BTreeSet<String>,
    /// By space.
    pools: BTreeMap<String, Pools>,
}

/// The worker pools of a space.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Pools {
    /// The built-in worker works for them.
    pub served: Vec<String>,
    /// What people call those that no worker serves.
    pub names: BTreeMap<String, String>,
}

impl Resources {
    /// What is there for one task.
    pub(super) fn world(&self, task: &str) -> World {
        World {
            workers: self.workers.values().cloned().collect(),
            offline: BTreeSet::new(),
            locks: self.locks.seen_by(task),
            free_slots: None,
            pool_names: self.pool_names(),
        }
    }

    fn pool_names(&self) -> BTreeMap<String, String> {
        let names = self.pools.values().flat_map(|pools| &pools.names);
        names.map(|(id, name)| (id.clone(), name.clone())).collect()
    }

    /// The pools of a space as they are now; answers whether they are others than before.
    pub(super) fn set_pools(&mut self, space_id: &str, pools: Pools) -> bool {
        if self.pools.get(space_id) == Some(&pools) {
            return false;
        }
        self.pools.insert(space_id.to_owned(), pools);
        let served = self.pools.values().flat_map(|pools| &pools.served);
        let served = served.cloned().collect();
        self.worker(BUILT_IN_WORKER).pools = served;
        true
    }

    fn worker(&mut self, id: &str) -> &mut Worker {
        self.workers.entry(id.to_owned()).or_insert_with(|| Worker {
            id: id.to_owned(),
            ..Worker::default()
        })
    }

    /// An agent has a session. A worker takes as many tickets ahead as it runs at once, so that it
    /// never idles while an end travels to the server and the next start back.
    pub(super) fn connected(&mut self, agent: &str, slots: u32) {
        if is_worker(agent) {
            let worker = self.worker(agent);
            worker.connected = true;
            worker.slots = slots;
            worker.ahead = slots;
        }
    }

    /// An agent's session ended.
    pub(super) fn lost(&mut self, agent: &str) {
        if let Some(worker) = self.workers.get_mut(agent) {
            worker.connected = false;
        }
    }

    /// A ticket was issued to a worker.
    pub(super) fn given(&mut self, ticket: &str, worker: &str) {
        if self
            .tickets
            .insert(ticket.to_owned(), worker.to_owned())
            .is_none()
        {
            self.worker(worker).tickets += 1;
        }
    }

    /// Takes back what a finished ticket held; says whether it held anything.
    pub(super) fn finished(&mut self, ticket: &str) -> bool {
        let Some(worker) = self.tickets.remove(ticket) else {
            return false;
        };
        if let Some(worker) = self.workers.get_mut(&worker) {
            worker.tickets = worker.tickets.saturating_sub(1);
        }
        true
    }

    /// After a turn of a task: what it holds and waits for now.
    ///
    /// Whether it really waits for a worker is not asked, because that costs a look at every
    /// step: while some worker is full, every task is told of a slot that becomes free.
    pub(super) fn update(&mut self, task: &str, run: &Run) {
        self.locks.update(task, run);
        let is_full =
            |worker: &Worker| !worker.connected || worker.tickets >= worker.slots + worker.ahead;
        if self.workers.values().any(is_full) || !run.machines_wanted().is_empty() {
            self.waiting.insert(task.to_owned());
        } else {
            self.waiting.remove(task);
        }
    }

    /// Forgets a task and what it held.
    pub(super) fn remove(&mut self, task: &str) {
        self.locks.remove(task);
        self.waiting.remove(task);
    }

    /// The other tasks that something freed may help.
    pub(super) fn waiting_besides(&self, task: &str) -> Vec<String> {
        self.waiting
            .iter()
            .filter(|waiting| *waiting != task)
            .cloned()
            .collect()
    }
}

/// Targets connect, too, but are named by plans and not chosen here.
fn is_worker(agent: &str) -> bool {
    agent.starts_with("Workers-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_holds_its_slot_until_it_finishes_and_is_counted_once() {
        let mut resources = Resources::default();
        resources.connected("Workers-1", 2);
        for _ in 0..2 {
            resources.given("t1", "Workers-1");
        }
        assert_eq!(resources.world("T").workers[0].tickets, 1);
        assert!(resources.finished("t1"));
        assert!(!resources.finished("t1"));
        assert_eq!(resources.world("T").workers[0].tickets, 0);
    }

    #[test]
    fn the_built_in_worker_serves_the_pools_of_all_spaces_as_they_are_now() {
        let mut resources = Resources::default();
        let pools = |served: &str, other: &str| Pools {
            served: vec![served.to_owned()],
            names: [(other.to_owned(), format!("Pool {other}"))].into(),
        };
        assert!(resources.set_pools("Spaces-1", pools("a", "b")));
        assert!(resources.set_pools("Spaces-2", pools("c", "d")));
        assert!(!resources.set_pools("Spaces-2", pools("c", "d")));
        assert!(resources.set_pools("Spaces-1", pools("b", "a")));
        let world = resources.world("T");
        assert_eq!(world.workers[0].pools, ["b", "c"]);
        let names: Vec<&str> = world.pool_names.values().map(String::as_str).collect();
        assert_eq!(names, ["Pool a", "Pool d"]);
    }
}
