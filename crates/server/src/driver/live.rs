//! An open task in memory: the folded run and what belongs to it.
//!
//! Changes only together with the event log: [`Live::record`] applies an event and puts it
//! into the turn, and the turn is committed before anything acts on it. If the commit is
//! refused, the whole `Live` is dropped.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use regatta_core::engine::event::{Cell, Event, InterruptionId, Recorded, TicketId};
use regatta_core::engine::{IllegalEvent, Run};
use regatta_store::{Document, Write};

use super::frozen::Frozen;
use super::interruption::Interruption;
use super::outputs::Outputs;
use super::run_kind::RunKind;
use super::turn::Turn;

/// What never changes about a task while it is open.
#[derive(Debug, Clone)]
pub(super) struct TaskHead {
    pub id: String,
    pub kind: RunKind,
    pub space_id: String,
    pub epoch: i64,
    /// Documents the task is about: project, environment, release or runbook, deployment or run.
    pub related: Vec<String>,
    /// E.g. `Deploy Shop release 1.2.0 to Test`.
    pub description: String,
}

/// A question with the version of its document.
pub(super) struct Asked {
    pub question: Interruption,
    pub document: Document,
}

/// See the module.
pub(super) struct Live {
    pub head: TaskHead,
    pub run: Run,
    pub frozen: Arc<Frozen>,
    pub outputs: Outputs,
    pub asked: BTreeMap<InterruptionId, Asked>,
    /// Tickets told to stop because their time limit passed: agents report them as cancelled.
    pub timed_out: BTreeSet<TicketId>,
    /// Ids reserved for questions to come.
    pub spare_ids: Vec<String>,
}

impl Live {
    /// Applies an event and puts it into the turn.
    ///
    /// # Errors
    /// It cannot follow from what is known; nothing changed.
    pub(super) fn record(&mut self, turn: &mut Turn, event: Event) -> Result<(), IllegalEvent> {
        let recorded = Recorded {
            seq: self.run.seq() + 1,
            at: turn.now,
            event,
        };
        self.run.apply(&recorded)?;
        turn.events.push((turn.now, recorded.event));
        Ok(())
    }

    /// Puts the changed document of a question into the turn.
    pub(super) fn rewrite_question(&mut self, turn: &mut Turn, id: &InterruptionId) {
        let Some(asked) = self.asked.get_mut(id) else {
            return;
        };
        asked.document.body = serde_json::to_string(&asked.question).expect("plain data");
        asked.document.updated_at = turn.now;
        asked.document.tags = super::interruption::tags(&asked.question);
        turn.writes
            .push(Write::DocumentReplace(Box::new(asked.document.clone())));
        asked.document.version += 1;
    }

    /// Whether somebody is being asked something.
    pub(super) fn has_open_questions(&self) -> bool {
        self.asked.values().any(|asked| asked.question.is_pending())
    }

    /// The place and attempt a ticket that is out stands for.
    pub(super) fn attempt_of(&self, ticket: &TicketId) -> Option<(Cell, u32)> {
        let cell = self.run.ticket_cell(ticket)?;
        let out = self.run.tickets_out().find(|out| out.ticket == ticket);
        Some((cell, out.map_or(0, |out| out.attempt)))
    }
}
