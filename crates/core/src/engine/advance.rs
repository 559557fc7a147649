//! What follows inside the run from an accepted event: steps open, places move on, everything settles.
//!
//! All of it is derived, so none of it is recorded. Work is queued in `Run::todo` and
//! worked off in a loop: a chain of ten thousand skips must not need a deep stack.

use super::command::StopReason;
use super::event::InterruptionKind;
use super::plan::{
    ActionCondition, ActionKind, FailurePolicy, MachineLock, SkipReason, StepCondition, StepIx,
    TargetIx,
};
use super::run::Run;
use super::state::{CellState, Phase, PlaceRef, PlaceRun, Settled, StepPhase, Todo};
use crate::time::Time;

impl Run {
    pub(super) fn work_off(&mut self, now: Time) {
        while let Some(todo) = self.todo.pop_front() {
            match todo {
                Todo::Decide(step) => self.decide(step, now),
                Todo::Advance(place) => self.advance(place, now),
            }
        }
    }

    /// Everything the step waits for is settled: open it, skip it, or have its condition evaluated.
    fn decide(&mut self, step: StepIx, now: Time) {
        if self.step(step).state != StepPhase::Waiting {
            return;
        }
        let planned = self.plan_step(step);
        let culprit = planned
            .waits_for
            .iter()
            .filter_map(|&waited| self.step(waited).culprit)
            .min();
        let skip = match (&planned.skip, &planned.condition, culprit) {
            (Some(reason), _, _) => Some(reason.clone()),
            (None, StepCondition::Success, Some(failed)) => Some(SkipReason::BlockedBy(failed)),
            (None, StepCondition::Success | StepCondition::Variable(_), None)
                if self.failed && self.failure_policy != FailurePolicy::FinishBranches =>
            {
                Some(SkipReason::FailurePolicy)
            }
            (None, StepCondition::Failure, None) => Some(SkipReason::Condition(
                "no step it waits for failed".to_owned(),
            )),
            _ => None,
        };
        let evaluate = matches!(planned.condition, StepCondition::Variable(_));
        self.step_mut(step).culprit = culprit;
        match skip {
            Some(reason) => self.plan_skip(step, reason),
            None if evaluate => {
                self.step_mut(step).state = StepPhase::ToEvaluate;
                self.agenda.to_evaluate.insert(step);
            }
            None => self.open(step, now),
        }
    }

    pub(super) fn plan_skip(&mut self, step: StepIx, reason: SkipReason) {
        self.step_mut(step).state = StepPhase::ToSkip(reason);
        self.agenda.to_skip.insert(step);
    }

    pub(super) fn open(&mut self, step: StepIx, now: Time) {
        let failed = self.failed;
        let run = self.step_mut(step);
        run.state = StepPhase::Open;
        run.opened_after_failure = failed;
        if run.places.is_empty() {
            self.settle_step(step, Settled::Skipped(SkipReason::NoTargets), now);
        } else {
            self.admit(step);
        }
    }

    /// Lets the next places enter the step's window, in target order.
    fn admit(&mut self, step: StepIx) {
        let window = self.plan_step(step).window.unwrap_or(u32::MAX);
        loop {
            let run = self.step_mut(step);
            let ix = run.next_place;
            let full = run.inside >= window || run.roll_stopped;
            let Some(place) = run.places.get_mut(ix as usize).filter(|_| !full) else {
                return;
            };
            run.next_place += 1;
            if place.stop.is_none() && place.settled.is_none() {
                place.inside = true;
                run.inside += 1;
                self.todo
                    .push_back(Todo::Advance(PlaceRef { step, place: ix }));
            }
        }
    }

    /// Moves a place on to its next action that has something to do.
    fn advance(&mut self, at: PlaceRef, now: Time) {
        while self.place(at).settled.is_none() {
            let place = self.place(at);
            let Some(cell) = place.cells.get(place.current as usize) else {
                return self.settle_place(at, now);
            };
            if cell.state.is_settled() {
                self.place_mut(at).current += 1;
                continue;
            }
            if cell.state != CellState::Pending {
                return;
            }
            let state = match (self.skip_of(at), &self.plan_action(at).condition) {
                (Some(reason), _) => CellState::Skipped(reason),
                (None, ActionCondition::Variable(_)) => CellState::Asking,
                (None, ActionCondition::Success) => self.first_state(at),
            };
            self.set(at, state, now);
        }
    }

    fn skip_of(&self, at: PlaceRef) -> Option<SkipReason> {
        let place = self.place(at);
        let earlier = &place.cells[..place.current as usize];
        if earlier.iter().any(|cell| cell.state == CellState::Failed) {
            return Some(SkipReason::EarlierActionFailed);
        }
        place
            .stop
            .clone()
            .or_else(|| self.is_excluded(at).then_some(SkipReason::TargetExcluded))
            .or_else(|| self.plan_action(at).skip.clone())
    }

    pub(super) fn first_state(&self, at: PlaceRef) -> CellState {
        match self.plan_action(at).kind {
            ActionKind::Manual => CellState::ToRaise(InterruptionKind::Manual),
            ActionKind::OnTarget | ActionKind::OnWorker | ActionKind::InServer => CellState::Ready,
        }
    }

    /// The first ticket or question of a place: from now on it and its step have started.
    pub(super) fn begin(&mut self, at: PlaceRef, now: Time) {
        self.cell_mut(at).started_at.get_or_insert(now);
        self.place_mut(at).begun = true;
        self.step_mut(at.step).started_at.get_or_insert(now);
    }

    fn settle_place(&mut self, at: PlaceRef, now: Time) {
        let settled = self.place(at).outcome();
        let rolling = self.plan_step(at.step).window.is_some();
        self.leave_machine(at);
        let step = self.step_mut(at.step);
        let place = &mut step.places[at.place as usize];
        place.settled = Some(settled.clone());
        step.places_left -= 1;
        if place.inside {
            step.inside -= 1;
        }
        if settled == Settled::Failed && rolling {
            self.stop_roll(at.step, now);
        }
        self.admit(at.step);
        if self.step(at.step).places_left == 0 {
            let settled = self.step(at.step).outcome();
            self.settle_step(at.step, settled, now);
        }
    }

    fn leave_machine(&mut self, at: PlaceRef) {
        let planned = self.plan_step(at.step);
        let Some(TargetIx(target)) = self.target(at).filter(|_| planned.uses_machines()) else {
            return;
        };
        let lock = planned.machine_lock;
        let machine = &mut self.machines[target as usize];
        match lock {
            MachineLock::Bypass => machine.bypass_uses -= 1,
            MachineLock::Deployment | MachineLock::Exclusive => machine.lock_uses -= 1,
        }
        if machine.exclusive == Some(at) {
            machine.exclusive = None;
        }
    }

    /// A target failed: the targets whose turn has not come do not start (Octopus' rule for rolling steps).
    fn stop_roll(&mut self, step: StepIx, now: Time) {
        self.step_mut(step).roll_stopped = true;
        for at in self.places(step) {
            if !self.place(at).begun {
                self.halt(
                    at,
                    &SkipReason::EarlierTargetFailed,
                    StopReason::FailurePolicy,
                    now,
                );
            }
        }
    }

    pub(super) fn places(&self, step: StepIx) -> impl Iterator<Item = PlaceRef> + use<> {
        (0..self.step(step).places.len() as u32).map(move |place| PlaceRef { step, place })
    }

    pub(super) fn settle_step(&mut self, step: StepIx, settled: Settled, now: Time) {
        if let Settled::Skipped(reason) = &settled {
            self.skip_places(step, reason);
        }
        self.agenda.to_skip.remove(&step);
        self.agenda.to_evaluate.remove(&step);
        self.unsettled -= 1;
        let run = self.step_mut(step);
        match settled {
            Settled::Failed | Settled::Canceled => run.culprit = Some(step),
            Settled::Succeeded | Settled::Ignored => run.culprit = None,
            // A skipped step hands on what it waited for.
            Settled::Skipped(_) => {}
        }
        run.state = StepPhase::Settled(settled);
        run.settled_at = Some(now);
        for ix in 0..run.dependants.len() {
            let dependant = self.step(step).dependants[ix];
            let waiting = self.step_mut(dependant);
            waiting.unsettled_waits -= 1;
            if waiting.unsettled_waits == 0 {
                self.todo.push_back(Todo::Decide(dependant));
            }
        }
    }

    /// A step skipped as a whole never opened its places.
    fn skip_places(&mut self, step: StepIx, reason: &SkipReason) {
        for at in self.places(step) {
            if self.place(at).settled.is_none() {
                self.leave_machine(at);
                let place = self.place_mut(at);
                place.settled = Some(Settled::Skipped(reason.clone()));
                place.current = place.cells.len() as u32;
                for cell in &mut place.cells {
                    cell.state = CellState::Skipped(reason.clone());
                }
            }
        }
    }

    /// Marks the current action failed for good.
    pub(super) fn fail(&mut self, at: PlaceRef, now: Time) {
        self.set(at, CellState::Failed, now);
        let chosen = std::mem::take(&mut self.policy_is_due);
        let first = !std::mem::replace(&mut self.failed, true);
        if (first || chosen) && self.phase == Phase::Running {
            self.apply_failure_policy(now);
        }
    }

    /// The first failure, or one with which a person chose the policy, decides about everything already open; later openings are decided in `decide`.
    fn apply_failure_policy(&mut self, now: Time) {
        let cancel_running = match self.failure_policy {
            FailurePolicy::FinishBranches => return,
            FailurePolicy::StartNothingNew => false,
            FailurePolicy::CancelRunning => true,
        };
        for step in (0..self.steps.len() as u32).map(StepIx) {
            if self.is_spared(step) {
                continue;
            }
            match self.step(step).state {
                StepPhase::ToEvaluate => {
                    self.agenda.to_evaluate.remove(&step);
                    self.plan_skip(step, SkipReason::FailurePolicy);
                }
                StepPhase::Open => self.halt_step(step, cancel_running, now),
                StepPhase::Waiting | StepPhase::ToSkip(_) | StepPhase::Settled(_) => {}
            }
        }
    }

    /// Whether the failure policy leaves an open step alone: it runs after failures, or it waits for one and its
    /// expression decided.
    fn is_spared(&self, step: StepIx) -> bool {
        match self.plan_step(step).condition {
            StepCondition::Failure | StepCondition::Always => true,
            StepCondition::Variable(_) => self.step(step).culprit.is_some(),
            StepCondition::Success => false,
        }
    }

    fn halt_step(&mut self, step: StepIx, with_running: bool, now: Time) {
        for at in self.places(step) {
            if with_running || !self.place(at).begun {
                let (reason, why) = (SkipReason::FailurePolicy, StopReason::FailurePolicy);
                self.halt(at, &reason, why, now);
            }
        }
    }

    /// Cancelling: what has not started never will; what runs is told to stop; open questions are withdrawn.
    pub(super) fn cancel(&mut self, now: Time) {
        for step in (0..self.steps.len() as u32).map(StepIx) {
            match self.step(step).state {
                StepPhase::Settled(_) => {}
                StepPhase::Open => {
                    for at in self.places(step) {
                        self.halt(at, &SkipReason::Canceled, StopReason::Canceled, now);
                    }
                }
                StepPhase::Waiting | StepPhase::ToSkip(_) | StepPhase::ToEvaluate => {
                    self.settle_step(step, Settled::Skipped(SkipReason::Canceled), now);
                }
            }
        }
    }

    /// The place must not go on: stops what runs there and settles what does not.
    fn halt(&mut self, at: PlaceRef, reason: &SkipReason, why: StopReason, now: Time) {
        if self.place(at).settled.is_some() {
            return;
        }
        self.place_mut(at).stop = Some(reason.clone());
        let place = self.place(at);
        let Some(cell) = place.cells.get(place.current as usize) else {
            return;
        };
        match &cell.state {
            CellState::Issued | CellState::Running { .. } => {
                if let Some(attempt) = cell.attempts.last() {
                    let ticket = attempt.ticket.clone();
                    self.agenda.stopping.insert(ticket, why);
                }
            }
            CellState::Interrupted { interruption, .. } => {
                let interruption = interruption.clone();
                self.agenda.withdrawing.insert(interruption);
            }
            state if !state.is_settled() => {
                self.stop_unstarted(at, reason, now);
                self.todo.push_back(Todo::Advance(at));
            }
            _ => {}
        }
    }
}

impl PlaceRun {
    /// How the place ended, from how its actions ended.
    fn outcome(&self) -> Settled {
        let any = |state: &CellState| self.cells.iter().any(|cell| cell.state == *state);
        let cut = |reason: &SkipReason| self.begun && any(&CellState::Skipped(reason.clone()));
        if any(&CellState::Failed) {
            Settled::Failed
        } else if any(&CellState::Canceled)
            || cut(&SkipReason::Canceled)
            || cut(&SkipReason::FailurePolicy)
        {
            Settled::Canceled
        } else if any(&CellState::Ignored) {
            Settled::Ignored
        } else if any(&CellState::Succeeded) {
            Settled::Succeeded
        } else {
            Settled::Skipped(self.skip_reason())
        }
    }

    /// One reason for a place where nothing ran: the one that cut it short, else that of its first action.
    fn skip_reason(&self) -> SkipReason {
        let mut reasons = self.cells.iter().filter_map(|cell| match &cell.state {
            CellState::Skipped(reason) => Some(reason),
            _ => None,
        });
        let first = reasons.next();
        let excluded = reasons
            .chain(first)
            .find(|reason| **reason == SkipReason::TargetExcluded);
        self.stop
            .as_ref()
            .or(excluded)
            .or(first)
            .cloned()
            .unwrap_or(SkipReason::NoActions)
    }
}
