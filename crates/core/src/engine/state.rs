//! What a run remembers: the fold of its events, indexed so that every event costs only what it changes.
//!
//! A step has *places* (its body on one target, or once); the actions of a place run one
//! after the other, so each place has exactly one current action. [`Agenda`] lists what
//! [`Run::next`] has to look at; nothing ever scans all steps per event.
//!
//! Not here: the rules. They are in `apply` (what is legal), `advance` (what follows from
//! an event) and `ready` (what may start).

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use super::command::StopReason;
use super::event::{Cell, InterruptionId, InterruptionKind, Outcome, Seq, TaskResult, TicketId};
use super::plan::{
    ActionIx, ActionKind, MachineLock, Plan, PlanAction, PlanStep, SkipReason, StepIx, TargetIx,
};
use crate::time::Time;

/// One deployment or runbook run: the fold of its events over its plan.
#[derive(Debug, Clone)]
pub struct Run {
    pub(super) plan: Arc<Plan>,
    pub(super) seq: Seq,
    pub(super) phase: Phase,
    pub(super) started_at: Option<Time>,
    pub(super) ended_at: Option<Time>,
    pub(super) steps: Vec<StepRun>,
    pub(super) machines: Vec<MachineRun>,
    pub(super) tickets: BTreeMap<TicketId, PlaceRef>,
    pub(super) interruptions: BTreeMap<InterruptionId, PlaceRef>,
    pub(super) agenda: Agenda,
    /// Work that follows from the event being applied; empty between events.
    pub(super) todo: VecDeque<Todo>,
    /// Tickets issued and not finished.
    pub(super) running: u32,
    pub(super) unsettled: usize,
    /// Some action failed and was not ignored.
    pub(super) failed: bool,
    pub(super) warnings: bool,
    /// The machine locks are taken together, with the first ticket that needs one.
    pub(super) locks_taken: bool,
}

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

/// Where a ticket goes; what waits for the same thing waits in one line.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Line {
    Server,
    Pool(String),
    Machine(TargetIx),
}

/// Order in a line: longest remaining path first, then list order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank(pub Reverse<i64>, pub PlaceRef);

/// What the next turn has to look at.
#[derive(Debug, Clone, Default)]
pub(super) struct Agenda {
    pub to_skip: BTreeSet<StepIx>,
    pub to_evaluate: BTreeSet<StepIx>,
    pub asking: BTreeSet<PlaceRef>,
    pub raising: BTreeSet<PlaceRef>,
    pub withdrawing: BTreeSet<InterruptionId>,
    pub ready: BTreeMap<Line, BTreeSet<Rank>>,
    /// Ends of back-offs and of time limits.
    pub timers: BTreeSet<(Time, PlaceRef)>,
    pub stopping: BTreeMap<TicketId, StopReason>,
    /// Open questions.
    pub questions: BTreeSet<InterruptionId>,
    /// Places with a ticket out.
    pub out: BTreeSet<PlaceRef>,
}

impl Run {
    /// A run of `plan` before its first event. The plan must have passed [`Plan::check`].
    #[must_use]
    pub fn new(plan: Arc<Plan>) -> Self {
        let mut steps: Vec<StepRun> = plan.steps.iter().map(StepRun::new).collect();
        for (ix, step) in plan.steps.iter().enumerate() {
            for &StepIx(waited) in &step.waits_for {
                steps[waited as usize].dependants.push(StepIx(ix as u32));
            }
        }
        let mut machines = vec![MachineRun::default(); plan.targets.len()];
        for step in &plan.steps {
            for target in step.on.iter().flatten().filter(|_| step.uses_machines()) {
                let machine = &mut machines[target.0 as usize];
                match step.machine_lock {
                    MachineLock::Bypass => machine.bypass_uses += 1,
                    MachineLock::Deployment | MachineLock::Exclusive => machine.lock_uses += 1,
                }
            }
        }
        for StepIx(ix) in plan.order().into_iter().rev() {
            let step = &plan.steps[ix as usize];
            let after = steps[ix as usize]
                .dependants
                .iter()
                .map(|d| steps[d.0 as usize].tail_ms)
                .max();
            steps[ix as usize].tail_ms = step.expected_ms() + after.unwrap_or(0);
        }
        Self {
            unsettled: steps.len(),
            plan,
            seq: 0,
            phase: Phase::Queued,
            started_at: None,
            ended_at: None,
            steps,
            machines,
            tickets: BTreeMap::new(),
            interruptions: BTreeMap::new(),
            agenda: Agenda::default(),
            todo: VecDeque::new(),
            running: 0,
            failed: false,
            warnings: false,
            locks_taken: false,
        }
    }

    /// The plan this run follows.
    #[must_use]
    pub fn plan(&self) -> &Arc<Plan> {
        &self.plan
    }

    /// Number of the last event applied; 0 before the first.
    #[must_use]
    pub const fn seq(&self) -> Seq {
        self.seq
    }

    #[must_use]
    pub const fn is_finished(&self) -> bool {
        matches!(self.phase, Phase::Finished(_))
    }

    /// How the task ended, once it has.
    #[must_use]
    pub const fn result(&self) -> Option<TaskResult> {
        match self.phase {
            Phase::Finished(result) => Some(result),
            _ => None,
        }
    }

    /// The cell a ticket was issued for.
    #[must_use]
    pub fn ticket_cell(&self, ticket: &TicketId) -> Option<Cell> {
        let at = *self.tickets.get(ticket)?;
        let attempts = &self.place(at).cells;
        let action = attempts
            .iter()
            .position(|cell| cell.attempts.iter().any(|a| a.ticket == *ticket))?;
        Some(self.cell_ref(at, action as u32))
    }

    /// Tickets issued and not finished, by step, place and action.
    pub fn tickets_out(&self) -> impl Iterator<Item = TicketOut<'_>> {
        self.agenda.out.iter().filter_map(|&at| {
            let attempt = self.cell(at).attempts.last()?;
            Some(TicketOut {
                ticket: &attempt.ticket,
                cell: self.current_ref(at),
                attempt: attempt.number,
                worker: attempt.worker.as_deref(),
                started_at: attempt.started_at,
            })
        })
    }

    /// Questions people may answer now.
    #[must_use]
    pub fn questions_open(&self) -> Vec<InterruptionId> {
        self.agenda
            .questions
            .iter()
            .filter(|question| !self.agenda.withdrawing.contains(question))
            .cloned()
            .collect()
    }

    pub(super) fn plan_step(&self, step: StepIx) -> &PlanStep {
        &self.plan.steps[step.0 as usize]
    }

    pub(super) fn plan_action(&self, at: PlaceRef) -> &PlanAction {
        &self.plan_step(at.step).actions[self.place(at).current as usize]
    }

    pub(super) fn step(&self, step: StepIx) -> &StepRun {
        &self.steps[step.0 as usize]
    }

    pub(super) fn step_mut(&mut self, step: StepIx) -> &mut StepRun {
        &mut self.steps[step.0 as usize]
    }

    pub(super) fn place(&self, at: PlaceRef) -> &PlaceRun {
        &self.step(at.step).places[at.place as usize]
    }

    pub(super) fn place_mut(&mut self, at: PlaceRef) -> &mut PlaceRun {
        &mut self.step_mut(at.step).places[at.place as usize]
    }

    /// The current cell of a place that has one.
    pub(super) fn cell(&self, at: PlaceRef) -> &CellRun {
        let place = self.place(at);
        &place.cells[place.current as usize]
    }

    pub(super) fn cell_mut(&mut self, at: PlaceRef) -> &mut CellRun {
        let place = self.place_mut(at);
        &mut place.cells[place.current as usize]
    }

    pub(super) fn target(&self, at: PlaceRef) -> Option<TargetIx> {
        self.plan_step(at.step).on[at.place as usize]
    }

    pub(super) fn cell_ref(&self, at: PlaceRef, action: u32) -> Cell {
        Cell {
            step: at.step,
            action: ActionIx(action),
            target: self.target(at),
        }
    }

    pub(super) fn current_ref(&self, at: PlaceRef) -> Cell {
        self.cell_ref(at, self.place(at).current)
    }

    /// The machine the current action runs on, if it runs on one.
    pub(super) fn machine_of(&self, at: PlaceRef) -> Option<TargetIx> {
        self.target(at)
            .filter(|_| self.plan_action(at).kind == ActionKind::OnTarget)
    }

    pub(super) fn line(&self, at: PlaceRef) -> Line {
        let action = self.plan_action(at);
        match (action.kind, self.target(at)) {
            (ActionKind::OnTarget, Some(target)) => Line::Machine(target),
            (ActionKind::OnWorker | ActionKind::OnTarget, _) => {
                Line::Pool(action.worker_pool.clone().unwrap_or_default())
            }
            (ActionKind::Manual | ActionKind::InServer, _) => Line::Server,
        }
    }

    pub(super) fn rank(&self, at: PlaceRef) -> Rank {
        Rank(Reverse(self.step(at.step).tail_ms), at)
    }

    /// Puts the current cell into a state and keeps every index right; the only way a state changes.
    pub(super) fn set(&mut self, at: PlaceRef, state: CellState, now: Time) {
        self.unlist(at);
        let settled = state.is_settled();
        let out = state.is_out();
        let cell = self.cell_mut(at);
        cell.state = state;
        if settled {
            cell.settled_at = Some(now);
        }
        self.list(at);
        if out {
            self.agenda.out.insert(at);
            self.running += 1;
            if let Some(target) = self.machine_of(at) {
                self.machines[target.0 as usize].running += 1;
            }
        }
    }

    fn unlist(&mut self, at: PlaceRef) {
        match self.cell(at).state.clone() {
            CellState::Asking => {
                self.agenda.asking.remove(&at);
            }
            CellState::Ready => {
                let (line, rank) = (self.line(at), self.rank(at));
                if let Some(waiting) = self.agenda.ready.get_mut(&line) {
                    waiting.remove(&rank);
                    if waiting.is_empty() {
                        self.agenda.ready.remove(&line);
                    }
                }
            }
            CellState::BackOff { until } => {
                self.agenda.timers.remove(&(until, at));
            }
            CellState::Issued => self.free_slots(at),
            CellState::Running { times_out_at } => {
                self.free_slots(at);
                if let Some(limit) = times_out_at {
                    self.agenda.timers.remove(&(limit, at));
                }
            }
            CellState::ToRaise(_) => {
                self.agenda.raising.remove(&at);
            }
            CellState::Interrupted { interruption, .. } => {
                self.agenda.withdrawing.remove(&interruption);
                self.agenda.questions.remove(&interruption);
            }
            _ => {}
        }
    }

    fn list(&mut self, at: PlaceRef) {
        match self.cell(at).state {
            CellState::Asking => {
                self.agenda.asking.insert(at);
            }
            CellState::Ready => {
                let (line, rank) = (self.line(at), self.rank(at));
                self.agenda.ready.entry(line).or_default().insert(rank);
            }
            CellState::BackOff { until } => {
                self.agenda.timers.insert((until, at));
            }
            CellState::Running {
                times_out_at: Some(limit),
            } => {
                self.agenda.timers.insert((limit, at));
            }
            CellState::ToRaise(_) => {
                self.agenda.raising.insert(at);
            }
            CellState::Interrupted {
                ref interruption, ..
            } => {
                let interruption = interruption.clone();
                self.agenda.questions.insert(interruption);
            }
            _ => {}
        }
    }

    fn free_slots(&mut self, at: PlaceRef) {
        self.agenda.out.remove(&at);
        self.running -= 1;
        if let Some(target) = self.machine_of(at) {
            self.machines[target.0 as usize].running -= 1;
        }
    }
}

/// A ticket that is with a worker, a target or the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TicketOut<'a> {
    pub ticket: &'a TicketId,
    pub cell: Cell,
    pub attempt: u32,
    /// Chosen worker; `None` = the target itself or the server.
    pub worker: Option<&'a str>,
    /// `None` = not started yet as far as anybody said.
    pub started_at: Option<Time>,
}

impl StepRun {
    fn new(step: &PlanStep) -> Self {
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
