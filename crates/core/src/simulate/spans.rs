//! One pass over a log: when each step ran and what it waited for, before any arithmetic.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::times::LostTo;
use crate::engine::WaitKind;
use crate::engine::event::{Cell, Event, Outcome, Recorded, Seq, TicketId};
use crate::engine::plan::{ActionKind, Plan, StepIx, TargetIx};
use crate::time::Time;

/// When things happened, before any arithmetic.
pub(super) struct Spans {
    pub(super) steps: Vec<StepSpans>,
    pub(super) asked: Vec<(Time, Time)>,
    /// All of it once more, place by place, in the order in which the parts ended.
    pub(super) segments: Vec<Segment>,
}

#[derive(Default)]
pub(super) struct StepSpans {
    /// First ticket or question.
    pub(super) began: Option<(Time, Seq)>,
    /// Last event about the step, its own skip included.
    pub(super) last: Option<(Time, Seq)>,
    pub(super) ran: Vec<(Time, Time)>,
    /// Something of it still ran when the log ended.
    pub(super) is_running: bool,
    pub(super) lost: BTreeMap<LostTo, Vec<(Time, Time)>>,
}

/// A part of what an action on one place went through.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Segment {
    pub cell: Cell,
    pub from: Time,
    pub to: Time,
    pub doing: Doing,
}

/// What happened in a [`Segment`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Doing {
    Waiting(WaitKind),
    Running {
        ticket: TicketId,
        attempt: u32,
        worker: Option<String>,
        /// `None` = it still ran when the log ended.
        outcome: Option<Outcome>,
    },
}

/// A ticket while the log is read.
struct Out {
    cell: Cell,
    attempt: u32,
    issued_at: Time,
    started_at: Option<Time>,
    worker: Option<String>,
}

/// One pass over a log.
struct Reading<'a> {
    plan: &'a Plan,
    spans: Spans,
    started_at: Time,
    tickets: BTreeMap<&'a str, Out>,
    questions: BTreeMap<&'a str, (Cell, Time)>,
    /// Last thing that happened on each place of a step, and whether an attempt failed with it.
    places: BTreeMap<(StepIx, Option<TargetIx>), (Time, bool)>,
}

impl Spans {
    pub(super) fn of(plan: &Plan, log: &[Recorded]) -> Self {
        let mut reading = Reading {
            plan,
            spans: Self {
                steps: plan.steps.iter().map(|_| StepSpans::default()).collect(),
                asked: Vec::new(),
                segments: Vec::new(),
            },
            started_at: log.first().map_or(Time(0), |first| first.at),
            tickets: BTreeMap::new(),
            questions: BTreeMap::new(),
            places: BTreeMap::new(),
        };
        log.iter().for_each(|recorded| reading.read(recorded));
        reading.close(log.last().map_or(Time(0), |last| last.at));
        reading.spans
    }
}

impl<'a> Reading<'a> {
    fn read(&mut self, recorded: &'a Recorded) {
        let (at, seq) = (recorded.at, recorded.seq);
        let Some((step, cell)) = self.about(&recorded.event, at) else {
            return;
        };
        if self.spans.steps[step.0 as usize].last.is_none() {
            self.pass_through(step);
        }
        let spans = &mut self.spans.steps[step.0 as usize];
        spans.last = Some((at, seq));
        if matches!(
            recorded.event,
            Event::TicketIssued { .. } | Event::InterruptionRaised { .. }
        ) {
            spans.began.get_or_insert((at, seq));
        }
        if let Some(cell) = cell {
            let failed = match &recorded.event {
                Event::TicketFinished { outcome, .. } => {
                    !matches!(outcome, Outcome::Succeeded { .. })
                }
                _ => false,
            };
            self.places.insert((step, cell.target), (at, failed));
        }
    }

    /// The step and, if it is about one, the cell of an event; spans that end with it are noted.
    fn about(&mut self, event: &'a Event, at: Time) -> Option<(StepIx, Option<Cell>)> {
        let cell = match event {
            Event::StepSkipped { step, .. } | Event::StepConditionEvaluated { step, .. } => {
                return Some((*step, None));
            }
            Event::ActionConditionEvaluated { cell, .. } => *cell,
            Event::TicketIssued {
                ticket,
                cell,
                attempt,
                worker,
            } => {
                self.issued(*cell, at);
                self.tickets.insert(
                    &ticket.0,
                    Out {
                        cell: *cell,
                        attempt: *attempt,
                        issued_at: at,
                        started_at: None,
                        worker: worker.clone(),
                    },
                );
                *cell
            }
            Event::InterruptionRaised {
                interruption, cell, ..
            } => {
                if !self.places.contains_key(&(cell.step, cell.target)) {
                    self.held_until(*cell, self.place_ready_at(cell.step));
                }
                self.questions.insert(&interruption.0, (*cell, at));
                *cell
            }
            Event::TicketStarted { ticket } => {
                let out = self.tickets.get_mut(ticket.0.as_str())?;
                out.started_at = Some(at);
                out.cell
            }
            Event::TicketFinished { ticket, outcome } => {
                let out = self.tickets.remove(ticket.0.as_str())?;
                let outcome = outcome.clone().believed(out.started_at.is_some());
                self.ended((ticket, &out), at, Some(outcome));
                out.cell
            }
            Event::InterruptionAnswered { interruption, .. }
            | Event::InterruptionWithdrawn { interruption } => {
                let (cell, raised_at) = self.questions.remove(interruption.0.as_str())?;
                self.spans.asked.push((raised_at, at));
                self.waited(cell, WaitKind::Person, (raised_at, at));
                cell
            }
            Event::Started
            | Event::FailurePolicyChosen { .. }
            | Event::CancelRequested
            | Event::Finished { .. } => return None,
        };
        Some((cell.step, Some(cell)))
    }

    /// A step whose every action is skipped leaves no trace of its own: it was over when what it waits for was.
    fn pass_through(&mut self, step: StepIx) {
        let mut traceless = self.plan.steps[step.0 as usize].waits_for.clone();
        while let Some(&StepIx(ix)) = traceless.last() {
            let waits = self.plan.steps[ix as usize].waits_for.iter();
            let open: Vec<_> = waits
                .clone()
                .filter(|waited| self.spans.steps[waited.0 as usize].last.is_none())
                .collect();
            if self.spans.steps[ix as usize].last.is_some() {
                traceless.pop();
            } else if open.is_empty() {
                let over = waits
                    .filter_map(|waited| self.spans.steps[waited.0 as usize].last)
                    .max();
                self.spans.steps[ix as usize].last = Some(over.unwrap_or((self.started_at, 0)));
            } else {
                traceless.extend(open);
            }
        }
    }

    /// A ticket ended, or the log did: it ran from its start, or from its issue if nobody reported the start.
    fn ended(&mut self, (ticket, out): (&TicketId, &Out), at: Time, outcome: Option<Outcome>) {
        let queued_until = out.started_at.unwrap_or(out.issued_at);
        if queued_until > out.issued_at {
            let (lost_to, kind) = match out.worker {
                Some(_) => (LostTo::Workers, WaitKind::Worker),
                None => (LostTo::Machines, WaitKind::Lock),
            };
            let spans = &mut self.spans.steps[out.cell.step.0 as usize];
            let lost = spans.lost.entry(lost_to).or_default();
            lost.push((out.issued_at, queued_until));
            self.waited(out.cell, kind, (out.issued_at, queued_until));
        }
        let ran = match &outcome {
            Some(outcome) => !matches!(outcome, Outcome::NotStarted { .. }),
            None => out.started_at.is_some(),
        };
        if ran {
            let spans = &mut self.spans.steps[out.cell.step.0 as usize];
            spans.ran.push((queued_until, at));
            spans.is_running |= outcome.is_none();
            self.spans.segments.push(Segment {
                cell: out.cell,
                from: queued_until,
                to: at,
                doing: Doing::Running {
                    ticket: ticket.clone(),
                    attempt: out.attempt,
                    worker: out.worker.clone(),
                    outcome,
                },
            });
        }
    }

    fn waited(&mut self, cell: Cell, kind: WaitKind, (from, to): (Time, Time)) {
        if from < to {
            self.spans.segments.push(Segment {
                cell,
                from,
                to,
                doing: Doing::Waiting(kind),
            });
        }
    }

    /// The first thing happens on a place: before it was ready it waited for other steps, then for its turn.
    fn held_until(&mut self, cell: Cell, ready_at: Time) {
        let over_at = self.waits_over_at(cell.step);
        self.waited(cell, WaitKind::Dependency, (self.started_at, over_at));
        self.waited(cell, WaitKind::Limit, (over_at, ready_at));
    }

    /// What a ticket waited for from when its action was ready to when it was issued.
    fn issued(&mut self, cell: Cell, at: Time) {
        let planned = &self.plan.steps[cell.step.0 as usize];
        let before = self.places.get(&(cell.step, cell.target)).copied();
        let (ready_at, retried) = before.unwrap_or_else(|| (self.place_ready_at(cell.step), false));
        if before.is_none() {
            self.held_until(cell, ready_at);
        }
        let limit = self
            .plan
            .limits
            .running_max
            .is_some_and(|limit| self.tickets.len() + 1 >= limit as usize);
        let kind = match planned.actions[cell.action.0 as usize].kind {
            _ if retried => LostTo::Retries,
            _ if limit => LostTo::Limits,
            ActionKind::OnTarget => LostTo::Machines,
            ActionKind::OnWorker => LostTo::Workers,
            ActionKind::Manual | ActionKind::InServer => LostTo::Limits,
        };
        if ready_at < at {
            let lost = &mut self.spans.steps[cell.step.0 as usize].lost;
            lost.entry(kind).or_default().push((ready_at, at));
            self.waited(cell, kind.wait(), (ready_at, at));
        }
    }

    /// When a place of the step could begin: all it waits for over, and in a rolling step a place free.
    fn place_ready_at(&self, step: StepIx) -> Time {
        let planned = &self.plan.steps[step.0 as usize];
        let own = &self.spans.steps[step.0 as usize];
        let turn = own
            .last
            .filter(|_| planned.window.is_some() || own.began.is_none());
        let over_at = self.waits_over_at(step);
        turn.map_or(over_at, |(at, _)| at.max(over_at))
    }

    /// When the last step it waits for was over.
    fn waits_over_at(&self, step: StepIx) -> Time {
        let waits = self.plan.steps[step.0 as usize].waits_for.iter();
        let over = waits.filter_map(|waited| self.spans.steps[waited.0 as usize].last);
        over.map(|(at, _)| at).max().unwrap_or(self.started_at)
    }

    /// The log ends here, whatever is still open.
    fn close(&mut self, end: Time) {
        for (ticket, out) in std::mem::take(&mut self.tickets) {
            self.ended((&TicketId(ticket.to_owned()), &out), end, None);
        }
        for (cell, raised_at) in std::mem::take(&mut self.questions).into_values() {
            self.spans.asked.push((raised_at, end));
            self.waited(cell, WaitKind::Person, (raised_at, end));
        }
    }
}
