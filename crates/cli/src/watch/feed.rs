//! The events of a task, one after the other without gap or repetition, whatever becomes of the connection.

use std::time::Duration;

use futures_util::StreamExt as _;
use serde_json::Value;
use tokio::sync::mpsc;

use crate::api::{Api, part};
use crate::exit::Exit;
use crate::failure::{Failure, Result};

const RETRY_FIRST: Duration = Duration::from_millis(250);
const RETRY_LONGEST: Duration = Duration::from_secs(5);
/// Longest single event that is read.
const EVENT_BYTES_MAX: usize = 64 * 1024 * 1024;

pub(super) enum Happening {
    Event(Value),
    Lost(String),
    Back,
    Over,
}

pub(super) struct Feed(mpsc::Receiver<Result<Happening>>);

impl Feed {
    pub(super) fn start(api: Api, task_id: &str, after: u64) -> Self {
        let (sender, receiver) = mpsc::channel(256);
        let reader = Reader {
            api,
            task_id: task_id.to_owned(),
            after,
            sender,
            is_lost: false,
        };
        tokio::spawn(reader.run());
        Self(receiver)
    }

    pub(super) async fn next(&mut self) -> Result<Happening> {
        let ended = || Err(Failure::unexpected("The watching ended by itself."));
        self.0.recv().await.unwrap_or_else(ended)
    }
}

struct Reader {
    api: Api,
    task_id: String,
    after: u64,
    sender: mpsc::Sender<Result<Happening>>,
    is_lost: bool,
}

impl Reader {
    async fn run(mut self) {
        let mut pause = RETRY_FIRST;
        loop {
            let before = self.after;
            let read = self.read().await;
            let failed = match read {
                Ok(true) => return self.send(Ok(Happening::Over)).await,
                Ok(false) => "the server ended the stream".to_owned(),
                Err(failure) if is_passing(&failure) => {
                    failure.why.first().cloned().unwrap_or(failure.what)
                }
                Err(failure) => return self.send(Err(failure)).await,
            };
            if self.sender.is_closed() {
                return;
            }
            if !self.is_lost {
                self.is_lost = true;
                self.send(Ok(Happening::Lost(failed))).await;
            }
            pause = if self.after > before {
                RETRY_FIRST
            } else {
                (pause * 2).min(RETRY_LONGEST)
            };
            tokio::time::sleep(pause).await;
        }
    }

    /// Reads one connection to its end; true when the task is over.
    async fn read(&mut self) -> Result<bool> {
        let id = part(&self.task_id);
        let path = self
            .api
            .in_space(&format!("tasks/{id}/events?after={}", self.after));
        let answer = self.api.stream(&path).await?;
        if std::mem::take(&mut self.is_lost) {
            self.send(Ok(Happening::Back)).await;
        }
        let mut body = answer.bytes_stream();
        let mut pending: Vec<u8> = Vec::new();
        while let Some(bytes) = body.next().await {
            let Ok(bytes) = bytes else {
                return self.is_over().await;
            };
            pending.extend_from_slice(&bytes);
            while let Some(end) = pending.windows(2).position(|two| two == b"\n\n") {
                let block: Vec<u8> = pending.drain(..end + 2).collect();
                if self.block(&String::from_utf8_lossy(&block)).await {
                    return Ok(true);
                }
            }
            if pending.len() > EVENT_BYTES_MAX {
                return Err(Failure::unexpected("The server sent an event without end."));
            }
        }
        self.is_over().await
    }

    /// One event; true when it is the last.
    async fn block(&mut self, block: &str) -> bool {
        let data: String = block
            .lines()
            .filter_map(|line| line.strip_prefix("data:"))
            .collect();
        let Ok(event) = serde_json::from_str::<Value>(&data) else {
            // A comment that keeps the connection alive.
            return false;
        };
        let number = event["Seq"].as_u64().unwrap_or(0);
        if number <= self.after {
            return false;
        }
        self.after = number;
        let is_last = event["Type"] == "Finished";
        self.send(Ok(Happening::Event(event))).await;
        is_last
    }

    async fn is_over(&self) -> Result<bool> {
        let task = self
            .api
            .get(&format!("/api/tasks/{}", part(&self.task_id)))
            .await?;
        Ok(task["IsCompleted"] == true)
    }

    async fn send(&self, happening: Result<Happening>) {
        // Nobody listens any more when the watching was stopped; the loop sees that.
        drop(self.sender.send(happening).await);
    }
}

fn is_passing(failure: &Failure) -> bool {
    failure.exit == Exit::Unreachable
        || failure
            .api
            .as_ref()
            .is_some_and(|(status, _)| *status >= 500 || *status == 429)
}
