//! Why each action that has not started waits: one reason each, never a bare "queued".

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::event::{Cell, InterruptionId, InterruptionKind, TicketId};
use super::plan::{ActionIx, Plan, StepIx, TargetIx};
use super::run::Run;
use super::state::{CellState, Phase, PlaceRef, StepPhase};
use super::view::StepState;
use super::world::World;
use crate::time::Time;

/// Something that has not started, with the reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    pub step: StepIx,
    /// `None` = the reason holds for every action of the step.
    pub cell: Option<Cell>,
    pub reason: WaitReason,
}

/// A step somebody waits for, as it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dependency {
    pub step: StepIx,
    pub state: StepState,
}

/// What has to happen before an action starts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum WaitReason {
    /// The task itself has not left the queue.
    TaskQueued,
    /// These steps are not settled; skipped ones are looked through.
    Dependencies(Vec<Dependency>),
    /// Its run condition is being evaluated.
    Condition,
    /// It starts, or is skipped, in the next turn.
    NextTurn,
    /// An earlier action of the step has not ended on this place.
    EarlierAction {
        action: ActionIx,
    },
    /// As many targets as allowed are inside the step.
    Window {
        inside: u32,
        window: u32,
    },
    /// The deployment runs as much at once as it may.
    RunningLimit {
        running: u32,
        limit: u32,
    },
    /// The deployment runs as much on this machine as it may.
    MachineLimit {
        target: TargetIx,
        running: u32,
        limit: u32,
    },
    /// Another task holds, or is first in line for, a machine this deployment needs.
    MachineLock {
        target: TargetIx,
        /// `None`: a task that whoever asks may not know of.
        holder: Option<String>,
    },
    /// A step of this deployment has, or is first in line to have, the machine to itself.
    ExclusiveStep {
        target: TargetIx,
        step: StepIx,
    },
    /// The step wants the machine to itself, and something still runs there.
    MachineInUse {
        target: TargetIx,
        running: u32,
    },
    MachineOffline {
        target: TargetIx,
    },
    /// The server hands out no more tickets for now.
    ServerFull,
    /// Every worker of the pool is busy: `busy` of `of`.
    PoolFull {
        pool: String,
        busy: u32,
        of: u32,
    },
    /// No worker serves the pool.
    NoWorker {
        pool: String,
        /// What people call it, if that is known.
        name: Option<String>,
    },
    /// None of the pool's workers is connected.
    WorkersOffline {
        pool: String,
        workers: u32,
    },
    /// The next attempt comes after a pause.
    RetryAt {
        at: Time,
        attempt: u32,
    },
    /// A person has to decide.
    Person {
        interruption: InterruptionId,
        kind: InterruptionKind,
    },
    /// Handed out; the worker, target or server has not started it yet.
    QueuedAtWorker {
        ticket: TicketId,
        worker: Option<String>,
    },
    /// The task is being cancelled; a running action of the place has to end first.
    Canceling,
}

/// What a wait is for, coarsely: how it is drawn and summed up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum WaitKind {
    /// Other steps or actions.
    Dependency,
    /// A machine that somebody else has.
    Lock,
    Worker,
    /// A cap on what runs at once.
    Limit,
    /// The task's turn in the queue.
    Queue,
    /// A person's decision.
    Person,
    /// A machine or worker that cannot be reached.
    Offline,
    /// The pause before another attempt.
    BackOff,
    /// Nothing but the engine's next look.
    Turn,
    /// The end of what is being cancelled.
    Cancel,
}

impl WaitReason {
    /// The kind of wait.
    #[must_use]
    pub const fn kind(&self) -> WaitKind {
        match self {
            Self::TaskQueued => WaitKind::Queue,
            Self::Dependencies(_) | Self::EarlierAction { .. } => WaitKind::Dependency,
            Self::Condition | Self::NextTurn => WaitKind::Turn,
            Self::Window { .. }
            | Self::RunningLimit { .. }
            | Self::MachineLimit { .. }
            | Self::ServerFull => WaitKind::Limit,
            Self::MachineLock { .. } | Self::ExclusiveStep { .. } | Self::MachineInUse { .. } => {
                WaitKind::Lock
            }
            Self::MachineOffline { .. } | Self::WorkersOffline { .. } => WaitKind::Offline,
            Self::PoolFull { .. } | Self::NoWorker { .. } | Self::QueuedAtWorker { .. } => {
                WaitKind::Worker
            }
            Self::RetryAt { .. } => WaitKind::BackOff,
            Self::Person { .. } => WaitKind::Person,
            Self::Canceling => WaitKind::Cancel,
        }
    }
}

impl WaitReason {
    /// Whether everything behind in the same line waits for the same thing.
    pub(super) const fn holds_for_the_line(&self) -> bool {
        !matches!(self, Self::ExclusiveStep { .. })
    }
}

impl Run {
    /// One reason for every action that has not started and is not skipped, by step, place and action.
    #[must_use]
    pub fn explain(&self, now: Time, world: &World) -> Vec<Waiting> {
        let mut waiting = Vec::new();
        let mut ready = BTreeMap::new();
        if !self.is_finished() {
            self.offer_ready(now, world, true, |at, decision| {
                ready.insert(at, decision.err().unwrap_or(WaitReason::NextTurn));
            });
        }
        for step in (0..self.steps.len() as u32).map(StepIx) {
            match self.step(step).state {
                StepPhase::Settled(_) => {}
                StepPhase::Open => self
                    .places(step)
                    .for_each(|at| self.explain_place(at, &mut ready, &mut waiting)),
                StepPhase::Waiting | StepPhase::ToSkip(_) | StepPhase::ToEvaluate => {
                    waiting.push(Waiting {
                        step,
                        cell: None,
                        reason: self.explain_step(step),
                    });
                }
            }
        }
        waiting
    }

    fn explain_step(&self, step: StepIx) -> WaitReason {
        match (self.phase, &self.step(step).state) {
            (Phase::Queued, _) => WaitReason::TaskQueued,
            (_, StepPhase::ToEvaluate) => WaitReason::Condition,
            (_, StepPhase::Waiting) => WaitReason::Dependencies(self.unsettled_waits(step)),
            _ => WaitReason::NextTurn,
        }
    }

    /// What a step waits for, with steps that will be skipped replaced by what those wait for.
    fn unsettled_waits(&self, step: StepIx) -> Vec<Dependency> {
        let mut seen = BTreeSet::new();
        let mut look = vec![step];
        let mut found = BTreeMap::new();
        while let Some(step) = look.pop() {
            for &waited in &self.plan_step(step).waits_for {
                let settled = matches!(self.step(waited).state, StepPhase::Settled(_));
                if settled || !seen.insert(waited) {
                    continue;
                }
                if self.plan_step(waited).skip.is_some()
                    && self.step(waited).state == StepPhase::Waiting
                {
                    look.push(waited);
                } else {
                    found.insert(waited, self.step_state(waited));
                }
            }
        }
        found
            .into_iter()
            .map(|(step, state)| Dependency { step, state })
            .collect()
    }

    fn explain_place(
        &self,
        at: PlaceRef,
        ready: &mut BTreeMap<PlaceRef, WaitReason>,
        waiting: &mut Vec<Waiting>,
    ) {
        let place = self.place(at);
        if place.settled.is_some() {
            return;
        }
        let current = place.current;
        for (ix, cell) in (current..).zip(&place.cells[current as usize..]) {
            let reason = if ix > current {
                match place.stop {
                    Some(_) => Some(WaitReason::Canceling),
                    None => Some(WaitReason::EarlierAction {
                        action: ActionIx(ix - 1),
                    }),
                }
            } else {
                self.explain_current(at, ready.remove(&at))
            };
            let planned_skip = self.plan_step(at.step).actions[ix as usize].skip.is_some();
            let over = cell.state.is_settled() || (planned_skip && ix > current);
            if let Some(reason) = reason.filter(|_| !over) {
                waiting.push(Waiting {
                    step: at.step,
                    cell: Some(self.cell_ref(at, ix)),
                    reason,
                });
            }
        }
    }

    fn explain_current(&self, at: PlaceRef, ready: Option<WaitReason>) -> Option<WaitReason> {
        let cell = self.cell(at);
        match &cell.state {
            CellState::Pending => {
                let window = self.plan_step(at.step).window.unwrap_or(u32::MAX);
                Some(WaitReason::Window {
                    inside: self.step(at.step).inside,
                    window,
                })
            }
            CellState::Asking => Some(WaitReason::Condition),
            CellState::Ready => ready,
            CellState::BackOff { until } => ready.or(Some(WaitReason::RetryAt {
                at: *until,
                attempt: cell.attempt,
            })),
            CellState::ToRaise(_) => Some(WaitReason::NextTurn),
            CellState::Interrupted { interruption, kind } => Some(WaitReason::Person {
                interruption: interruption.clone(),
                kind: *kind,
            }),
            CellState::Issued => cell
                .attempts
                .last()
                .map(|attempt| WaitReason::QueuedAtWorker {
                    ticket: attempt.ticket.clone(),
                    worker: attempt.worker.clone(),
                }),
            _ => None,
        }
    }
}

impl WaitReason {
    /// The reason in words, the same in the portal, the command line and the log.
    #[must_use]
    pub fn text(&self, plan: &Plan) -> String {
        let step = |ix: &StepIx| plan.steps[ix.0 as usize].name.as_str();
        let machine = |ix: &TargetIx| plan.targets[ix.0 as usize].name.as_str();
        match self {
            Self::TaskQueued => "waiting in the queue".to_owned(),
            Self::Dependencies(steps) => {
                let names: Vec<_> = steps
                    .iter()
                    .map(|d| format!("{} ({})", step(&d.step), d.state.word()))
                    .collect();
                format!("waiting for {}", names.join(", "))
            }
            Self::Condition => "its run condition is being evaluated".to_owned(),
            Self::NextTurn => "about to start".to_owned(),
            Self::EarlierAction { .. } => "waiting for the action before it".to_owned(),
            Self::Window { inside, window } => {
                format!("{inside} of {window} targets at once are inside the step")
            }
            Self::RunningLimit { running, limit } => {
                format!("{running} of {limit} actions at once are running")
            }
            Self::MachineLimit {
                target,
                running,
                limit,
            } => {
                format!(
                    "{running} of {limit} actions at once are running on {}",
                    machine(target)
                )
            }
            Self::MachineLock { target, holder } => used_by(machine(target), holder.as_deref()),
            Self::ExclusiveStep { target, step: ix } => {
                format!("{} has {} to itself", step(ix), machine(target))
            }
            Self::MachineInUse { target, running } => {
                format!(
                    "wants {} to itself; {running} still running there",
                    machine(target)
                )
            }
            Self::MachineOffline { target } => format!("{} is offline", machine(target)),
            Self::ServerFull => "the server runs as much at once as it may".to_owned(),
            Self::PoolFull { pool, busy, of } => {
                format!("worker pool {pool} is full ({busy} of {of})")
            }
            Self::NoWorker { pool, name } => {
                let pool = name.as_ref().unwrap_or(pool);
                format!("worker pool {pool} has no worker; choose another pool")
            }
            Self::WorkersOffline { pool, workers } => {
                format!("worker pool {pool} is offline ({workers} workers)")
            }
            Self::RetryAt { attempt, .. } => format!("pausing before attempt {attempt}"),
            Self::Person {
                kind: InterruptionKind::Manual,
                ..
            } => "waiting for a person to approve".to_owned(),
            Self::Person {
                kind: InterruptionKind::GuidedFailure,
                ..
            } => "failed; waiting for a person to decide".to_owned(),
            Self::QueuedAtWorker {
                worker: Some(worker),
                ..
            } => format!("queued at worker {worker}"),
            Self::QueuedAtWorker { worker: None, .. } => "sent, not started yet".to_owned(),
            Self::Canceling => "the task is being cancelled".to_owned(),
        }
    }
}

fn used_by(machine: &str, holder: Option<&str>) -> String {
    format!(
        "{machine} is used by {}",
        holder.unwrap_or("a task you may not see")
    )
}
