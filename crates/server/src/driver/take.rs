//! What happened becomes events: reports of agents and acts of people, put into the turn.
//!
//! A report that cannot follow from what is known (it came twice, or too late) changes nothing
//! and is confirmed all the same, so that the agent can forget it.

use regatta_core::engine::event::{Cell, Event, Outcome, TicketId};
use regatta_core::log::LogLevel;
use regatta_core::secret::Secret;
use regatta_store::{TaskChange, TaskState, Write};

use super::artifact::{self, HandedOver};
use super::input::{ABANDON_AFTER_MS, Input, Person, Refused, Reply};
use super::live::Live;
use super::outputs::{self, CellOutputs, Output, OutputValue};
use super::turn::Turn;
use super::{Shared, audit};
use crate::gateway::{ScriptEnd, ScriptVariable};

impl Live {
    /// Puts what one input means into the turn.
    pub(super) fn take(&mut self, shared: &Shared, turn: &mut Turn, input: Input) {
        match input {
            Input::Started { ticket, .. } => self.take_started(turn, ticket),
            Input::Finished { end, files } => self.take_end(shared, turn, *end, files),
            Input::Ended { ticket, outcome } => {
                let _cell = self.take_outcome(turn, ticket, outcome);
            }
            Input::Cancel { by, reply } => self.take_cancel(turn, &by, reply),
            Input::Abandon { ticket, by, reply } => {
                let answer = self.abandon(turn, ticket.as_ref(), &by);
                answer_afterwards(turn, reply, answer);
            }
            Input::Take {
                interruption,
                by,
                reply,
            } => self.take_responsibility(turn, &interruption, &by, reply),
            Input::Answer {
                interruption,
                given,
                reply,
            } => self.take_answer(turn, &interruption, &given, reply),
            Input::Explain { reply } => {
                let world = shared.resources().world(&self.head.id);
                answer_afterwards(turn, reply, Ok(self.run.explain(turn.now, &world)));
            }
            // Output is acknowledged by what stores it; waking needs nothing but the turn itself.
            Input::Output(_) | Input::Wake => {}
        }
    }

    fn take_started(&mut self, turn: &mut Turn, ticket: TicketId) {
        // Repeated after a reconnect: then it is refused, which is right.
        drop(self.record(turn, Event::TicketStarted { ticket }));
    }

    fn take_end(
        &mut self,
        shared: &Shared,
        turn: &mut Turn,
        end: ScriptEnd,
        files: Vec<HandedOver>,
    ) {
        let (ticket, outcome) = (end.ticket.clone(), end.outcome);
        if let Some(cell) = self.take_outcome(turn, ticket.clone(), outcome) {
            self.keep_outputs(shared, turn, (&ticket, cell), end.output_variables);
            self.keep_files(turn, (&ticket, cell), &files);
        }
        shared.progress.forget(&ticket);
        let blobs: Vec<_> = files
            .into_iter()
            .filter_map(|file| Some(file.content.ok()?.blob))
            .collect();
        if !blobs.is_empty() {
            let artifacts = shared.artifacts.clone();
            turn.afterwards.push(Box::new(move || {
                drop(tokio::spawn(async move {
                    for blob in &blobs {
                        artifacts.named(blob).await;
                    }
                }));
            }));
        }
        let gateway = shared.gateway.clone();
        turn.afterwards
            .push(Box::new(move || gateway.finish_stored(&ticket)));
    }

    /// The cell, if the end was news.
    fn take_outcome(
        &mut self,
        turn: &mut Turn,
        ticket: TicketId,
        outcome: Outcome,
    ) -> Option<Cell> {
        let late = self.timed_out.remove(&ticket);
        let outcome = match outcome {
            Outcome::Canceled if late => Outcome::TimedOut,
            other => other,
        };
        let cell = self.run.ticket_cell(&ticket)?;
        let text = end_text(&outcome);
        let finished = Event::TicketFinished {
            ticket: ticket.clone(),
            outcome,
        };
        self.record(turn, finished).ok()?;
        if let Some((level, text)) = text {
            turn.last_line((&ticket, cell), level, text);
        }
        Some(cell)
    }

    /// Files become known with the end of their script. One that is not kept is named in the log.
    fn keep_files(&self, turn: &mut Turn, of: (&TicketId, Cell), files: &[HandedOver]) {
        let about = (&self.head, self.run.plan().as_ref());
        for file in files {
            match &file.content {
                Ok(stored) => {
                    let document =
                        artifact::document(about, of.1, &file.filename, stored, turn.now);
                    turn.writes.push(Write::DocumentInsert(Box::new(document)));
                }
                Err(why) => turn.last_line(
                    of,
                    LogLevel::Warning,
                    format!("The artifact \"{}\" was not kept: {why}.", file.filename),
                ),
            }
        }
    }

    fn keep_outputs(
        &mut self,
        shared: &Shared,
        turn: &mut Turn,
        of: (&TicketId, Cell),
        set: Vec<ScriptVariable>,
    ) {
        if set.is_empty() {
            return;
        }
        let id = format!("{}-{}", outputs::KIND, of.0.0);
        let outputs = set
            .into_iter()
            .map(|variable| {
                let value = if variable.sensitive {
                    self.seal_output(shared, &id, &variable)
                } else {
                    OutputValue::Plain(variable.value)
                };
                Output {
                    name: variable.name,
                    value,
                }
            })
            .collect();
        self.add_outputs(
            turn,
            id,
            CellOutputs {
                cell: of.1,
                outputs,
            },
        );
    }

    /// A value that cannot be sealed is not kept at all: better missing than in the clear.
    fn seal_output(&self, shared: &Shared, id: &str, variable: &ScriptVariable) -> OutputValue {
        self.frozen.mask_also([variable.value.as_str()]);
        let place = regatta_store::Place {
            kind: outputs::KIND,
            id,
            field: &variable.name,
        };
        let sealed = shared
            .vault
            .seal(place, &Secret::new(variable.value.clone()));
        OutputValue::Sealed(sealed.map(|sealed| sealed.0).unwrap_or_else(|error| {
            tracing::error!(%error, task_id = self.head.id, "a sensitive output cannot be sealed and is lost");
            String::new()
        }))
    }

    pub(super) fn add_outputs(&mut self, turn: &mut Turn, id: String, set: CellOutputs) {
        turn.writes
            .push(Write::DocumentInsert(Box::new(outputs::document(
                &self.head.id,
                &id,
                &set,
                turn.now,
            ))));
        self.outputs.add(&id, set);
    }

    fn take_cancel(&mut self, turn: &mut Turn, by: &Person, reply: Reply<()>) {
        let answer = match self.record(turn, Event::CancelRequested) {
            Ok(()) => {
                turn.line(
                    None,
                    LogLevel::Warning,
                    format!("Cancel requested by {}.", by.username),
                );
                turn.writes.push(Write::Task(TaskChange {
                    at: turn.now,
                    state: Some(TaskState::Cancelling),
                    ..TaskChange::default()
                }));
                turn.writes.push(audit::canceled(&self.head, by, turn.now));
                Ok(())
            }
            Err(_) if self.run.is_finished() => Err(Refused::Over),
            Err(_) => Err(Refused::AlreadyCancelling),
        };
        answer_afterwards(turn, reply, answer);
    }

    /// Nobody can tell how these scripts end; the task no longer waits for them.
    fn abandon(
        &mut self,
        turn: &mut Turn,
        ticket: Option<&TicketId>,
        by: &Person,
    ) -> Result<Vec<Cell>, Refused> {
        let canceled_at = self.run.canceled_at().ok_or(Refused::NotCancelling)?;
        if self.run.is_finished() {
            return Err(Refused::Over);
        }
        if turn.now.since_ms(canceled_at) < ABANDON_AFTER_MS {
            return Err(Refused::TooEarly);
        }
        let out = self.run.tickets_out().map(|out| out.ticket.clone());
        let given_up: Vec<TicketId> = out
            .filter(|out| ticket.is_none_or(|wanted| wanted == out))
            .collect();
        if let (Some(ticket), true) = (ticket, given_up.is_empty()) {
            return Err(Refused::NotRunning(ticket.0.clone()));
        }
        let message = format!("{} gave it up; it may still be running", by.username);
        let cells = given_up.into_iter().filter_map(|ticket| {
            let outcome = Outcome::Unknown {
                message: message.clone(),
            };
            self.take_outcome(turn, ticket, outcome)
        });
        let cells: Vec<Cell> = cells.collect();
        turn.writes
            .push(audit::abandoned(&self.head, by, cells.len(), turn.now));
        Ok(cells)
    }
}

pub(super) fn answer_afterwards<T: Send + 'static>(
    turn: &mut Turn,
    reply: Reply<T>,
    answer: Result<T, Refused>,
) {
    // Whoever asked may have gone away; what was decided stands.
    turn.afterwards
        .push(Box::new(move || drop(reply.send(answer))));
}

/// What the log says about an end that is not a plain success.
fn end_text(outcome: &Outcome) -> Option<(LogLevel, String)> {
    match outcome {
        Outcome::Succeeded { .. } => None,
        Outcome::Failed { message } => Some((LogLevel::Error, message.clone())),
        Outcome::TimedOut => Some((
            LogLevel::Error,
            "The time limit passed; the script was ended.".into(),
        )),
        Outcome::Canceled => Some((
            LogLevel::Warning,
            "The script was ended because the task was cancelled.".into(),
        )),
        Outcome::NotStarted { message } => Some((
            LogLevel::Error,
            format!("The script did not start: {message}"),
        )),
        Outcome::Unknown { message } => Some((
            LogLevel::Error,
            format!("How the script ended is not known: {message}"),
        )),
    }
}
