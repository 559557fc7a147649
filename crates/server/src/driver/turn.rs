//! One turn of a task's driver: what became true together, and what is to be done once it is durable.
//!
//! Nothing is sent anywhere while a turn is made; [`super::act`] does that after the commit.

use std::collections::BTreeSet;

use regatta_core::engine::command::StopReason;
use regatta_core::engine::event::{Cell, Event, Seq, TicketId};
use regatta_core::log::LogLevel;
use regatta_core::time::Time;
use regatta_store::Write;

/// See the module.
pub(super) struct Turn {
    pub now: Time,
    /// Last event before the turn.
    pub after_seq: Seq,
    pub events: Vec<(Time, Event)>,
    pub writes: Vec<Write>,
    pub acts: Vec<Act>,
    /// Called once everything is durable: answers to people, confirmations to agents.
    pub afterwards: Vec<Box<dyn FnOnce() + Send>>,
    pub lines: Vec<EngineLine>,
    /// Ids of interruptions that must be reserved before the turn can go on.
    pub ids_missing: usize,
}

/// Something to do after the commit. All of it may be repeated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Act {
    Start {
        ticket: TicketId,
        cell: Cell,
        worker: Option<String>,
    },
    Stop {
        ticket: TicketId,
        why: StopReason,
    },
}

/// A line the server itself writes into the task's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct EngineLine {
    /// `None`: about the task as a whole.
    pub place: Option<Place>,
    pub level: LogLevel,
    pub text: String,
    /// The script whose end it tells of.
    pub end_of: Option<TicketId>,
}

/// Where in the task's log a line belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Step(regatta_core::engine::plan::StepIx),
    Cell(Cell),
}

impl Turn {
    pub(super) fn new(now: Time, after_seq: Seq) -> Self {
        Self {
            now,
            after_seq,
            events: Vec::new(),
            writes: Vec::new(),
            acts: Vec::new(),
            afterwards: Vec::new(),
            lines: Vec::new(),
            ids_missing: 0,
        }
    }

    /// Scripts whose end is an event of this turn.
    pub(super) fn scripts_ended(&self) -> BTreeSet<TicketId> {
        let ended = self.events.iter().filter_map(|(_, event)| match event {
            Event::TicketFinished { ticket, .. } => Some(ticket.clone()),
            _ => None,
        });
        ended.collect()
    }

    /// Whether anything must be written.
    pub(super) fn has_facts(&self) -> bool {
        !self.events.is_empty() || !self.writes.is_empty()
    }

    pub(super) fn line(&mut self, place: Option<Place>, level: LogLevel, text: impl Into<String>) {
        self.lines.push(EngineLine {
            place,
            level,
            text: text.into(),
            end_of: None,
        });
    }

    /// A line about the end of a script, which is an event of this turn.
    pub(super) fn last_line(
        &mut self,
        (ticket, cell): (&TicketId, Cell),
        level: LogLevel,
        text: String,
    ) {
        self.lines.push(EngineLine {
            place: Some(Place::Cell(cell)),
            level,
            text,
            end_of: Some(ticket.clone()),
        });
    }
}
