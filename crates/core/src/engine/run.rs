//! A run: the fold of its events over its plan, and what can be read off it directly.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::agenda::Agenda;
use super::event::{Cell, InterruptionId, Seq, TaskResult, TicketId};
use super::plan::{
    ActionIx, ActionKind, FailurePolicy, MachineLock, Plan, PlanAction, PlanStep, StepIx, TargetIx,
};
use super::state::{CellRun, MachineRun, Phase, PlaceRef, PlaceRun, StepRun, Todo};
use crate::time::Time;

/// One deployment or runbook run: the fold of its events over its plan.
#[derive(Debug, Clone)]
pub struct Run {
    pub(super) plan: Arc<Plan>,
    pub(super) seq: Seq,
    pub(super) phase: Phase,
    pub(super) started_at: Option<Time>,
    pub(super) ended_at: Option<Time>,
    pub(super) canceled_at: Option<Time>,
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
    /// The plan's, until a person chooses another.
    pub(super) failure_policy: FailurePolicy,
    /// A person chose it, and the failure it is meant for is still to come.
    pub(super) policy_is_due: bool,
    pub(super) warnings: bool,
    /// The machine locks are taken together, with the first ticket that needs one.
    pub(super) locks_taken: bool,
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
            failure_policy: plan.failure_policy,
            policy_is_due: false,
            plan,
            seq: 0,
            phase: Phase::Queued,
            started_at: None,
            ended_at: None,
            canceled_at: None,
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

    /// What happens to unrelated steps after a failure, as it stands.
    #[must_use]
    pub const fn failure_policy(&self) -> FailurePolicy {
        self.failure_policy
    }

    /// When the task left the queue, once it has.
    #[must_use]
    pub const fn started_at(&self) -> Option<Time> {
        self.started_at
    }

    /// When somebody cancelled it, if somebody has.
    #[must_use]
    pub const fn canceled_at(&self) -> Option<Time> {
        self.canceled_at
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
}
