//! What an answer to a question would do now: the answer given to a copy of the run, and the copy looked at.
//!
//! What happens now assumes nothing about how scripts end. What will not run later is played out as if everything
//! else succeeded.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::command::{Command, Decision, Evaluation};
use super::event::{Answer, Cell, Event, InterruptionId, Outcome, Recorded, TaskResult, TicketId};
use super::illegal::IllegalEvent;
use super::plan::{FailurePolicy, Plan, SkipReason, StepIx, TargetIx};
use super::run::Run;
use super::view::StepState;
use super::world::World;
use crate::time::Time;

/// An answer somebody may give.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    pub answer: Answer,
    /// With a refusal: what is to happen to unrelated steps; `None` = what the plan says.
    pub failure_policy: Option<FailurePolicy>,
}

/// See the module. Steps and cells other than the asked one, unless said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Effect {
    /// The action that was asked about.
    pub asked: Cell,
    pub choice: Choice,
    /// Actions that start at once, the asked one among them when it is tried again.
    pub starts: Vec<Cell>,
    /// Running actions that are told to stop.
    pub stops: Vec<Cell>,
    /// Other questions that are withdrawn.
    pub withdraws: Vec<Cell>,
    /// Steps that are skipped now, and why.
    pub skips: Vec<(StepIx, SkipReason)>,
    /// Steps that go on running.
    pub goes_on: Vec<StepIx>,
    /// Steps that have not started and still wait.
    pub still_waits: Vec<StepIx>,
    /// Steps that wait now and will be skipped in the end, even if everything else succeeds.
    pub will_not_run: Vec<StepIx>,
    /// Steps not over that do without the machine from now on.
    pub without_machine: Vec<StepIx>,
    /// The deployment is over at once.
    pub ends: Option<TaskResult>,
}

impl Run {
    /// What each answer to an open question would do; a refusal once for each failure policy.
    #[must_use]
    pub fn effects(&self, question: &InterruptionId, now: Time, world: &World) -> Vec<Effect> {
        let policies = [
            FailurePolicy::FinishBranches,
            FailurePolicy::StartNothingNew,
            FailurePolicy::CancelRunning,
        ];
        let choices = self.answers(question).into_iter().flat_map(|answer| {
            let policies: &[FailurePolicy] = if answer.is_refusal() { &policies } else { &[] };
            let plain = policies.is_empty().then_some(None);
            plain
                .into_iter()
                .chain(policies.iter().copied().map(Some))
                .map(move |failure_policy| Choice {
                    answer,
                    failure_policy,
                })
        });
        choices
            .filter_map(|choice| self.effect(question, choice, now, world).ok())
            .collect()
    }

    fn effect(
        &self,
        question: &InterruptionId,
        choice: Choice,
        now: Time,
        world: &World,
    ) -> Result<Effect, IllegalEvent> {
        let Some(&at) = self.interruptions.get(question) else {
            return Err(IllegalEvent::NotOpen {
                interruption: question.clone(),
            });
        };
        let asked = self.current_ref(at);
        let mut what = What {
            run: self.clone(),
            now,
            world: world.clone(),
            effect: Effect {
                asked,
                choice,
                starts: Vec::new(),
                stops: Vec::new(),
                withdraws: Vec::new(),
                skips: Vec::new(),
                goes_on: Vec::new(),
                still_waits: Vec::new(),
                will_not_run: Vec::new(),
                without_machine: Vec::new(),
                ends: None,
            },
            told: BTreeSet::new(),
            assumes: false,
        };
        if let Some(policy) = choice.failure_policy {
            what.record(Event::FailurePolicyChosen { policy })?;
        }
        what.record(Event::InterruptionAnswered {
            interruption: question.clone(),
            answer: choice.answer,
        })?;
        what.play_on()?;
        what.look(self);
        let effect = what.effect.clone();
        what.play_out()?;
        Ok(what.look_further(effect))
    }
}

/// The copy while it goes on.
struct What {
    run: Run,
    now: Time,
    /// With what the copy takes of it.
    world: World,
    effect: Effect,
    /// Tickets told to stop.
    told: BTreeSet<TicketId>,
    /// Whether conditions are taken to hold.
    assumes: bool,
}

impl What {
    fn record(&mut self, event: Event) -> Result<(), IllegalEvent> {
        self.run.apply(&Recorded {
            seq: self.run.seq() + 1,
            at: self.now,
            event,
        })
    }

    fn play_on(&mut self) -> Result<(), IllegalEvent> {
        loop {
            let before = self.run.seq();
            for command in self.run.next(self.now, &self.world) {
                self.carry_out(command)?;
            }
            if self.run.seq() == before {
                return Ok(());
            }
        }
    }

    fn carry_out(&mut self, command: Command) -> Result<(), IllegalEvent> {
        match command {
            Command::Decided(Decision::SkipStep { step, reason }) => {
                self.record(Event::StepSkipped { step, reason })
            }
            Command::Decided(Decision::Issue {
                cell,
                attempt,
                worker,
            }) => {
                self.effect.starts.push(cell);
                let mut workers = self.world.workers.iter_mut();
                if let Some(taken) = workers.find(|own| Some(&own.id) == worker.as_ref()) {
                    taken.tickets += 1;
                }
                self.world.free_slots = self.world.free_slots.map(|free| free.saturating_sub(1));
                let ticket = TicketId(format!("effect-{}", self.run.seq()));
                self.record(Event::TicketIssued {
                    ticket,
                    cell,
                    attempt,
                    worker,
                })
            }
            Command::Decided(Decision::Stop { ticket, .. }) => {
                if self.told.insert(ticket.clone()) {
                    self.effect.stops.extend(self.run.ticket_cell(&ticket));
                }
                Ok(())
            }
            Command::Decided(Decision::Withdraw { interruption }) => {
                let place = self.run.interruptions.get(&interruption);
                let cell = place.map(|&at| self.run.current_ref(at));
                self.effect.withdraws.extend(cell);
                self.record(Event::InterruptionWithdrawn { interruption })
            }
            Command::Decided(Decision::Finish { result }) => {
                self.effect.ends = Some(result);
                self.record(Event::Finished { result })
            }
            Command::Evaluate(Evaluation::Question {
                cell,
                attempt,
                kind,
            }) => {
                let interruption = InterruptionId(format!("effect-{}", self.run.seq()));
                self.record(Event::InterruptionRaised {
                    interruption,
                    cell,
                    attempt,
                    kind,
                })
            }
            // Whether a condition holds is not known now: the step stays undecided.
            Command::Evaluate(Evaluation::StepCondition { step }) if self.assumes => {
                self.record(Event::StepConditionEvaluated {
                    step,
                    holds: true,
                    error: None,
                })
            }
            Command::Evaluate(Evaluation::ActionCondition { cell }) if self.assumes => {
                self.record(Event::ActionConditionEvaluated {
                    cell,
                    holds: true,
                    error: None,
                })
            }
            Command::Evaluate(Evaluation::StepCondition { .. })
            | Command::Evaluate(Evaluation::ActionCondition { .. }) => Ok(()),
        }
    }

    /// To the end, or to where this world lets nothing go on: what runs succeeds, people approve.
    fn play_out(&mut self) -> Result<(), IllegalEvent> {
        self.assumes = true;
        loop {
            self.play_on()?;
            let seq = self.run.seq();
            let out: Vec<(TicketId, Option<String>)> = self
                .run
                .tickets_out()
                .map(|out| (out.ticket.clone(), out.worker.map(str::to_owned)))
                .collect();
            for (ticket, worker) in out {
                let mut workers = self.world.workers.iter_mut();
                if let Some(freed) = workers.find(|own| Some(&own.id) == worker.as_ref()) {
                    freed.tickets = freed.tickets.saturating_sub(1);
                }
                let outcome = if self.told.contains(&ticket) {
                    Outcome::Canceled
                } else {
                    Outcome::Succeeded { warnings: false }
                };
                self.record(Event::TicketFinished { ticket, outcome })?;
            }
            for interruption in self.run.questions_open() {
                let offered = self.run.answers(&interruption);
                let wished = [Answer::Proceed, Answer::Ignore, Answer::Fail];
                if let Some(&answer) = wished.iter().find(|wish| offered.contains(wish)) {
                    self.record(Event::InterruptionAnswered {
                        interruption,
                        answer,
                    })?;
                }
            }
            if self.run.seq() == seq {
                match self.run.deadline(self.now) {
                    Some(next) if !self.run.is_finished() => self.now = next,
                    _ => return Ok(()),
                }
            }
        }
    }

    fn look_further(&self, mut effect: Effect) -> Effect {
        let mut waits = std::mem::take(&mut effect.still_waits);
        // What was never to run is no effect of the choice.
        waits.retain(|step| self.run.plan_step(*step).skip.is_none());
        let will_not_run = |step: &StepIx| self.run.step_state(*step) == StepState::Skipped;
        (effect.will_not_run, effect.still_waits) = waits.into_iter().partition(will_not_run);
        effect
    }

    fn look(&mut self, before: &Run) {
        let stopped: BTreeSet<StepIx> = self.effect.stops.iter().map(|cell| cell.step).collect();
        let starts: BTreeSet<StepIx> = self.effect.starts.iter().map(|cell| cell.step).collect();
        for step in (0..self.run.steps.len() as u32).map(StepIx) {
            let (was, is) = (before.step_state(step), self.run.step_state(step));
            let view = self.run.step_view(step);
            match is {
                StepState::Skipped if was != StepState::Skipped => {
                    self.effect
                        .skips
                        .extend(view.skip.map(|reason| (step, reason)));
                }
                StepState::Running if was == StepState::Running && !stopped.contains(&step) => {
                    self.effect.goes_on.push(step);
                }
                StepState::Pending | StepState::Ready if !starts.contains(&step) => {
                    self.effect.still_waits.push(step);
                }
                _ => {}
            }
            let taken_out = (self.effect.choice.answer == Answer::ExcludeMachine)
                .then_some(self.effect.asked.target)
                .flatten();
            if let Some(target) = taken_out
                && !was.is_settled()
                && self.run.plan_step(step).on.contains(&Some(target))
                && step != self.effect.asked.step
            {
                self.effect.without_machine.push(step);
            }
        }
    }
}

impl Answer {
    /// Whether the action counts as failed with it.
    #[must_use]
    pub const fn is_refusal(self) -> bool {
        matches!(self, Self::Abort | Self::Fail)
    }
}

impl Effect {
    /// The effect in sentences, the same in the portal and the command line.
    #[must_use]
    pub fn text(&self, plan: &Plan) -> String {
        let name = |step: StepIx| plan.steps[step.0 as usize].name.clone();
        let mut told: Vec<String> = Vec::new();
        let mut tell = |steps: Vec<StepIx>, text: &dyn Fn(&str, bool) -> String| {
            let mut names: Vec<String> = steps.iter().map(|step| name(*step)).collect();
            names.dedup();
            if !names.is_empty() {
                told.push(text(&names.join(", "), names.len() > 1));
            }
        };
        let s = |many: bool| if many { "" } else { "s" };
        let steps = |cells: &[Cell]| cells.iter().map(|cell| cell.step).collect::<Vec<_>>();
        let machine = |target: TargetIx| plan.targets[target.0 as usize].name.as_str();
        tell(steps(&self.starts), &|names, many| {
            format!("{names} start{} now", s(many))
        });
        tell(steps(&self.stops), &|names, many| {
            format!("{names} {} told to stop", if many { "are" } else { "is" })
        });
        tell(steps(&self.withdraws), &|names, many| {
            format!(
                "The question{} of {names} {} withdrawn",
                if many { "s" } else { "" },
                if many { "are" } else { "is" }
            )
        });
        let skipped = self.skips.iter().map(|(step, _)| *step).collect();
        tell(skipped, &|names, many| {
            format!("{names} {} skipped", if many { "are" } else { "is" })
        });
        if let Some(target) = self.asked.target {
            tell(self.without_machine.clone(), &|names, many| {
                format!("{names} skip{} {}", s(many), machine(target))
            });
        }
        tell(self.goes_on.clone(), &|names, many| {
            format!("{names} keep{} running", s(many))
        });
        tell(self.still_waits.clone(), &|names, many| {
            format!("{names} still wait{}", s(many))
        });
        tell(self.will_not_run.clone(), &|names, _| {
            format!("{names} will not run")
        });
        match self.ends {
            Some(TaskResult::Failed) => told.push("The deployment fails".to_owned()),
            Some(TaskResult::Canceled) => told.push("The deployment is cancelled".to_owned()),
            Some(TaskResult::Success | TaskResult::SuccessWithWarnings) => {
                told.push("The deployment ends".to_owned());
            }
            None if told.is_empty() => told.push("Nothing else changes now".to_owned()),
            None => {}
        }
        told.iter()
            .map(|told| format!("{told}."))
            .collect::<Vec<_>>()
            .join(" ")
    }
}
