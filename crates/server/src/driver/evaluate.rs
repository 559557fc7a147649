//! Commands whose answer people's templates give: run conditions, and what a manual intervention asks.
//!
//! People decide what a template costs, so it is evaluated without the lock of the shared resources, and apart from
//! everything that answers requests. What the engine asked for meanwhile stays asked for until it is recorded.

use regatta_core::engine::command::Evaluation;
use regatta_core::engine::event::{Cell, InterruptionKind};
use regatta_core::secret::Secret;
use regatta_core::variable::dictionary::Dictionary;

use super::actor::{Actor, End, defect};
use super::frozen::Place;
use super::turn::Turn;

/// Whether a condition holds, and why it could not be evaluated.
pub(super) type Verdict = (bool, Option<String>);

/// What a manual intervention asks, and the teams that may answer.
#[derive(Debug, Default)]
pub(super) struct Instructions {
    pub text: String,
    pub team_ids: Vec<String>,
}

/// Works something out on a thread that nobody waits for; `None` when the server stops.
pub(super) async fn apart<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => Some(done),
        Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        Err(_) => None,
    }
}

impl Actor {
    pub(super) async fn evaluate(
        &mut self,
        turn: &mut Turn,
        wanted: Evaluation,
    ) -> Result<(), End> {
        let recorded = match wanted {
            Evaluation::StepCondition { step } => {
                let expression = self.live.frozen.step_condition(step).map(str::to_owned);
                let verdict = self.verdict(Place::Step(step), expression).await?;
                self.live.step_evaluated(turn, step, verdict)
            }
            Evaluation::ActionCondition { cell } => {
                let expression = self.live.frozen.action_condition(cell).map(str::to_owned);
                let verdict = self.verdict(Place::Cell(cell), expression).await?;
                self.live.action_evaluated(turn, cell, verdict)
            }
            Evaluation::Question {
                cell,
                attempt,
                kind,
            } => {
                let Some(id) = self.live.spare_ids.pop() else {
                    turn.ids_missing += 1;
                    return Ok(());
                };
                let instructions = self.instructions(cell, kind).await?;
                self.live
                    .raise(turn, id, (cell, attempt, kind), instructions)
            }
        };
        recorded.map_err(defect)
    }

    /// A condition that is none holds; one that cannot be evaluated does not.
    async fn verdict(&self, place: Place, expression: Option<String>) -> Result<Verdict, End> {
        let Some(expression) = expression else {
            return Ok((true, None));
        };
        let variables = match self.variables(place) {
            Ok(variables) => variables,
            Err(error) => return Ok((false, Some(error))),
        };
        let condition = apart(move || variables.condition(&expression)).await;
        Ok(match condition.ok_or(End::Lost)? {
            Ok(condition) => (condition.holds, None),
            Err(error) => (false, Some(error.to_string())),
        })
    }

    /// Instructions that cannot be evaluated are shown as they are written.
    async fn instructions(&self, cell: Cell, kind: InterruptionKind) -> Result<Instructions, End> {
        let mut instructions = match kind {
            InterruptionKind::Manual => self.live.frozen.manual(cell),
            InterruptionKind::GuidedFailure => return Ok(Instructions::default()),
        };
        if let Ok(variables) = self.variables(Place::Cell(cell)) {
            let raw = instructions.text.clone();
            let expanded = apart(move || variables.expand(&raw)).await;
            if let Ok(expanded) = expanded.ok_or(End::Lost)? {
                let derived = expanded.derived.iter().map(Secret::expose);
                self.live.frozen.mask_also(derived);
                instructions.text = expanded.text;
            }
        }
        instructions.text = self.live.frozen.mask(&instructions.text);
        Ok(instructions)
    }

    fn variables(&self, place: Place) -> Result<Dictionary, String> {
        let live = &self.live;
        live.frozen
            .variables(&self.shared.vault, place, &live.outputs, &live.run)
    }
}
