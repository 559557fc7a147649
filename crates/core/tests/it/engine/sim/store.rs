//! What survives every kill of a server: logs, output, and who may write them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use regatta_core::engine::event::{Event, Recorded, TicketId};
use regatta_core::engine::plan::Plan;
use regatta_core::time::Time;

use super::flaw::Flaw;

/// A lease that is not renewed ends after this time.
pub(super) const LEASE_MS: i64 = 1_500;

pub(super) struct Task {
    pub(super) id: String,
    pub(super) plan: Arc<Plan>,
    pub(super) log: Vec<Written>,
    /// Every lease there was; the last one may be in force.
    pub(super) leases: Vec<Lease>,
}

/// An event and who wrote it.
pub(super) struct Written {
    pub(super) recorded: Recorded,
    pub(super) epoch: usize,
    /// The epoch whose owner alone might write then.
    pub(super) in_force: usize,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Lease {
    pub(super) server: usize,
    pub(super) taken_at: Time,
    pub(super) ends_at: Time,
}

pub(super) struct Store {
    pub(super) tasks: Vec<Task>,
    /// Lines of each ticket.
    pub(super) lines: BTreeMap<TicketId, Vec<String>>,
    /// Tickets whose end a server made up because their agent was lost.
    pub(super) given_up: BTreeSet<TicketId>,
    pub(super) flaw: Option<Flaw>,
    ids: u64,
}

impl Task {
    /// Number of the last lease; it is the epoch of what its owner writes and commands.
    pub(super) fn epoch(&self) -> usize {
        self.leases.len()
    }

    pub(super) fn owner(&self, now: Time) -> Option<usize> {
        let last = self.leases.last()?;
        (last.ends_at > now).then_some(last.server)
    }

    pub(super) fn events(&self) -> impl Iterator<Item = &Event> {
        self.log.iter().map(|written| &written.recorded.event)
    }

    pub(super) fn is_queued(&self) -> bool {
        self.log.is_empty()
    }

    pub(super) fn is_over(&self) -> bool {
        matches!(
            self.log.last().map(|written| &written.recorded.event),
            Some(Event::Finished { .. })
        )
    }

    pub(super) fn cancel_asked_at(&self) -> Option<Time> {
        let asked = |it: &&Written| it.recorded.event == Event::CancelRequested;
        self.log.iter().find(asked).map(|it| it.recorded.at)
    }
}

impl Store {
    pub(super) fn new(plans: Vec<Arc<Plan>>, flaw: Option<Flaw>) -> Self {
        let task = |(ix, plan)| Task {
            id: format!("ServerTasks-{ix}"),
            plan,
            log: Vec::new(),
            leases: Vec::new(),
        };
        Self {
            tasks: plans.into_iter().enumerate().map(task).collect(),
            lines: BTreeMap::new(),
            given_up: BTreeSet::new(),
            flaw,
            ids: 0,
        }
    }

    /// Ids are never used twice, whoever asks.
    pub(super) fn new_id(&mut self) -> u64 {
        self.ids += 1;
        self.ids
    }

    /// Owns a task whose last lease is over; answers the new epoch.
    pub(super) fn take(&mut self, ix: usize, server: usize, now: Time) -> Option<usize> {
        let task = &mut self.tasks[ix];
        if task.owner(now).is_some() && self.flaw != Some(Flaw::TakesWhatIsOwned) {
            return None;
        }
        task.leases.push(Lease {
            server,
            taken_at: now,
            ends_at: now.plus_ms(LEASE_MS),
        });
        Some(task.epoch())
    }

    pub(super) fn renew(&mut self, ix: usize, epoch: usize, now: Time) -> bool {
        let task = &mut self.tasks[ix];
        if task.epoch() != epoch {
            return false;
        }
        if let Some(lease) = task.leases.last_mut() {
            lease.ends_at = now.plus_ms(LEASE_MS);
        }
        true
    }

    /// A server that comes up knows that its earlier self is dead.
    pub(super) fn end_leases(&mut self, server: usize, now: Time) {
        for task in &mut self.tasks {
            let last = task.leases.last_mut();
            if let Some(lease) = last.filter(|lease| lease.server == server) {
                lease.ends_at = now.min(lease.ends_at);
            }
        }
    }

    fn may_write(&self, ix: usize, epoch: usize) -> bool {
        self.tasks[ix].epoch() == epoch || self.flaw == Some(Flaw::WritesUnfenced)
    }

    /// All of it or nothing.
    pub(super) fn append(&mut self, ix: usize, epoch: usize, events: Vec<Recorded>) -> bool {
        let due = self.tasks[ix].log.len() as u64 + 1;
        let fits = events.first().is_some_and(|first| first.seq == due);
        if !fits || !self.may_write(ix, epoch) {
            return false;
        }
        let task = &mut self.tasks[ix];
        let in_force = task.epoch();
        task.log.extend(events.into_iter().map(|recorded| Written {
            recorded,
            epoch,
            in_force,
        }));
        true
    }

    /// Adds what is new of lines `from..`; answers how many there are now, unless the epoch is old.
    pub(super) fn add_lines(
        &mut self,
        (ix, epoch): (usize, usize),
        ticket: &TicketId,
        from: usize,
        lines: &[String],
    ) -> Option<usize> {
        if !self.may_write(ix, epoch) {
            return None;
        }
        let stored = self.lines.entry(ticket.clone()).or_default();
        if from <= stored.len() + 1 {
            stored.extend(lines.iter().skip(stored.len() + 1 - from).cloned());
        }
        Some(stored.len())
    }
}
