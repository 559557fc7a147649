//! A server: what it owns is folded from the store's logs, and gone with a kill. One of two is at work; the other takes
//! over when the leases end.

use std::collections::BTreeMap;
use std::sync::Arc;

use regatta_core::engine::command::{Command, Decision, Evaluation, StopReason};
use regatta_core::engine::event::*;
use regatta_core::engine::plan::Plan;
use regatta_core::engine::{MachineLocks, Run};
use regatta_core::time::Time;

use super::agent::ToServer;
use super::clock::Outbox;
use super::flaw::Flaw;
use super::store::{LEASE_MS, Store};
use crate::engine::rng::{Rng, mix};

pub(super) use queue::CAP;

mod queue;
mod world;

/// A command to an agent, fenced by the epoch of whoever gives it.
#[derive(Debug, Clone)]
pub(super) struct ToAgent {
    pub(super) task: usize,
    pub(super) epoch: usize,
    pub(super) ticket: TicketId,
    pub(super) order: Order,
}

#[derive(Debug, Clone)]
pub(super) enum Order {
    /// Run it; its secrets come along.
    Start,
    /// Go on reporting it; here are its secrets again.
    Resume,
    Stop(StopReason),
    AckLines(usize),
    AckEnd,
}

/// An agent not heard of for so long counts as not connected.
const SILENT_MS: i64 = 1_000;
/// After so long the server gives up on what runs there.
const LOST_MS: i64 = 10_000;

/// A task this server owns.
pub(super) struct Owned {
    pub(super) run: Run,
    pub(super) epoch: usize,
    pub(super) since: Time,
    renewed_at: Time,
}

/// Output that is not durable yet.
struct Unwritten {
    agent: usize,
    task: usize,
    ticket: TicketId,
    from: usize,
    lines: Vec<String>,
}

pub(super) struct Server {
    ix: usize,
    seed: u64,
    pub(super) up: bool,
    /// Stopped by SIGSTOP, knowing nothing of it.
    pub(super) paused: bool,
    pub(super) owned: BTreeMap<usize, Owned>,
    unwritten: Vec<Unwritten>,
    agents: Vec<String>,
    pub(super) locks: MachineLocks,
    heard: Vec<Time>,
    /// The kill comes within the write: nothing of it is durable.
    pub(super) fail_next_write: bool,
    flaw: Option<Flaw>,
}

impl Server {
    pub(super) fn new(ix: usize, seed: u64, agents: Vec<String>, flaw: Option<Flaw>) -> Self {
        Self {
            ix,
            seed,
            up: true,
            paused: false,
            owned: BTreeMap::new(),
            unwritten: Vec::new(),
            heard: vec![Time(0); agents.len()],
            agents,
            locks: MachineLocks::default(),
            fail_next_write: false,
            flaw,
        }
    }

    pub(super) fn is_live(&self) -> bool {
        self.up && !self.paused
    }

    /// Load, fold, go on: there is no other recovery.
    pub(super) fn start(&mut self, store: &mut Store, now: Time) {
        (self.up, self.paused, self.fail_next_write) = (true, false, false);
        self.forget();
        self.heard = vec![Time(i64::MIN); self.agents.len()];
        store.end_leases(self.ix, now);
    }

    fn forget(&mut self) {
        self.owned.clear();
        self.unwritten.clear();
        self.locks = MachineLocks::default();
    }

    /// The plan as this server understands it.
    fn understood(&self, plan: &Arc<Plan>) -> Arc<Plan> {
        if self.flaw != Some(Flaw::ForgetsOrder) {
            return plan.clone();
        }
        let mut plan = Plan::clone(plan);
        plan.steps
            .iter_mut()
            .for_each(|step| step.waits_for.clear());
        Arc::new(plan)
    }

    pub(super) fn own(&mut self, store: &Store, ix: usize, epoch: usize, now: Time) {
        let task = &store.tasks[ix];
        let mut run = Run::new(self.understood(&task.plan));
        for written in &task.log {
            run.apply(&written.recorded).unwrap();
        }
        self.locks.update(&task.id, &run);
        self.owned.insert(
            ix,
            Owned {
                run,
                epoch,
                since: now,
                renewed_at: now,
            },
        );
    }

    pub(super) fn disown(&mut self, store: &Store, ix: usize) {
        self.owned.remove(&ix);
        self.unwritten.retain(|it| it.task != ix);
        self.locks.remove(&store.tasks[ix].id);
    }

    pub(super) fn receive(
        &mut self,
        store: &mut Store,
        (agent, message): (usize, ToServer),
        now: Time,
        out: &mut Outbox,
    ) {
        if !self.is_live() {
            return;
        }
        self.heard[agent] = now;
        match message {
            ToServer::Beat => {}
            ToServer::Started(ticket) => {
                let event = Event::TicketStarted {
                    ticket: ticket.clone(),
                };
                self.record_for(store, &ticket, event, now);
            }
            ToServer::Lines {
                ticket,
                from,
                lines,
            } => {
                let Some(task) = self.owner_of(&ticket) else {
                    return;
                };
                if self.flaw == Some(Flaw::AcksTooEarly) {
                    let to = from + lines.len() - 1;
                    self.order(agent, (task, &ticket), Order::AckLines(to), out);
                }
                self.unwritten.push(Unwritten {
                    agent,
                    task,
                    ticket,
                    from,
                    lines,
                });
            }
            ToServer::Ended {
                ticket,
                outcome,
                lines,
            } => {
                let stored = store.lines.get(&ticket).map_or(0, Vec::len);
                let Some(task) = self.owner_of(&ticket).filter(|_| stored >= lines) else {
                    return;
                };
                let event = Event::TicketFinished {
                    ticket: ticket.clone(),
                    outcome,
                };
                self.record_for(store, &ticket, event, now);
                // Acknowledged only once it is durable, or known to come too late.
                let is_out = |owned: &Owned| owned.run.tickets_out().any(|it| *it.ticket == ticket);
                if self.owned.get(&task).is_some_and(|owned| !is_out(owned)) {
                    self.order(agent, (task, &ticket), Order::AckEnd, out);
                }
                self.turns(store, now, out);
            }
        }
    }

    fn order(
        &self,
        agent: usize,
        (task, ticket): (usize, &TicketId),
        order: Order,
        out: &mut Outbox,
    ) {
        let message = ToAgent {
            task,
            epoch: self.owned[&task].epoch,
            ticket: ticket.clone(),
            order,
        };
        out.to_agents.push((agent, message));
    }

    fn owner_of(&self, ticket: &TicketId) -> Option<usize> {
        let mut owned = self.owned.iter();
        owned
            .find(|(_, owned)| owned.run.ticket_cell(ticket).is_some())
            .map(|(ix, _)| *ix)
    }

    /// Records an event about a ticket unless it comes too late.
    fn record_for(&mut self, store: &mut Store, ticket: &TicketId, event: Event, now: Time) {
        if let Some(ix) = self.owner_of(ticket) {
            self.record(store, ix, vec![event], now);
        }
    }

    /// Applies events and makes them durable in one write; a kill within it loses them all.
    pub(super) fn record(
        &mut self,
        store: &mut Store,
        ix: usize,
        events: Vec<Event>,
        now: Time,
    ) -> bool {
        let Some(owned) = self.owned.get_mut(&ix) else {
            return false;
        };
        let mut write = Vec::new();
        for event in events {
            let recorded = Recorded {
                seq: owned.run.seq() + 1,
                at: now,
                event,
            };
            if owned.run.apply(&recorded).is_ok() {
                write.push(recorded);
            }
        }
        if write.is_empty() {
            return false;
        }
        if std::mem::take(&mut self.fail_next_write) {
            // The process dies here and comes back with what is on disk.
            self.start(store, now);
            return false;
        }
        if !store.append(ix, owned.epoch, write) {
            // Overtaken: what is in memory is not what is true.
            self.disown(store, ix);
            return false;
        }
        let holds_none = owned.run.machines_held().is_empty();
        if !(holds_none && self.flaw == Some(Flaw::KeepsLocks)) {
            self.locks.update(&store.tasks[ix].id, &owned.run);
        }
        true
    }

    pub(super) fn tick(&mut self, store: &mut Store, now: Time, out: &mut Outbox) {
        if !self.is_live() {
            return;
        }
        self.keep_leases(store, now);
        self.take_tasks(store, now);
        self.write_lines(store, out);
        self.give_up(store, now);
        self.turns(store, now, out);
        if self.flaw != Some(Flaw::SendsOnce) {
            self.remind(store, out);
        }
    }

    /// Starts and secrets may have been lost on their way: both again, until the end.
    pub(super) fn remind(&self, store: &Store, out: &mut Outbox) {
        for (ix, owned) in &self.owned {
            for ticket in owned.run.tickets_out() {
                let order = if ticket.started_at.is_none() {
                    Order::Start
                } else {
                    Order::Resume
                };
                let agent = self.agent_of(&store.tasks[*ix].plan, ticket.cell, ticket.worker);
                self.order(agent, (*ix, ticket.ticket), order, out);
            }
        }
    }

    /// Renews what is still its own; stops by its own clock before others may begin.
    fn keep_leases(&mut self, store: &mut Store, now: Time) {
        for ix in self.owned.keys().copied().collect::<Vec<_>>() {
            let owned = self.owned.get_mut(&ix).unwrap();
            let in_time = now.since_ms(owned.renewed_at) < LEASE_MS * 2 / 3;
            if in_time && store.renew(ix, owned.epoch, now) {
                owned.renewed_at = now;
            } else {
                self.disown(store, ix);
            }
        }
    }

    fn write_lines(&mut self, store: &mut Store, out: &mut Outbox) {
        for it in std::mem::take(&mut self.unwritten) {
            let Some(owned) = self.owned.get(&it.task) else {
                continue;
            };
            let place = (it.task, owned.epoch);
            if let Some(to) = store.add_lines(place, &it.ticket, it.from, &it.lines) {
                self.order(it.agent, (it.task, &it.ticket), Order::AckLines(to), out);
            }
        }
    }

    fn give_up(&mut self, store: &mut Store, now: Time) {
        for ix in self.owned.keys().copied().collect::<Vec<_>>() {
            let Some(owned) = self.owned.get(&ix) else {
                continue;
            };
            let lost = owned.run.tickets_out().filter(|ticket| {
                let agent = self.agent_of(&store.tasks[ix].plan, ticket.cell, ticket.worker);
                // Right after a restart nobody has been heard of yet.
                self.heard[agent].0 > i64::MIN && now.since_ms(self.heard[agent]) > LOST_MS
            });
            let lost: Vec<_> = lost.map(|ticket| ticket.ticket.clone()).collect();
            for ticket in lost {
                let event = Event::TicketFinished {
                    ticket: ticket.clone(),
                    outcome: Outcome::Unknown {
                        message: "its agent is lost".to_owned(),
                    },
                };
                if self.record(store, ix, vec![event], now) {
                    store.given_up.insert(ticket);
                }
            }
        }
    }

    pub(super) fn turns(&mut self, store: &mut Store, now: Time, out: &mut Outbox) {
        for ix in 0..store.tasks.len() {
            while self.turn(store, ix, now, out) {}
        }
    }

    /// One round of commands for one task; false when nothing new came of it.
    fn turn(&mut self, store: &mut Store, ix: usize, now: Time, out: &mut Outbox) -> bool {
        let Some(owned) = self.owned.get(&ix) else {
            return false;
        };
        let plan = store.tasks[ix].plan.clone();
        let commands = owned.run.next(now, &self.world(&store.tasks[ix].id, now));
        let mut events = Vec::new();
        for command in commands {
            match command {
                Command::Decided(Decision::Stop { ticket, why }) => {
                    let stopped = owned.run.tickets_out().find(|it| *it.ticket == ticket);
                    let stopped = stopped.expect("only what is out is stopped");
                    let agent = self.agent_of(&plan, stopped.cell, stopped.worker);
                    self.order(agent, (ix, &ticket), Order::Stop(why), out);
                    if self.flaw == Some(Flaw::GivesUpOnStop) {
                        let outcome = Outcome::Canceled;
                        events.push(Event::TicketFinished { ticket, outcome });
                    }
                }
                other => events.push(self.event(store, other)),
            }
        }
        let issued: Vec<_> = events.iter().filter_map(issue).collect();
        if !self.record(store, ix, events, now) {
            return false;
        }
        for (ticket, cell, worker) in issued {
            let agent = self.agent_of(&plan, cell, worker.as_deref());
            self.order(agent, (ix, &ticket), Order::Start, out);
        }
        true
    }

    fn event(&self, store: &mut Store, command: Command) -> Event {
        let id = store.new_id();
        let holds = |cell: u64| !mix(&[self.seed, cell]).is_multiple_of(4);
        match command {
            Command::Evaluate(Evaluation::StepCondition { step }) => {
                Event::StepConditionEvaluated {
                    step,
                    holds: holds(u64::from(step.0)),
                    error: None,
                }
            }
            Command::Evaluate(Evaluation::ActionCondition { cell }) => {
                Event::ActionConditionEvaluated {
                    cell,
                    holds: holds(u64::from(cell.step.0) + 99),
                    error: None,
                }
            }
            Command::Decided(Decision::SkipStep { step, reason }) => {
                Event::StepSkipped { step, reason }
            }
            Command::Decided(Decision::Issue {
                cell,
                attempt,
                worker,
            }) => Event::TicketIssued {
                ticket: TicketId(format!("T{id}-{}", self.seed)),
                cell,
                attempt,
                worker,
            },
            Command::Evaluate(Evaluation::Question {
                cell,
                attempt,
                kind,
            }) => Event::InterruptionRaised {
                interruption: InterruptionId(format!("I{id}")),
                cell,
                attempt,
                kind,
            },
            Command::Decided(Decision::Withdraw { interruption }) => {
                Event::InterruptionWithdrawn { interruption }
            }
            Command::Decided(Decision::Finish { result }) => Event::Finished { result },
            Command::Decided(Decision::Stop { .. }) => unreachable!("a stop is no event"),
        }
    }

    /// Somebody looks at the open questions, and sometimes cancels.
    pub(super) fn people(
        &mut self,
        store: &mut Store,
        now: Time,
        dice: &mut Rng,
        may_cancel: bool,
    ) {
        if !self.is_live() {
            return;
        }
        for ix in self.owned.keys().copied().collect::<Vec<_>>() {
            let Some(owned) = self.owned.get(&ix) else {
                continue;
            };
            let run = &owned.run;
            let mut events = Vec::new();
            for interruption in run.questions_open() {
                let offered = run.answers(&interruption);
                if !offered.is_empty() && dice.chance(50) {
                    let answer = *dice.pick(&offered);
                    events.push(Event::InterruptionAnswered {
                        interruption,
                        answer,
                    });
                }
            }
            if may_cancel && dice.chance(2) {
                events.push(Event::CancelRequested);
            }
            for event in events {
                self.record(store, ix, vec![event], now);
            }
        }
    }
}

fn issue(event: &Event) -> Option<(TicketId, Cell, Option<String>)> {
    match event {
        Event::TicketIssued {
            ticket,
            cell,
            worker,
            ..
        } => Some((ticket.clone(), *cell, worker.clone())),
        _ => None,
    }
}
