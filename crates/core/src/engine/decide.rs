//! What a run wants done next.
//!
//! [`Run::next`] looks at what is on the agenda and answers with commands: skip this, start
//! that, ask a person, finish. It decides and never acts; asked twice it answers the same.
//! The shell turns commands into events, applies them, and asks again until nothing new
//! comes; it makes all those events durable in one write and only then acts on them.

use super::command::{Command, Decision, Evaluation, StopReason};
use super::run::Run;
use super::state::{CellState, Phase, StepPhase};
use super::world::World;
use crate::time::Time;

impl Run {
    /// What to do now. Call it again after every event, when the world changes, and at [`Run::deadline`].
    #[must_use]
    pub fn next(&self, now: Time, world: &World) -> Vec<Command> {
        match self.phase {
            Phase::Queued | Phase::Finished(_) => return Vec::new(),
            Phase::Running | Phase::Canceling if self.unsettled == 0 => {
                return vec![Command::Decided(Decision::Finish {
                    result: self.verdict(),
                })];
            }
            Phase::Running | Phase::Canceling => {}
        }
        let mut commands = Vec::new();
        self.decisions(&mut commands);
        self.stops(now, &mut commands);
        self.offer_ready(now, world, false, |at, decision| {
            if let Ok(goes) = decision {
                let worker = goes.map(|ix| world.workers[ix].id.clone());
                commands.push(Command::Decided(Decision::Issue {
                    cell: self.current_ref(at),
                    attempt: self.cell(at).attempt,
                    worker,
                }));
            }
        });
        commands
    }

    fn decisions(&self, commands: &mut Vec<Command>) {
        commands.extend(self.agenda.to_skip.iter().filter_map(
            |&step| match &self.step(step).state {
                StepPhase::ToSkip(reason) => Some(Command::Decided(Decision::SkipStep {
                    step,
                    reason: reason.clone(),
                })),
                _ => None,
            },
        ));
        commands.extend(
            self.agenda
                .to_evaluate
                .iter()
                .map(|&step| Command::Evaluate(Evaluation::StepCondition { step })),
        );
        let asking = self.agenda.asking.iter();
        commands.extend(asking.map(|&at| {
            Command::Evaluate(Evaluation::ActionCondition {
                cell: self.current_ref(at),
            })
        }));
        commands.extend(
            self.agenda
                .raising
                .iter()
                .filter_map(|&at| match self.cell(at).state {
                    CellState::ToRaise(kind) => Some(Command::Evaluate(Evaluation::Question {
                        cell: self.current_ref(at),
                        attempt: self.cell(at).attempt,
                        kind,
                    })),
                    _ => None,
                }),
        );
        let withdrawing = self.agenda.withdrawing.iter().cloned();
        commands.extend(
            withdrawing.map(|interruption| Command::Decided(Decision::Withdraw { interruption })),
        );
    }

    /// Tickets to stop: told to by a cancel or the failure policy, or past their time limit.
    fn stops(&self, now: Time, commands: &mut Vec<Command>) {
        let told = self.agenda.stopping.iter();
        commands.extend(told.map(|(ticket, &why)| {
            Command::Decided(Decision::Stop {
                ticket: ticket.clone(),
                why,
            })
        }));
        for &(_, at) in self.agenda.timers.iter().take_while(|(at, _)| *at <= now) {
            let cell = self.cell(at);
            let Some(attempt) = cell.attempts.last().filter(|_| cell.state.is_out()) else {
                continue;
            };
            if !self.agenda.stopping.contains_key(&attempt.ticket) {
                commands.push(Command::Decided(Decision::Stop {
                    ticket: attempt.ticket.clone(),
                    why: StopReason::TimedOut,
                }));
            }
        }
    }

    /// When [`Run::next`] has to be called again although nothing happens: the next end of a back-off
    /// or of a time limit after `now`.
    #[must_use]
    pub fn deadline(&self, now: Time) -> Option<Time> {
        let later = self
            .agenda
            .timers
            .range((now.plus_ms(1), super::state::PlaceRef::FIRST)..)
            .next();
        later.map(|(at, _)| *at)
    }
}
