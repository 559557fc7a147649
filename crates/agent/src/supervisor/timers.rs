//! What is due when.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::{Duration, Instant};

use crate::script::lines::Stream;
use crate::ticket::TicketId;

/// Something to do later. Whoever it is about may be gone by then.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Due {
    /// The script's time limit.
    Timeout(TicketId),
    /// The end of the grace after a stop.
    Kill(TicketId),
    /// Look at a stream again.
    Read(u64, Stream),
    /// Look again whether a script's keeper has noted its end.
    Exit(u64),
    /// Perhaps there is nothing left to live for.
    Idle,
}

#[derive(Default)]
pub(super) struct Timers(BinaryHeap<Reverse<(Instant, Due)>>);

impl Timers {
    pub(super) fn after(&mut self, delay: Duration, due: Due) {
        // Beyond what the clock can hold is never.
        if let Some(at) = Instant::now().checked_add(delay) {
            self.0.push(Reverse((at, due)));
        }
    }

    /// How long until the next is due.
    pub(super) fn next_in(&self) -> Option<Duration> {
        self.0
            .peek()
            .map(|Reverse((at, _))| at.saturating_duration_since(Instant::now()))
    }

    pub(super) fn pop_due(&mut self) -> Option<Due> {
        let now = Instant::now();
        self.0.peek().filter(|Reverse((at, _))| *at <= now)?;
        self.0.pop().map(|Reverse((_, due))| due)
    }
}
