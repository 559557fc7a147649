//! What a run remembers of its steps, places, actions and machines.
//!
//! A step has *places* (its body on one target, or once); the actions of a place run one
//! after the other, so each place has exactly one current action.
//!
//! Not here: the rules. They are in `apply` (what is legal), `advance` (what follows from
//! an event) and `ready` (what may start).

use super::event::{InterruptionId, InterruptionKind, Outcome, TaskResult, TicketId};
use super::plan::{PlanStep, SkipReason, StepIx};
use crate::time::Time;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    Queued,
    Running,
    Canceling,
    Finished(TaskResult),
}

/// A step's body on one of its places.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct PlaceRef {
    pub step: StepIx,
    /// Position in [`PlanStep::on`].
    pub place: u32,
}

impl PlaceRef {
    pub(super) const FIRST: Self = Self {
        step: StepIx(0),
        place: 0,
    };
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Todo {
    /// Everything the step waits for is settled.
    Decide(StepIx),
    /// Move on to the place's next action.
    Advance(PlaceRef),
}

#[derive(Debug, Clone)]
pub(super) struct StepRun {
    pub state: StepPhase,
    pub unsettled_waits: u32,
    pub dependants: Vec<StepIx>,
    /// Longest remaining path by expected durations, this step included.
    pub tail_ms: i64,
    /// What dependants see through this step: the failed step listed first, if any.
    pub culprit: Option<StepIx>,
    pub opened_after_failure: bool,
    /// Condition error, kept for people.
    pub condition_error: Option<String>,
    pub places: Vec<PlaceRun>,
    pub places_left: u32,
    /// Places inside the window.
    pub inside: u32,
    /// Next place to enter the window.
    pub next_place: u32,
    /// A target failed in a rolling step: no further one starts.
    pub roll_stopped: bool,
    pub started_at: Option<Time>,
    pub settled_at: Option<Time>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum StepPhase {
    /// Something it waits for is not settled.
    Waiting,
    ToSkip(SkipReason),
    ToEvaluate,
    Open,
    Settled(Settled),
}

/// How a step or a place ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Settled {
    Succeeded,
    Ignored,
    Failed,
    Canceled,
    Skipped(SkipReason),
}

#[derive(Debug, Clone)]
pub(super) struct PlaceRun {
    pub cells: Vec<CellRun>,
    /// Position of the current action; `cells.len()` when there is none left.
    pub current: u32,
    /// It entered the window.
    pub inside: bool,
    /// A ticket was issued or a person asked here.
    pub begun: bool,
    /// It must not go on: the reason for what is left.
    pub stop: Option<SkipReason>,
    pub settled: Option<Settled>,
}

#[derive(Debug, Clone)]
pub(super) struct CellRun {
    pub state: CellState,
    /// Current attempt, from 1.
    pub attempt: u32,
    pub attempts: Vec<Attempt>,
    pub person_retries: u32,
    /// Tickets in a row that never started.
    pub not_started: u32,
    pub condition_error: Option<String>,
    pub warnings: bool,
    pub started_at: Option<Time>,
    pub settled_at: Option<Time>,
}

/// One ticket of a cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Attempt {
    pub number: u32,
    pub ticket: TicketId,
    pub worker: Option<String>,
    pub issued_at: Time,
    pub started_at: Option<Time>,
    pub ended_at: Option<Time>,
    pub outcome: Option<Outcome>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum CellState {
    /// Its turn has not come.
    Pending,
    /// Its condition has to be evaluated.
    Asking,
    Ready,
    BackOff {
        until: Time,
    },
    Issued,
    Running {
        times_out_at: Option<Time>,
    },
    ToRaise(InterruptionKind),
    Interrupted {
        interruption: InterruptionId,
        kind: InterruptionKind,
    },
    Succeeded,
    Ignored,
    Failed,
    Canceled,
    Skipped(SkipReason),
}

impl CellState {
    pub(super) const fn is_settled(&self) -> bool {
        matches!(
            self,
            Self::Succeeded | Self::Ignored | Self::Failed | Self::Canceled | Self::Skipped(_)
        )
    }

    /// A ticket is out: it holds slots.
    pub(super) const fn is_out(&self) -> bool {
        matches!(self, Self::Issued | Self::Running { .. })
    }
}

/// One target as this run uses it.
#[derive(Debug, Clone, Default)]
pub(super) struct MachineRun {
    /// Tickets out on the machine itself.
    pub running: u32,
    /// The place that has the machine to itself.
    pub exclusive: Option<PlaceRef>,
    pub excluded: bool,
    /// Unsettled places that need the machine's lock.
    pub lock_uses: u32,
    /// Unsettled places that let other deployments in.
    pub bypass_uses: u32,
}

impl StepRun {
    pub(super) fn new(step: &PlanStep) -> Self {
        let cells = vec![CellRun::new(); step.actions.len()];
        let place = PlaceRun {
            cells,
            current: 0,
            inside: false,
            begun: false,
            stop: None,
            settled: None,
        };
        Self {
            state: StepPhase::Waiting,
            unsettled_waits: step.waits_for.len() as u32,
            dependants: Vec::new(),
            tail_ms: 0,
            culprit: None,
            opened_after_failure: false,
            condition_error: None,
            places: vec![place; step.on.len()],
            places_left: step.on.len() as u32,
            inside: 0,
            next_place: 0,
            roll_stopped: false,
            started_at: None,
            settled_at: None,
        }
    }
}

impl CellRun {
    const fn new() -> Self {
        Self {
            state: CellState::Pending,
            attempt: 1,
            attempts: Vec::new(),
            person_retries: 0,
            not_started: 0,
            condition_error: None,
            warnings: false,
            started_at: None,
            settled_at: None,
        }
    }
}
