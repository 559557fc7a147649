//! A run played again with its own measured times, so that one may ask what would have been otherwise.
//!
//! What ran takes as long as it took (all attempts together, without the pauses between them); what was skipped
//! stays skipped; what has not run yet takes as long as expected.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::spans::{Doing, Spans, StepSpans};
use super::{Change, Forecast, Setup, go_on, what_if};
use crate::engine::event::{Cell, Recorded};
use crate::engine::plan::{
    ActionCondition, Limits, MachineLock, Plan, SkipReason, StepCondition, StepIx,
};
use crate::engine::{ActionState, IllegalEvent, PlanFault, Run, StepState};
use crate::time::Time;

/// What was measured in a run, and the plan with what is known of it by now.
#[derive(Debug, Clone)]
pub struct Measured {
    plan: Plan,
    took_ms: BTreeMap<Cell, i64>,
}

impl Measured {
    /// Reads it off a run and its log. What still runs is taken to end now or when it was expected to.
    #[must_use]
    pub fn of(run: &Run, log: &[Recorded]) -> Self {
        let mut measured = Self {
            plan: run.plan().as_ref().clone(),
            took_ms: BTreeMap::new(),
        };
        let spans = Spans::of(run.plan(), log);
        let busy_ms: Vec<i64> = spans.steps.iter().map(StepSpans::busy_ms).collect();
        for segment in spans.segments {
            if matches!(segment.doing, Doing::Running { .. }) {
                let took_ms = measured.took_ms.entry(segment.cell).or_default();
                *took_ms += segment.to.since_ms(segment.from);
            }
        }
        for step in run.view().steps {
            measured.step(&step);
            if step.state.is_settled() {
                measured.stretch(step.step, busy_ms[step.step.0 as usize]);
            }
        }
        measured
    }

    /// Targets overlap as they did: if waiting spread them out, so that something of the step ran for longer than
    /// its places take side by side, the last of them takes that much longer.
    fn stretch(&mut self, step: StepIx, busy_ms: i64) {
        let planned = &self.plan.steps[step.0 as usize];
        let window = planned.window.unwrap_or(u32::MAX) as usize;
        let mut ends: Vec<i64> = Vec::new();
        let mut last = None;
        for &target in &planned.on {
            let here = self
                .took_ms
                .iter()
                .filter(|(cell, _)| cell.step == step && cell.target == target);
            let takes_ms: i64 = here.map(|(_, ms)| ms).sum();
            let free = if ends.len() < window {
                ends.push(0);
                ends.len() - 1
            } else {
                let first = ends.iter().enumerate().min_by_key(|(_, end)| **end);
                first.map_or(0, |(ix, _)| ix)
            };
            ends[free] += takes_ms;
            if last.is_none_or(|(end, _)| ends[free] > end) {
                last = Some((ends[free], target));
            }
        }
        let Some((end_ms, target)) = last.filter(|(end_ms, _)| *end_ms < busy_ms) else {
            return;
        };
        let mut here = self.took_ms.iter_mut();
        if let Some((_, ms)) =
            here.find(|(cell, ms)| cell.step == step && cell.target == target && **ms > 0)
        {
            *ms += busy_ms - end_ms;
        }
    }

    fn step(&mut self, view: &crate::engine::StepView) {
        let planned = &mut self.plan.steps[view.step.0 as usize];
        match view.state {
            StepState::Skipped => {
                let reason = view.skip.clone();
                planned
                    .skip
                    .get_or_insert(reason.unwrap_or(SkipReason::ByUser));
            }
            StepState::Pending | StepState::Ready => {}
            // It ran, whatever its condition was about.
            _ => planned.condition = StepCondition::Always,
        }
        for action in &view.actions {
            let planned = &mut planned.actions[action.cell.action.0 as usize];
            if action.state != ActionState::Pending {
                planned.condition = ActionCondition::Success;
            }
            match &action.state {
                ActionState::Skipped(_) | ActionState::Canceled | ActionState::Failed => {
                    self.took_ms.entry(action.cell).or_default();
                }
                ActionState::Running => {
                    let expected_ms = planned.expected_ms.unwrap_or(0);
                    let took_ms = self.took_ms.entry(action.cell).or_default();
                    *took_ms = (*took_ms).max(expected_ms);
                }
                _ => {}
            }
        }
    }

    /// The run once more from its beginning, with changes made.
    ///
    /// # Errors
    /// A change names a step that does not exist, or makes steps wait for each other.
    pub fn replay(&self, changes: &[Change], setup: &Setup) -> Result<Forecast, PlanFault> {
        let mut took_ms = self.took_ms.clone();
        for change in changes {
            if let Change::Takes { step, .. } = change {
                took_ms.retain(|cell, _| cell.step != *step);
            }
        }
        let plan = Arc::new(what_if(&self.plan, changes)?);
        let played = play(&plan, setup, &took_ms);
        Ok(played.expect("the clock records only what the engine asks for"))
    }
}

fn play(
    plan: &Arc<Plan>,
    setup: &Setup,
    took_ms: &BTreeMap<Cell, i64>,
) -> Result<Forecast, IllegalEvent> {
    let takes_ms = |cell: Cell| took_ms.get(&cell).copied();
    go_on(Run::new(plan.clone()), &[], Time(0), setup, &takes_ms)
}

/// One step after the other, in an order that respects what they wait for.
#[must_use]
pub fn one_by_one(plan: &Plan) -> Vec<Change> {
    let runs = |step: &StepIx| plan.steps[step.0 as usize].skip.is_none();
    let order: Vec<StepIx> = plan.order().into_iter().filter(runs).collect();
    let pairs = order.windows(2);
    pairs
        .map(|pair| Change::AddWait {
            step: pair[1],
            waits_for: pair[0],
        })
        .collect()
}

/// Nothing is held up by machines or by limits of the deployment.
#[must_use]
pub fn without_locks(plan: &Plan) -> Vec<Change> {
    let steps = (0..plan.steps.len() as u32).map(StepIx);
    steps
        .map(|step| Change::Lock {
            step,
            machine_lock: MachineLock::Bypass,
        })
        .collect()
}

/// No cap on what the deployment runs at once.
#[must_use]
pub const fn without_limits() -> Change {
    Change::Limits(Limits {
        running_max: None,
        per_machine_max: None,
    })
}
