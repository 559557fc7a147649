//! Acts of a turn, after it is durable: start this, stop that. All of them may be repeated.

use std::sync::Arc;
use std::time::Duration;

use regatta_core::engine::event::{Cell, Outcome, TicketId};
use regatta_core::engine::plan::ActionKind;
use regatta_core::log::LogLevel;

use super::Shared;
use super::actor::Actor;
use super::input::Input;
use super::log::Lines;
use super::script::Unrunnable;
use super::turn::{Act, EngineLine, Place};
use crate::gateway::{AgentId, GatewayError, SentBy, StartScript};

/// Between attempts to read a log.
const LOG_PAUSE: Duration = Duration::from_secs(1);

impl Actor {
    pub(super) async fn act(&mut self, acts: Vec<Act>) {
        for act in acts {
            match act {
                Act::Start {
                    ticket,
                    cell,
                    worker,
                } => self.start(&ticket, cell, worker.as_deref()).await,
                Act::Stop { ticket, .. } => {
                    self.stopping
                        .entry(ticket.clone())
                        .or_insert_with(|| self.shared.now());
                    self.shared.gateway.stop(&ticket, super::STOP_GRACE_MS);
                }
            }
        }
    }

    async fn start(&self, ticket: &TicketId, cell: Cell, worker: Option<&str>) {
        self.shared
            .tickets()
            .insert(ticket.clone(), self.live.head.id.clone());
        let ready = self.live.script(&self.shared, ticket.clone(), cell, worker);
        let sent = match ready.await {
            Ok(ready) => {
                self.warn(cell, ready.left_out).await;
                let sent = self.shared.gateway.start(&ready.agent, ready.script);
                sent.map_err(|error| self.unsendable(cell, &error))
            }
            Err(Unrunnable::Stopping) => return,
            // Nothing was sent yet, so nothing runs.
            Err(why) => Err(Outcome::Failed {
                message: why.to_string(),
            }),
        };
        if let Err(outcome) = sent {
            self.end(ticket, outcome);
        }
    }

    /// A line in the log of the place, before anything its script writes.
    async fn warn(&self, cell: Cell, text: Option<String>) {
        let Some(text) = text else {
            return;
        };
        let line = EngineLine {
            place: Some(Place::Cell(cell)),
            level: LogLevel::Warning,
            text,
            end_of: None,
        };
        let mut lines = Lines::default();
        lines.engine(&self.live, vec![line], self.shared.now());
        lines.store(&self.shared, &self.live.head.id).await;
    }

    /// As [`Self::start`], for a ticket that an earlier process may have sent already.
    pub(super) async fn resume(
        &self,
        ticket: TicketId,
        (cell, worker): (Cell, Option<String>),
        sent_by: SentBy,
    ) {
        self.shared
            .tickets()
            .insert(ticket.clone(), self.live.head.id.clone());
        let planned =
            &self.live.run.plan().steps[cell.step.0 as usize].actions[cell.action.0 as usize];
        let in_server = matches!(planned.kind, ActionKind::InServer | ActionKind::Manual);
        let sent = match self
            .live
            .script(&self.shared, ticket.clone(), cell, worker.as_deref())
            .await
        {
            Ok(ready) => {
                self.resume_behind_stored(ready.agent, ready.script, sent_by)
                    .await
            }
            Err(Unrunnable::Stopping) => return,
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
        sent_by: SentBy,
    ) -> Result<(), Outcome> {
        let (shared, task_id) = (&self.shared, &self.live.head.id);
        match shared.logs.stream_end(task_id, &script.ticket.0).await {
            Ok(stored) => resume(shared, &agent, script, (stored, sent_by)),
            Err(error) => {
                tracing::error!(%error, task_id, "the stored output of a running script cannot be read; trying again");
                shared.gateway.expect(&script.ticket);
                let later = Later {
                    shared: Arc::clone(shared),
                    task_id: task_id.clone(),
                    epoch: self.live.head.epoch,
                    agent,
                    sent_by,
                };
                drop(tokio::spawn(later.resume(script)));
                Ok(())
            }
        }
    }

    /// Nothing runs. A target that has no agent here has none another time; for a worker that went another may be had.
    fn unsendable(&self, cell: Cell, error: &GatewayError) -> Outcome {
        let target = cell
            .target
            .map(|target| &self.live.run.plan().targets[target.0 as usize]);
        let message = match (error, target) {
            (GatewayError::UnknownAgent(agent), Some(target)) if *agent == target.id => format!(
                "the action has to run on the target \"{}\" itself, and this server cannot reach targets with an agent \
                 or over SSH yet; let it run on a worker on behalf of its targets (Octopus.Action.RunOnServer = True)",
                target.name
            ),
            (GatewayError::UnknownAgent(_), _) => {
                let message = error.to_string();
                return Outcome::NotStarted { message };
            }
            _ => error.to_string(),
        };
        Outcome::Failed { message }
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
    (stored, sent_by): (u64, SentBy),
) -> Result<(), Outcome> {
    let resumed = shared.gateway.resume(agent, script, stored + 1, sent_by);
    resumed.map_err(|error| lost(&error))
}

/// A ticket that is resumed as soon as its stored output can be read.
struct Later {
    shared: Arc<Shared>,
    task_id: String,
    epoch: i64,
    agent: AgentId,
    sent_by: SentBy,
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
                    if let Err(outcome) =
                        resume(&self.shared, &self.agent, script, (stored, self.sent_by))
                    {
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

/// It may have been sent before, to an agent that is not known any more.
fn lost(error: &GatewayError) -> Outcome {
    Outcome::Unknown {
        message: error.to_string(),
    }
}
