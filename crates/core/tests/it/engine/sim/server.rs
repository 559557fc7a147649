//! The server: logs that survive kills, and everything else folded from them again.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use regatta_core::engine::command::{Command, StopReason};
use regatta_core::engine::event::*;
use regatta_core::engine::plan::Plan;
use regatta_core::engine::{MachineLocks, Run, Worker, World};
use regatta_core::queue::{ExecutingTask, Priority, QueuedTask, pick};
use regatta_core::time::Time;

use super::agent::ToServer;
use super::clock::Outbox;
use crate::engine::rng::{Rng, mix};

#[derive(Debug, Clone)]
pub(super) enum ToAgent {
    Start(TicketId),
    Stop(TicketId, StopReason),
    AckLines(TicketId, u32),
    AckEnd(TicketId),
}

const CAP: u32 = 2;
/// An agent not heard of for so long counts as not connected.
const SILENT_MS: i64 = 1_000;
/// After so long the server gives up on what runs there.
const LOST_MS: i64 = 10_000;

pub(super) struct Task {
    pub(super) id: String,
    pub(super) plan: Arc<Plan>,
    /// Durable.
    pub(super) log: Vec<Recorded>,
    /// The fold of the log, in memory.
    pub(super) run: Run,
}

pub(super) struct Server {
    seed: u64,
    pub(super) up: bool,
    pub(super) tasks: Vec<Task>,
    /// Durable: lines stored of each ticket.
    pub(super) lines: BTreeMap<TicketId, u32>,
    /// Tickets whose end the server made up because their agent was lost.
    pub(super) given_up: BTreeSet<TicketId>,
    agents: Vec<String>,
    pub(super) locks: MachineLocks,
    heard: Vec<Time>,
    /// The kill comes within the write: nothing of it is durable.
    pub(super) fail_next_write: bool,
    ids: u64,
}

impl Server {
    pub(super) fn new(seed: u64, plans: Vec<Arc<Plan>>, agents: Vec<String>) -> Self {
        let task = |(ix, plan): (usize, Arc<Plan>)| Task {
            id: format!("ServerTasks-{ix}"),
            run: Run::new(plan.clone()),
            plan,
            log: Vec::new(),
        };
        Self {
            seed,
            up: true,
            tasks: plans.into_iter().enumerate().map(task).collect(),
            lines: BTreeMap::new(),
            given_up: BTreeSet::new(),
            heard: vec![Time(0); agents.len()],
            agents,
            locks: MachineLocks::default(),
            fail_next_write: false,
            ids: 0,
        }
    }

    pub(super) fn all_over(&self) -> bool {
        self.up && self.tasks.iter().all(|task| task.run.is_finished())
    }

    pub(super) fn why(&self, now: Time) -> String {
        let world = self.world("", now);
        let lines = self.tasks.iter().flat_map(|task| {
            let waiting = task.run.explain(now, &world);
            waiting
                .into_iter()
                .map(|it| format!("{} {:?}: {}", task.id, it.cell, it.reason.text(&task.plan)))
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    pub(super) fn kill(&mut self) {
        self.up = false;
    }

    /// Load, fold, go on: there is no other recovery.
    pub(super) fn start(&mut self) {
        self.up = true;
        self.fail_next_write = false;
        self.locks = MachineLocks::default();
        self.heard = vec![Time(i64::MIN); self.agents.len()];
        for task in &mut self.tasks {
            task.run = Run::new(task.plan.clone());
            task.log
                .iter()
                .for_each(|recorded| task.run.apply(recorded).unwrap());
            self.locks.update(&task.id, &task.run);
        }
    }

    pub(super) fn receive(&mut self, agent: usize, message: ToServer, now: Time, out: &mut Outbox) {
        if !self.up {
            return;
        }
        self.heard[agent] = now;
        match message {
            ToServer::Beat => {}
            ToServer::Started(ticket) => {
                self.record_for(
                    &ticket,
                    Event::TicketStarted {
                        ticket: ticket.clone(),
                    },
                    now,
                );
            }
            ToServer::Lines { ticket, from, to } => {
                let stored = self.lines.entry(ticket.clone()).or_default();
                if from <= *stored + 1 {
                    *stored = to.max(*stored);
                }
                out.to_agents
                    .push((agent, ToAgent::AckLines(ticket, *stored)));
            }
            ToServer::Ended {
                ticket,
                outcome,
                lines,
            } => {
                if self.lines.get(&ticket).copied().unwrap_or(0) < lines {
                    return;
                }
                let event = Event::TicketFinished {
                    ticket: ticket.clone(),
                    outcome,
                };
                self.record_for(&ticket, event, now);
                // Acknowledged only once it is durable, or known to come too late.
                if !self.tasks[self.task_of(&ticket)]
                    .run
                    .tickets_out()
                    .any(|out| *out.ticket == ticket)
                {
                    out.to_agents.push((agent, ToAgent::AckEnd(ticket)));
                }
                self.turns(now, out);
            }
        }
    }

    fn task_of(&self, ticket: &TicketId) -> usize {
        let owns = |task: &Task| task.run.ticket_cell(ticket).is_some();
        self.tasks
            .iter()
            .position(owns)
            .expect("a ticket is durable before anybody hears of it")
    }

    /// Records an event about a ticket unless it comes too late.
    fn record_for(&mut self, ticket: &TicketId, event: Event, now: Time) {
        let ix = self.task_of(ticket);
        self.record(ix, vec![event], now);
    }

    /// Applies events and makes them durable in one write; a kill within it loses them all.
    fn record(&mut self, ix: usize, events: Vec<Event>, now: Time) -> bool {
        let task = &mut self.tasks[ix];
        let mut write = Vec::new();
        for event in events {
            let recorded = Recorded {
                seq: task.run.seq() + 1,
                at: now,
                event,
            };
            if task.run.apply(&recorded).is_ok() {
                write.push(recorded);
            }
        }
        if write.is_empty() {
            return false;
        }
        if std::mem::take(&mut self.fail_next_write) {
            // The process dies here and comes back with what is on disk.
            self.start();
            return false;
        }
        task.log.extend(write);
        self.locks.update(&self.tasks[ix].id, &self.tasks[ix].run);
        true
    }

    pub(super) fn tick(&mut self, now: Time, out: &mut Outbox) {
        if !self.up {
            return;
        }
        self.start_queued(now);
        self.give_up(now);
        self.turns(now, out);
        for task in &self.tasks {
            for ticket in task.run.tickets_out().filter(|it| it.started_at.is_none()) {
                let agent = self.agent_of(&task.plan, ticket.cell, ticket.worker);
                out.to_agents
                    .push((agent, ToAgent::Start(ticket.ticket.clone())));
            }
        }
    }

    fn start_queued(&mut self, now: Time) {
        let queued: Vec<_> = self
            .tasks
            .iter()
            .filter(|task| task.log.is_empty())
            .map(queued)
            .collect();
        let executing = self
            .tasks
            .iter()
            .filter(|task| !task.log.is_empty() && !task.run.is_finished());
        let executing: Vec<_> = executing.map(|task| self.executing(task, now)).collect();
        for id in pick(now, &queued, &executing, CAP).start {
            let ix = self.tasks.iter().position(|task| task.id == id).unwrap();
            self.record(ix, vec![Event::Started], now);
        }
    }

    fn executing(&self, task: &Task, now: Time) -> ExecutingTask {
        let asked = !task.run.questions_open().is_empty();
        let busy = task.run.tickets_out().next().is_some() || task.run.deadline(now).is_some();
        ExecutingTask {
            id: task.id.clone(),
            tag: None,
            idle: asked && !busy,
        }
    }

    fn give_up(&mut self, now: Time) {
        for ix in 0..self.tasks.len() {
            let task = &self.tasks[ix];
            let lost = task.run.tickets_out().filter(|ticket| {
                let agent = self.agent_of(&task.plan, ticket.cell, ticket.worker);
                // Right after a restart nobody has been heard of yet.
                self.heard[agent].0 > i64::MIN && now.since_ms(self.heard[agent]) > LOST_MS
            });
            let lost: Vec<_> = lost.map(|ticket| ticket.ticket.clone()).collect();
            for ticket in lost {
                let outcome = Outcome::Unknown {
                    message: "its agent is lost".to_owned(),
                };
                if self.record(
                    ix,
                    vec![Event::TicketFinished {
                        ticket: ticket.clone(),
                        outcome,
                    }],
                    now,
                ) {
                    self.given_up.insert(ticket);
                }
            }
        }
    }

    fn turns(&mut self, now: Time, out: &mut Outbox) {
        for ix in 0..self.tasks.len() {
            while self.turn(ix, now, out) {}
        }
    }

    /// One round of commands for one task; false when nothing new came of it.
    fn turn(&mut self, ix: usize, now: Time, out: &mut Outbox) -> bool {
        let commands = self.tasks[ix]
            .run
            .next(now, &self.world(&self.tasks[ix].id, now));
        let mut events = Vec::new();
        for command in commands {
            match command {
                Command::Stop { ticket, why } => {
                    let cell = self.tasks[ix].run.ticket_cell(&ticket).unwrap();
                    let worker = self.tasks[ix]
                        .run
                        .tickets_out()
                        .find(|it| *it.ticket == ticket)
                        .and_then(|it| it.worker);
                    let agent = self.agent_of(&self.tasks[ix].plan, cell, worker);
                    out.to_agents.push((agent, ToAgent::Stop(ticket, why)));
                }
                other => events.push(self.event(other)),
            }
        }
        let issued: Vec<_> = events.iter().filter_map(issue).collect();
        if !self.record(ix, events, now) {
            return false;
        }
        for (ticket, cell, worker) in issued {
            let agent = self.agent_of(&self.tasks[ix].plan, cell, worker.as_deref());
            out.to_agents.push((agent, ToAgent::Start(ticket)));
        }
        true
    }

    fn event(&mut self, command: Command) -> Event {
        // Ids are never used twice, not even after a kill.
        self.ids += 1;
        let id = self.ids;
        let holds = |cell: u64| !mix(&[self.seed, cell]).is_multiple_of(4);
        match command {
            Command::EvaluateStepCondition { step } => Event::StepConditionEvaluated {
                step,
                holds: holds(u64::from(step.0)),
                error: None,
            },
            Command::EvaluateActionCondition { cell } => Event::ActionConditionEvaluated {
                cell,
                holds: holds(u64::from(cell.step.0) + 99),
                error: None,
            },
            Command::SkipStep { step, reason } => Event::StepSkipped { step, reason },
            Command::Issue {
                cell,
                attempt,
                worker,
            } => Event::TicketIssued {
                ticket: TicketId(format!("T{id}-{}", self.seed)),
                cell,
                attempt,
                worker,
            },
            Command::Raise {
                cell,
                attempt,
                kind,
            } => Event::InterruptionRaised {
                interruption: InterruptionId(format!("I{id}")),
                cell,
                attempt,
                kind,
            },
            Command::Withdraw { interruption } => Event::InterruptionWithdrawn { interruption },
            Command::Finish { result } => Event::Finished { result },
            Command::Stop { .. } => unreachable!("a stop is no event"),
        }
    }

    /// Where a ticket goes: its worker, its machine, or the server's own agent.
    fn agent_of(&self, plan: &Plan, cell: Cell, worker: Option<&str>) -> usize {
        let action = &plan.steps[cell.step.0 as usize].actions[cell.action.0 as usize];
        let on_target = action.kind == regatta_core::engine::plan::ActionKind::OnTarget;
        let machine = cell
            .target
            .filter(|_| on_target)
            .map(|target| plan.targets[target.0 as usize].id.as_str());
        let name = worker.or(machine).unwrap_or("Server");
        self.agents.iter().position(|agent| agent == name).unwrap()
    }

    fn world(&self, task: &str, now: Time) -> World {
        let mut world = World {
            locks: self.locks.seen_by(task),
            ..World::default()
        };
        for (ix, name) in self.agents.iter().enumerate() {
            let connected =
                now.since_ms(self.heard[ix]) <= SILENT_MS && self.heard[ix].0 > i64::MIN;
            if name.starts_with("Machines") && !connected {
                world.offline.insert(name.clone());
            }
            if name.starts_with("Workers") {
                let tickets = self.tasks.iter().flat_map(|task| task.run.tickets_out());
                let tickets = tickets
                    .filter(|ticket| ticket.worker == Some(name.as_str()))
                    .count() as u32;
                let pools = vec!["pool".to_owned()];
                world.workers.push(Worker {
                    id: name.clone(),
                    pools,
                    connected,
                    slots: 1,
                    ahead: 2,
                    tickets,
                });
            }
        }
        world
    }

    /// Somebody looks at the open questions, and sometimes cancels.
    pub(super) fn people(&mut self, now: Time, dice: &mut Rng, may_cancel: bool) {
        for ix in 0..self.tasks.len() {
            if !self.up || self.tasks[ix].log.is_empty() {
                continue;
            }
            for interruption in self.tasks[ix].run.questions_open() {
                let offered = self.tasks[ix].run.answers(&interruption);
                if !offered.is_empty() && dice.chance(50) {
                    let answer = *dice.pick(&offered);
                    self.record(
                        ix,
                        vec![Event::InterruptionAnswered {
                            interruption,
                            answer,
                        }],
                        now,
                    );
                }
            }
            if may_cancel && dice.chance(2) {
                self.record(ix, vec![Event::CancelRequested], now);
            }
        }
    }
}

fn queued(task: &Task) -> QueuedTask {
    QueuedTask {
        id: task.id.clone(),
        queued_at: Time(0),
        priority: Priority::Regular,
        scheduled_at: None,
        expires_at: None,
        tag: None,
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
