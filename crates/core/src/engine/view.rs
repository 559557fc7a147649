//! A run as people see it: states, attempts, reasons and times, read-only and serialisable.

use serde::{Deserialize, Serialize};

use super::event::{Cell, InterruptionId, InterruptionKind, Outcome, TaskResult, TicketId};
use super::plan::{SkipReason, StepIx};
use super::run::Run;
use super::state::{Attempt, CellRun, CellState, Phase, PlaceRef, Settled, StepPhase};
use crate::time::Time;

/// The state of a step, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum StepState {
    /// It waits for other steps.
    Pending,
    /// What it waits for is settled; nothing of it has started.
    Ready,
    Running,
    /// Nothing of it runs; a person has to decide.
    Interrupted,
    Succeeded,
    /// It failed and a person said to go on.
    Ignored,
    Failed,
    Canceled,
    Skipped,
}

/// The state of one action on one place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ActionState {
    Pending,
    Ready,
    /// Between two attempts.
    Retrying {
        until: Time,
    },
    /// Sent to a worker, a target or the server; not started as far as anybody said.
    Queued,
    Running,
    Interrupted {
        interruption: Option<InterruptionId>,
        kind: InterruptionKind,
    },
    Succeeded,
    Ignored,
    Failed,
    Canceled,
    Skipped(SkipReason),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunView {
    pub started_at: Option<Time>,
    pub ended_at: Option<Time>,
    pub result: Option<TaskResult>,
    pub canceling: bool,
    /// Some action failed and nobody forgave it.
    pub failed: bool,
    pub warnings: bool,
    /// In plan order.
    pub steps: Vec<StepView>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepView {
    pub step: StepIx,
    pub state: StepState,
    /// Why it was, or is going to be, skipped.
    pub skip: Option<SkipReason>,
    /// Something of it succeeded with warnings.
    pub warnings: bool,
    /// Why its run condition could not be evaluated.
    pub condition_error: Option<String>,
    /// First ticket or question of the step itself.
    pub started_at: Option<Time>,
    pub settled_at: Option<Time>,
    /// By place, then action.
    pub actions: Vec<ActionView>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActionView {
    pub cell: Cell,
    pub state: ActionState,
    pub warnings: bool,
    pub condition_error: Option<String>,
    pub started_at: Option<Time>,
    pub settled_at: Option<Time>,
    pub attempts: Vec<AttemptView>,
}

/// One ticket. A ticket that never started is followed by another with the same number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptView {
    pub number: u32,
    pub ticket: TicketId,
    pub worker: Option<String>,
    pub issued_at: Time,
    pub started_at: Option<Time>,
    pub ended_at: Option<Time>,
    pub outcome: Option<Outcome>,
}

impl StepState {
    /// Succeeded, ignored, failed, cancelled or skipped: it does not change any more.
    #[must_use]
    pub const fn is_settled(self) -> bool {
        matches!(
            self,
            Self::Succeeded | Self::Ignored | Self::Failed | Self::Canceled | Self::Skipped
        )
    }

    /// The state as a lower-case word for sentences.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pending | Self::Ready => "waiting",
            Self::Running => "running",
            Self::Interrupted => "waiting for a person",
            Self::Succeeded => "succeeded",
            Self::Ignored => "ignored",
            Self::Failed => "failed",
            Self::Canceled => "cancelled",
            Self::Skipped => "skipped",
        }
    }
}

impl Run {
    /// Everything about the run, for display. Costs the size of the plan.
    #[must_use]
    pub fn view(&self) -> RunView {
        RunView {
            started_at: self.started_at,
            ended_at: self.ended_at,
            result: self.result(),
            canceling: self.phase == Phase::Canceling,
            failed: self.failed,
            warnings: self.warnings,
            steps: (0..self.steps.len() as u32)
                .map(|ix| self.step_view(StepIx(ix)))
                .collect(),
        }
    }

    /// One step of [`Run::view`].
    #[must_use]
    pub fn step_view(&self, step: StepIx) -> StepView {
        let run = self.step(step);
        let actions = self.places(step).flat_map(|at| self.place_view(at));
        let actions: Vec<ActionView> = actions.collect();
        StepView {
            step,
            state: self.step_state(step),
            skip: match &run.state {
                StepPhase::ToSkip(reason) | StepPhase::Settled(Settled::Skipped(reason)) => {
                    Some(reason.clone())
                }
                StepPhase::Waiting => self.plan_step(step).skip.clone(),
                _ => None,
            },
            warnings: actions.iter().any(|action| action.warnings),
            condition_error: run.condition_error.clone(),
            started_at: run.started_at,
            settled_at: run.settled_at,
            actions,
        }
    }

    /// The state of one step.
    #[must_use]
    pub fn step_state(&self, step: StepIx) -> StepState {
        let run = self.step(step);
        match &run.state {
            StepPhase::Waiting => StepState::Pending,
            StepPhase::ToSkip(_) | StepPhase::ToEvaluate => StepState::Ready,
            StepPhase::Open if run.started_at.is_none() => StepState::Ready,
            StepPhase::Open => {
                let mut current = run
                    .places
                    .iter()
                    .filter_map(|place| place.cells.get(place.current as usize));
                let asked = current
                    .clone()
                    .any(|cell| matches!(cell.state, CellState::Interrupted { .. }));
                let idle = !current.any(|cell| cell.state.is_out());
                if asked && idle {
                    StepState::Interrupted
                } else {
                    StepState::Running
                }
            }
            StepPhase::Settled(settled) => match settled {
                Settled::Succeeded => StepState::Succeeded,
                Settled::Ignored => StepState::Ignored,
                Settled::Failed => StepState::Failed,
                Settled::Canceled => StepState::Canceled,
                Settled::Skipped(_) => StepState::Skipped,
            },
        }
    }

    fn place_view(&self, at: PlaceRef) -> Vec<ActionView> {
        let cells = (0..).zip(&self.place(at).cells);
        cells
            .map(|(ix, cell)| cell.view(self.cell_ref(at, ix)))
            .collect()
    }
}

impl CellRun {
    fn view(&self, cell: Cell) -> ActionView {
        ActionView {
            cell,
            state: self.state.view(),
            warnings: self.warnings,
            condition_error: self.condition_error.clone(),
            started_at: self.started_at,
            settled_at: self.settled_at,
            attempts: self.attempts.iter().map(Attempt::view).collect(),
        }
    }
}

impl CellState {
    fn view(&self) -> ActionState {
        match self {
            Self::Pending => ActionState::Pending,
            Self::Asking | Self::Ready => ActionState::Ready,
            Self::BackOff { until } => ActionState::Retrying { until: *until },
            Self::Issued => ActionState::Queued,
            Self::Running { .. } => ActionState::Running,
            Self::ToRaise(kind) => ActionState::Interrupted {
                interruption: None,
                kind: *kind,
            },
            Self::Interrupted { interruption, kind } => ActionState::Interrupted {
                interruption: Some(interruption.clone()),
                kind: *kind,
            },
            Self::Succeeded => ActionState::Succeeded,
            Self::Ignored => ActionState::Ignored,
            Self::Failed => ActionState::Failed,
            Self::Canceled => ActionState::Canceled,
            Self::Skipped(reason) => ActionState::Skipped(reason.clone()),
        }
    }
}

impl Attempt {
    fn view(&self) -> AttemptView {
        AttemptView {
            number: self.number,
            ticket: self.ticket.clone(),
            worker: self.worker.clone(),
            issued_at: self.issued_at,
            started_at: self.started_at,
            ended_at: self.ended_at,
            outcome: self.outcome.clone(),
        }
    }
}
