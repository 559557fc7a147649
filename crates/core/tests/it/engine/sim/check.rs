//! What must hold in every installation, whatever happened to it.

use std::collections::BTreeMap;

use regatta_core::engine::event::{Event, Outcome};

use super::agent::Oracle;
use super::server::Server;
use crate::engine::reference::Reference;

/// After everything that changed a log.
pub(super) fn always(server: &Server) {
    locks_exclude(server);
}

/// No machine is held by two deployments, unless both let others in.
fn locks_exclude(server: &Server) {
    let mut holders: BTreeMap<String, (&str, bool)> = BTreeMap::new();
    for task in server.tasks.iter().filter(|_| server.up) {
        for (machine, shared) in task.run.machines_held() {
            if let Some((other, other_shared)) = holders.insert(machine.clone(), (&task.id, shared))
            {
                assert!(
                    shared && other_shared,
                    "{machine} is held by {other} and {}",
                    task.id
                );
            }
        }
    }
}

/// When everything is over.
pub(super) fn at_the_end(server: &Server, oracle: &Oracle) {
    for task in &server.tasks {
        let reference = Reference::new(&task.plan, &task.log);
        let verdict = reference.check().and_then(|()| reference.check_end());
        assert_eq!(verdict, Ok(()), "{}: {:#?}", task.id, task.log);
        assert!(
            task.run.machines_held().is_empty() && server.locks.seen_by("").is_empty(),
            "a lock outlives its task"
        );
        task.log
            .iter()
            .for_each(|recorded| report_is_true(&recorded.event, server, oracle));
    }
    for (ticket, times) in &oracle.execs {
        assert_eq!(*times, 1, "{ticket:?} ran {times} times");
    }
    for (ticket, lines) in oracle
        .lines
        .iter()
        .filter(|(ticket, _)| !server.given_up.contains(*ticket))
    {
        let stored = server.lines.get(ticket).copied().unwrap_or(0);
        assert_eq!(stored, *lines, "{ticket:?}: output was lost");
    }
}

/// What the log says about the end of a script is what happened, and unknown is never anything better.
fn report_is_true(event: &Event, server: &Server, oracle: &Oracle) {
    let Event::TicketFinished { ticket, outcome } = event else {
        return;
    };
    let (ran, exit) = (oracle.execs.contains_key(ticket), oracle.exits.get(ticket));
    match outcome {
        Outcome::NotStarted { .. } => {
            assert!(!ran, "{ticket:?} ran although reported as never started");
        }
        Outcome::Unknown { .. } if server.given_up.contains(ticket) => {}
        Outcome::Unknown { .. } => {
            assert!(
                matches!(exit, Some(Outcome::Unknown { .. })),
                "{ticket:?} ended as {exit:?}"
            );
        }
        known => assert_eq!(exit, Some(known), "{ticket:?}"),
    }
}
