//! Plays a run to its end by the dice: which report comes next, what a person answers, when it is cancelled.
//!
//! What a ticket or a person does depends only on the cell and how often it was tried, so two plays with
//! the same fate and different dice see the same facts in a different order.

use std::sync::Arc;

use regatta_core::engine::event::*;
use regatta_core::engine::plan::{FailurePolicy, Plan};
use regatta_core::engine::{Hold, Worker, World};

use super::rng::{Rng, mix};
use super::shell::Shell;

/// What is going to happen, whenever it does.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fate {
    pub(crate) seed: u64,
    /// Of 100 tickets.
    pub(crate) failures: usize,
    /// May people take machines out?
    pub(crate) exclusions: bool,
    /// Cancelled about then, counted in turns.
    pub(crate) cancel_after: Option<usize>,
}

pub(crate) struct Play {
    pub(crate) shell: Shell,
    pub(crate) fate: Fate,
    pub(crate) dice: Rng,
}

impl Play {
    pub(crate) fn new(plan: &Arc<Plan>, fate: Fate, dice: u64) -> Self {
        let mut play = Self {
            shell: Shell::new(plan.clone()),
            fate,
            dice: Rng::new(dice),
        };
        play.disturb_world();
        play.shell.ids_from(dice);
        play.shell.event(Event::Started);
        play
    }

    /// Runs to the end, showing every turn to `watch` once commands are carried out.
    pub(crate) fn run(&mut self, mut watch: impl FnMut(&mut Self)) {
        for turn in 0.. {
            assert!(
                turn < 50_000,
                "no end in sight: {}\n{}",
                self.shell.states(),
                self.shell.why()
            );
            self.decide_conditions();
            self.shell.turn();
            watch(self);
            if self.shell.run.is_finished() {
                return;
            }
            if self.fate.cancel_after == Some(turn) {
                self.shell.event(Event::CancelRequested);
            } else if !self.happen() {
                self.let_time_pass();
            }
        }
    }

    /// Conditions depend on the step alone, like everything else.
    fn decide_conditions(&mut self) {
        let seed = self.fate.seed;
        self.shell.condition_of = Some(Box::new(move |step| match mix(&[seed, 7, step]) % 8 {
            0 => Err("cannot be evaluated".to_owned()),
            1 | 2 => Ok(false),
            _ => Ok(true),
        }));
    }

    /// One random thing that can happen now; false when nothing can.
    fn happen(&mut self) -> bool {
        let out: Vec<_> = self
            .shell
            .run
            .tickets_out()
            .map(|out| (out.ticket.clone(), out.started_at.is_some()))
            .collect();
        let open = self.shell.open_questions();
        let choices = out.len() + open.len();
        if choices == 0 || self.dice.chance(3) {
            return false;
        }
        match self.dice.below(choices) {
            ix if ix < out.len() => {
                let (ticket, started) = out[ix].clone();
                let outcome = self.outcome(&ticket);
                let lies = self.lies(&ticket);
                let starts = lies || !matches!(outcome, Outcome::NotStarted { .. });
                if !started && starts && (lies || self.dice.chance(50)) {
                    self.shell.event(Event::TicketStarted { ticket });
                } else {
                    self.shell.event(Event::TicketFinished { ticket, outcome });
                }
            }
            ix => {
                let (interruption, cell) = open[ix - out.len()].clone();
                let answer = self.answer(&interruption, cell);
                self.shell.event(Event::InterruptionAnswered {
                    interruption,
                    answer,
                });
            }
        }
        true
    }

    fn let_time_pass(&mut self) {
        self.disturb_world();
        let now = self.shell.now;
        let pause = self.dice.below(50) as i64;
        self.shell.now = self.shell.run.deadline(now).unwrap_or(now).plus_ms(pause);
    }

    fn outcome(&self, ticket: &TicketId) -> Outcome {
        let cell = self.shell.run.ticket_cell(ticket).unwrap();
        let plan = self.shell.run.plan();
        let tried = self.tried(cell);
        let mut fate = Rng::new(mix(&[self.fate.seed, cell_number(cell), tried]));
        // Time limits come too late here: when they pass is up to the dice.
        let told =
            self.fate.cancel_after.is_some() || plan.failure_policy == FailurePolicy::CancelRunning;
        if told && self.shell.stopped.contains(ticket) && fate.chance(80) {
            return Outcome::Canceled;
        }
        let message = "as fate has it".to_owned();
        if !fate.chance(self.fate.failures) {
            return Outcome::Succeeded {
                warnings: fate.chance(5),
            };
        }
        match fate.below(8) {
            0 => Outcome::NotStarted { message },
            1 => Outcome::Unknown { message },
            2 => Outcome::TimedOut,
            3 => Outcome::Canceled,
            _ => Outcome::Failed { message },
        }
    }

    /// Whether the ticket is told to have started even if its end says that it never did.
    fn lies(&self, ticket: &TicketId) -> bool {
        let cell = self.shell.run.ticket_cell(ticket).unwrap();
        mix(&[self.fate.seed, 9, cell_number(cell), self.tried(cell)]).is_multiple_of(4)
    }

    fn answer(&self, interruption: &InterruptionId, cell: Cell) -> Answer {
        let tried = self.tried(cell);
        let mut offered = self.shell.run.answers(interruption);
        offered.retain(|answer| self.fate.exclusions || *answer != Answer::ExcludeMachine);
        *Rng::new(mix(&[self.fate.seed, 3, cell_number(cell), tried])).pick(&offered)
    }

    fn tried(&self, cell: Cell) -> u64 {
        let view = self.shell.run.step_view(cell.step);
        view.actions
            .iter()
            .find(|action| action.cell == cell)
            .unwrap()
            .attempts
            .len() as u64
    }

    /// Workers come and go, other tasks lock machines, targets disappear; now and then all is well.
    fn disturb_world(&mut self) {
        let dice = &mut self.dice;
        let calm = dice.chance(40);
        let mut world = World::default();
        for ix in 0..2 {
            world.workers.push(Worker {
                id: format!("Workers-{ix}"),
                pools: vec!["pool".to_owned()],
                connected: calm || dice.chance(60),
                slots: dice.below(3) as u32 + 1,
                ahead: dice.below(3) as u32,
                tickets: 0,
            });
        }
        for target in self.shell.run.plan().targets.iter().filter(|_| !calm) {
            if dice.chance(20) {
                world.offline.insert(target.id.clone());
            }
            if dice.chance(10) {
                let hold = Hold {
                    task: Some("ServerTasks-99".to_owned()),
                    shared: dice.chance(50),
                };
                world.locks.insert(target.id.clone(), hold);
            }
        }
        world.free_slots = (!calm && dice.chance(20)).then(|| dice.below(3) as u32);
        self.shell.world = world;
    }
}

fn cell_number(cell: Cell) -> u64 {
    let target = cell.target.map_or(0, |target| u64::from(target.0) + 1);
    (u64::from(cell.step.0) << 32) | (target << 8) | u64::from(cell.action.0)
}
