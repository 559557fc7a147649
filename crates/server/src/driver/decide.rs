//! What the engine wants becomes events and acts: the second half of a turn.
//!
//! Runs without waiting for anything, under the lock of the shared [`Resources`], so that what
//! it counts on cannot be given to another deployment meanwhile. Only what templates answer is
//! left to [`super::evaluate`], without that lock.

use regatta_core::engine::command::{Command, Decision, Evaluation, StopReason};
use regatta_core::engine::event::{
    Cell, Event, InterruptionId, InterruptionKind, TaskResult, TicketId,
};
use regatta_core::engine::plan::{SkipReason, StepIx};
use regatta_core::engine::{IllegalEvent, StepState};
use regatta_core::log::LogLevel;
use regatta_core::time::Time;
use regatta_store::{TaskChange, TaskState, Write};

use super::evaluate::{Instructions, Verdict};
use super::interruption::{self, Interruption};
use super::live::{Asked, Live};
use super::resources::Resources;
use super::turn::{Act, Place, Turn};
use super::{audit, duration};
use crate::activity::wire::reason_text;
use crate::automatic;

impl Live {
    /// Asks the engine until it wants nothing more, or nothing but what templates answer: that is left to be
    /// evaluated.
    ///
    /// # Errors
    /// The engine refused what it had asked for itself: a defect, and the task cannot go on.
    pub(super) fn decide(
        &mut self,
        turn: &mut Turn,
        resources: &mut Resources,
    ) -> Result<Vec<Evaluation>, IllegalEvent> {
        loop {
            let world = resources.world(&self.head.id);
            let before = turn.events.len();
            let mut evaluated = Vec::new();
            for command in self.run.next(turn.now, &world) {
                match command {
                    Command::Evaluate(evaluation) => evaluated.push(evaluation),
                    Command::Decided(decision) => self.carry_out(turn, resources, decision)?,
                }
            }
            if turn.events.len() == before || !evaluated.is_empty() {
                return Ok(evaluated);
            }
        }
    }

    fn carry_out(
        &mut self,
        turn: &mut Turn,
        resources: &mut Resources,
        decision: Decision,
    ) -> Result<(), IllegalEvent> {
        match decision {
            Decision::SkipStep { step, reason } => self.skip(turn, step, reason),
            Decision::Issue {
                cell,
                attempt,
                worker,
            } => self.issue(turn, resources, cell, (attempt, worker)),
            Decision::Stop { ticket, why } => {
                if why == StopReason::TimedOut {
                    self.timed_out.insert(ticket.clone());
                }
                let act = Act::Stop { ticket, why };
                if !turn.acts.contains(&act) {
                    turn.acts.push(act);
                }
                Ok(())
            }
            Decision::Withdraw { interruption } => self.withdraw(turn, interruption),
            Decision::Finish { result } => self.finish(turn, result),
        }
    }

    pub(super) fn step_evaluated(
        &mut self,
        turn: &mut Turn,
        step: StepIx,
        (holds, error): Verdict,
    ) -> Result<(), IllegalEvent> {
        if let Some(error) = &error {
            turn.line(
                Some(Place::Step(step)),
                LogLevel::Warning,
                format!("The run condition cannot be evaluated: {error}"),
            );
        }
        self.record(turn, Event::StepConditionEvaluated { step, holds, error })
    }

    pub(super) fn action_evaluated(
        &mut self,
        turn: &mut Turn,
        cell: Cell,
        (holds, error): Verdict,
    ) -> Result<(), IllegalEvent> {
        let text = match &error {
            Some(error) => Some((
                LogLevel::Warning,
                format!("The run condition cannot be evaluated: {error}"),
            )),
            None if !holds => Some((
                LogLevel::Info,
                "Skipped: the run condition was not met.".to_owned(),
            )),
            None => None,
        };
        if let Some((level, text)) = text {
            turn.line(Some(Place::Cell(cell)), level, text);
        }
        self.record(turn, Event::ActionConditionEvaluated { cell, holds, error })
    }

    fn skip(
        &mut self,
        turn: &mut Turn,
        step: StepIx,
        reason: SkipReason,
    ) -> Result<(), IllegalEvent> {
        let text = format!("Skipped: {}.", reason_text(self.run.plan(), &reason));
        turn.line(Some(Place::Step(step)), LogLevel::Info, text);
        self.record(turn, Event::StepSkipped { step, reason })
    }

    fn issue(
        &mut self,
        turn: &mut Turn,
        resources: &mut Resources,
        cell: Cell,
        (attempt, worker): (u32, Option<String>),
    ) -> Result<(), IllegalEvent> {
        let ticket = TicketId(uuid::Uuid::now_v7().to_string());
        self.record(
            turn,
            Event::TicketIssued {
                ticket: ticket.clone(),
                cell,
                attempt,
                worker: worker.clone(),
            },
        )?;
        if let Some(worker) = &worker {
            resources.given(&ticket.0, worker);
        }
        if attempt > 1 {
            turn.line(
                Some(Place::Cell(cell)),
                LogLevel::Info,
                format!("Attempt {attempt} starts."),
            );
        }
        turn.acts.push(Act::Start {
            ticket,
            cell,
            worker,
        });
        Ok(())
    }

    pub(super) fn raise(
        &mut self,
        turn: &mut Turn,
        id: String,
        (cell, attempt, kind): (Cell, u32, InterruptionKind),
        instructions: Instructions,
    ) -> Result<(), IllegalEvent> {
        let interruption = InterruptionId(id.clone());
        self.record(
            turn,
            Event::InterruptionRaised {
                interruption: interruption.clone(),
                cell,
                attempt,
                kind,
            },
        )?;
        let question = self.question((id, turn.now), (cell, kind), instructions);
        turn.line(
            Some(Place::Cell(cell)),
            LogLevel::Wait,
            format!("Waiting for a person: {}", question.title),
        );
        turn.writes
            .push(audit::raised(&self.head, &question, turn.now));
        let document = interruption::document(&question);
        turn.writes
            .push(Write::DocumentInsert(Box::new(document.clone())));
        self.asked
            .insert(interruption, Asked { question, document });
        self.note_questions(turn);
        Ok(())
    }

    fn question(
        &self,
        (id, now): (String, Time),
        (cell, kind): (Cell, InterruptionKind),
        asked: Instructions,
    ) -> Interruption {
        let choices = self.run.answers(&InterruptionId(id.clone()));
        let step = &self.run.plan().steps[cell.step.0 as usize];
        let action = &step.actions[cell.action.0 as usize];
        let (title, instructions) = match kind {
            InterruptionKind::Manual => {
                (format!("Manual intervention: {}", action.name), asked.text)
            }
            InterruptionKind::GuidedFailure => (
                format!("Failure: {}", action.name),
                format!(
                    "\"{}\" failed. Choose how the deployment goes on.",
                    action.name
                ),
            ),
        };
        Interruption {
            id,
            space_id: self.head.space_id.clone(),
            task_id: self.head.id.clone(),
            related: self.head.related.clone(),
            kind,
            cell,
            correlation_id: crate::activity::cell_node_id(&self.head.id, cell),
            title,
            instructions,
            choices,
            responsible_team_ids: asked.team_ids,
            responsible_user_id: None,
            created_at: now,
            answered: None,
            withdrawn: false,
        }
    }

    fn withdraw(
        &mut self,
        turn: &mut Turn,
        interruption: InterruptionId,
    ) -> Result<(), IllegalEvent> {
        self.record(
            turn,
            Event::InterruptionWithdrawn {
                interruption: interruption.clone(),
            },
        )?;
        if let Some(asked) = self.asked.get_mut(&interruption) {
            asked.question.withdrawn = true;
        }
        self.rewrite_question(turn, &interruption);
        self.note_questions(turn);
        Ok(())
    }

    fn note_questions(&self, turn: &mut Turn) {
        turn.writes.push(Write::Task(TaskChange {
            at: turn.now,
            has_pending_interruptions: Some(self.has_open_questions()),
            ..TaskChange::default()
        }));
    }

    fn finish(&mut self, turn: &mut Turn, result: TaskResult) -> Result<(), IllegalEvent> {
        self.record(turn, Event::Finished { result })?;
        let (state, how) = match result {
            TaskResult::Success => (TaskState::Success, "succeeded"),
            TaskResult::SuccessWithWarnings => (TaskState::Success, "succeeded, with warnings"),
            TaskResult::Failed => (TaskState::Failed, "failed"),
            TaskResult::Canceled => (TaskState::Canceled, "was cancelled"),
        };
        let text = format!("The {} {how}.", self.head.kind.called());
        let level = if state == TaskState::Failed {
            LogLevel::Error
        } else {
            LogLevel::Info
        };
        turn.line(None, level, text);
        turn.writes.push(Write::Task(TaskChange {
            at: turn.now,
            state: Some(state),
            completed_at: Some(turn.now),
            has_warnings: Some(
                result == TaskResult::SuccessWithWarnings || state == TaskState::Failed,
            ),
            has_pending_interruptions: Some(false),
            error_message: (state == TaskState::Failed).then(|| self.failure_text()),
            ..TaskChange::default()
        }));
        turn.writes
            .push(audit::finished(&self.head, result, turn.now));
        turn.writes
            .extend(duration::measured(&self.frozen, &self.run));
        turn.writes.extend(self.next_phase(result, turn.now));
        turn.writes.push(Write::Release);
        Ok(())
    }

    /// A release that got further may have reached a phase with automatic deployments.
    fn next_phase(&self, result: TaskResult, now: Time) -> Option<Write> {
        let facts = &self.frozen.stored.facts;
        let is_success = matches!(
            result,
            TaskResult::Success | TaskResult::SuccessWithWarnings
        );
        if !is_success || facts.runbook.is_some() {
            return None;
        }
        let head = &self.head;
        let next = automatic::deployed(&facts.release.id, &head.space_id, &head.id, now);
        Some(Write::DocumentInsert(Box::new(next)))
    }

    /// Which steps failed, for the task's row.
    fn failure_text(&self) -> String {
        let steps = (0u32..).zip(&self.run.plan().steps);
        let failed = steps.filter(|(ix, _)| self.run.step_state(StepIx(*ix)) == StepState::Failed);
        let failed: Vec<&str> = failed.map(|(_, step)| step.name.as_str()).collect();
        match failed.as_slice() {
            [] => format!("The {} failed.", self.head.kind.called()),
            [one] => format!("The step \"{one}\" failed."),
            many => format!("These steps failed: {}.", many.join(", ")),
        }
    }
}
