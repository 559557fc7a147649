//! What every plan must satisfy before it may run, and what follows from its shape alone.

use std::collections::BTreeSet;

use super::plan::{ActionKind, MachineLock, Plan, PlanAction, PlanStep, StepIx};

/// Why a plan cannot be run. A planner that makes one has a defect.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanFault {
    #[error("step {step:?} waits for step number {waits_for}, which the plan does not have")]
    UnknownStep { step: String, waits_for: u32 },
    #[error("step {step:?} names step number {waits_for} twice among those it waits for")]
    Duplicate { step: String, waits_for: u32 },
    #[error("these steps wait for each other: {steps:?}")]
    Cycle { steps: Vec<String> },
    #[error("step {step:?} has no actions")]
    NoActions { step: String },
    #[error("step {step:?} is not skipped and has no place to run on")]
    NoPlace { step: String },
    #[error("step {step:?}: its targets must be ascending and known to the plan")]
    Targets { step: String },
    #[error("step {step:?} has a window of 0 targets; use 1 or more, or none")]
    EmptyWindow { step: String },
    #[error("action {action:?} of step {step:?} runs on a worker and names no worker pool")]
    NoPool { step: String, action: String },
    #[error(
        "action {action:?} of step {step:?} runs on the target, and the step has a place without one"
    )]
    NoTarget { step: String, action: String },
}

impl Plan {
    /// Checks what [`super::Run`] relies on.
    ///
    /// # Errors
    /// The first fault found, naming the step.
    pub fn check(&self) -> Result<(), PlanFault> {
        for step in &self.steps {
            self.check_step(step)?;
        }
        let order: BTreeSet<_> = self.order().into_iter().collect();
        let left = (0..self.steps.len() as u32)
            .map(StepIx)
            .filter(|step| !order.contains(step));
        let steps: Vec<_> = left
            .map(|step| self.steps[step.0 as usize].name.clone())
            .collect();
        if steps.is_empty() {
            Ok(())
        } else {
            Err(PlanFault::Cycle { steps })
        }
    }

    fn check_step(&self, step: &PlanStep) -> Result<(), PlanFault> {
        let name = || step.name.clone();
        let mut seen = BTreeSet::new();
        for &StepIx(waits_for) in &step.waits_for {
            if waits_for as usize >= self.steps.len() {
                return Err(PlanFault::UnknownStep {
                    step: name(),
                    waits_for,
                });
            }
            if !seen.insert(waits_for) {
                return Err(PlanFault::Duplicate {
                    step: name(),
                    waits_for,
                });
            }
        }
        if step.actions.is_empty() {
            return Err(PlanFault::NoActions { step: name() });
        }
        if step.on.is_empty() && step.skip.is_none() {
            return Err(PlanFault::NoPlace { step: name() });
        }
        let known = step
            .on
            .iter()
            .flatten()
            .all(|target| (target.0 as usize) < self.targets.len());
        if !known || !step.on.is_sorted_by(|a, b| a < b) {
            return Err(PlanFault::Targets { step: name() });
        }
        if step.window == Some(0) {
            return Err(PlanFault::EmptyWindow { step: name() });
        }
        step.actions
            .iter()
            .filter(|action| action.skip.is_none())
            .try_for_each(|action| check_action(step, action))
    }

    /// The steps so that each comes after all it waits for; steps of a cycle are missing.
    #[must_use]
    pub fn order(&self) -> Vec<StepIx> {
        let mut waits: Vec<usize> = self.steps.iter().map(|step| step.waits_for.len()).collect();
        let mut dependants = vec![Vec::new(); self.steps.len()];
        for (ix, step) in self.steps.iter().enumerate() {
            for waited in step
                .waits_for
                .iter()
                .filter(|waited| (waited.0 as usize) < self.steps.len())
            {
                dependants[waited.0 as usize].push(ix);
            }
        }
        let mut order: Vec<usize> = (0..waits.len()).filter(|&ix| waits[ix] == 0).collect();
        let mut done = 0;
        while let Some(&ix) = order.get(done) {
            done += 1;
            for &dependant in &dependants[ix] {
                waits[dependant] -= 1;
                if waits[dependant] == 0 {
                    order.push(dependant);
                }
            }
        }
        order.into_iter().map(|ix| StepIx(ix as u32)).collect()
    }
}

fn check_action(step: &PlanStep, action: &PlanAction) -> Result<(), PlanFault> {
    let names = || (step.name.clone(), action.name.clone());
    match action.kind {
        ActionKind::OnWorker if action.worker_pool.is_none() => {
            let (step, action) = names();
            Err(PlanFault::NoPool { step, action })
        }
        ActionKind::OnTarget if step.on.contains(&None) => {
            let (step, action) = names();
            Err(PlanFault::NoTarget { step, action })
        }
        _ => Ok(()),
    }
}

impl PlanStep {
    /// Whether the step runs something on its targets themselves, and so takes part in machine locks.
    #[must_use]
    pub fn uses_machines(&self) -> bool {
        self.skip.is_none()
            && self
                .actions
                .iter()
                .any(|a| a.skip.is_none() && a.kind == ActionKind::OnTarget)
    }

    pub(super) fn is_exclusive(&self) -> bool {
        self.machine_lock == MachineLock::Exclusive
    }

    /// Expected time on one place: the sum of its actions; an action without history counts a millisecond,
    /// so that without any history the longest chain of steps goes first.
    pub(super) fn expected_ms(&self) -> i64 {
        let runs = self
            .actions
            .iter()
            .filter(|action| self.skip.is_none() && action.skip.is_none());
        runs.map(|action| action.expected_ms.unwrap_or(1).max(1))
            .sum()
    }
}
