//! An agent: a journal that survives kills, scripts that survive the agent, and a memory that survives nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use regatta_core::engine::command::StopReason;
use regatta_core::engine::event::{Outcome, TicketId};
use regatta_core::mask::Masker;
use regatta_core::time::Time;

use super::clock::Outbox;
use super::flaw::Flaw;
use super::oracle::{Oracle, line};
use super::server::{Order, ToAgent};
use crate::engine::rng::{Rng, mix};

#[derive(Debug, Clone)]
pub(super) enum ToServer {
    /// It is there, and how much it holds is known by the server's own count.
    Beat,
    Started(TicketId),
    /// Lines of a ticket's output, the first of which has this number.
    Lines {
        ticket: TicketId,
        from: usize,
        lines: Vec<String>,
    },
    Ended {
        ticket: TicketId,
        outcome: Outcome,
        lines: usize,
    },
}

/// What the journal says about a ticket; once written it is never taken back.
#[derive(Debug, Clone, Default)]
struct Entry {
    /// False = refused for ever.
    started: bool,
    exit: Option<Outcome>,
    lines: usize,
    /// Lines the server has, deleted here.
    deleted: usize,
    acked: bool,
}

struct Script {
    began_at: Time,
    ends_at: Time,
    outcome: Outcome,
    lines: usize,
    told: bool,
}

pub(super) struct Agent {
    ix: usize,
    pub(super) up: bool,
    pub(super) up_since: Time,
    slots: usize,
    masker: Rc<Masker>,
    flaw: Option<Flaw>,
    /// On disk.
    journal: BTreeMap<TicketId, Entry>,
    /// On disk: the highest epoch seen of each task.
    epochs: BTreeMap<usize, usize>,
    /// Processes: they outlive the agent, not the machine.
    scripts: BTreeMap<TicketId, Script>,
    /// In memory.
    queue: Vec<TicketId>,
    /// In memory: tickets whose secrets are known.
    masked: BTreeSet<TicketId>,
}

impl Agent {
    pub(super) fn new(ix: usize, slots: usize, masker: Rc<Masker>, flaw: Option<Flaw>) -> Self {
        Self {
            ix,
            up: true,
            up_since: Time(0),
            slots,
            masker,
            flaw,
            journal: BTreeMap::new(),
            epochs: BTreeMap::new(),
            scripts: BTreeMap::new(),
            queue: Vec::new(),
            masked: BTreeSet::new(),
        }
    }

    /// Kills the agent, and with `host` the machine and everything on it.
    pub(super) fn kill(&mut self, host: bool, now: Time, oracle: &mut Oracle) {
        self.up = false;
        self.queue.clear();
        self.masked.clear();
        if self.flaw == Some(Flaw::ForgetsJournal) {
            self.journal.clear();
        }
        if host {
            for (ticket, script) in std::mem::take(&mut self.scripts) {
                self.journal.entry(ticket.clone()).or_default().lines = script.written(now);
                let message = "the machine was switched off".to_owned();
                oracle.exits.insert(ticket, Outcome::Unknown { message });
            }
        } else if self.flaw == Some(Flaw::KillsScripts) {
            for (ticket, _) in std::mem::take(&mut self.scripts) {
                let message = "ended by signal 9".to_owned();
                oracle.exits.insert(ticket, Outcome::Failed { message });
            }
        }
    }

    /// Back again: what the journal says began, has no process and no end, ended in a way nobody knows.
    pub(super) fn start(&mut self, now: Time) {
        (self.up, self.up_since) = (true, now);
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
        let highest = self.epochs.entry(message.task).or_default();
        if !self.up || (message.epoch < *highest && self.flaw != Some(Flaw::ObeysAnyEpoch)) {
            return;
        }
        *highest = message.epoch.max(*highest);
        oracle.obeys(self.ix, &message);
        let ticket = message.ticket;
        match message.order {
            Order::Start => {
                self.masked.insert(ticket.clone());
                if !self.journal.contains_key(&ticket) && !self.queue.contains(&ticket) {
                    self.queue.push(ticket);
                }
            }
            Order::Resume => drop(self.masked.insert(ticket)),
            Order::Stop(_) if self.flaw == Some(Flaw::IgnoresStop) => {}
            Order::Stop(why) => self.stop(&ticket, why, now, out),
            // Nothing is said in answer to these: else talk would breed talk.
            Order::AckLines(to) => {
                if let Some(entry) = self.journal.get_mut(&ticket) {
                    entry.deleted = to.max(entry.deleted);
                }
                return;
            }
            Order::AckEnd => {
                self.journal.entry(ticket).or_default().acked = true;
                return;
            }
        }
        self.begin_queued(now, oracle, out);
        self.report(now, out);
    }

    pub(super) fn tick(&mut self, now: Time, oracle: &mut Oracle, out: &mut Outbox) {
        if self.up {
            out.to_servers.push(ToServer::Beat);
            self.begin_queued(now, oracle, out);
            self.report(now, out);
        }
    }

    /// Scripts that were not told to stop yet.
    pub(super) fn untold(&self) -> impl Iterator<Item = &TicketId> {
        let untold = |script: &Script| !script.told;
        self.scripts
            .iter()
            .filter(move |(_, script)| untold(script))
            .map(|(ticket, _)| ticket)
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
            let entry = Entry {
                started,
                exit,
                ..Entry::default()
            };
            self.journal.insert(ticket.clone(), entry);
            if !started {
                continue;
            }
            oracle.begins(&ticket);
            let message = "exit code 1".to_owned();
            let outcome = match fate.below(10) {
                0 | 1 => Outcome::Failed { message },
                it => Outcome::Succeeded { warnings: it == 2 },
            };
            let longest_ms = if fate.chance(15) { 20_000 } else { 1_500 };
            let ends_at = now.plus_ms(10 + fate.below(longest_ms) as i64);
            out.script_ends.push((ends_at, ticket.clone()));
            let script = Script {
                began_at: now,
                ends_at,
                outcome,
                lines: fate.below(20),
                told: false,
            };
            self.scripts.insert(ticket, script);
        }
    }

    fn stop(&mut self, ticket: &TicketId, why: StopReason, now: Time, out: &mut Outbox) {
        if let Some(script) = self.scripts.get_mut(ticket) {
            script.told = true;
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
        let ended = |script: &Script| script.ends_at <= now;
        if !self.scripts.get(ticket).is_some_and(ended) {
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
                out.to_servers.push(ToServer::Started(ticket.clone()));
            }
            let script = self.scripts.get(ticket);
            let written = script.map_or(entry.lines, |script| script.written(now));
            let is_known = self.masked.contains(ticket);
            let may_read = is_known || self.flaw == Some(Flaw::SendsUnmasked);
            if written > entry.deleted && may_read {
                let raw = |at| line(ticket, at);
                let mask = |at| self.masker.mask(&line(ticket, at));
                let all = entry.deleted + 1..=written;
                out.to_servers.push(ToServer::Lines {
                    ticket: ticket.clone(),
                    from: entry.deleted + 1,
                    lines: if is_known {
                        all.map(mask).collect()
                    } else {
                        all.map(raw).collect()
                    },
                });
            }
            if let Some(outcome) = entry.exit.clone() {
                out.to_servers.push(ToServer::Ended {
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
    fn written(&self, now: Time) -> usize {
        let whole = self.ends_at.since_ms(self.began_at).max(1);
        let passed = now.since_ms(self.began_at).min(whole);
        (self.lines as i64 * passed / whole) as usize
    }
}

pub(super) fn number(ticket: &TicketId) -> u64 {
    ticket
        .0
        .bytes()
        .fold(0, |hash, byte| mix(&[hash, u64::from(byte)]))
}
