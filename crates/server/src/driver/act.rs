//! Acts of a turn, after it is durable: start this, stop that. All of them may be repeated.

use regatta_core::engine::event::{Cell, Outcome, TicketId};
use regatta_core::engine::plan::ActionKind;

use super::actor::Actor;
use super::input::Input;
use super::turn::Act;
use crate::gateway::GatewayError;

impl Actor {
    pub(super) fn act(&mut self, acts: Vec<Act>) {
        for act in acts {
            match act {
                Act::Start {
                    ticket,
                    cell,
                    worker,
                } => self.start(&ticket, cell, worker.as_deref()),
                Act::Stop { ticket, .. } => {
                    self.stopping
                        .entry(ticket.clone())
                        .or_insert_with(|| self.shared.now());
                    self.shared.gateway.stop(&ticket, super::STOP_GRACE_MS);
                }
            }
        }
    }

    fn start(&self, ticket: &TicketId, cell: Cell, worker: Option<&str>) {
        self.shared
            .tickets()
            .insert(ticket.clone(), self.live.head.id.clone());
        let sent = match self.live.script(&self.shared, ticket.clone(), cell, worker) {
            Ok((agent, script)) => self
                .shared
                .gateway
                .start(&agent, script)
                .map_err(|error| not_started(&error)),
            // It was sent before, so it may be running: nobody can tell.
            Err(why) => Err(Outcome::Unknown {
                message: why.to_string(),
            }),
        };
        if let Err(outcome) = sent {
            self.end(ticket, outcome);
        }
    }

    /// As [`Self::start`], for a ticket that an earlier process may have sent already.
    pub(super) async fn resume(&self, ticket: TicketId, cell: Cell, worker: Option<String>) {
        self.shared
            .tickets()
            .insert(ticket.clone(), self.live.head.id.clone());
        let planned =
            &self.live.run.plan().steps[cell.step.0 as usize].actions[cell.action.0 as usize];
        let in_server = matches!(planned.kind, ActionKind::InServer | ActionKind::Manual);
        let sent = match self
            .live
            .script(&self.shared, ticket.clone(), cell, worker.as_deref())
        {
            Ok((agent, script)) => {
                let stored = self
                    .shared
                    .logs
                    .stream_end(&self.live.head.id, &ticket.0)
                    .await;
                let next_line = stored.unwrap_or_else(|error| {
                    tracing::error!(%error, ticket = ticket.0, "the stored output of a script cannot be found");
                    0
                }) + 1;
                self.shared
                    .gateway
                    .resume(&agent, script, next_line)
                    .map_err(|error| lost(&error))
            }
            // Nothing was ever sent for what the server cannot run.
            Err(why) if in_server => Err(Outcome::Failed {
                message: why.to_string(),
            }),
            Err(why) => Err(Outcome::Failed {
                message: why.to_string(),
            }),
        };
        if let Err(outcome) = sent {
            self.end(&ticket, outcome);
        }
    }

    fn end(&self, ticket: &TicketId, outcome: Outcome) {
        self.shared.send(
            &self.live.head.id,
            Input::Ended {
                ticket: ticket.clone(),
                outcome,
            },
        );
    }
}

fn not_started(error: &GatewayError) -> Outcome {
    Outcome::NotStarted {
        message: error.to_string(),
    }
}

/// It may have been sent before, to an agent that is not known any more.
fn lost(error: &GatewayError) -> Outcome {
    Outcome::Unknown {
        message: error.to_string(),
    }
}
