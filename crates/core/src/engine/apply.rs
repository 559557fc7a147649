//! Which events may happen, and the first thing each one changes.
//!
//! [`Run::apply`] refuses what cannot follow from what is already known (a report that
//! arrives twice, an answer to a closed question) and leaves the run as it was; the caller
//! drops such an event. What an accepted event leads to is in `advance` and `outcome`.

use std::mem;

use super::event::{
    Answer, Cell, Event, InterruptionId, InterruptionKind, Outcome, Recorded, TaskResult, TicketId,
};
use super::illegal::IllegalEvent;
use super::plan::{ActionCondition, SkipReason, StepCondition, StepIx, TargetIx};
use super::run::Run;
use super::state::{Attempt, CellState, Phase, PlaceRef, Settled, StepPhase, Todo};
use crate::time::Time;

impl Run {
    /// Takes the next event of the log into account.
    ///
    /// # Errors
    /// The event cannot follow from what is known; the run is unchanged and the event must not be recorded.
    pub fn apply(&mut self, recorded: &Recorded) -> Result<(), IllegalEvent> {
        let due = self.seq + 1;
        if recorded.seq != due {
            return Err(IllegalEvent::OutOfOrder {
                due,
                found: recorded.seq,
            });
        }
        self.admit_event(&recorded.event, recorded.at)?;
        self.seq = due;
        self.work_off(recorded.at);
        Ok(())
    }

    fn admit_event(&mut self, event: &Event, at: Time) -> Result<(), IllegalEvent> {
        match (self.phase, event) {
            (Phase::Finished(_), _) => return Err(IllegalEvent::Over),
            (Phase::Queued, Event::Started | Event::CancelRequested) => {}
            (Phase::Queued, _) => return Err(IllegalEvent::NotStarted),
            (Phase::Running | Phase::Canceling, _) => {}
        }
        match event {
            Event::Started => self.started(at),
            Event::StepConditionEvaluated { step, holds, error } => {
                self.step_condition(*step, *holds, error, at)
            }
            Event::ActionConditionEvaluated { cell, holds, error } => {
                self.action_condition(*cell, *holds, error, at)
            }
            Event::StepSkipped { step, reason } => self.step_skipped(*step, reason, at),
            Event::TicketIssued {
                ticket,
                cell,
                attempt,
                worker,
            } => self.ticket_issued(ticket, *cell, (*attempt, worker.as_ref()), at),
            Event::TicketStarted { ticket } => self.ticket_started(ticket, at),
            Event::TicketFinished { ticket, outcome } => self.ticket_finished(ticket, outcome, at),
            Event::InterruptionRaised {
                interruption,
                cell,
                attempt,
                kind,
            } => self.raised(interruption, *cell, (*attempt, *kind), at),
            Event::InterruptionAnswered {
                interruption,
                answer,
            } => self.answered(interruption, *answer, at),
            Event::FailurePolicyChosen { policy } => {
                self.failure_policy = *policy;
                self.policy_is_due = true;
                Ok(())
            }
            Event::InterruptionWithdrawn { interruption } => self.withdrawn(interruption, at),
            Event::CancelRequested => self.cancel_requested(at),
            Event::Finished { result } => self.finished(*result, at),
        }
    }

    fn started(&mut self, at: Time) -> Result<(), IllegalEvent> {
        if self.phase != Phase::Queued {
            return Err(IllegalEvent::AlreadyStarted);
        }
        self.phase = Phase::Running;
        self.started_at = Some(at);
        let ready = self
            .steps
            .iter()
            .enumerate()
            .filter(|(_, step)| step.unsettled_waits == 0);
        self.todo
            .extend(ready.map(|(ix, _)| Todo::Decide(StepIx(ix as u32))));
        Ok(())
    }

    fn known_step(&self, step: StepIx) -> Result<(), IllegalEvent> {
        if (step.0 as usize) < self.steps.len() {
            Ok(())
        } else {
            Err(IllegalEvent::UnknownStep { step })
        }
    }

    fn step_condition(
        &mut self,
        step: StepIx,
        holds: bool,
        error: &Option<String>,
        at: Time,
    ) -> Result<(), IllegalEvent> {
        self.known_step(step)?;
        if self.step(step).state != StepPhase::ToEvaluate {
            return Err(IllegalEvent::StepNotDue { step });
        }
        self.agenda.to_evaluate.remove(&step);
        self.warnings |= error.is_some();
        self.step_mut(step).condition_error.clone_from(error);
        if holds && error.is_none() {
            self.open(step, at);
            return Ok(());
        }
        let expression = match &self.plan_step(step).condition {
            StepCondition::Variable(expression) => expression.as_str(),
            _ => "",
        };
        let reason = SkipReason::Condition(condition_text(expression, error.as_deref()));
        self.plan_skip(step, reason);
        Ok(())
    }

    fn action_condition(
        &mut self,
        cell: Cell,
        holds: bool,
        error: &Option<String>,
        at: Time,
    ) -> Result<(), IllegalEvent> {
        let place = self.find(cell)?;
        if self.cell(place).state != CellState::Asking {
            return Err(IllegalEvent::CellNotDue { cell });
        }
        self.warnings |= error.is_some();
        self.cell_mut(place).condition_error.clone_from(error);
        let state = if holds && error.is_none() {
            self.first_state(place)
        } else {
            let expression = match &self.plan_action(place).condition {
                ActionCondition::Variable(expression) => expression.as_str(),
                ActionCondition::Success => "",
            };
            CellState::Skipped(SkipReason::Condition(condition_text(
                expression,
                error.as_deref(),
            )))
        };
        self.set(place, state, at);
        self.todo.push_back(Todo::Advance(place));
        Ok(())
    }

    fn step_skipped(
        &mut self,
        step: StepIx,
        reason: &SkipReason,
        at: Time,
    ) -> Result<(), IllegalEvent> {
        self.known_step(step)?;
        if !matches!(self.step(step).state, StepPhase::ToSkip(_)) {
            return Err(IllegalEvent::StepNotDue { step });
        }
        self.settle_step(step, Settled::Skipped(reason.clone()), at);
        Ok(())
    }

    /// The place whose current action is `cell`.
    fn find(&self, cell: Cell) -> Result<PlaceRef, IllegalEvent> {
        self.known_step(cell.step)?;
        let step = self.plan_step(cell.step);
        let place = step
            .on
            .binary_search(&cell.target)
            .map_err(|_| IllegalEvent::UnknownCell { cell })?;
        if cell.action.0 as usize >= step.actions.len() {
            return Err(IllegalEvent::UnknownCell { cell });
        }
        let at = PlaceRef {
            step: cell.step,
            place: place as u32,
        };
        if self.place(at).current == cell.action.0 {
            Ok(at)
        } else {
            Err(IllegalEvent::CellNotDue { cell })
        }
    }

    fn find_attempt(&self, cell: Cell, found: u32) -> Result<PlaceRef, IllegalEvent> {
        let place = self.find(cell)?;
        let due = self.cell(place).attempt;
        if due == found {
            Ok(place)
        } else {
            Err(IllegalEvent::WrongAttempt { cell, due, found })
        }
    }

    fn ticket_issued(
        &mut self,
        ticket: &TicketId,
        cell: Cell,
        (attempt, worker): (u32, Option<&String>),
        at: Time,
    ) -> Result<(), IllegalEvent> {
        let place = self.find_attempt(cell, attempt)?;
        if self.tickets.contains_key(ticket) {
            return Err(IllegalEvent::TicketReused {
                ticket: ticket.clone(),
            });
        }
        if !matches!(
            self.cell(place).state,
            CellState::Ready | CellState::BackOff { .. }
        ) {
            return Err(IllegalEvent::CellNotDue { cell });
        }
        self.tickets.insert(ticket.clone(), place);
        self.cell_mut(place).attempts.push(Attempt {
            number: attempt,
            ticket: ticket.clone(),
            worker: worker.cloned(),
            issued_at: at,
            started_at: None,
            ended_at: None,
            outcome: None,
        });
        self.begin(place, at);
        if let Some(TargetIx(machine)) = self.machine_of(place) {
            self.locks_taken = true;
            if self.plan_step(place.step).is_exclusive() {
                self.machines[machine as usize].exclusive = Some(place);
            }
        }
        self.set(place, CellState::Issued, at);
        Ok(())
    }

    /// The place a ticket is out for.
    fn find_ticket(&self, ticket: &TicketId) -> Result<PlaceRef, IllegalEvent> {
        let Some(&place) = self.tickets.get(ticket) else {
            return Err(IllegalEvent::UnknownTicket {
                ticket: ticket.clone(),
            });
        };
        let run = self.place(place);
        let cell = run
            .cells
            .get(run.current as usize)
            .filter(|cell| cell.state.is_out());
        match cell.and_then(|cell| cell.attempts.last()) {
            Some(attempt) if attempt.ticket == *ticket => Ok(place),
            _ => Err(IllegalEvent::TicketLate {
                ticket: ticket.clone(),
            }),
        }
    }

    fn ticket_started(&mut self, ticket: &TicketId, at: Time) -> Result<(), IllegalEvent> {
        let place = self.find_ticket(ticket)?;
        if self.cell(place).state != CellState::Issued {
            return Err(IllegalEvent::TicketLate {
                ticket: ticket.clone(),
            });
        }
        let times_out_at = self
            .plan_action(place)
            .timeout_ms
            .map(|limit| at.plus_ms(limit));
        let cell = self.cell_mut(place);
        cell.not_started = 0;
        if let Some(attempt) = cell.attempts.last_mut() {
            attempt.started_at = Some(at);
        }
        self.set(place, CellState::Running { times_out_at }, at);
        Ok(())
    }

    fn ticket_finished(
        &mut self,
        ticket: &TicketId,
        outcome: &Outcome,
        at: Time,
    ) -> Result<(), IllegalEvent> {
        let place = self.find_ticket(ticket)?;
        let mut outcome = outcome.clone();
        if let Some(attempt) = self.cell_mut(place).attempts.last_mut() {
            outcome = outcome.believed(attempt.started_at.is_some());
            attempt.ended_at = Some(at);
            attempt.outcome = Some(outcome.clone());
        }
        self.agenda.stopping.remove(ticket);
        self.ticket_ended(place, &outcome, at);
        Ok(())
    }

    fn raised(
        &mut self,
        interruption: &InterruptionId,
        cell: Cell,
        (attempt, kind): (u32, InterruptionKind),
        at: Time,
    ) -> Result<(), IllegalEvent> {
        let place = self.find_attempt(cell, attempt)?;
        if self.interruptions.contains_key(interruption) {
            return Err(IllegalEvent::InterruptionReused {
                interruption: interruption.clone(),
            });
        }
        if self.cell(place).state != CellState::ToRaise(kind) {
            return Err(IllegalEvent::CellNotDue { cell });
        }
        self.interruptions.insert(interruption.clone(), place);
        self.begin(place, at);
        self.set(
            place,
            CellState::Interrupted {
                interruption: interruption.clone(),
                kind,
            },
            at,
        );
        Ok(())
    }

    /// The place a question is open at, and its kind.
    fn find_open(
        &self,
        interruption: &InterruptionId,
    ) -> Result<(PlaceRef, InterruptionKind), IllegalEvent> {
        let not_open = || IllegalEvent::NotOpen {
            interruption: interruption.clone(),
        };
        let place = *self.interruptions.get(interruption).ok_or_else(not_open)?;
        let run = self.place(place);
        match run.cells.get(run.current as usize).map(|cell| &cell.state) {
            Some(CellState::Interrupted {
                interruption: open,
                kind,
            }) if open == interruption => Ok((place, *kind)),
            _ => Err(not_open()),
        }
    }

    /// What a person may answer; empty when the question is not open (any more).
    #[must_use]
    pub fn answers(&self, interruption: &InterruptionId) -> Vec<Answer> {
        match self.find_open(interruption) {
            Ok((place, kind)) if !self.agenda.withdrawing.contains(interruption) => {
                self.offered(place, kind)
            }
            _ => Vec::new(),
        }
    }

    fn answered(
        &mut self,
        interruption: &InterruptionId,
        answer: Answer,
        at: Time,
    ) -> Result<(), IllegalEvent> {
        let (place, _) = self.find_open(interruption)?;
        let answers = self.answers(interruption);
        if answers.is_empty() {
            return Err(IllegalEvent::NotOpen {
                interruption: interruption.clone(),
            });
        }
        if !answers.contains(&answer) {
            return Err(IllegalEvent::AnswerNotOffered {
                interruption: interruption.clone(),
                answer,
            });
        }
        self.take_answer(place, answer, at);
        Ok(())
    }

    fn withdrawn(&mut self, interruption: &InterruptionId, at: Time) -> Result<(), IllegalEvent> {
        let (place, kind) = self.find_open(interruption)?;
        if !self.agenda.withdrawing.contains(interruption) {
            return Err(IllegalEvent::NotOpen {
                interruption: interruption.clone(),
            });
        }
        self.question_withdrawn(place, kind, at);
        Ok(())
    }

    fn cancel_requested(&mut self, at: Time) -> Result<(), IllegalEvent> {
        if mem::replace(&mut self.phase, Phase::Canceling) == Phase::Canceling {
            return Err(IllegalEvent::AlreadyCanceling);
        }
        self.canceled_at = Some(at);
        self.cancel(at);
        Ok(())
    }

    fn finished(&mut self, result: TaskResult, at: Time) -> Result<(), IllegalEvent> {
        let due = self.verdict();
        if self.unsettled > 0 || result != due {
            return Err(IllegalEvent::NotOver {
                found: result,
                due,
                unsettled: self.unsettled,
            });
        }
        self.phase = Phase::Finished(result);
        self.ended_at = Some(at);
        Ok(())
    }
}

fn condition_text(expression: &str, error: Option<&str>) -> String {
    match error {
        Some(error) => format!("{expression} could not be evaluated: {error}"),
        None => format!("{expression} is false"),
    }
}
