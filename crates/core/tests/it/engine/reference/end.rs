//! What ran, what failed and how it all ended, read off a finished log.

use std::collections::BTreeSet;

use regatta_core::engine::event::*;
use regatta_core::engine::plan::*;

use super::{Reference, Verdict, must};

fn runs_always(action: &PlanAction) -> bool {
    action.skip.is_none() && action.condition == ActionCondition::Success
}

impl Reference<'_> {
    /// Rules about the end; the log must be that of a finished run.
    pub(crate) fn check_end(&self) -> Verdict {
        self.conditions()?;
        self.nothing_new()?;
        let bad = self
            .plan
            .steps
            .iter()
            .enumerate()
            .any(|(ix, _)| self.step_bad(ix as u32));
        let canceled = self
            .position(|event| *event == Event::CancelRequested)
            .is_some();
        match self.log.last().map(|recorded| &recorded.event) {
            Some(Event::Finished {
                result: TaskResult::Canceled,
            }) => must(canceled, || "nobody cancelled".into()),
            Some(Event::Finished {
                result: TaskResult::Failed,
            }) => must(bad && !canceled, || "nothing failed".into()),
            Some(Event::Finished { .. }) => must(!bad && !canceled, || {
                "a failure is reported as success".into()
            }),
            other => Err(format!("the log ends with {other:?}")),
        }
    }

    /// Whether the last word about a cell is a failure nobody forgave; `None` = nothing ran.
    fn cell_bad(&self, cell: Cell) -> Option<bool> {
        let facts = (0..self.log.len()).filter(|&ix| self.about[ix] == Some(cell));
        let mut bad = facts.filter_map(|ix| match (&self.log[ix].event, self.outcome(ix)) {
            (_, Some(Outcome::Succeeded { .. })) => Some(false),
            (_, Some(Outcome::NotStarted { .. })) if self.never_failed(cell, ix) => Some(false),
            (_, Some(outcome)) => Some(self.counts_as_bad(cell, ix, &outcome)),
            (Event::InterruptionAnswered { answer, .. }, None) => {
                Some(matches!(answer, Answer::Fail | Answer::Abort))
            }
            (Event::InterruptionWithdrawn { .. }, None) => Some(true),
            _ => None,
        });
        bad.next_back()
    }

    fn never_failed(&self, cell: Cell, until: usize) -> bool {
        let finished = (0..until).filter(|&ix| self.about[ix] == Some(cell));
        let mut outcomes = finished.filter_map(|ix| self.outcome(ix));
        let mut refusals = 0;
        let clean = outcomes.all(|outcome| {
            refusals += 1;
            matches!(outcome, Outcome::NotStarted { .. })
        });
        clean && refusals < 10
    }

    /// A failure is forgiven when its machine was taken out before, or while the next attempt was due. Of an end that
    /// nobody knows, neither holds.
    fn counts_as_bad(&self, cell: Cell, at: usize, outcome: &Outcome) -> bool {
        let tries = self.tickets(cell, at);
        let again = match outcome {
            Outcome::Unknown { .. } => return true,
            // As often as it takes; the tenth in a row is rare enough.
            Outcome::NotStarted { .. } => true,
            _ => tries <= self.action(cell).retry.retries_max,
        };
        !(self.is_excluded(cell.target, at) || again && self.excluded_at(cell.target).is_some())
    }

    /// Whether the machine was taken out before this event.
    pub(super) fn is_excluded(&self, target: Option<TargetIx>, at: usize) -> bool {
        self.excluded_at(target).is_some_and(|out| out < at)
    }

    /// Once a machine was taken out nothing starts there, and nobody has it tried again there.
    pub(super) fn excluded(&self) -> Verdict {
        for (ix, recorded) in self.log.iter().enumerate() {
            let starts = matches!(
                recorded.event,
                Event::TicketIssued { .. }
                    | Event::InterruptionRaised {
                        kind: InterruptionKind::Manual,
                        ..
                    }
                    | Event::InterruptionAnswered {
                        answer: Answer::Retry,
                        ..
                    }
            );
            let Some(cell) = self.about[ix].filter(|_| starts) else {
                continue;
            };
            must(!self.is_excluded(cell.target, ix), || {
                format!("event {ix}: {cell:?} starts on a machine that was taken out")
            })?;
        }
        Ok(())
    }

    fn tickets(&self, cell: Cell, until: usize) -> u32 {
        let mut attempts = self.log[..until]
            .iter()
            .filter_map(|recorded| match &recorded.event {
                Event::TicketIssued {
                    cell: it, attempt, ..
                } if *it == cell => Some(*attempt),
                _ => None,
            });
        attempts.next_back().unwrap_or(0)
    }

    fn excluded_at(&self, target: Option<TargetIx>) -> Option<usize> {
        (0..self.log.len()).find(|&ix| {
            let excludes = matches!(
                self.log[ix].event,
                Event::InterruptionAnswered {
                    answer: Answer::ExcludeMachine,
                    ..
                }
            );
            excludes
                && self.about[ix].is_some_and(|cell| cell.target.is_some() && cell.target == target)
        })
    }

    pub(super) fn place_bad(&self, step: usize, target: Option<TargetIx>) -> bool {
        let step_ix = StepIx(step as u32);
        let actions = (0..self.plan.steps[step].actions.len() as u32).map(ActionIx);
        actions
            .map(|action| Cell {
                step: step_ix,
                action,
                target,
            })
            .any(|cell| self.cell_bad(cell) == Some(true))
    }

    fn step_bad(&self, step: u32) -> bool {
        self.plan.steps[step as usize]
            .on
            .iter()
            .any(|&target| self.place_bad(step as usize, target))
    }

    fn ran(&self, step: u32) -> bool {
        self.log.iter().any(|recorded| match &recorded.event {
            Event::TicketIssued { cell, .. } | Event::InterruptionRaised { cell, .. } => {
                cell.step.0 == step
            }
            _ => false,
        })
    }

    /// Whether a step it waits for, looked at through those that did not run, failed.
    fn blocked(&self, step: u32) -> bool {
        self.is_behind(step, |waited| self.step_bad(waited))
    }

    fn is_behind(&self, step: u32, what: impl Fn(u32) -> bool) -> bool {
        let (mut look, mut seen) = (vec![step], BTreeSet::new());
        while let Some(step) = look.pop() {
            for &StepIx(waited) in &self.plan.steps[step as usize].waits_for {
                if what(waited) {
                    return true;
                }
                if seen.insert(waited) && !self.ran(waited) {
                    look.push(waited);
                }
            }
        }
        false
    }

    /// Whether a step began, and part of it did not come to an end of its own.
    fn may_be_cut(&self, step: u32) -> bool {
        let planned = &self.plan.steps[step as usize];
        let done = (0..self.log.len()).filter(|&ix| {
            let is_answered = matches!(self.log[ix].event, Event::InterruptionAnswered { .. });
            is_answered || matches!(self.outcome(ix), Some(Outcome::Succeeded { .. }))
        });
        let own = done.filter_map(|ix| self.about[ix].filter(|cell| cell.step.0 == step));
        let done: BTreeSet<Cell> = own.collect();
        self.ran(step) && done.len() < planned.on.len() * planned.actions.len()
    }

    /// The first event after which something has certainly failed for good.
    fn failed_at(&self) -> Option<usize> {
        (0..self.log.len()).find(|&ix| {
            let Some(cell) = self.about[ix] else {
                return false;
            };
            let last_try = || self.tickets(cell, ix) > self.action(cell).retry.retries_max;
            match (&self.log[ix].event, self.outcome(ix)) {
                (Event::InterruptionAnswered { answer, .. }, _) => {
                    matches!(answer, Answer::Fail | Answer::Abort)
                }
                _ if self.plan.guided_failure => false,
                (_, Some(Outcome::Unknown { .. })) => true,
                (_, Some(Outcome::Succeeded { .. } | Outcome::NotStarted { .. }) | None) => false,
                (_, Some(outcome)) => last_try() && self.counts_as_bad(cell, ix, &outcome),
            }
        })
    }

    /// After a failure nothing starts that is unrelated to it, unless the plan lets other branches finish.
    fn nothing_new(&self) -> Verdict {
        let finish = self.plan.failure_policy == FailurePolicy::FinishBranches;
        let Some(failed_at) = self.failed_at().filter(|_| !finish) else {
            return Ok(());
        };
        for (ix, planned) in (0..).zip(&self.plan.steps) {
            let is_unrelated = match planned.condition {
                StepCondition::Failure | StepCondition::Always => false,
                StepCondition::Success => true,
                // A step that was cut short counts as failed for its expression, too.
                StepCondition::Variable(_) => !self.is_behind(ix, |waited| {
                    self.step_bad(waited) || self.may_be_cut(waited)
                }),
            };
            let places = self.places(StepIx(ix));
            let late = places.values().find(|(first, _)| *first > failed_at);
            must(!is_unrelated || late.is_none(), || {
                format!(
                    "{} starts at {late:?}, after the failure at {failed_at}",
                    planned.name
                )
            })?;
        }
        Ok(())
    }

    /// What ran is exactly what its run condition lets run.
    fn conditions(&self) -> Verdict {
        let canceled = self
            .position(|event| *event == Event::CancelRequested)
            .is_some();
        for (ix, planned) in self.plan.steps.iter().enumerate() {
            let (step, ran) = (ix as u32, self.ran(ix as u32));
            let asked = self.log.iter().find_map(|recorded| match &recorded.event {
                Event::StepConditionEvaluated {
                    step: it, holds, ..
                } if it.0 == step => Some(*holds),
                _ => None,
            });
            // A step cut short by the policy counts as failed for those that wait for it.
            let drained = self.plan.failure_policy != FailurePolicy::FinishBranches;
            let may = planned.skip.is_none()
                && match planned.condition {
                    StepCondition::Success => !self.blocked(step),
                    StepCondition::Failure => drained || self.blocked(step),
                    StepCondition::Always => true,
                    StepCondition::Variable(_) => asked == Some(true),
                };
            must(may || !ran, || {
                format!("{} ran against its condition", planned.name)
            })?;
            let has_work = planned.on.iter().any(|&target| {
                self.excluded_at(target).is_none() && planned.actions.iter().any(runs_always)
            });
            let must_run = may && has_work && !canceled && !drained;
            must(ran || !must_run, || {
                format!("{} should have run", planned.name)
            })?;
        }
        Ok(())
    }
}
