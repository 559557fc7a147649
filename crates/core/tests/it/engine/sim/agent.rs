//! An agent: a journal that survives kills, scripts that survive the agent, and a memory that survives nothing.

use std::collections::BTreeMap;

use regatta_core::engine::command::StopReason;
use regatta_core::engine::event::{Outcome, TicketId};
use regatta_core::time::Time;

use super::clock::Outbox;
use super::server::ToAgent;
use crate::engine::rng::{Rng, mix};

#[derive(Debug, Clone)]
pub(super) enum ToServer {
    /// It is there, and how much it holds is known by the server's own count.
    Beat,
    Started(TicketId),
    /// Lines `from..=to` of a ticket's output.
    Lines {
        ticket: TicketId,
        from: u32,
        to: u32,
    },
    Ended {
        ticket: TicketId,
        outcome: Outcome,
        lines: u32,
    },
}

/// What really happened, seen by nobody in the installation.
#[derive(Default)]
pub(super) struct Oracle {
    pub(super) execs: BTreeMap<TicketId, u32>,
    pub(super) exits: BTreeMap<TicketId, Outcome>,
    /// Lines of scripts that came to their own end.
    pub(super) lines: BTreeMap<TicketId, u32>,
}

/// What the journal says about a ticket; once written it is never taken back.
#[derive(Debug, Clone, Default)]
struct Entry {
    /// False = refused for ever.
    started: bool,
    exit: Option<Outcome>,
    lines: u32,
    acked: bool,
}

struct Script {
    began_at: Time,
    ends_at: Time,
    outcome: Outcome,
    lines: u32,
}

pub(super) struct Agent {
    pub(super) up: bool,
    slots: usize,
    /// On disk.
    journal: BTreeMap<TicketId, Entry>,
    /// Processes: they outlive the agent, not the machine.
    scripts: BTreeMap<TicketId, Script>,
    /// In memory.
    queue: Vec<TicketId>,
    lines_acked: BTreeMap<TicketId, u32>,
}

impl Agent {
    pub(super) fn new(slots: usize) -> Self {
        Self {
            up: true,
            slots,
            journal: BTreeMap::new(),
            scripts: BTreeMap::new(),
            queue: Vec::new(),
            lines_acked: BTreeMap::new(),
        }
    }

    /// Kills the agent, and with `host` the machine and everything on it.
    pub(super) fn kill(&mut self, host: bool, now: Time, oracle: &mut Oracle) {
        self.up = false;
        self.queue.clear();
        self.lines_acked.clear();
        if !host {
            return;
        }
        for (ticket, script) in std::mem::take(&mut self.scripts) {
            let written = script.written(now);
            self.journal.entry(ticket.clone()).or_default().lines = written;
            oracle.exits.insert(
                ticket,
                Outcome::Unknown {
                    message: "the machine was switched off".to_owned(),
                },
            );
        }
    }

    /// Back again: what the journal says began, has no process and no end, ended in a way nobody knows.
    pub(super) fn start(&mut self) {
        self.up = true;
        for (ticket, entry) in &mut self.journal {
            if entry.started && entry.exit.is_none() && !self.scripts.contains_key(ticket) {
                entry.exit = Some(Outcome::Unknown {
                    message: "lost with its machine".to_owned(),
                });
            }
        }
    }

    pub(super) fn receive(
        &mut self,
        message: ToAgent,
        now: Time,
        oracle: &mut Oracle,
        out: &mut Outbox,
    ) {
        if !self.up {
            return;
        }
        match message {
            ToAgent::Start(ticket) => {
                if !self.journal.contains_key(&ticket) && !self.queue.contains(&ticket) {
                    self.queue.push(ticket);
                }
            }
            ToAgent::Stop(ticket, why) => self.stop(&ticket, why, now, out),
            ToAgent::AckLines(ticket, to) => {
                let acked = self.lines_acked.entry(ticket).or_default();
                *acked = to.max(*acked);
            }
            ToAgent::AckEnd(ticket) => self.journal.entry(ticket).or_default().acked = true,
        }
        self.begin_queued(now, oracle, out);
        self.report(now, out);
    }

    pub(super) fn tick(&mut self, now: Time, oracle: &mut Oracle, out: &mut Outbox) {
        if self.up {
            out.to_server.push(ToServer::Beat);
            self.begin_queued(now, oracle, out);
            self.report(now, out);
        }
    }

    fn begin_queued(&mut self, now: Time, oracle: &mut Oracle, out: &mut Outbox) {
        while self.scripts.len() < self.slots && !self.queue.is_empty() {
            let ticket = self.queue.remove(0);
            let mut fate = Rng::new(mix(&[number(&ticket), 11]));
            // The journal comes first; a ticket refused once is refused for ever.
            let started = !fate.chance(5);
            let exit = (!started).then(|| Outcome::NotStarted {
                message: "no room".to_owned(),
            });
            self.journal.insert(
                ticket.clone(),
                Entry {
                    started,
                    exit,
                    ..Entry::default()
                },
            );
            if !started {
                continue;
            }
            *oracle.execs.entry(ticket.clone()).or_default() += 1;
            let message = "exit code 1".to_owned();
            let outcome = match fate.below(10) {
                0 | 1 => Outcome::Failed { message },
                it => Outcome::Succeeded { warnings: it == 2 },
            };
            let ends_at = now.plus_ms(10 + fate.below(1_500) as i64);
            out.script_ends.push((ends_at, ticket.clone()));
            self.scripts.insert(
                ticket,
                Script {
                    began_at: now,
                    ends_at,
                    outcome,
                    lines: fate.below(20) as u32,
                },
            );
        }
    }

    fn stop(&mut self, ticket: &TicketId, why: StopReason, now: Time, out: &mut Outbox) {
        if let Some(script) = self.scripts.get_mut(ticket) {
            let stubborn = number(ticket).is_multiple_of(5);
            let killed_at = now.plus_ms(if stubborn { 2_000 } else { 30 });
            if killed_at < script.ends_at {
                script.ends_at = killed_at;
                script.outcome = match why {
                    StopReason::TimedOut => Outcome::TimedOut,
                    StopReason::Canceled | StopReason::FailurePolicy => Outcome::Canceled,
                };
                out.script_ends.push((killed_at, ticket.clone()));
            }
            return;
        }
        // Stopped before it began, perhaps before its start arrived: it must not begin later.
        self.queue.retain(|queued| queued != ticket);
        let exit = Some(Outcome::NotStarted {
            message: "stopped before it began".to_owned(),
        });
        self.journal.entry(ticket.clone()).or_insert(Entry {
            exit,
            ..Entry::default()
        });
    }

    /// The process ended by itself, whether the agent is there or not.
    pub(super) fn script_ended(&mut self, ticket: &TicketId, now: Time, oracle: &mut Oracle) {
        if self
            .scripts
            .get(ticket)
            .is_none_or(|script| script.ends_at > now)
        {
            return;
        }
        if let Some(script) = self.scripts.remove(ticket) {
            let lines = script.written(now);
            let entry = self.journal.entry(ticket.clone()).or_default();
            (entry.lines, entry.exit) = (lines, Some(script.outcome.clone()));
            oracle.lines.insert(ticket.clone(), lines);
            oracle.exits.insert(ticket.clone(), script.outcome);
        }
    }

    /// Everything the server has not acknowledged, again and again.
    fn report(&self, now: Time, out: &mut Outbox) {
        for (ticket, entry) in self.journal.iter().filter(|(_, entry)| !entry.acked) {
            if entry.started {
                out.to_server.push(ToServer::Started(ticket.clone()));
            }
            let written = self
                .scripts
                .get(ticket)
                .map_or(entry.lines, |script| script.written(now));
            let acked = self.lines_acked.get(ticket).copied().unwrap_or(0);
            if written > acked {
                out.to_server.push(ToServer::Lines {
                    ticket: ticket.clone(),
                    from: acked + 1,
                    to: written,
                });
            }
            if let Some(outcome) = entry.exit.clone() {
                out.to_server.push(ToServer::Ended {
                    ticket: ticket.clone(),
                    outcome,
                    lines: entry.lines,
                });
            }
        }
    }
}

impl Script {
    /// Lines written by now, evenly over its time.
    fn written(&self, now: Time) -> u32 {
        let whole = self.ends_at.since_ms(self.began_at).max(1);
        (i64::from(self.lines) * now.since_ms(self.began_at).min(whole) / whole) as u32
    }
}

pub(super) fn number(ticket: &TicketId) -> u64 {
    ticket
        .0
        .bytes()
        .fold(0, |hash, byte| mix(&[hash, u64::from(byte)]))
}
