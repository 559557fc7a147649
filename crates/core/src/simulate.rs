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

use crate::engine::command::{Command, Decision, Evaluation, StopReason};
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
    /// Steps with something running for longer than expected, and by how much; nobody can tell when that ends.
    pub overdue_ms: BTreeMap<StepIx, i64>,
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
    let mut run = Run::new(plan.clone());
    log.iter().try_for_each(|recorded| run.apply(recorded))?;
    go_on(run, log, now, setup, &|_| None)
}

/// Continues a run, whose log is known, from `now` to its expected end. `takes_ms` knows of some actions better than
/// the plan how long they take.
///
/// # Errors
/// The log is not one of this run.
pub fn go_on(
    run: Run,
    log: &[Recorded],
    now: Time,
    setup: &Setup,
    takes_ms: &dyn Fn(Cell) -> Option<i64>,
) -> Result<Forecast, IllegalEvent> {
    let mut clock = Clock::new(run, log, now, (setup, takes_ms));
    clock.play_out()?;
    Ok(clock.forecast())
}

/// A run under a clock that jumps from one expected end to the next.
struct Clock<'a> {
    run: Run,
    log: Vec<Recorded>,
    now: Time,
    /// With the run's own tickets counted in.
    world: World,
    unknown_ms: i64,
    /// Known better than by what is expected.
    takes_ms: &'a dyn Fn(Cell) -> Option<i64>,
    /// Expected end of each ticket out, and the position of its worker.
    out: BTreeMap<TicketId, (Time, Option<usize>)>,
    /// The same in the order of time.
    ends: BTreeSet<(Time, TicketId)>,
    overdue_ms: BTreeMap<StepIx, i64>,
    ids: u32,
}

impl<'a> Clock<'a> {
    fn new(
        run: Run,
        log: &[Recorded],
        now: Time,
        (setup, takes_ms): (&Setup, &'a dyn Fn(Cell) -> Option<i64>),
    ) -> Self {
        let mut world = setup.world.clone();
        let out: Vec<_> = run
            .tickets_out()
            .map(|out| (out.ticket.clone(), out.cell, out.started_at, out.worker))
            .map(|(ticket, cell, at, worker)| (ticket, cell, at, position(&world, worker)))
            .collect();
        for (ix, worker) in world.workers.iter_mut().enumerate() {
            let own = out.iter().filter(|out| out.3 == Some(ix)).count() as u32;
            worker.tickets = worker.tickets.saturating_sub(own);
            // What a worker queues has not started: ends would be expected too early.
            worker.ahead = 0;
        }
        let mut clock = Self {
            run,
            log: log.to_vec(),
            now,
            world,
            unknown_ms: setup.unknown_ms,
            takes_ms,
            out: BTreeMap::new(),
            ends: BTreeSet::new(),
            overdue_ms: BTreeMap::new(),
            ids: 0,
        };
        for (ticket, cell, started_at, worker) in out {
            let end = started_at.unwrap_or(now).plus_ms(clock.takes_ms(cell));
            if end < now && clock.expected_ms(cell).is_some() {
                let overdue_ms = clock.overdue_ms.entry(cell.step).or_default();
                *overdue_ms = now.since_ms(end).max(*overdue_ms);
            }
            clock.goes_out(ticket, end.max(now), worker);
        }
        clock
    }

    fn takes_ms(&self, cell: Cell) -> i64 {
        self.expected_ms(cell).unwrap_or(self.unknown_ms).max(0)
    }

    /// `None` = there is nothing to go by.
    fn expected_ms(&self, cell: Cell) -> Option<i64> {
        let plan = self.run.plan();
        let action = &plan.steps[cell.step.0 as usize].actions[cell.action.0 as usize];
        (self.takes_ms)(cell).or(action.expected_ms)
    }

    fn goes_out(&mut self, ticket: TicketId, end: Time, worker: Option<usize>) {
        if let Some(worker) = worker {
            self.world.workers[worker].tickets += 1;
        }
        self.ends.insert((end, ticket.clone()));
        self.out.insert(ticket, (end, worker));
    }

    fn play_out(&mut self) -> Result<(), IllegalEvent> {
        if self.log.is_empty() {
            self.record(Event::Started)?;
        }
        loop {
            self.turn()?;
            let due = self.ends.first().map(|(end, _)| *end);
            let Some(next) = due.into_iter().chain(self.run.deadline(self.now)).min() else {
                return Ok(());
            };
            self.now = next;
            let over = self.ends.iter().take_while(|(end, _)| *end <= next);
            let over: Vec<_> = over.map(|(_, ticket)| ticket.clone()).collect();
            for ticket in over {
                self.finish(ticket, Outcome::Succeeded { warnings: false })?;
            }
        }
    }

    fn forecast(self) -> Forecast {
        let plan = self.run.plan();
        let stuck = if self.run.is_finished() {
            Vec::new()
        } else {
            self.run.explain(self.now, &self.world)
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
            overdue_ms: self.overdue_ms,
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
        if let Some((end, worker)) = self.out.remove(&ticket) {
            self.ends.remove(&(end, ticket.clone()));
            if let Some(worker) = worker {
                self.world.workers[worker].tickets -= 1;
            }
        }
        self.record(Event::TicketFinished { ticket, outcome })
    }

    /// Carries out commands until none leads to a new event.
    fn turn(&mut self) -> Result<(), IllegalEvent> {
        loop {
            let before = self.run.seq();
            for command in self.run.next(self.now, &self.world) {
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
            Command::Evaluate(Evaluation::StepCondition { step }) => {
                self.record(Event::StepConditionEvaluated {
                    step,
                    holds: true,
                    error: None,
                })
            }
            Command::Evaluate(Evaluation::ActionCondition { cell }) => {
                self.record(Event::ActionConditionEvaluated {
                    cell,
                    holds: true,
                    error: None,
                })
            }
            Command::Decided(Decision::SkipStep { step, reason }) => {
                self.record(Event::StepSkipped { step, reason })
            }
            Command::Decided(Decision::Issue {
                cell,
                attempt,
                worker,
            }) => {
                let ticket = TicketId(format!("forecast-{}", self.ids));
                let end = self.now.plus_ms(self.takes_ms(cell));
                let worker_ix = position(&self.world, worker.as_deref());
                self.goes_out(ticket.clone(), end, worker_ix);
                self.record(Event::TicketIssued {
                    ticket: ticket.clone(),
                    cell,
                    attempt,
                    worker,
                })?;
                self.record(Event::TicketStarted { ticket })
            }
            Command::Evaluate(Evaluation::Question {
                cell,
                attempt,
                kind,
            }) => {
                let interruption = InterruptionId(format!("forecast-{}", self.ids));
                self.record(Event::InterruptionRaised {
                    interruption,
                    cell,
                    attempt,
                    kind,
                })
            }
            Command::Decided(Decision::Stop {
                why: StopReason::TimedOut,
                ..
            }) => Ok(()),
            Command::Decided(Decision::Stop { ticket, .. }) => {
                self.finish(ticket, Outcome::Canceled)
            }
            Command::Decided(Decision::Withdraw { interruption }) => {
                self.record(Event::InterruptionWithdrawn { interruption })
            }
            Command::Decided(Decision::Finish { result }) => {
                self.record(Event::Finished { result })
            }
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
}

fn position(world: &World, worker: Option<&str>) -> Option<usize> {
    let workers = &mut world.workers.iter();
    workers.position(|known| Some(known.id.as_str()) == worker)
}
