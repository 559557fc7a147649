//! Lines on their way into a task's log: what scripts wrote, masked once more, and what the server says itself.
//!
//! A line is durable before the agent may forget it. Lines and events of one turn are written
//! side by side, so that a turn waits for the disk once; only the last lines of a script, and what the server says of
//! its end, are written before that end, with which the agent forgets it. The lines of one script are written in
//! their order, or a failing disk would let later ones overtake those that wait for it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures_util::future::join_all;
use regatta_core::engine::event::{Cell, TicketId};
use regatta_core::time::Time;
use regatta_store::log::{LogBatch, LogError, LogSource, NewLine, StreamPart};

use super::Shared;
use super::live::Live;
use super::turn::{EngineLine, Place};
use crate::gateway::OutputBatch;

/// Between attempts to write while the disk is full.
const FULL_PAUSE: Duration = Duration::from_secs(1);
/// Lines stored at once.
const LINES_MAX: usize = 20_000;

/// Lines of one turn, ready to be stored.
#[derive(Default)]
pub(super) struct Lines {
    /// What each script wrote, in its order, with the number of its last line.
    scripts: BTreeMap<TicketId, (Vec<LogBatch>, u64)>,
    /// What the server says of the ends of scripts.
    ends: Vec<LogBatch>,
    own: Vec<LogBatch>,
}

impl Lines {
    /// Lines a script wrote. What nobody runs here any more is dropped, and may be forgotten.
    pub(super) fn output(&mut self, live: &Live, output: &OutputBatch) {
        let (batches, last_line) = self.scripts.entry(output.ticket.clone()).or_default();
        *last_line = output.last_line().max(*last_line);
        let Some((cell, attempt)) = live.attempt_of(&output.ticket) else {
            return;
        };
        let lines = output.lines().map(|line| NewLine {
            at: line.at,
            level: line.level,
            text: live.frozen.mask(line.text),
        });
        let lines: Vec<NewLine> = lines.collect();
        push(
            batches,
            LogBatch {
                source: source(live, Some(Place::Cell(cell)), attempt),
                stream: Some(StreamPart {
                    ticket: output.ticket.0.clone(),
                    offset: output.first_line - 1,
                    length_bytes: lines.len() as u64,
                }),
                lines,
            },
        );
    }

    /// Lines of the server itself.
    pub(super) fn engine(&mut self, live: &Live, lines: Vec<EngineLine>, at: Time) {
        for line in lines {
            let said = NewLine {
                at,
                level: line.level,
                text: live.frozen.mask(&line.text),
            };
            let source = source(live, line.place, 0);
            self.say(line.end_of.as_ref(), source, said);
        }
    }

    fn say(&mut self, end_of: Option<&TicketId>, source: LogSource, line: NewLine) {
        let stream = end_of.map(|ticket| self.end_part(ticket));
        let to = match stream {
            Some(_) => &mut self.ends,
            None => &mut self.own,
        };
        to.push(LogBatch {
            source,
            stream,
            lines: vec![line],
        });
    }

    /// A server that is killed before the end is durable says the same again when it hears of the end once more: as
    /// output of its own it is not stored twice.
    fn end_part(&self, ticket: &TicketId) -> StreamPart {
        let name = format!("{}.end", ticket.0);
        let said = self.ends.iter().filter_map(|batch| batch.stream.as_ref());
        StreamPart {
            offset: said.filter(|part| part.ticket == name).count() as u64,
            length_bytes: 1,
            ticket: name,
        }
    }

    /// Takes out what these scripts wrote, and what is said of ends.
    pub(super) fn take_ended(&mut self, tickets: &BTreeSet<TicketId>) -> Self {
        let all = std::mem::take(&mut self.scripts).into_iter();
        let (scripts, others) = all.partition(|(ticket, _)| tickets.contains(ticket));
        self.scripts = others;
        Self {
            scripts,
            ends: Vec::new(),
            own: std::mem::take(&mut self.ends),
        }
    }

    /// Stores everything; returns once it is durable, with the lines agents may forget now. Waits while the disk is
    /// full or fails: what is acknowledged after this is deleted by the agent.
    pub(super) async fn store(self, shared: &Shared, task_id: &str) -> Vec<(TicketId, u64)> {
        // What the server says follows from what scripts said and did, so it comes after all of that. What needs
        // one append each is handed over in this order and waits for the disk once.
        let in_one_go = self.scripts.values().all(|(batches, _)| batches.len() < 2);
        let own = self
            .own
            .into_iter()
            .map(|batch| store(shared, task_id, batch));
        let scripts = self
            .scripts
            .into_iter()
            .map(|(ticket, (batches, last_line))| async move {
                let is_stored = store_in_order(shared, task_id, batches).await;
                is_stored.then_some((ticket, last_line))
            });
        let (scripts, own) = (join_all(scripts), join_all(own));
        let (stored, _) = if in_one_go {
            tokio::join!(biased; scripts, own)
        } else {
            (scripts.await, own.await)
        };
        stored.into_iter().flatten().collect()
    }
}

/// Adds a batch of a script; one that goes on where the last one ends becomes part of it.
fn push(batches: &mut Vec<LogBatch>, next: LogBatch) {
    let end = |part: &StreamPart| part.offset + part.length_bytes;
    if let Some(last) = batches.last_mut()
        && let (Some(before), Some(after)) = (&mut last.stream, &next.stream)
        && end(before) == after.offset
        && last.lines.len() + next.lines.len() <= LINES_MAX
    {
        before.length_bytes += after.length_bytes;
        last.lines.extend(next.lines);
        return;
    }
    batches.push(next);
}

/// Whether all of it is durable. Nothing is stored behind something that was not.
async fn store_in_order(shared: &Shared, task_id: &str, batches: Vec<LogBatch>) -> bool {
    for batch in batches {
        if !store(shared, task_id, batch).await {
            return false;
        }
    }
    true
}

/// Whether the batch is durable; `false` only for what no waiting can mend.
async fn store(shared: &Shared, task_id: &str, batch: LogBatch) -> bool {
    loop {
        match shared.logs.append(task_id, batch.clone()).await {
            Ok(_) => return true,
            Err(error @ (LogError::Full { .. } | LogError::Io { .. })) => {
                tracing::error!(%error, task_id, "log lines wait for the disk");
                tokio::time::sleep(FULL_PAUSE).await;
            }
            Err(error) => {
                tracing::error!(%error, task_id, lines = batch.lines.len(), "log lines could not be stored");
                return false;
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

#[cfg(test)]
mod tests {
    use regatta_store::log::{LogFilter, LogRange, LogStore};

    use super::*;

    fn batch(offset: u64, texts: &[&str]) -> LogBatch {
        LogBatch {
            source: LogSource::default(),
            stream: Some(StreamPart {
                ticket: "t".into(),
                offset,
                length_bytes: texts.len() as u64,
            }),
            lines: texts
                .iter()
                .map(|text| NewLine {
                    at: Time(0),
                    level: regatta_core::log::LogLevel::Info,
                    text: (*text).into(),
                })
                .collect(),
        }
    }

    #[test]
    fn what_a_script_wrote_stays_in_its_order_and_a_gap_stays_one() {
        let mut batches = Vec::new();
        push(&mut batches, batch(0, &["a", "b"]));
        push(&mut batches, batch(2, &["c"]));
        push(&mut batches, batch(9, &["z"]));
        assert_eq!(batches, [batch(0, &["a", "b", "c"]), batch(9, &["z"])]);
    }

    #[tokio::test]
    async fn what_is_said_of_an_end_goes_with_the_script_and_is_stored_once() {
        let ended = TicketId("t".into());
        let line = |text: &str| NewLine {
            at: Time(0),
            level: regatta_core::log::LogLevel::Warning,
            text: text.into(),
        };
        let folder = tempfile::tempdir().unwrap();
        let logs = LogStore::open(folder.path()).unwrap();
        // A server is killed between the lines and the end, and the next one makes the turn again.
        for _ in 0..2 {
            let mut lines = Lines::default();
            for text in ["failed", "not kept"] {
                lines.say(Some(&ended), LogSource::default(), line(text));
            }
            lines.say(None, LogSource::default(), line("of the task"));
            let with_end = lines.take_ended(&[ended.clone()].into());
            assert_eq!(lines.own.len(), 1);
            for batch in with_end.own {
                logs.append("ServerTasks-1", batch).await.unwrap();
            }
        }
        let all = LogRange::From {
            number: 1,
            take: 10,
        };
        let page = logs.read("ServerTasks-1", all, LogFilter::default()).await;
        let texts = page.unwrap().lines.into_iter().map(|line| line.text);
        assert_eq!(texts.collect::<Vec<_>>(), ["failed", "not kept"]);
    }
}
