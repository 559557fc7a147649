//! Time, the network and the faults: what happens when, decided by the seed alone.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use regatta_core::engine::event::{Recorded, TicketId};
use regatta_core::engine::plan::FailurePolicy;
use regatta_core::mask::Masker;
use regatta_core::time::Time;

use super::agent::{Agent, ToServer};
use super::check::{self, Watch};
use super::flaw::Flaw;
use super::oracle::{Oracle, SECRET};
use super::server::{Server, ToAgent};
use super::store::Store;
use crate::engine::draw::{self, Shape};
use crate::engine::rng::Rng;

/// Faults happen until then; after it, everything must end.
pub(super) const TROUBLE_MS: i64 = 15_000;
/// Long enough for the longest chain of time limits, retries and answers.
const END_MS: i64 = 600_000;
const TICK_MS: i64 = 200;
const SERVERS: usize = 2;

/// Something due at a time.
enum Due {
    ToAgent(usize, ToAgent),
    /// From an agent to a server.
    ToServer(usize, usize, ToServer),
    AgentTick(usize),
    ServerTick(usize),
    /// A script's own end, by agent.
    ScriptEnd(usize, TicketId),
    ServerUp(usize),
    ServerWakes(usize),
    AgentUp(usize),
    LinkUp(usize),
    Fault,
    People,
}

pub(super) struct Sim {
    dice: Rng,
    pub(super) now: Time,
    due: BTreeMap<(Time, u64), Due>,
    count: u64,
    pub(super) store: Store,
    pub(super) servers: Vec<Server>,
    pub(super) agents: Vec<Agent>,
    /// Since when each agent's link is up, unless it is down.
    pub(super) links: Vec<Option<Time>>,
    pub(super) oracle: Oracle,
    watch: Watch,
}

/// What a part of the installation wants sent or done later.
#[derive(Default)]
pub(super) struct Outbox {
    pub(super) to_agents: Vec<(usize, ToAgent)>,
    pub(super) to_servers: Vec<ToServer>,
    pub(super) script_ends: Vec<(Time, TicketId)>,
}

impl Sim {
    pub(super) fn new(seed: u64, flaw: Option<Flaw>) -> Self {
        let mut dice = Rng::new(seed);
        let targets = dice.below(3);
        let plans: Vec<_> = (0..=dice.below(3))
            .map(|_| Arc::new(draw::plan(&mut dice.clone(), shape(&mut dice, targets))))
            .collect();
        let mut names: Vec<String> = (0..2).map(|ix| format!("Workers-{ix}")).collect();
        names.push("Server".to_owned());
        names.extend((0..targets).map(|ix| format!("Machines-{ix}")));
        let masker = Rc::new(Masker::new([SECRET]));
        let agent = |ix| Agent::new(ix, 1 + dice.below(2), masker.clone(), flaw);
        let agents: Vec<_> = (0..names.len()).map(agent).collect();
        let server = |ix| Server::new(ix, seed, names.clone(), flaw);
        let mut sim = Self {
            now: Time(0),
            due: BTreeMap::new(),
            count: 0,
            watch: Watch::new(plans.len()),
            store: Store::new(plans, flaw),
            servers: (0..SERVERS).map(server).collect(),
            links: vec![Some(Time(0)); agents.len()],
            agents,
            oracle: Oracle::default(),
            dice,
        };
        (0..sim.agents.len()).for_each(|ix| sim.at(1, Due::AgentTick(ix)));
        (0..SERVERS).for_each(|ix| sim.at(2 + 90 * ix as i64, Due::ServerTick(ix)));
        sim.at(300, Due::Fault);
        sim.at(500, Due::People);
        sim
    }

    /// Plays to the end and returns the logs.
    pub(super) fn run(mut self) -> Vec<Vec<Recorded>> {
        let mut seen = 0;
        while let Some(((at, _), due)) = self.due.pop_first() {
            self.now = at;
            assert!(at.0 <= END_MS, "I9: stuck: {}", self.why());
            self.happen(due);
            let events = self.store.tasks.iter().map(|task| task.log.len()).sum();
            if std::mem::replace(&mut seen, events) != events {
                check::after_a_write(&self);
            }
            if self.store.tasks.iter().all(super::store::Task::is_over) {
                break;
            }
        }
        self.settle();
        check::at_the_end(&self);
        let log = |task: super::store::Task| {
            let log = task.log.into_iter();
            log.map(|written| written.recorded).collect()
        };
        self.store.tasks.into_iter().map(log).collect()
    }

    fn why(&self) -> String {
        let why = |server: &Server| server.why(&self.store, self.now);
        self.servers.iter().map(why).collect::<Vec<_>>().join("\n")
    }

    /// The last reports still on their way arrive.
    fn settle(&mut self) {
        let until = self.now.plus_ms(60_000);
        while let Some(((at, _), due)) = self.due.pop_first().filter(|((at, _), _)| *at < until) {
            self.now = at;
            self.happen(due);
        }
    }

    fn at(&mut self, ms: i64, due: Due) {
        self.count += 1;
        self.due.insert((self.now.plus_ms(ms), self.count), due);
    }

    fn in_trouble(&self) -> bool {
        self.now.0 < TROUBLE_MS
    }

    fn happen(&mut self, due: Due) {
        let mut out = Outbox::default();
        let now = self.now;
        match due {
            Due::ToAgent(ix, message) => {
                check::acks_are_durable(&self.store, &message);
                self.agents[ix].receive(message, now, &mut self.oracle, &mut out);
                self.send_from_agent(ix, out);
            }
            Due::AgentTick(ix) => {
                self.agents[ix].tick(now, &mut self.oracle, &mut out);
                self.send_from_agent(ix, out);
                check::stops_arrive(self, ix);
                self.at(TICK_MS, Due::AgentTick(ix));
            }
            Due::ScriptEnd(ix, ticket) => {
                self.agents[ix].script_ended(&ticket, now, &mut self.oracle);
            }
            Due::ToServer(agent, ix, message) => {
                let from = (agent, message);
                self.servers[ix].receive(&mut self.store, from, now, &mut out);
                self.send_from_server(ix, out);
            }
            Due::ServerTick(ix) => {
                self.servers[ix].tick(&mut self.store, now, &mut out);
                self.send_from_server(ix, out);
                self.watch.look(&self.store, &self.servers, now);
                self.at(TICK_MS, Due::ServerTick(ix));
            }
            Due::ServerUp(ix) => self.servers[ix].start(&mut self.store, now),
            Due::ServerWakes(ix) => self.wake(ix),
            Due::AgentUp(ix) => self.agents[ix].start(now),
            Due::LinkUp(ix) => self.links[ix] = Some(now),
            Due::Fault => self.fault(),
            Due::People => {
                let may_cancel = self.in_trouble();
                for server in &mut self.servers {
                    server.people(&mut self.store, now, &mut self.dice, may_cancel);
                }
                self.at(500, Due::People);
            }
        }
    }

    /// It goes on with what it was about to do, before it looks at its clock.
    fn wake(&mut self, ix: usize) {
        let mut out = Outbox::default();
        let server = &mut self.servers[ix];
        if std::mem::take(&mut server.paused) && server.up {
            server.turns(&mut self.store, self.now, &mut out);
            server.remind(&self.store, &mut out);
            self.send_from_server(ix, out);
        }
    }

    fn send_from_agent(&mut self, ix: usize, out: Outbox) {
        for message in out.to_servers {
            check::hides_secrets(&message);
            for server in 0..SERVERS {
                self.send(ix, &|| Due::ToServer(ix, server, message.clone()));
            }
        }
        for (at, ticket) in out.script_ends {
            self.at(at.since_ms(self.now), Due::ScriptEnd(ix, ticket));
        }
    }

    fn send_from_server(&mut self, ix: usize, out: Outbox) {
        // A kill between the durable write and the sending loses what was to be sent.
        if self.in_trouble() && self.dice.chance(1) {
            return self.kill_server(ix);
        }
        for (ix, message) in out.to_agents {
            self.send(ix, &|| Due::ToAgent(ix, message.clone()));
        }
    }

    fn send(&mut self, link: usize, message: &dyn Fn() -> Due) {
        if self.links[link].is_none() {
            return;
        }
        let trouble = self.in_trouble();
        let copies = match self.dice.below(100) {
            0..10 if trouble => 0,
            10..20 if trouble => 2,
            _ => 1,
        };
        for _ in 0..copies {
            let slow = if trouble && self.dice.chance(5) {
                3_000
            } else {
                20
            };
            let delay = 1 + self.dice.below(slow) as i64;
            self.at(delay, message());
        }
    }

    fn kill_server(&mut self, ix: usize) {
        if std::mem::take(&mut self.servers[ix].up) {
            let down = 100 + self.dice.below(3_000) as i64;
            self.watch.one_less();
            self.at(down, Due::ServerUp(ix));
        }
    }

    fn fault(&mut self) {
        if !self.in_trouble() {
            return;
        }
        let ix = self.dice.below(self.agents.len());
        let server = self.dice.below(SERVERS);
        let pause = 50 + self.dice.below(4_000) as i64;
        match self.dice.below(8) {
            0 => self.kill_server(server),
            1 | 2 if self.agents[ix].up => {
                let host = self.dice.chance(30);
                self.agents[ix].kill(host, self.now, &mut self.oracle);
                self.at(pause, Due::AgentUp(ix));
            }
            3 if self.links[ix].is_some() => {
                self.links[ix] = None;
                // Now and then for so long that the server gives up on it.
                let long = if self.dice.chance(20) { 8 } else { 1 };
                self.at(pause * long, Due::LinkUp(ix));
            }
            4 => self.servers[server].fail_next_write = true,
            5 | 6 if self.servers[server].is_live() => {
                self.servers[server].paused = true;
                self.watch.one_less();
                self.at(pause, Due::ServerWakes(server));
            }
            _ => {}
        }
        let next = 50 + self.dice.below(1_500) as i64;
        self.at(next, Due::Fault);
    }
}

fn shape(dice: &mut Rng, targets: usize) -> Shape {
    let policies = [
        FailurePolicy::FinishBranches,
        FailurePolicy::StartNothingNew,
        FailurePolicy::CancelRunning,
    ];
    Shape {
        steps: 1 + dice.below(8),
        targets,
        guided: dice.chance(50),
        policy: *dice.pick(&policies),
        rolling: dice.chance(50),
        tight: dice.chance(50),
    }
}
