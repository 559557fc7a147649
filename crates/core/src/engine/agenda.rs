//! What the next turn has to look at, kept right with every change of state.
//!
//! An event costs what it changes and a turn costs what is due: nothing ever scans all steps.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::command::StopReason;
use super::event::{InterruptionId, TicketId};
use super::plan::{ActionKind, StepIx, TargetIx};
use super::run::Run;
use super::state::{CellState, PlaceRef};
use crate::time::Time;

/// Where a ticket goes; what waits for the same thing waits in one line.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Line {
    Server,
    Pool(String),
    Machine(TargetIx),
}

/// Order in a line: longest remaining path first, then list order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank(pub Reverse<i64>, pub PlaceRef);

/// What the next turn has to look at.
#[derive(Debug, Clone, Default)]
pub(super) struct Agenda {
    pub to_skip: BTreeSet<StepIx>,
    pub to_evaluate: BTreeSet<StepIx>,
    pub asking: BTreeSet<PlaceRef>,
    pub raising: BTreeSet<PlaceRef>,
    pub withdrawing: BTreeSet<InterruptionId>,
    pub ready: BTreeMap<Line, BTreeSet<Rank>>,
    /// Ends of back-offs and of time limits.
    pub timers: BTreeSet<(Time, PlaceRef)>,
    pub stopping: BTreeMap<TicketId, StopReason>,
    /// Open questions.
    pub questions: BTreeSet<InterruptionId>,
    /// Places with a ticket out.
    pub out: BTreeSet<PlaceRef>,
}

impl Run {
    /// Whether people are asked, and nothing runs or could run before one of them answers: every lane waits for them.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        let agenda = &self.agenda;
        let nothing_due = agenda.to_skip.is_empty()
            && agenda.to_evaluate.is_empty()
            && agenda.asking.is_empty()
            && agenda.raising.is_empty()
            && agenda.withdrawing.is_empty();
        // Of what is not out, only back-offs have timers.
        let nothing_runs =
            agenda.ready.is_empty() && agenda.timers.is_empty() && agenda.out.is_empty();
        !agenda.questions.is_empty() && nothing_due && nothing_runs
    }

    pub(super) fn line(&self, at: PlaceRef) -> Line {
        let action = self.plan_action(at);
        match (action.kind, self.target(at)) {
            (ActionKind::OnTarget, Some(target)) => Line::Machine(target),
            (ActionKind::OnWorker | ActionKind::OnTarget, _) => {
                Line::Pool(action.worker_pool.clone().unwrap_or_default())
            }
            (ActionKind::Manual | ActionKind::InServer, _) => Line::Server,
        }
    }

    pub(super) fn rank(&self, at: PlaceRef) -> Rank {
        Rank(Reverse(self.step(at.step).tail_ms), at)
    }

    /// Puts the current cell into a state and keeps every index right; the only way a state changes.
    pub(super) fn set(&mut self, at: PlaceRef, state: CellState, now: Time) {
        self.unlist(at);
        let settled = state.is_settled();
        let out = state.is_out();
        let cell = self.cell_mut(at);
        cell.state = state;
        if settled {
            cell.settled_at = Some(now);
        }
        self.list(at);
        if out {
            self.agenda.out.insert(at);
            self.running += 1;
            if let Some(target) = self.machine_of(at) {
                self.machines[target.0 as usize].running += 1;
            }
        }
    }

    fn unlist(&mut self, at: PlaceRef) {
        match self.cell(at).state.clone() {
            CellState::Asking => {
                self.agenda.asking.remove(&at);
            }
            CellState::Ready => {
                let (line, rank) = (self.line(at), self.rank(at));
                if let Some(waiting) = self.agenda.ready.get_mut(&line) {
                    waiting.remove(&rank);
                    if waiting.is_empty() {
                        self.agenda.ready.remove(&line);
                    }
                }
            }
            CellState::BackOff { until } => {
                self.agenda.timers.remove(&(until, at));
            }
            CellState::Issued => self.free_slots(at),
            CellState::Running { times_out_at } => {
                self.free_slots(at);
                if let Some(limit) = times_out_at {
                    self.agenda.timers.remove(&(limit, at));
                }
            }
            CellState::ToRaise(_) => {
                self.agenda.raising.remove(&at);
            }
            CellState::Interrupted { interruption, .. } => {
                self.agenda.withdrawing.remove(&interruption);
                self.agenda.questions.remove(&interruption);
            }
            _ => {}
        }
    }

    fn list(&mut self, at: PlaceRef) {
        match self.cell(at).state {
            CellState::Asking => {
                self.agenda.asking.insert(at);
            }
            CellState::Ready => {
                let (line, rank) = (self.line(at), self.rank(at));
                self.agenda.ready.entry(line).or_default().insert(rank);
            }
            CellState::BackOff { until } => {
                self.agenda.timers.insert((until, at));
            }
            CellState::Running {
                times_out_at: Some(limit),
            } => {
                self.agenda.timers.insert((limit, at));
            }
            CellState::ToRaise(_) => {
                self.agenda.raising.insert(at);
            }
            CellState::Interrupted {
                ref interruption, ..
            } => {
                let interruption = interruption.clone();
                self.agenda.questions.insert(interruption);
            }
            _ => {}
        }
    }

    fn free_slots(&mut self, at: PlaceRef) {
        self.agenda.out.remove(&at);
        self.running -= 1;
        if let Some(target) = self.machine_of(at) {
            self.machines[target.0 as usize].running -= 1;
        }
    }
}
