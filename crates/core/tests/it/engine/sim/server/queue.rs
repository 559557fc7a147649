//! Which tasks a server takes: from the queue, and from a server that does not renew its leases.

use regatta_core::engine::event::Event;
use regatta_core::queue::{ExecutingTask, Priority, QueuedTask, pick};
use regatta_core::time::Time;

use super::{Owned, Server};
use crate::engine::sim::flaw::Flaw;
use crate::engine::sim::store::{Store, Task};

pub(in crate::engine::sim) const CAP: u32 = 2;

impl Server {
    pub(super) fn take_tasks(&mut self, store: &mut Store, now: Time) {
        // The other one is at work: this one stands by.
        let owner = |task: &Task| task.owner(now).filter(|owner| *owner != self.ix);
        let is_theirs = |task: &Task| !task.is_over() && owner(task).is_some();
        if store.tasks.iter().any(is_theirs) && self.flaw != Some(Flaw::TakesWhatIsOwned) {
            return;
        }
        for ix in 0..store.tasks.len() {
            let task = &store.tasks[ix];
            let is_open = !task.is_queued() && !task.is_over() && !self.owned.contains_key(&ix);
            if is_open && self.flaw != Some(Flaw::NeverTakesOver) {
                self.take(store, ix, now);
            }
        }
        // Locks are in the memory of who owns the tasks: nothing new as long as one of them is nobody's.
        let is_ours = |(ix, task): (usize, &Task)| {
            task.is_queued() || task.is_over() || self.owned.contains_key(&ix)
        };
        if store.tasks.iter().enumerate().all(is_ours) || self.flaw == Some(Flaw::NeverTakesOver) {
            self.start_queued(store, now);
        }
    }

    fn take(&mut self, store: &mut Store, ix: usize, now: Time) -> bool {
        let epoch = store.take(ix, self.ix, now);
        epoch
            .inspect(|epoch| self.own(store, ix, *epoch, now))
            .is_some()
    }

    fn start_queued(&mut self, store: &mut Store, now: Time) {
        let queued = store.tasks.iter().filter(|task| task.is_queued());
        let queued: Vec<_> = queued.map(in_queue).collect();
        let executing = self.owned.iter().filter(|(_, it)| !it.run.is_finished());
        let executing: Vec<_> = executing
            .map(|(ix, owned)| executing_task(&store.tasks[*ix].id, owned))
            .collect();
        for id in pick(now, &queued, &executing, CAP).start {
            let ix = store.tasks.iter().position(|task| task.id == id).unwrap();
            if self.take(store, ix, now) {
                self.record(store, ix, vec![Event::Started], now);
            }
        }
    }
}

fn executing_task(id: &str, owned: &Owned) -> ExecutingTask {
    ExecutingTask {
        id: id.to_owned(),
        tag: None,
        idle: owned.run.is_idle(),
    }
}

fn in_queue(task: &Task) -> QueuedTask {
    QueuedTask {
        id: task.id.clone(),
        queued_at: Time(0),
        priority: Priority::Regular,
        scheduled_at: None,
        expires_at: None,
        tag: None,
    }
}
