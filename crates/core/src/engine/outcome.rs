//! What the end of a ticket or the answer of a person means for the action it was about.

use super::event::{Answer, InterruptionKind, Outcome, TaskResult};
use super::plan::{SkipReason, StepIx, TargetIx};
use super::run::Run;
use super::state::{CellRun, CellState, Phase, PlaceRef, Settled, StepPhase, StepRun, Todo};
use crate::time::Time;

/// A person may have an action tried again this often (Octopus' rule).
pub const PERSON_RETRIES_MAX: u32 = 10;

/// After so many tickets in a row that never started, the action fails.
pub const NOT_STARTED_MAX: u32 = 10;

const REISSUE_PAUSE_MS: i64 = 1_000;
const BACKOFF_MAX_MS: i64 = 60 * 60 * 1_000;

impl Run {
    pub(super) fn ticket_ended(&mut self, at: PlaceRef, outcome: &Outcome, now: Time) {
        let stop = self.place(at).stop.clone();
        match (outcome, stop) {
            (Outcome::Succeeded { warnings }, _) => {
                self.warnings |= warnings;
                self.cell_mut(at).warnings |= warnings;
                self.set(at, CellState::Succeeded, now);
            }
            (Outcome::Canceled, Some(_)) => self.set(at, CellState::Canceled, now),
            (Outcome::NotStarted { .. }, Some(reason)) => self.stop_unstarted(at, &reason, now),
            (_, Some(_)) => self.fail(at, now),
            (
                Outcome::NotStarted { .. }
                | Outcome::Failed { .. }
                | Outcome::TimedOut
                | Outcome::Canceled,
                None,
            ) if self.is_excluded(at) => self.settle_excluded(at, now),
            (Outcome::NotStarted { .. }, None) => self.reissue(at, now),
            // Nobody knows what the script did, so only a person may decide to run it again.
            (Outcome::Unknown { .. }, None) => self.ask_or_fail(at, now),
            // Stopped although nobody here asked for it: it did not do its work.
            (Outcome::Failed { .. } | Outcome::TimedOut | Outcome::Canceled, None) => {
                self.retry_or_ask(at, now);
            }
        }
        self.todo.push_back(Todo::Advance(at));
    }

    /// The script certainly never ran: another ticket for the same attempt, after a growing pause.
    fn reissue(&mut self, at: PlaceRef, now: Time) {
        let cell = self.cell_mut(at);
        cell.not_started += 1;
        let times = cell.not_started;
        if times > NOT_STARTED_MAX {
            cell.not_started = 0;
            return self.retry_or_ask(at, now);
        }
        let state = match times {
            1 => CellState::Ready,
            _ => CellState::BackOff {
                until: now.plus_ms(doubled(REISSUE_PAUSE_MS, times - 2)),
            },
        };
        self.set(at, state, now);
    }

    fn retry_or_ask(&mut self, at: PlaceRef, now: Time) {
        let retry = self.plan_action(at).retry;
        let attempt = self.cell(at).attempt;
        if attempt > retry.retries_max {
            return self.ask_or_fail(at, now);
        }
        self.cell_mut(at).attempt += 1;
        let until = now.plus_ms(doubled(retry.backoff_ms, attempt - 1));
        self.set(at, CellState::BackOff { until }, now);
    }

    fn ask_or_fail(&mut self, at: PlaceRef, now: Time) {
        if self.plan.guided_failure {
            self.set(at, CellState::ToRaise(InterruptionKind::GuidedFailure), now);
        } else {
            self.fail(at, now);
        }
    }

    pub(super) fn offered(&self, at: PlaceRef, kind: InterruptionKind) -> Vec<Answer> {
        if kind == InterruptionKind::Manual {
            return vec![Answer::Proceed, Answer::Abort];
        }
        let excluded = self.is_excluded(at);
        // What is required is not required of a machine that takes no further part.
        let optional = excluded || !self.plan_action(at).required;
        let mut answers = vec![Answer::Fail];
        if !excluded && self.cell(at).person_retries < PERSON_RETRIES_MAX {
            answers.insert(0, Answer::Retry);
        }
        if optional {
            answers.push(Answer::Ignore);
        }
        if optional && !excluded && self.target(at).is_some() {
            answers.push(Answer::ExcludeMachine);
        }
        answers
    }

    pub(super) fn take_answer(&mut self, at: PlaceRef, answer: Answer, now: Time) {
        match answer {
            Answer::Proceed => self.set(at, CellState::Succeeded, now),
            // A refusal is a decision already: guided failure does not ask about it again.
            Answer::Abort | Answer::Fail => self.fail(at, now),
            Answer::Retry => {
                let cell = self.cell_mut(at);
                cell.person_retries += 1;
                cell.attempt += 1;
                self.set(at, CellState::Ready, now);
            }
            Answer::Ignore => self.ignore(at, now),
            Answer::ExcludeMachine => {
                self.ignore(at, now);
                self.exclude_machine(at, now);
            }
        }
        self.todo.push_back(Todo::Advance(at));
    }

    fn ignore(&mut self, at: PlaceRef, now: Time) {
        self.warnings = true;
        self.set(at, CellState::Ignored, now);
    }

    /// Whether the machine of the place was taken out of the deployment.
    pub(super) fn is_excluded(&self, at: PlaceRef) -> bool {
        self.target(at)
            .is_some_and(|TargetIx(machine)| self.machines[machine as usize].excluded)
    }

    /// Settles an action that must not start (again) because its machine was taken out.
    fn settle_excluded(&mut self, at: PlaceRef, now: Time) {
        if self.cell(at).has_failed() {
            self.ignore(at, now);
        } else {
            self.set(at, CellState::Skipped(SkipReason::TargetExcluded), now);
        }
    }

    /// Nothing more starts on the machine, not even again; what runs there or waits for a person is left to end.
    fn exclude_machine(&mut self, at: PlaceRef, now: Time) {
        let Some(target) = self.target(at) else {
            return;
        };
        let TargetIx(machine) = target;
        self.machines[machine as usize].excluded = true;
        for step in (0..self.steps.len() as u32).map(StepIx) {
            if self.step(step).state != StepPhase::Open {
                continue;
            }
            let Ok(place) = self.plan_step(step).on.binary_search(&Some(target)) else {
                continue;
            };
            let at = PlaceRef {
                step,
                place: place as u32,
            };
            let place = self.place(at);
            let Some(cell) = place.cells.get(place.current as usize) else {
                continue;
            };
            if matches!(
                cell.state,
                CellState::Ready | CellState::Asking | CellState::BackOff { .. }
            ) || cell.state == CellState::ToRaise(InterruptionKind::Manual)
            {
                self.settle_excluded(at, now);
                self.todo.push_back(Todo::Advance(at));
            }
        }
    }

    pub(super) fn question_withdrawn(&mut self, at: PlaceRef, kind: InterruptionKind, now: Time) {
        match kind {
            InterruptionKind::Manual => self.set(at, CellState::Canceled, now),
            // The question was about a failure, and nobody forgave it.
            InterruptionKind::GuidedFailure => self.fail(at, now),
        }
        self.todo.push_back(Todo::Advance(at));
    }

    /// Settles an action that must not start (again): failed if it failed before, else skipped.
    pub(super) fn stop_unstarted(&mut self, at: PlaceRef, reason: &SkipReason, now: Time) {
        if self.cell(at).has_failed() {
            self.fail(at, now);
        } else {
            self.set(at, CellState::Skipped(reason.clone()), now);
        }
    }

    /// The task's result, were it over now.
    pub(super) const fn verdict(&self) -> TaskResult {
        match (self.phase, self.failed, self.warnings) {
            (Phase::Canceling, _, _) => TaskResult::Canceled,
            (_, true, _) => TaskResult::Failed,
            (_, false, true) => TaskResult::SuccessWithWarnings,
            (_, false, false) => TaskResult::Success,
        }
    }
}

impl CellRun {
    /// An attempt ran and did not succeed.
    fn has_failed(&self) -> bool {
        self.attempts.iter().any(|attempt| match &attempt.outcome {
            Some(
                Outcome::Failed { .. }
                | Outcome::TimedOut
                | Outcome::Canceled
                | Outcome::Unknown { .. },
            ) => true,
            Some(Outcome::Succeeded { .. } | Outcome::NotStarted { .. }) | None => false,
        })
    }
}

impl StepRun {
    /// How an opened step ended, from how its places ended.
    pub(super) fn outcome(&self) -> Settled {
        let settled = || {
            self.places
                .iter()
                .filter_map(|place| place.settled.as_ref())
        };
        let any = |wanted: &Settled| settled().any(|found| found == wanted);
        let cut = |reason: SkipReason| self.started_at.is_some() && any(&Settled::Skipped(reason));
        if any(&Settled::Failed) {
            Settled::Failed
        } else if any(&Settled::Canceled)
            || cut(SkipReason::Canceled)
            || cut(SkipReason::FailurePolicy)
        {
            Settled::Canceled
        } else if any(&Settled::Ignored) {
            Settled::Ignored
        } else if any(&Settled::Succeeded) {
            Settled::Succeeded
        } else {
            settled()
                .next()
                .cloned()
                .unwrap_or(Settled::Skipped(SkipReason::NoTargets))
        }
    }
}

/// `base_ms` doubled `times` times, at most an hour.
fn doubled(base_ms: i64, times: u32) -> i64 {
    let factor = 1_i64 << times.min(30);
    base_ms.saturating_mul(factor).clamp(0, BACKOFF_MAX_MS)
}
