//! What an event changed: the states that are different after it, whole and absolute.
//!
//! Whoever shows a run keeps a [`Watch`] beside it and passes on what comes out. States are not
//! differences, so a reader may see the same one twice, or only a later one, and is right all the same.

use super::event::{Answer, Event, Outcome};
use super::plan::StepIx;
use super::run::Run;
use super::view::{RunView, StepState, StepView};

/// The states of a run as they were told last.
#[derive(Debug, Clone)]
pub struct Watch {
    told: RunView,
}

impl Watch {
    /// Everything about the run so far counts as told.
    #[must_use]
    pub fn of(run: &Run) -> Self {
        Self { told: run.view() }
    }

    /// What is different now that `event` was applied: steps that changed, each with those of its actions
    /// that changed.
    pub fn changes(&mut self, run: &Run, event: &Event) -> Vec<StepView> {
        let about = run.step_of(event);
        let everything = is_felt_everywhere(event);
        let steps = (0..self.told.steps.len() as u32).map(StepIx);
        let looked_at = steps.filter(|&step| {
            everything
                || Some(step) == about
                || run.step_state(step) != self.told.steps[step.0 as usize].state
        });
        looked_at
            .collect::<Vec<_>>()
            .into_iter()
            .filter_map(|step| self.change(run.step_view(step)))
            .collect()
    }

    /// The states of everything that differs between what was told and `run`, whatever led there.
    pub fn difference(&mut self, run: &Run) -> Vec<StepView> {
        let steps = (0..self.told.steps.len() as u32).map(StepIx);
        steps
            .filter_map(|step| self.change(run.step_view(step)))
            .collect()
    }

    /// The state of a step as it was told last.
    #[must_use]
    pub fn told(&self, step: StepIx) -> StepState {
        self.told.steps[step.0 as usize].state
    }

    fn change(&mut self, now: StepView) -> Option<StepView> {
        let told = &mut self.told.steps[now.step.0 as usize];
        if *told == now {
            return None;
        }
        let mut changed = now.clone();
        changed.actions = now
            .actions
            .iter()
            .zip(&told.actions)
            .filter(|(now, told)| now != told)
            .map(|(now, _)| now.clone())
            .collect();
        *told = now;
        Some(changed)
    }
}

/// Whether an event may change steps that neither it is about nor change their own state by it: a failure
/// may stop places of other steps, an answer may take a machine out of all of them.
const fn is_felt_everywhere(event: &Event) -> bool {
    match event {
        Event::Started | Event::CancelRequested | Event::InterruptionWithdrawn { .. } => true,
        Event::InterruptionAnswered { answer, .. } => {
            matches!(
                answer,
                Answer::Abort | Answer::Fail | Answer::ExcludeMachine
            )
        }
        Event::TicketFinished { outcome, .. } => !matches!(outcome, Outcome::Succeeded { .. }),
        Event::StepConditionEvaluated { .. }
        | Event::ActionConditionEvaluated { .. }
        | Event::StepSkipped { .. }
        | Event::TicketIssued { .. }
        | Event::TicketStarted { .. }
        | Event::InterruptionRaised { .. }
        | Event::FailurePolicyChosen { .. }
        | Event::Finished { .. } => false,
    }
}

impl Run {
    /// The step an event is about, if it is about one.
    #[must_use]
    pub fn step_of(&self, event: &Event) -> Option<StepIx> {
        match event {
            Event::StepConditionEvaluated { step, .. } | Event::StepSkipped { step, .. } => {
                Some(*step)
            }
            Event::ActionConditionEvaluated { cell, .. }
            | Event::TicketIssued { cell, .. }
            | Event::InterruptionRaised { cell, .. } => Some(cell.step),
            Event::TicketStarted { ticket } | Event::TicketFinished { ticket, .. } => {
                self.tickets.get(ticket).map(|at| at.step)
            }
            Event::InterruptionAnswered { interruption, .. }
            | Event::InterruptionWithdrawn { interruption } => {
                self.interruptions.get(interruption).map(|at| at.step)
            }
            Event::Started
            | Event::FailurePolicyChosen { .. }
            | Event::CancelRequested
            | Event::Finished { .. } => None,
        }
    }
}
