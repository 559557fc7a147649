//! What really happened, seen by nobody in the installation.

use std::collections::BTreeMap;

use regatta_core::engine::event::{Outcome, TicketId};

use super::agent::number;
use super::server::{Order, ToAgent};

/// In every other line of every script's output.
pub(super) const SECRET: &str = "canary-Zk4Qw8Lp2Xv9";

#[derive(Default)]
pub(super) struct Oracle {
    pub(super) execs: BTreeMap<TicketId, u32>,
    pub(super) exits: BTreeMap<TicketId, Outcome>,
    /// Lines of scripts that came to their own end.
    pub(super) lines: BTreeMap<TicketId, usize>,
    /// The epoch of the last command each agent carried out for each task.
    obeyed: BTreeMap<(usize, usize), usize>,
}

impl Oracle {
    pub(super) fn begins(&mut self, ticket: &TicketId) {
        let times = self.execs.entry(ticket.clone()).or_default();
        *times += 1;
        assert_eq!(*times, 1, "I2: {ticket:?} ran twice");
    }

    /// An agent carries a command out.
    pub(super) fn obeys(&mut self, agent: usize, message: &ToAgent) {
        if matches!(message.order, Order::AckLines(_) | Order::AckEnd) {
            return;
        }
        let last = self.obeyed.entry((agent, message.task)).or_default();
        assert!(
            message.epoch >= *last,
            "I5: agent {agent} obeys epoch {} after {last}: {message:?}",
            message.epoch
        );
        *last = message.epoch;
    }

    /// Whether a script runs right now.
    pub(super) fn is_running(&self, ticket: &TicketId) -> bool {
        self.execs.contains_key(ticket) && !self.exits.contains_key(ticket)
    }
}

/// What a script prints.
pub(super) fn line(ticket: &TicketId, at: usize) -> String {
    if (number(ticket) + at as u64).is_multiple_of(2) {
        format!("line {at} with {SECRET} in it")
    } else {
        format!("line {at}")
    }
}
