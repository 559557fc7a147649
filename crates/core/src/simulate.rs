//! What a run will take: the engine itself, played out under a virtual clock.
//!
//! [`forecast`] continues a run from its log (an empty one for a preview before deploying)
//! with expected durations, by the very rules that drive real runs, and [`Times::of`]
//! reads start, end, slack and waiting off the result, the same way it reads them off the
//! log of a finished run. [`Change`]s make a *what if* out of a plan.
//!
//! Assumed: scripts succeed, variable conditions hold, people approve at once (waiting for
//! people is taken out of every figure). Not here: expected durations themselves, which
//! come with the plan.

mod bars;
mod order;
mod replay;
mod spans;
mod times;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use bars::Bars;
pub use order::{Edge, OrderCheck, Violation};
pub use replay::{Measured, one_by_one, without_limits, without_locks};
pub use spans::{Doing, Segment};
pub use times::{LostTo, StepTimes, Times};

use crate::engine::command::{Command, StopReason};
use crate::engine::event::{Answer, Cell, Event, InterruptionId, Outcome, Recorded, TicketId};
use crate::engine::plan::{Limits, MachineLock, Plan, StepIx};
use crate::engine::{IllegalEvent, PlanFault, Run, Waiting, World};
use crate::time::Time;

/// What a forecast rests on besides the plan and the log.
#[derive(Debug, Clone)]
pub struct Setup {
    /// What is free; worker tickets of the run itself are known from its log.
    pub world: World,
    /// Assumed for actions without history.
    pub unknown_ms: i64,
}

/// How a run is expected to go on from now to its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Forecast {
    /// Measured for what is over, expected for the rest.
    pub times: Times,
    /// Most steps running at the same time.
    pub at_once_max: u32,
    /// Steps whose times rest on an action without history.
    pub guessed: BTreeSet<StepIx>,
    /// Not empty when the run cannot end in this world, e.g. for want of a worker: what waits and why.
    pub stuck: Vec<Waiting>,
    /// The run's log as far as it is, and as it is expected to go on.
    pub log: Vec<Recorded>,
}

/// One change of a *what if*.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Change {
    Limits(Limits),
    AddWait {
        step: StepIx,
        waits_for: StepIx,
    },
    RemoveWait {
        step: StepIx,
        waits_for: StepIx,
    },
    /// The step takes this long on each place, spread evenly over its actions.
    Takes {
        step: StepIx,
        ms: i64,
    },
    Lock {
        step: StepIx,
        machine_lock: MachineLock,
    },
    Window {
        step: StepIx,
        window: Option<u32>,
    },
}

/// The plan with changes made.
///
/// # Errors
/// A change names a step that does not exist, or makes steps wait for each other.
pub fn what_if(plan: &Plan, changes: &[Change]) -> Result<Plan, PlanFault> {
    let mut plan = plan.clone();
    for change in changes {
        make(&mut plan, change)?;
    }
    plan.check()?;
    Ok(plan)
}

fn make(plan: &mut Plan, change: &Change) -> Result<(), PlanFault> {
    let ix = match change {
        Change::Limits(limits) => {
            plan.limits = *limits;
            return Ok(());
        }
        Change::AddWait { step, .. }
        | Change::RemoveWait { step, .. }
        | Change::Takes { step, .. }
        | Change::Lock { step, .. }
        | Change::Window { step, .. } => *step,
    };
    let unknown = || PlanFault::UnknownStep {
        step: "what if".to_owned(),
        waits_for: ix.0,
    };
    let step = plan.steps.get_mut(ix.0 as usize).ok_or_else(unknown)?;
    match change {
        Change::Limits(_) => {}
        Change::AddWait { waits_for, .. } => {
            if !step.waits_for.contains(waits_for) {
                step.waits_for.push(*waits_for);
            }
        }
        Change::RemoveWait { waits_for, .. } => step.waits_for.retain(|waited| waited != waits_for),
        Change::Takes { ms, .. } => {
            let actions = step.actions.len().max(1) as i64;
            step.actions
                .iter_mut()
                .for_each(|action| action.expected_ms = Some(ms / actions));
        }
        Change::Lock { machine_lock, .. } => step.machine_lock = *machine_lock,
        Change::Window { window, .. } => step.window = *window,
    }
    Ok(())
}

/// Continues the run recorded in `log` from `now` to its expected end.
///
/// # Errors
/// The log is not one of this plan.
pub fn forecast(
    plan: &Arc<Plan>,
    log: &[Recorded],
    now: Time,
    setup: &Setup,
) -> Result<Forecast, IllegalEvent> {
    let mut clock = Clock::new(plan, log, now, setup)?;
    clock.play_out()?;
    Ok(clock.forecast(plan))
}

/// A run under a clock that jumps from one expected end to the next.
struct Clock<'a> {
    run: Run,
    log: Vec<Recorded>,
    now: Time,
    setup: &'a Setup,
    /// Tickets of other tasks, by worker.
    others: Vec<u32>,
    /// Expected end of each ticket out.
    ends: BTreeMap<TicketId, Time>,
    /// Known better than by what is expected.
    took_ms: BTreeMap<Cell, i64>,
    ids: u32,
}

impl<'a> Clock<'a> {
    fn new(
        plan: &Arc<Plan>,
        log: &[Recorded],
        now: Time,
        setup: &'a Setup,
    ) -> Result<Self, IllegalEvent> {
        let mut run = Run::new(plan.clone());
        log.iter().try_for_each(|recorded| run.apply(recorded))?;
        let ends = run.tickets_out().map(|out| {
            let expected = expected_ms(plan, out.cell, setup);
            (
                out.ticket.clone(),
                out.started_at.unwrap_or(now).plus_ms(expected).max(now),
            )
        });
        let own = |id: &str| {
            run.tickets_out()
                .filter(|out| out.worker == Some(id))
                .count() as u32
        };
        let workers = setup.world.workers.iter();
        Ok(Self {
            ends: ends.collect(),
            others: workers
                .map(|worker| worker.tickets.saturating_sub(own(&worker.id)))
                .collect(),
            run,
            log: log.to_vec(),
            now,
            setup,
            took_ms: BTreeMap::new(),
            ids: 0,
        })
    }

    fn play_out(&mut self) -> Result<(), IllegalEvent> {
        if self.log.is_empty() {
            self.record(Event::Started)?;
        }
        loop {
            self.turn()?;
            let due = self.ends.values().min().copied();
            let Some(next) = due.into_iter().chain(self.run.deadline(self.now)).min() else {
                return Ok(());
            };
            self.now = next;
            let over: Vec<_> = self
                .ends
                .iter()
                .filter(|(_, end)| **end <= next)
                .map(|(id, _)| id.clone())
                .collect();
            for ticket in over {
                self.finish(ticket, Outcome::Succeeded { warnings: false })?;
            }
        }
    }

    fn forecast(self, plan: &Plan) -> Forecast {
        let stuck = if self.run.is_finished() {
            Vec::new()
        } else {
            self.run.explain(self.now, &self.world())
        };
        let runs = |step: &StepIx| plan.steps[step.0 as usize].skip.is_none();
        let unknown = |step: &StepIx| {
            let actions = &plan.steps[step.0 as usize].actions;
            actions.iter().any(|action| action.expected_ms.is_none())
        };
        let steps = (0..plan.steps.len() as u32).map(StepIx);
        Forecast {
            times: Times::of(plan, &self.log),
            at_once_max: times::at_once_max(&spans::Spans::of(plan, &self.log)),
            guessed: steps.filter(|step| runs(step) && unknown(step)).collect(),
            stuck,
            log: self.log,
        }
    }

    fn record(&mut self, event: Event) -> Result<(), IllegalEvent> {
        let recorded = Recorded {
            seq: self.run.seq() + 1,
            at: self.now,
            event,
        };
        self.run.apply(&recorded)?;
        self.log.push(recorded);
        Ok(())
    }

    fn finish(&mut self, ticket: TicketId, outcome: Outcome) -> Result<(), IllegalEvent> {
        self.ends.remove(&ticket);
        self.record(Event::TicketFinished { ticket, outcome })
    }

    /// Carries out commands until none leads to a new event.
    fn turn(&mut self) -> Result<(), IllegalEvent> {
        loop {
            let before = self.run.seq();
            for command in self.run.next(self.now, &self.world()) {
                self.carry_out(command)?;
            }
            self.answer_everyone()?;
            if self.run.seq() == before {
                return Ok(());
            }
        }
    }

    fn carry_out(&mut self, command: Command) -> Result<(), IllegalEvent> {
        self.ids += 1;
        match command {
            Command::EvaluateStepCondition { step } => self.record(Event::StepConditionEvaluated {
                step,
                holds: true,
                error: None,
            }),
            Command::EvaluateActionCondition { cell } => {
                self.record(Event::ActionConditionEvaluated {
                    cell,
                    holds: true,
                    error: None,
                })
            }
            Command::SkipStep { step, reason } => self.record(Event::StepSkipped { step, reason }),
            Command::Issue {
                cell,
                attempt,
                worker,
            } => {
                let ticket = TicketId(format!("forecast-{}", self.ids));
                let known = self.took_ms.get(&cell).copied();
                let takes_ms =
                    known.unwrap_or_else(|| expected_ms(self.run.plan(), cell, self.setup));
                let end = self.now.plus_ms(takes_ms);
                self.ends.insert(ticket.clone(), end);
                self.record(Event::TicketIssued {
                    ticket: ticket.clone(),
                    cell,
                    attempt,
                    worker,
                })?;
                self.record(Event::TicketStarted { ticket })
            }
            Command::Raise {
                cell,
                attempt,
                kind,
            } => {
                let interruption = InterruptionId(format!("forecast-{}", self.ids));
                self.record(Event::InterruptionRaised {
                    interruption,
                    cell,
                    attempt,
                    kind,
                })
            }
            Command::Stop {
                why: StopReason::TimedOut,
                ..
            } => Ok(()),
            Command::Stop { ticket, .. } => self.finish(ticket, Outcome::Canceled),
            Command::Withdraw { interruption } => {
                self.record(Event::InterruptionWithdrawn { interruption })
            }
            Command::Finish { result } => self.record(Event::Finished { result }),
        }
    }

    /// People take no time here: they approve, and have failures tried again.
    fn answer_everyone(&mut self) -> Result<(), IllegalEvent> {
        for interruption in self.run.questions_open() {
            let offered = self.run.answers(&interruption);
            let wished = [Answer::Proceed, Answer::Retry, Answer::Ignore, Answer::Fail];
            if let Some(&answer) = wished.iter().find(|answer| offered.contains(answer)) {
                self.record(Event::InterruptionAnswered {
                    interruption,
                    answer,
                })?;
            }
        }
        Ok(())
    }

    /// The world with the run's own tickets counted in.
    fn world(&self) -> World {
        let mut world = self.setup.world.clone();
        for (worker, others) in world.workers.iter_mut().zip(&self.others) {
            let own = self
                .run
                .tickets_out()
                .filter(|out| out.worker == Some(worker.id.as_str()))
                .count();
            worker.tickets = others + own as u32;
            // What a worker queues has not started: ends would be expected too early.
            worker.ahead = 0;
        }
        world
    }
}

fn expected_ms(plan: &Plan, cell: Cell, setup: &Setup) -> i64 {
    let action = &plan.steps[cell.step.0 as usize].actions[cell.action.0 as usize];
    action.expected_ms.unwrap_or(setup.unknown_ms).max(0)
}
