//! Reports of agents, on their way to the driver of their task.

use std::sync::Arc;

use regatta_core::engine::event::TicketId;

use super::input::Input;
use super::{Shared, artifact};
use crate::gateway::{Report, Reports};

/// Reports taken at once.
const REPORTS_MAX: usize = 1024;

/// Hands every report to the task it concerns, until the gateway is gone.
pub(super) async fn pump(shared: Arc<Shared>, mut reports: Reports) {
    let mut batch = Vec::new();
    while reports.recv_many(&mut batch, REPORTS_MAX).await > 0 {
        for report in batch.drain(..) {
            take(&shared, report);
        }
    }
}

fn take(shared: &Arc<Shared>, report: Report) {
    match report {
        Report::Started { ticket, credit, .. } => {
            let started = Input::Started {
                ticket: ticket.clone(),
                _credit: credit,
            };
            deliver(shared, &ticket, started);
        }
        Report::Output(batch) => deliver(shared, &batch.ticket.clone(), Input::Output(batch)),
        Report::Progress {
            ticket,
            percentage,
            message,
            ..
        } => super::progress::take(shared, ticket, percentage, message),
        Report::Artifact(part) => artifact::take_part(shared, part),
        Report::Finished(end) => artifact::take_end(shared, end),
        Report::WorkerConnected { agent, slots, .. } => {
            shared.resources().connected(&agent.0, slots);
            shared.wake_waiting("");
        }
        Report::WorkerLost { agent } => shared.resources().lost(&agent.0),
    }
}

/// The end of a ticket no task waits for may be forgotten by the agent. Tickets of a task that was given up here are
/// another server's to confirm: the gateway has let them go, and says nothing about them.
pub(super) fn deliver(shared: &Shared, ticket: &TicketId, input: Input) {
    let task = shared.tickets().get(ticket).cloned();
    match task {
        Some(task) => drop(shared.send(&task, input)),
        None if matches!(input, Input::Finished { .. }) => shared.gateway.finish_stored(ticket),
        None => {}
    }
}
