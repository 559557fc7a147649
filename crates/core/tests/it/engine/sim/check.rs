//! What must hold in every installation, whatever happens to it:
//!
//! | | promise | checked by |
//! |---|---|---|
//! | I1 | nothing starts before what it waits for; what cannot run is skipped | the reference's reading of the log |
//! | I2 | a ticket runs at most once; unknown is never tried again unasked | `Oracle::begins`, `asked_before_again` |
//! | I3 | output is complete, in order and without repetition | `acks_are_durable`, `output_is_whole` |
//! | I4 | a running task has a living server soon after its own died | `Watch` |
//! | I5 | an owner that was overtaken writes nothing and commands nothing | `epochs_are_in_force`, `Oracle::obeys` |
//! | I6 | a task has one owner at a time, and leaves the queue once | `leases_follow_each_other` |
//! | I7 | a secret leaves its machine in no message | `hides_secrets` |
//! | I8 | after a cancel nothing starts, scripts are told soon, and the end waits for theirs | the reference, `stops_arrive`, `nothing_outlives_its_task` |
//! | I9 | everything ends; nothing waits in the queue while there is room | `END_MS`, `Watch` |
//! | I10 | a killed agent costs no script, no output, no exit code | `report_is_true`, `output_is_whole` |
//! | I11 | locks exclude, and end with their task | `locks_are_right` |

use std::collections::{BTreeMap, BTreeSet};

use regatta_core::engine::event::{Answer, Event, Outcome, Recorded};
use regatta_core::mask::STARS;
use regatta_core::time::Time;

use super::agent::ToServer;
use super::clock::Sim;
use super::oracle::{SECRET, line};
use super::server::{CAP, Order, Server, ToAgent};
use super::store::{LEASE_MS, Store, Task};
use crate::engine::reference::Reference;

/// A task without a living owner gets one within this time, if a server lives.
const RESUME_MS: i64 = 2 * LEASE_MS;
/// A script on a connected agent hears of a cancel within this time.
const STOP_MS: i64 = 5_000;
/// Nothing waits longer in the queue while there is room.
const QUEUE_MS: i64 = 5_000;

/// Since when something is not as it should be for long.
pub(super) struct Watch {
    unowned: Vec<Option<Time>>,
    waiting: Option<Time>,
}

impl Watch {
    pub(super) fn new(tasks: usize) -> Self {
        Self {
            unowned: vec![None; tasks],
            waiting: None,
        }
    }

    /// A server died or was paused: its successor's time begins now.
    pub(super) fn one_less(&mut self) {
        self.unowned.fill(None);
        self.waiting = None;
    }

    pub(super) fn look(&mut self, store: &Store, servers: &[Server], now: Time) {
        if !servers.iter().any(Server::is_live) {
            return self.one_less();
        }
        for (ix, task) in store.tasks.iter().enumerate() {
            let is_open = !task.is_queued() && !task.is_over();
            let since = &mut self.unowned[ix];
            if is_open && owner(store, servers, ix).is_none() {
                let since = *since.get_or_insert(now);
                assert!(
                    now.since_ms(since) <= RESUME_MS,
                    "I4: {} is left alone",
                    task.id
                );
            } else {
                *since = None;
            }
        }
        let queued = store.tasks.iter().any(Task::is_queued);
        let open = |task: &&Task| !task.is_queued() && !task.is_over();
        if queued && store.tasks.iter().filter(open).count() < CAP as usize {
            let since = *self.waiting.get_or_insert(now);
            assert!(
                now.since_ms(since) <= QUEUE_MS,
                "I9: there is room for what is queued"
            );
        } else {
            self.waiting = None;
        }
    }
}

/// The living server that rightly owns a task.
fn owner<'s>(store: &Store, servers: &'s [Server], ix: usize) -> Option<&'s Server> {
    let epoch = store.tasks[ix].epoch();
    servers.iter().find(|server| {
        let owned = server.owned.get(&ix);
        server.is_live() && owned.is_some_and(|owned| owned.epoch == epoch)
    })
}

pub(super) fn after_a_write(sim: &Sim) {
    locks_are_right(sim);
    sim.store.tasks.iter().for_each(|task| {
        epochs_are_in_force(task);
        nothing_outlives_its_task(sim, task);
    });
}

/// No machine is held by two deployments, unless both let others in; none is held for what is over.
fn locks_are_right(sim: &Sim) {
    let mut holders: BTreeMap<String, (&str, bool)> = BTreeMap::new();
    for (ix, task) in sim.store.tasks.iter().enumerate() {
        let Some(server) = owner(&sim.store, &sim.servers, ix) else {
            continue;
        };
        for (machine, shared) in server.owned[&ix].run.machines_held() {
            assert!(!task.is_over(), "I11: {machine} is held by {}", task.id);
            if let Some((other, other_shared)) = holders.insert(machine.clone(), (&task.id, shared))
            {
                let both = shared && other_shared;
                assert!(both, "I11: {machine} is held by {other} and {}", task.id);
            }
        }
        for (machine, hold) in server.locks.seen_by("") {
            let by = hold.task.unwrap();
            let holder = sim.store.tasks.iter().find(|task| task.id == by);
            let is_open = holder.is_some_and(|task| !task.is_over());
            assert!(is_open, "I11: {machine} is locked by {by}, which is over");
        }
    }
}

fn epochs_are_in_force(task: &Task) {
    let mut last = 0;
    for written in &task.log {
        let right = written.epoch == written.in_force && written.epoch >= last;
        assert!(
            right,
            "I5: epoch {} writes to {} in {}",
            written.epoch, task.id, written.in_force
        );
        last = written.epoch;
    }
}

fn nothing_outlives_its_task(sim: &Sim, task: &Task) {
    for event in task.events().filter(|_| task.is_over()) {
        if let Event::TicketIssued { ticket, .. } = event {
            let runs = sim.oracle.is_running(ticket) && !sim.store.given_up.contains(ticket);
            assert!(!runs, "I8: {ticket:?} outlives {}", task.id);
        }
    }
}

/// After a cancel, every script whose agent has been connected long enough was told.
pub(super) fn stops_arrive(sim: &Sim, agent: usize) {
    let (ears, Some(link)) = (&sim.agents[agent], sim.links[agent]) else {
        return;
    };
    for (ix, task) in sim.store.tasks.iter().enumerate() {
        let Some(asked_at) = task
            .cancel_asked_at()
            .filter(|_| ears.up && !task.is_over())
        else {
            continue;
        };
        let Some(server) = owner(&sim.store, &sim.servers, ix) else {
            continue;
        };
        let owned = &server.owned[&ix];
        let since = asked_at.max(owned.since).max(link).max(ears.up_since);
        if sim.now.since_ms(since) <= STOP_MS {
            continue;
        }
        let untold = ears.untold().find(|ticket| {
            owned.run.ticket_cell(ticket).is_some() && !sim.store.given_up.contains(*ticket)
        });
        assert_eq!(
            untold, None,
            "I8: {} was cancelled at {asked_at:?}",
            task.id
        );
    }
}

pub(super) fn hides_secrets(message: &ToServer) {
    if let ToServer::Lines { lines, .. } = message {
        let shown = lines.iter().find(|line| line.contains(SECRET));
        assert_eq!(shown, None, "I7: a secret is on its way");
    }
}

/// What an agent is told to be stored, and deletes, is stored.
pub(super) fn acks_are_durable(store: &Store, message: &ToAgent) {
    if let Order::AckLines(to) = message.order {
        let stored = store.lines.get(&message.ticket).map_or(0, Vec::len);
        assert!(
            stored >= to,
            "I3: {to} lines acknowledged, {stored} stored: {message:?}"
        );
    }
}

pub(super) fn at_the_end(sim: &Sim) {
    for task in &sim.store.tasks {
        let log: Vec<Recorded> = task.log.iter().map(|it| it.recorded.clone()).collect();
        let reference = Reference::new(&task.plan, &log);
        let verdict = reference.check().and_then(|()| reference.check_end());
        assert_eq!(verdict, Ok(()), "I1: {}: {log:#?}", task.id);
        leases_follow_each_other(task);
        asked_before_again(task);
        task.events().for_each(|event| report_is_true(event, sim));
    }
    output_is_whole(sim);
}

fn leases_follow_each_other(task: &Task) {
    for pair in task.leases.windows(2) {
        assert!(
            pair[0].ends_at <= pair[1].taken_at,
            "I6: {}: {pair:?}",
            task.id
        );
    }
    let starts = task.events().filter(|event| **event == Event::Started);
    assert_eq!(
        starts.count(),
        1,
        "I6: {} left the queue more than once",
        task.id
    );
}

/// Whether a script whose end is unknown is run again is for a person to say.
fn asked_before_again(task: &Task) {
    let (mut cells, mut unknown) = (BTreeMap::new(), BTreeSet::new());
    let mut questions = BTreeMap::new();
    for event in task.events() {
        match event {
            Event::TicketIssued { ticket, cell, .. } => {
                assert!(
                    !unknown.contains(cell),
                    "I2: {cell:?} was run again unasked"
                );
                cells.insert(ticket, *cell);
            }
            Event::TicketFinished {
                ticket,
                outcome: Outcome::Unknown { .. },
            } => drop(unknown.insert(cells[ticket])),
            Event::InterruptionRaised {
                interruption, cell, ..
            } => drop(questions.insert(interruption, *cell)),
            Event::InterruptionAnswered {
                interruption,
                answer: Answer::Retry,
            } => drop(unknown.remove(&questions[interruption])),
            _ => {}
        }
    }
}

/// What the log says about the end of a script is what happened, and unknown is never anything better.
fn report_is_true(event: &Event, sim: &Sim) {
    let Event::TicketFinished { ticket, outcome } = event else {
        return;
    };
    let exit = sim.oracle.exits.get(ticket);
    match outcome {
        Outcome::NotStarted { .. } => {
            let ran = sim.oracle.execs.contains_key(ticket);
            assert!(
                !ran,
                "I10: {ticket:?} ran although reported as never started"
            );
        }
        Outcome::Unknown { .. } if sim.store.given_up.contains(ticket) => {}
        Outcome::Unknown { .. } => {
            let unknown = matches!(exit, Some(Outcome::Unknown { .. }));
            assert!(unknown, "I10: {ticket:?} is unknown, but ended as {exit:?}");
        }
        known => assert_eq!(exit, Some(known), "I10: {ticket:?}"),
    }
}

/// Of every script that came to its own end, exactly its lines in order, with stars for secrets.
fn output_is_whole(sim: &Sim) {
    for (ticket, lines) in &sim.oracle.lines {
        if sim.store.given_up.contains(ticket) {
            continue;
        }
        let printed = (1..=*lines).map(|at| line(ticket, at).replace(SECRET, STARS));
        let stored = sim.store.lines.get(ticket).cloned().unwrap_or_default();
        assert_eq!(stored, printed.collect::<Vec<_>>(), "I3: {ticket:?}");
    }
}
