//! Acts of a turn, after it is durable: start this, stop that. All of them may be repeated.

use std::sync::Arc;
use std::time::Duration;

use regatta_core::engine::event::{Cell, Outcome, TicketId};
use regatta_core::engine::plan::ActionKind;

use super::Shared;
use super::actor::Actor;
use super::input::Input;
use super::turn::Act;
use crate::gateway::{AgentId, GatewayError, StartScript};

/// Between attempts to read a log.
const LOG_PAUSE: Duration = Duration::from_secs(1);

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
            // Nothing was sent yet, so nothing runs.
            Err(why) => Err(Outcome::Failed {
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
            Ok((agent, script)) => self.resume_behind_stored(agent, script).await,
            // Nothing was ever sent for what the server cannot run.
            Err(why) if in_server => Err(Outcome::Failed {
                message: why.to_string(),
            }),
            // It may have been sent before, and so may be running: nobody can tell, and it must not run twice.
            Err(why) => Err(Outcome::Unknown {
                message: why.to_string(),
            }),
        };
        if let Err(outcome) = sent {
            self.end(&ticket, outcome);
        }
    }

    /// Output goes on behind what is stored. While that cannot be read nothing is asked of the agent, which keeps the
    /// rest: asked from a wrong line it would send again what it was told to forget.
    async fn resume_behind_stored(
        &self,
        agent: AgentId,
        script: StartScript,
    ) -> Result<(), Outcome> {
        let (shared, task_id) = (&self.shared, &self.live.head.id);
        match shared.logs.stream_end(task_id, &script.ticket.0).await {
            Ok(stored) => resume(shared, &agent, script, stored),
            Err(error) => {
                tracing::error!(%error, task_id, "the stored output of a running script cannot be read; trying again");
                shared.gateway.expect(&script.ticket);
                let later = Later {
                    shared: Arc::clone(shared),
                    task_id: task_id.clone(),
                    epoch: self.live.head.epoch,
                    agent,
                };
                drop(tokio::spawn(later.resume(script)));
                Ok(())
            }
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

fn resume(
    shared: &Shared,
    agent: &AgentId,
    script: StartScript,
    stored: u64,
) -> Result<(), Outcome> {
    let resumed = shared.gateway.resume(agent, script, stored + 1);
    resumed.map_err(|error| lost(&error))
}

/// A ticket that is resumed as soon as its stored output can be read.
struct Later {
    shared: Arc<Shared>,
    task_id: String,
    epoch: i64,
    agent: AgentId,
}

impl Later {
    async fn resume(self, script: StartScript) {
        loop {
            tokio::time::sleep(LOG_PAUSE).await;
            if !self.shared.is_driven(&self.task_id, self.epoch) {
                return;
            }
            let ticket = script.ticket.clone();
            let end = self.shared.logs.stream_end(&self.task_id, &ticket.0).await;
            match end {
                Ok(stored) => {
                    if let Err(outcome) = resume(&self.shared, &self.agent, script, stored) {
                        let ended = Input::Ended { ticket, outcome };
                        self.shared.send(&self.task_id, ended);
                    }
                    return;
                }
                Err(error) => {
                    tracing::error!(%error, task_id = self.task_id, "the stored output of a running script still cannot be read");
                }
            }
        }
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
