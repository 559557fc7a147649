//! One line for everything that happens, for pipes, build logs and terminals that cannot be drawn over.

use std::collections::HashMap;

use serde_json::Value;

use super::board::{Board, time};
use crate::find::text;
use crate::text::{duration, visible};

pub(super) struct Lines {
    /// Ticket → `5 Deploy API/web-03`.
    tickets: HashMap<String, String>,
    /// Where the log goes on.
    pub(super) next_number: u64,
    /// The last look found lines, so another may, too.
    pub(super) is_behind: bool,
    began: Option<jiff::Timestamp>,
    words_only: bool,
}

impl Lines {
    pub(super) fn new(words_only: bool) -> Self {
        Self {
            tickets: HashMap::new(),
            next_number: 1,
            is_behind: false,
            began: None,
            words_only,
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
        if self.words_only {
            self.say(&format!("After {since}: {said}"));
        } else {
            self.say(&format!("[+{since}] {said}"));
        }
    }

    fn sentence(&mut self, event: &Value, board: &Board) -> Option<String> {
        let ticket = text(event, "Ticket");
        let known = |lines: &Self| lines.tickets.get(&ticket).cloned().unwrap_or_default();
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
            "TicketStarted" => format!("[{}] started", known(self)),
            "TicketFinished" => {
                let outcome = text(event, "Outcome").to_lowercase();
                let because = if message.is_empty() {
                    String::new()
                } else {
                    format!(": {message}")
                };
                format!("[{}] {outcome}{because}", known(self))
            }
            "StepSkipped" => format!("[{}] skipped: {message}", place(event, board)),
            "InterruptionRaised" => format!(
                "[{}] waits for a person; answer with: regatta deployment approve {}",
                place(event, board),
                text(&board.task, "Id")
            ),
            "InterruptionAnswered" => format!(
                "{} answered: {}",
                text(event, "InterruptionId"),
                text(event, "Answer")
            ),
            "CancelRequested" => "cancel requested".to_owned(),
            _ => return None,
        })
    }

    /// Lines of the log, each with where it comes from.
    pub(super) fn log(&mut self, page: &Value, board: &Board) {
        for line in page["Lines"].as_array().into_iter().flatten() {
            self.is_behind = true;
            let number = line["Number"].as_u64().unwrap_or(0);
            self.next_number = self.next_number.max(number + 1);
            let from = place(line, board);
            for part in text(line, "MessageText").lines() {
                self.say(&format!("[{from}] {part}"));
            }
        }
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
