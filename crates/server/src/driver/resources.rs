//! What the open deployments of this server share: workers with their slots, and machines.
//!
//! One lock guards all of it, held for the short pure part of a turn only, so that two
//! deployments never count on the same slot or machine. Nothing here is stored: after a
//! restart it is counted again from the folded runs and from the agents that connect.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use regatta_core::engine::{MachineLocks, Run, Worker, World};

/// See the module.
#[derive(Default)]
pub(super) struct Resources {
    workers: BTreeMap<String, Worker>,
    /// Deployment targets with a session now.
    machines_online: BTreeSet<String>,
    locks: MachineLocks,
    /// Worker of every ticket given to one.
    tickets: HashMap<String, String>,
    /// Tasks that found a worker's slots or a machine taken.
    waiting: BTreeSet<String>,
}

impl Resources {
    /// What is there for one task.
    pub(super) fn world(&self, task: &str) -> World {
        World {
            workers: self.workers.values().cloned().collect(),
            offline: BTreeSet::new(),
            locks: self.locks.seen_by(task),
            free_slots: None,
        }
    }

    /// A worker may be used, for these pools.
    pub(super) fn register(&mut self, worker: &str, pools: Vec<String>) {
        let known = self
            .workers
            .entry(worker.to_owned())
            .or_insert_with(|| Worker {
                id: worker.to_owned(),
                ..Worker::default()
            });
        known.pools = pools;
    }

    /// A worker is gone for good; what it was given is its task's concern.
    pub(super) fn unregister(&mut self, worker: &str) {
        self.workers.remove(worker);
    }

    /// An agent has a session. A worker takes as many tickets ahead as it runs at once, so that it
    /// never idles while an end travels to the server and the next start back.
    pub(super) fn connected(&mut self, agent: &str, slots: u32) {
        match self.workers.get_mut(agent) {
            Some(worker) => {
                worker.connected = true;
                worker.slots = slots;
                worker.ahead = slots;
            }
            None => {
                self.machines_online.insert(agent.to_owned());
            }
        }
    }

    /// An agent's session ended.
    pub(super) fn lost(&mut self, agent: &str) {
        if let Some(worker) = self.workers.get_mut(agent) {
            worker.connected = false;
        }
        self.machines_online.remove(agent);
    }

    /// A ticket was issued to a worker.
    pub(super) fn given(&mut self, ticket: &str, worker: &str) {
        if self
            .tickets
            .insert(ticket.to_owned(), worker.to_owned())
            .is_none()
            && let Some(worker) = self.workers.get_mut(worker)
        {
            worker.tickets += 1;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_holds_its_slot_until_it_finishes_and_is_counted_once() {
        let mut resources = Resources::default();
        resources.register("Workers-1", vec!["WorkerPools-1".into()]);
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
