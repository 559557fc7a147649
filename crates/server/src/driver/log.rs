//! Lines on their way into a task's log: what scripts wrote, masked once more, and what the server says itself.
//!
//! A line is durable before the agent may forget it. Lines and events of one turn are written
//! side by side, so that a turn waits for the disk once.

use std::time::Duration;

use regatta_core::engine::event::Cell;
use regatta_core::time::Time;
use regatta_store::log::{LogBatch, LogError, LogSource, NewLine, StreamPart};

use super::Shared;
use super::live::Live;
use super::turn::{EngineLine, Place};
use crate::gateway::OutputBatch;

/// Between attempts to write while the disk is full.
const FULL_PAUSE: Duration = Duration::from_secs(1);

/// Lines of one turn, ready to be stored.
#[derive(Default)]
pub(super) struct Lines {
    batches: Vec<LogBatch>,
}

impl Lines {
    /// Lines a script wrote. What nobody runs here any more is dropped.
    pub(super) fn output(&mut self, live: &Live, output: &OutputBatch) {
        let Some((cell, attempt)) = live.attempt_of(&output.ticket) else {
            return;
        };
        let lines = output.lines().map(|line| NewLine {
            at: line.at,
            level: line.level,
            text: live.frozen.mask(line.text),
        });
        let lines: Vec<NewLine> = lines.collect();
        self.batches.push(LogBatch {
            source: source(live, Some(Place::Cell(cell)), attempt),
            stream: Some(StreamPart {
                ticket: output.ticket.0.clone(),
                offset: output.first_line - 1,
                length_bytes: lines.len() as u64,
            }),
            lines,
        });
    }

    /// Lines of the server itself.
    pub(super) fn engine(&mut self, live: &Live, lines: Vec<EngineLine>, at: Time) {
        for line in lines {
            self.batches.push(LogBatch {
                source: source(live, line.place, 0),
                stream: None,
                lines: vec![NewLine {
                    at,
                    level: line.level,
                    text: live.frozen.mask(&line.text),
                }],
            });
        }
    }

    /// Stores everything; returns once it is durable. Waits while the disk is full or fails: what is acknowledged
    /// after this is deleted by the agent.
    pub(super) async fn store(self, shared: &Shared, task_id: &str) {
        futures_util::future::join_all(
            self.batches
                .into_iter()
                .map(|batch| store(shared, task_id, batch)),
        )
        .await;
    }
}

async fn store(shared: &Shared, task_id: &str, batch: LogBatch) {
    loop {
        match shared.logs.append(task_id, batch.clone()).await {
            Ok(_) => return,
            Err(error @ (LogError::Full { .. } | LogError::Io { .. })) => {
                tracing::error!(%error, task_id, "log lines wait for the disk");
                tokio::time::sleep(FULL_PAUSE).await;
            }
            Err(error) => {
                tracing::error!(%error, task_id, lines = batch.lines.len(), "log lines could not be stored");
                return;
            }
        }
    }
}

fn source(live: &Live, place: Option<Place>, attempt: u32) -> LogSource {
    let plan = live.run.plan();
    let (step, cell): (_, Option<Cell>) = match place {
        None => return LogSource::default(),
        Some(Place::Step(step)) => (step, None),
        Some(Place::Cell(cell)) => (cell.step, Some(cell)),
    };
    let step = &plan.steps[step.0 as usize];
    LogSource {
        step: Some(step.slug.clone()),
        action: cell.map(|cell| step.actions[cell.action.0 as usize].slug.clone()),
        target: cell
            .and_then(|cell| cell.target)
            .map(|target| plan.targets[target.0 as usize].id.clone()),
        attempt,
    }
}
