//! The fence against servers that no longer own a task but do not know it yet: a start under an older epoch than was
//! seen before is refused, however late it comes.
//!
//! What is remembered is bounded. Of tasks long not heard of only an age is kept: tickets that old are refused. Tickets
//! carry the time of their making, and what an old owner made is older than what made it one.

use std::collections::HashMap;

use crate::ticket::TicketId;

/// Tasks remembered one by one at most; then the half not heard of for longest is forgotten.
const TASKS_MAX: usize = 10_000;

/// Why a start must not be carried out. The server may try again with another ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Stale {
    #[error(
        "the start comes from a server node that no longer owns the task (epoch {sent}, now {highest})"
    )]
    Epoch { sent: u64, highest: u64 },
    #[error("the start is so old that this agent no longer knows which server node owns its task")]
    Forgotten,
}

struct Seen {
    highest: u64,
    newest: TicketId,
}

/// See the module.
pub(super) struct Epochs {
    tasks: HashMap<String, Seen>,
    /// Of every task forgotten, no ticket is newer.
    horizon: TicketId,
}

impl Default for Epochs {
    fn default() -> Self {
        Self {
            tasks: HashMap::new(),
            horizon: TicketId(0),
        }
    }
}

impl Epochs {
    /// Whether a start may be carried out; if so, no older epoch of its task may from now on.
    pub(super) fn admit(&mut self, task: &str, epoch: u64, ticket: TicketId) -> Result<(), Stale> {
        match self.tasks.get(task) {
            Some(seen) if epoch < seen.highest => {
                return Err(Stale::Epoch {
                    sent: epoch,
                    highest: seen.highest,
                });
            }
            None if ticket <= self.horizon => return Err(Stale::Forgotten),
            _ => {}
        }
        self.note(task, epoch, ticket);
        Ok(())
    }

    /// An epoch under which a script was started.
    pub(super) fn note(&mut self, task: &str, epoch: u64, ticket: TicketId) {
        if let Some(seen) = self.tasks.get_mut(task) {
            seen.highest = seen.highest.max(epoch);
            seen.newest = seen.newest.max(ticket);
            return;
        }
        if self.tasks.len() >= TASKS_MAX {
            self.forget_older_half();
        }
        let seen = Seen {
            highest: epoch,
            newest: ticket,
        };
        self.tasks.insert(task.to_owned(), seen);
    }

    /// The highest epoch known of a task; 0 if none is.
    pub(super) fn highest(&self, task: &str) -> u64 {
        self.tasks.get(task).map_or(0, |seen| seen.highest)
    }

    fn forget_older_half(&mut self) {
        let mut newest: Vec<TicketId> = self.tasks.values().map(|seen| seen.newest).collect();
        let (_, middle, _) = newest.select_nth_unstable(TASKS_MAX / 2);
        let middle = *middle;
        self.tasks.retain(|_, seen| seen.newest > middle);
        self.horizon = self.horizon.max(middle);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Starts of so many tasks, one each, as many as `from` and later.
    fn many(epochs: &mut Epochs, from: u128, count: u128) {
        for n in from..from + count {
            epochs.admit(&format!("T{n}"), 1, TicketId(n)).unwrap();
        }
    }

    #[test]
    fn an_older_epoch_is_refused_and_the_same_or_a_newer_one_is_not() {
        let mut epochs = Epochs::default();
        assert_eq!(epochs.admit("T", 4, TicketId(10)), Ok(()));
        let (sent, highest) = (3, 4);
        let stale = Err(Stale::Epoch { sent, highest });
        assert_eq!(epochs.admit("T", 3, TicketId(9)), stale);
        // However new its ticket.
        assert_eq!(epochs.admit("T", 3, TicketId(99)), stale);
        assert_eq!(epochs.admit("T", 4, TicketId(11)), Ok(()));
        assert_eq!(epochs.admit("T", 5, TicketId(12)), Ok(()));
        assert_eq!((epochs.highest("T"), epochs.highest("U")), (5, 0));
    }

    #[test]
    fn what_is_remembered_is_bounded_and_an_old_epoch_is_refused_all_the_same() {
        let mut epochs = Epochs::default();
        epochs.admit("T", 4, TicketId(10)).unwrap();
        many(&mut epochs, 11, 5 * TASKS_MAX as u128);
        assert!(epochs.tasks.len() <= TASKS_MAX);
        assert_eq!(epochs.highest("T"), 0, "forgotten");
        assert_eq!(epochs.admit("T", 3, TicketId(9)), Err(Stale::Forgotten));
        // Who owns it now makes a new ticket.
        let new = TicketId(1_000_000);
        assert_eq!(epochs.admit("T", 4, new), Ok(()));
    }

    #[test]
    fn a_task_that_goes_on_is_not_forgotten() {
        let mut epochs = Epochs::default();
        for round in 0..20 {
            let from = 1 + round * 1_000;
            many(&mut epochs, from, 999);
            epochs.admit("T", 4, TicketId(from + 999)).unwrap();
        }
        assert_eq!(epochs.highest("T"), 4);
    }
}
