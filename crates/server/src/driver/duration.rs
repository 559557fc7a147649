//! How long the actions of a finished run took: what later plans predict from.

use regatta_core::engine::event::Outcome;
use regatta_core::engine::{Run, StepView};
use regatta_store::{StepDuration, Write};

use super::frozen::Frozen;

/// One entry per action that succeeded, the longest place counting.
pub(super) fn measured(frozen: &Frozen, run: &Run) -> Vec<Write> {
    let view = run.view();
    view.steps
        .iter()
        .flat_map(|step| of_step(frozen, run, step))
        .map(Write::StepDuration)
        .collect()
}

fn of_step(frozen: &Frozen, run: &Run, view: &StepView) -> Vec<StepDuration> {
    let step = &run.plan().steps[view.step.0 as usize];
    let measure = |(ix, action): (usize, &regatta_core::engine::plan::PlanAction)| {
        let here = view
            .actions
            .iter()
            .filter(|cell| cell.cell.action.0 as usize == ix);
        let succeeded =
            here.flat_map(|cell| &cell.attempts)
                .filter_map(|attempt| match attempt.outcome {
                    Some(Outcome::Succeeded { .. }) => {
                        let ended_at = attempt.ended_at?;
                        Some((ended_at.since_ms(attempt.started_at?), ended_at))
                    }
                    _ => None,
                });
        let (ms, ended_at) = succeeded.max()?;
        Some(StepDuration {
            project_id: frozen.stored.facts.process_owner().to_owned(),
            step: step.slug.clone(),
            action: action.slug.clone(),
            ended_at,
            ms,
        })
    };
    step.actions
        .iter()
        .enumerate()
        .filter_map(measure)
        .collect()
}
