//! One line for everything that happens, for pipes, build logs and terminals that cannot be drawn over.

use std::collections::HashMap;

use serde_json::Value;

use super::board::{Board, time};
use crate::find::text;
use crate::signs::Signs;
use crate::text::{duration, visible};

pub(super) struct Lines {
    /// Ticket → `5 Deploy API/web-03`.
    tickets: HashMap<String, String>,
    began: Option<jiff::Timestamp>,
    signs: Signs,
}

impl Lines {
    pub(super) fn new(signs: Signs) -> Self {
        Self {
            tickets: HashMap::new(),
            began: None,
            signs,
        }
    }

    pub(super) fn say(&self, text: &str) {
        eprintln!("{}", visible(text));
    }

    pub(super) fn event(&mut self, event: &Value, board: &Board) {
        let at = time(&event["At"]);
        self.began = self.began.or(at);
        let Some(said) = self.sentence(event, board) else {
            return;
        };
        let since = match (at, self.began) {
            (Some(at), Some(began)) => duration(at.as_millisecond() - began.as_millisecond()),
            _ => String::new(),
        };
        if self.signs == Signs::Spoken {
            self.say(&format!("After {since}: {said}"));
        } else {
            self.say(&format!("[+{}] {said}", since.replace(' ', "")));
        }
    }

    /// What is said about a place.
    pub(super) fn at(&self, place: &str, said: &str) -> String {
        if self.signs == Signs::Spoken {
            format!("{place}: {said}")
        } else {
            format!("[{place}] {said}")
        }
    }

    fn sentence(&mut self, event: &Value, board: &Board) -> Option<String> {
        let ticket = text(event, "Ticket");
        let known = self.tickets.get(&ticket).cloned().unwrap_or_default();
        let message = text(event, "Message");
        Some(match event["Type"].as_str()? {
            "Started" => "started".to_owned(),
            "TicketIssued" => {
                let attempt = event["Attempt"].as_u64().unwrap_or(1);
                let again = if attempt > 1 {
                    format!(" attempt {attempt}")
                } else {
                    String::new()
                };
                self.tickets
                    .insert(ticket, format!("{}{again}", place(event, board)));
                return None;
            }
            "TicketStarted" => self.at(&known, "started"),
            "TicketFinished" => {
                let outcome = text(event, "Outcome").to_lowercase();
                let because = if message.is_empty() {
                    String::new()
                } else {
                    format!(": {message}")
                };
                self.at(&known, &format!("{outcome}{because}"))
            }
            "StepSkipped" => {
                let why = message.trim_start_matches("skipped").trim_start();
                self.at(&place(event, board), &format!("skipped: {why}"))
            }
            "InterruptionRaised" => {
                let id = text(&board.task, "Id");
                let said =
                    format!("waits for a person; answer with: regatta deployment approve {id}");
                self.at(&place(event, board), &said)
            }
            "InterruptionAnswered" => format!(
                "{} answered: {}",
                text(event, "InterruptionId"),
                text(event, "Answer")
            ),
            "CancelRequested" => "cancel requested".to_owned(),
            _ => return None,
        })
    }
}

/// `5 Deploy API/web-03`, of an event or a line of the log.
pub(super) fn place(event: &Value, board: &Board) -> String {
    let slug = text(event, "StepSlug");
    let step = board.step(&slug);
    let number = step
        .and_then(|step| step["Number"].as_u64())
        .map(|number| format!("{number} "));
    let name = step
        .map(|step| text(step, "StepName"))
        .filter(|name| !name.is_empty());
    let name = name
        .or_else(|| event["StepName"].as_str().map(str::to_owned))
        .unwrap_or(slug);
    let machine = event["MachineId"]
        .as_str()
        .map(|id| format!("/{}", board.machine(id)));
    let place = format!(
        "{}{name}{}",
        number.unwrap_or_default(),
        machine.unwrap_or_default()
    );
    if place.is_empty() {
        "server".to_owned()
    } else {
        place
    }
}
