//! What the open deployments of this server share: workers with their slots, and machines.
//!
//! One lock guards all of it, held for the short pure part of a turn only, so that two
//! deployments never count on the same slot or machine. Nothing here is stored: after a
//! restart it is counted again from the folded runs and from the agents that connect. For the
//! same reason a server starts nothing while another one drives a task ([`super::open`]).

use std::collections::{BTreeMap, BTreeSet, HashMap};

use regatta_core::engine::{MachineLocks, Run, Worker, World};

/// See the module.
#[derive(Default)]
pub(super) struct Resources {
    workers: BTreeMap<String, Worker>,
    locks: MachineLocks,
    /// Worker of every ticket given to one.
    tickets: HashMap<String, String>,
    /// Tasks that found a worker's slots or a machine taken.
    waiting: BTreeSet<String>,
    /// What people call the pools that no worker serves.
    pool_names: BTreeMap<String, String>,
}

impl Resources {
    /// What is there for one task.
    pub(super) fn world(&self, task: &str) -> World {
        World {
            workers: self.workers.values().cloned().collect(),
            offline: BTreeSet::new(),
            locks: self.locks.seen_by(task),
            free_slots: None,
            pool_names: self.pool_names.clone(),
        }
    }

    /// A worker serves these pools, too.
    pub(super) fn serves(&mut self, worker: &str, pools: impl Iterator<Item = String>) {
        let known = self.worker(worker);
        for pool in pools {
            if !known.pools.contains(&pool) {
                known.pools.push(pool);
            }
        }
    }

    /// A pool that no worker serves.
    pub(super) fn knows_pool(&mut self, id: String, name: String) {
        self.pool_names.insert(id, name);
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
        resources.serves("Workers-1", ["WorkerPools-1".to_owned()].into_iter());
        resources.connected("Workers-1", 2);
        for _ in 0..2 {
            resources.given("t1", "Workers-1");
        }
        assert_eq!(resources.world("T").workers[0].tickets, 1);
        assert!(resources.finished("t1"));
        assert!(!resources.finished("t1"));
        assert_eq!(resources.world("T").workers[0].tickets, 0);
    }
}
