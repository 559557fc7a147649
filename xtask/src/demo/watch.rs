//! Follows a task by its event stream until it has ended.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use futures_util::StreamExt as _;
use serde_json::{Value, json};

use super::SPACE;
use super::client::Client;
use super::live::Live;

/// How a task ended, with the server's verdict on the order of its steps.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) succeeded: bool,
    verdict: Value,
}

impl Finished {
    /// True when every dependency was checked against recorded times and held.
    pub(crate) fn order_respected(&self) -> bool {
        let total = &self.verdict["DependenciesTotal"];
        total.is_u64() && self.verdict["DependenciesRespected"] == *total
    }

    pub(crate) fn steps_at_once_max(&self) -> u64 {
        self.verdict["StepsAtOnceMax"].as_u64().unwrap_or(0)
    }

    /// The sentence people read.
    pub(crate) fn verdict(&self) -> String {
        self.verdict["Text"]
            .as_str()
            .unwrap_or("The server gave no verdict.")
            .to_owned()
    }
}

/// Waits without showing anything.
pub(crate) async fn wait_until_finished(client: &Client, task: &str) -> Result<Finished> {
    each_event(client, task, async |_| Ok(())).await?;
    finished(client, task).await
}

/// Shows every step as it starts and ends, and proceeds at approvals.
pub(crate) async fn follow(client: &Client, task: &str, live: &mut Live) -> Result<Finished> {
    let mut board = Board::default();
    each_event(client, task, async |event| {
        board.show(live, event);
        if event["Type"] == "InterruptionRaised" {
            let id = event["InterruptionId"]
                .as_str()
                .context("an interruption has an id")?;
            proceed(client, id, live).await?;
        }
        Ok(())
    })
    .await?;
    finished(client, task).await
}

/// Calls `each` for every event of the task, in order, until the last one. Resumes where it was when the stream ends early.
async fn each_event(
    client: &Client,
    task: &str,
    mut each: impl AsyncFnMut(&Value) -> Result<()>,
) -> Result<()> {
    let mut after = 0;
    loop {
        let response = client
            .stream(&format!("{SPACE}/tasks/{task}/events?after={after}"))
            .await?;
        let mut body = response.bytes_stream();
        let mut pending = String::new();
        while let Some(bytes) = body.next().await {
            pending.push_str(std::str::from_utf8(&bytes?)?);
            while let Some((block, rest)) = pending.split_once("\n\n") {
                let event = data(block)?;
                pending = rest.to_owned();
                let Some(event) = event else { continue };
                // What has no number is told beside the events: new log lines, progress.
                let Some(seq) = event["Seq"].as_u64() else {
                    continue;
                };
                after = seq;
                each(&event).await?;
                if event["Type"] == "Finished" {
                    return Ok(());
                }
            }
        }
    }
}

/// The JSON of one server-sent event; `None` for a comment that only keeps the connection alive.
fn data(block: &str) -> Result<Option<Value>> {
    let data: String = block
        .lines()
        .filter_map(|line| line.strip_prefix("data:"))
        .collect();
    if data.is_empty() {
        Ok(None)
    } else {
        Ok(Some(serde_json::from_str(&data)?))
    }
}

async fn finished(client: &Client, task: &str) -> Result<Finished> {
    let state = client.get(&format!("{SPACE}/tasks/{task}")).await?;
    let verdict = client.get(&format!("{SPACE}/tasks/{task}/verdict")).await?;
    Ok(Finished {
        succeeded: state["FinishedSuccessfully"] == true,
        verdict,
    })
}

/// Answers a manual intervention the way the approver of the sample would.
async fn proceed(client: &Client, interruption: &str, live: &mut Live) -> Result<()> {
    client
        .put(
            &format!("{SPACE}/interruptions/{interruption}/responsible"),
            &json!({}),
        )
        .await?;
    let answer =
        json!({"Instructions": null, "Notes": "Announced this morning.", "Result": "Proceed"});
    client
        .post(
            &format!("{SPACE}/interruptions/{interruption}/submit"),
            &answer,
        )
        .await?;
    live.line("         ◆ the demo answered: Proceed");
    Ok(())
}

/// What runs where at the moment, as far as the events so far say.
#[derive(Default)]
struct Board {
    /// Ticket → (name of the step and its place, attempt).
    tickets: BTreeMap<String, (String, u64)>,
    running: usize,
}

impl Board {
    fn show(&mut self, live: &mut Live, event: &Value) {
        let text = |field: &str| event[field].as_str().unwrap_or_default();
        match text("Type") {
            "TicketIssued" => {
                let on = event["MachineName"]
                    .as_str()
                    .map_or(String::new(), |target| format!(" on {target}"));
                let attempt = event["Attempt"].as_u64().unwrap_or(1);
                self.tickets.insert(
                    text("Ticket").to_owned(),
                    (format!("{}{on}", text("StepName")), attempt),
                );
            }
            "TicketStarted" => {
                self.running += 1;
                let (name, attempt) = &self.tickets[text("Ticket")];
                let mark = if *attempt > 1 { "↻" } else { "▶" };
                self.say(live, event, &format!("{mark} {name}"));
            }
            "TicketFinished" => {
                self.running = self.running.saturating_sub(1);
                let name = &self.tickets[text("Ticket")].0;
                let mark = if text("Outcome") == "Succeeded" {
                    "✓".to_owned()
                } else {
                    format!("✗ {}:", text("Outcome"))
                };
                self.say(live, event, &format!("{mark} {name} {}", text("Message")));
            }
            "InterruptionRaised" => self.say(
                live,
                event,
                &format!("◆ {} waits for a person", text("StepName")),
            ),
            "StepSkipped" => self.say(
                live,
                event,
                &format!("- {} skipped: {}", text("StepName"), text("Message")),
            ),
            _ => {}
        }
    }

    /// One line: the time, how many scripts run now, what happened.
    fn say(&self, live: &mut Live, event: &Value, text: &str) {
        let at = event["At"]
            .as_str()
            .unwrap_or_default()
            .get(17..23)
            .unwrap_or_default();
        live.line(&format!(
            "  {at:>6} {:<12} {}",
            "■".repeat(self.running.min(12)),
            text.trim_end()
        ));
    }
}
