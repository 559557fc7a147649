//! What the engine wants becomes events and acts: the second half of a turn.
//!
//! Runs without waiting for anything, under the lock of the shared [`Resources`], so that what
//! it counts on cannot be given to another deployment meanwhile.

use regatta_core::engine::command::{Command, StopReason};
use regatta_core::engine::event::{
    Cell, Event, InterruptionId, InterruptionKind, TaskResult, TicketId,
};
use regatta_core::engine::plan::{SkipReason, StepIx};
use regatta_core::engine::{IllegalEvent, StepState};
use regatta_core::log::LogLevel;
use regatta_core::time::Time;
use regatta_store::{TaskChange, TaskState, Vault, Write};

use super::interruption::{self, Interruption};
use super::live::{Asked, Live};
use super::resources::Resources;
use super::turn::{Act, Place, Turn};
use super::{audit, duration};
use crate::activity::wire::reason_text;

impl Live {
    /// Asks the engine until it wants nothing more.
    ///
    /// # Errors
    /// The engine refused what it had asked for itself: a defect, and the task cannot go on.
    pub(super) fn decide(
        &mut self,
        vault: &Vault,
        turn: &mut Turn,
        resources: &mut Resources,
    ) -> Result<(), IllegalEvent> {
        loop {
            let world = resources.world(&self.head.id);
            let commands = self.run.next(turn.now, &world);
            let before = turn.events.len();
            for command in commands {
                self.carry_out(vault, turn, resources, command)?;
            }
            if turn.events.len() == before {
                return Ok(());
            }
        }
    }

    fn carry_out(
        &mut self,
        vault: &Vault,
        turn: &mut Turn,
        resources: &mut Resources,
        command: Command,
    ) -> Result<(), IllegalEvent> {
        match command {
            Command::EvaluateStepCondition { step } => self.evaluate_step(vault, turn, step),
            Command::EvaluateActionCondition { cell } => self.evaluate_action(vault, turn, cell),
            Command::SkipStep { step, reason } => self.skip(turn, step, reason),
            Command::Issue {
                cell,
                attempt,
                worker,
            } => self.issue(turn, resources, cell, (attempt, worker)),
            Command::Raise {
                cell,
                attempt,
                kind,
            } => self.raise(vault, turn, cell, (attempt, kind)),
            Command::Stop { ticket, why } => {
                if why == StopReason::TimedOut {
                    self.timed_out.insert(ticket.clone());
                }
                let act = Act::Stop { ticket, why };
                if !turn.acts.contains(&act) {
                    turn.acts.push(act);
                }
                Ok(())
            }
            Command::Withdraw { interruption } => self.withdraw(turn, interruption),
            Command::Finish { result } => self.finish(turn, result),
        }
    }

    fn evaluate_step(
        &mut self,
        vault: &Vault,
        turn: &mut Turn,
        step: StepIx,
    ) -> Result<(), IllegalEvent> {
        let (holds, error) = match self
            .frozen
            .step_condition(vault, step, &self.outputs, &self.run)
        {
            Ok(holds) => (holds, None),
            Err(error) => (false, Some(error)),
        };
        if let Some(error) = &error {
            turn.line(
                Some(Place::Step(step)),
                LogLevel::Warning,
                format!("The run condition cannot be evaluated: {error}"),
            );
        }
        self.record(turn, Event::StepConditionEvaluated { step, holds, error })
    }

    fn evaluate_action(
        &mut self,
        vault: &Vault,
        turn: &mut Turn,
        cell: Cell,
    ) -> Result<(), IllegalEvent> {
        let (holds, error) =
            match self
                .frozen
                .action_condition(vault, cell, &self.outputs, &self.run)
            {
                Ok(holds) => (holds, None),
                Err(error) => (false, Some(error)),
            };
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

    fn raise(
        &mut self,
        vault: &Vault,
        turn: &mut Turn,
        cell: Cell,
        (attempt, kind): (u32, InterruptionKind),
    ) -> Result<(), IllegalEvent> {
        let Some(id) = self.spare_ids.pop() else {
            turn.ids_missing += 1;
            return Ok(());
        };
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
        let question = self.question(vault, (id, turn.now), cell, kind);
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
        vault: &Vault,
        (id, now): (String, Time),
        cell: Cell,
        kind: InterruptionKind,
    ) -> Interruption {
        let choices = self.run.answers(&InterruptionId(id.clone()));
        let step = &self.run.plan().steps[cell.step.0 as usize];
        let action = &step.actions[cell.action.0 as usize];
        let (title, instructions, teams) = match kind {
            InterruptionKind::Manual => {
                let (instructions, teams) =
                    self.frozen.manual(vault, cell, &self.outputs, &self.run);
                (
                    format!("Manual intervention: {}", action.name),
                    instructions,
                    teams,
                )
            }
            InterruptionKind::GuidedFailure => {
                let text = format!(
                    "\"{}\" failed. Choose how the deployment goes on.",
                    action.name
                );
                (format!("Failure: {}", action.name), text, Vec::new())
            }
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
            responsible_team_ids: teams,
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
        let (state, text) = match result {
            TaskResult::Success => (TaskState::Success, "The deployment succeeded."),
            TaskResult::SuccessWithWarnings => (
                TaskState::Success,
                "The deployment succeeded, with warnings.",
            ),
            TaskResult::Failed => (TaskState::Failed, "The deployment failed."),
            TaskResult::Canceled => (TaskState::Canceled, "The deployment was cancelled."),
        };
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
        turn.writes.push(Write::Release);
        Ok(())
    }

    /// Which steps failed, for the task's row.
    fn failure_text(&self) -> String {
        let steps = (0u32..).zip(&self.run.plan().steps);
        let failed = steps.filter(|(ix, _)| self.run.step_state(StepIx(*ix)) == StepState::Failed);
        let failed: Vec<&str> = failed.map(|(_, step)| step.name.as_str()).collect();
        match failed.as_slice() {
            [] => "The deployment failed.".into(),
            [one] => format!("The step \"{one}\" failed."),
            many => format!("These steps failed: {}.", many.join(", ")),
        }
    }
}
