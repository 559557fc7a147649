//! What readers of a task's events are told beside them: that log lines arrived, and how far scripts say they are.
//!
//! Neither is an event of the run. What is told is how things stand now, without a number, at most ten times a
//! second; nothing is kept for a slow reader, who is told of the newest state only. Lines themselves are not sent.

use std::time::Duration;

use regatta_core::engine::event::TicketId;
use regatta_store::log::LogTallies;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::Instant;

use super::log;
use crate::activity::wire::cell_fields;
use crate::app::App;
use crate::driver::progress::Progress;
use crate::error::ApiError;

/// Between two messages of the same kind.
const TELL_EVERY: Duration = Duration::from_millis(100);
/// Of more sources at once a reader is told only that there is something new.
const STREAMS_MAX: usize = 200;

/// A message: its name, and what it says.
pub(in crate::http) type Told = (&'static str, Value);

/// How much one reader of a task has been told.
pub(in crate::http) struct Aside {
    task_id: String,
    lines: watch::Receiver<u64>,
    words: watch::Receiver<u64>,
    told_line: u64,
    told_word: u64,
    looked_at: Option<Instant>,
}

impl Aside {
    /// A reader that knows nothing yet. Whether they may see the task was asked before.
    pub(in crate::http) async fn open(app: &App, task_id: &str) -> Result<Self, ApiError> {
        let lines = app.logs.follow(task_id).await;
        Ok(Self {
            task_id: task_id.to_owned(),
            lines: lines.map_err(ApiError::internal)?,
            words: app.driver().progress().follow(),
            told_line: 0,
            told_word: 0,
            looked_at: None,
        })
    }

    /// Until there may be something to tell, and not too soon after the last time.
    pub(in crate::http) async fn news(&mut self) {
        let (line, word) = (self.told_line, self.told_word);
        tokio::select! {
            () = beyond(&mut self.lines, line) => {}
            () = beyond(&mut self.words, word) => {}
        }
        if let Some(looked_at) = self.looked_at {
            tokio::time::sleep_until(looked_at + TELL_EVERY).await;
        }
    }

    /// What is new, if it is time to tell it.
    pub(in crate::http) async fn tell(&mut self, app: &App) -> Result<Vec<Told>, ApiError> {
        let is_soon = |at: Instant| at.elapsed() < TELL_EVERY;
        if self.looked_at.is_some_and(is_soon) {
            return Ok(Vec::new());
        }
        self.tell_now(app).await
    }

    /// What is new.
    pub(in crate::http) async fn tell_now(&mut self, app: &App) -> Result<Vec<Told>, ApiError> {
        let mut told = Vec::new();
        self.looked_at = Some(Instant::now());
        if *self.lines.borrow() > self.told_line {
            let tallies = app.logs.tallies(&self.task_id, self.told_line).await;
            let tallies = tallies.map_err(ApiError::internal)?;
            self.told_line = tallies.last_number;
            told.push(("log", lines(&self.task_id, &tallies)));
        }
        let newest = *self.words.borrow();
        if newest > self.told_word {
            let board = app.driver().progress();
            let words = board.after(&self.task_id, self.told_word);
            self.told_word = newest;
            if !words.is_empty() {
                told.extend(progress(app, &self.task_id, words).await?);
            }
        }
        Ok(told)
    }
}

/// Until a number is passed; for ever when nobody counts any more.
async fn beyond(count: &mut watch::Receiver<u64>, number: u64) {
    let is_over = count.wait_for(|last| *last > number).await.is_err();
    if is_over {
        std::future::pending::<()>().await;
    }
}

fn lines(task_id: &str, tallies: &LogTallies) -> Value {
    let is_complete = tallies.sources.len() <= STREAMS_MAX;
    let sources = tallies.sources.iter().filter(|_| is_complete);
    json!({
        "TaskId": task_id,
        "LastNumber": tallies.last_number,
        "IsComplete": is_complete,
        "Streams": sources.map(log::stream).collect::<Vec<_>>(),
    })
}

/// Only of scripts that still run: what has ended is told of by its event.
async fn progress(
    app: &App,
    task_id: &str,
    words: Vec<(TicketId, Progress)>,
) -> Result<Option<Told>, ApiError> {
    let mut conn = app.store.read().await?;
    let Some(folded) = app.runs.get(&mut conn, task_id).await? else {
        return Ok(None);
    };
    drop(conn);
    let out = folded.run.tickets_out();
    let runs = out.filter_map(|out| {
        let (_, said) = words.iter().find(|(ticket, _)| ticket == out.ticket)?;
        let mut run = cell_fields(&folded.frozen.plan, out.cell);
        run["Attempt"] = out.attempt.into();
        run["Progress"] = json!({"Percentage": said.percentage, "Message": said.message});
        Some(run)
    });
    let runs: Vec<Value> = runs.collect();
    let told = json!({"TaskId": task_id, "ActionRuns": runs});
    Ok(Some(("progress", told)).filter(|_| !runs.is_empty()))
}
