//! Time, the network and the faults: what happens when, decided by the seed alone.

use std::collections::BTreeMap;
use std::sync::Arc;

use regatta_core::engine::event::{Recorded, TicketId};
use regatta_core::engine::plan::FailurePolicy;
use regatta_core::time::Time;

use super::agent::{Agent, Oracle, ToServer};
use super::check;
use super::server::{Server, ToAgent};
use crate::engine::draw::{self, Shape};
use crate::engine::rng::Rng;

/// Faults happen until then; after it, everything must end.
const TROUBLE_MS: i64 = 15_000;
/// Long enough for the longest chain of time limits, retries and answers.
const END_MS: i64 = 3_000_000;
const TICK_MS: i64 = 200;

/// Something due at a time.
enum Due {
    ToAgent(usize, ToAgent),
    ToServer(usize, ToServer),
    AgentTick(usize),
    ServerTick,
    /// A script's own end, by agent.
    ScriptEnd(usize, TicketId),
    ServerUp,
    AgentUp(usize),
    LinkUp(usize),
    Fault,
    People,
}

pub(super) struct Sim {
    dice: Rng,
    now: Time,
    due: BTreeMap<(Time, u64), Due>,
    count: u64,
    server: Server,
    agents: Vec<Agent>,
    links: Vec<bool>,
    oracle: Oracle,
}

/// What a part of the installation wants sent or done later.
#[derive(Default)]
pub(super) struct Outbox {
    pub(super) to_agents: Vec<(usize, ToAgent)>,
    pub(super) to_server: Vec<ToServer>,
    pub(super) script_ends: Vec<(Time, TicketId)>,
}

impl Sim {
    pub(super) fn new(seed: u64) -> Self {
        let mut dice = Rng::new(seed);
        let targets = dice.below(3);
        let plans: Vec<_> = (0..=dice.below(3))
            .map(|_| Arc::new(draw::plan(&mut dice.clone(), shape(&mut dice, targets))))
            .collect();
        let mut names: Vec<String> = (0..2).map(|ix| format!("Workers-{ix}")).collect();
        names.push("Server".to_owned());
        names.extend((0..targets).map(|ix| format!("Machines-{ix}")));
        let agents: Vec<_> = names
            .iter()
            .map(|_| Agent::new(1 + dice.below(2)))
            .collect();
        let mut sim = Self {
            now: Time(0),
            due: BTreeMap::new(),
            count: 0,
            server: Server::new(seed, plans, names),
            links: vec![true; agents.len()],
            agents,
            oracle: Oracle::default(),
            dice,
        };
        (0..sim.agents.len()).for_each(|ix| sim.at(1, Due::AgentTick(ix)));
        sim.at(2, Due::ServerTick);
        sim.at(300, Due::Fault);
        sim.at(500, Due::People);
        sim
    }

    /// Plays to the end and returns the logs.
    pub(super) fn run(mut self) -> Vec<Vec<Recorded>> {
        let mut seen = 0;
        while let Some(((at, _), due)) = self.due.pop_first() {
            self.now = at;
            if at.0 > END_MS {
                panic!("stuck: {}", self.server.why(self.now));
            }
            self.happen(due);
            let events = self.server.tasks.iter().map(|task| task.log.len()).sum();
            if std::mem::replace(&mut seen, events) != events {
                check::always(&self.server);
            }
            if self.server.all_over() {
                break;
            }
        }
        self.settle();
        check::at_the_end(&self.server, &self.oracle);
        self.server.tasks.into_iter().map(|task| task.log).collect()
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
        match due {
            Due::ToAgent(ix, message) => {
                self.agents[ix].receive(message, self.now, &mut self.oracle, &mut out);
                self.send_from_agent(ix, out);
            }
            Due::AgentTick(ix) => {
                self.agents[ix].tick(self.now, &mut self.oracle, &mut out);
                self.send_from_agent(ix, out);
                self.at(TICK_MS, Due::AgentTick(ix));
            }
            Due::ScriptEnd(ix, ticket) => {
                self.agents[ix].script_ended(&ticket, self.now, &mut self.oracle);
            }
            Due::ToServer(ix, message) => {
                self.server.receive(ix, message, self.now, &mut out);
                self.send_from_server(out);
            }
            Due::ServerTick => {
                self.server.tick(self.now, &mut out);
                self.send_from_server(out);
                self.at(TICK_MS, Due::ServerTick);
            }
            Due::ServerUp => self.server.start(),
            Due::AgentUp(ix) => self.agents[ix].start(),
            Due::LinkUp(ix) => self.links[ix] = true,
            Due::Fault => self.fault(),
            Due::People => {
                let may_cancel = self.in_trouble();
                self.server.people(self.now, &mut self.dice, may_cancel);
                self.at(500, Due::People);
            }
        }
    }

    fn send_from_agent(&mut self, ix: usize, out: Outbox) {
        for message in out.to_server {
            self.send(ix, &|| Due::ToServer(ix, message.clone()));
        }
        for (at, ticket) in out.script_ends {
            self.at(at.since_ms(self.now), Due::ScriptEnd(ix, ticket));
        }
    }

    fn send_from_server(&mut self, out: Outbox) {
        // A kill between the durable write and the sending loses what was to be sent.
        if self.in_trouble() && self.dice.chance(1) {
            return self.kill_server();
        }
        for (ix, message) in out.to_agents {
            self.send(ix, &|| Due::ToAgent(ix, message.clone()));
        }
    }

    fn send(&mut self, link: usize, message: &dyn Fn() -> Due) {
        if !self.links[link] {
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

    fn kill_server(&mut self) {
        if self.server.up {
            self.server.kill();
            let down = 100 + self.dice.below(3_000) as i64;
            self.at(down, Due::ServerUp);
        }
    }

    fn fault(&mut self) {
        if !self.in_trouble() {
            return;
        }
        let ix = self.dice.below(self.agents.len());
        let pause = 50 + self.dice.below(4_000) as i64;
        match self.dice.below(6) {
            0 => self.kill_server(),
            1 | 2 if self.agents[ix].up => {
                let host = self.dice.chance(30);
                self.agents[ix].kill(host, self.now, &mut self.oracle);
                self.at(pause, Due::AgentUp(ix));
            }
            3 if self.links[ix] => {
                self.links[ix] = false;
                // Now and then for so long that the server gives up on it.
                let long = if self.dice.chance(20) { 8 } else { 1 };
                self.at(pause * long, Due::LinkUp(ix));
            }
            4 => self.server.fail_next_write = true,
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
