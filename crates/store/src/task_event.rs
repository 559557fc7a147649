//! The events of a run: append-only, numbered without gaps, written by the owner of the current epoch only.

use std::fmt::Write as _;

use sqlx::AssertSqlSafe;

use regatta_core::engine::event::{Event, Recorded, Seq};
use regatta_core::time::Time;

use crate::audit::AuditEntry;
use crate::conn::{Conn, Tx};
use crate::document::Document;
use crate::error::StoreError;
use crate::filter::to_i64;
use crate::step_duration::StepDuration;
use crate::task::TaskChange;
use crate::value::values;

/// Events of one task that follow each other, and what else becomes true with them: all of it or nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct Append {
    pub task_id: String,
    /// From the [`Lease`](crate::lease::Lease) under which the events were decided.
    pub epoch: i64,
    /// The event before the first of `events`; 0 for the start.
    pub after_seq: Seq,
    pub events: Vec<(Time, Event)>,
    /// What the events change elsewhere, done in this order after them.
    pub writes: Vec<Write>,
}

/// A consequence of events, written in their transaction.
#[derive(Debug, Clone, PartialEq)]
pub enum Write {
    /// Of the task's own row.
    Task(TaskChange),
    DocumentInsert(Box<Document>),
    /// Version checked, as [`Tx::document_replace`].
    DocumentReplace(Box<Document>),
    DocumentDelete {
        kind: String,
        id: String,
    },
    Audit(Box<AuditEntry>),
    StepDuration(StepDuration),
    /// The task is over: nobody owns it any more.
    Release,
}

/// Rows per statement, far below the drivers' limits on parameters.
const EVENTS_PER_INSERT: usize = 100;

impl Conn {
    /// Up to `count_max` events after `after_seq`, in order.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when an event cannot be read.
    pub async fn task_events(
        &mut self,
        task_id: &str,
        after_seq: Seq,
        count_max: u64,
    ) -> Result<Vec<Recorded>, StoreError> {
        const EVENTS: &str = "SELECT seq, at, body FROM task_event WHERE task_id = $1 AND seq > $2 ORDER BY seq LIMIT $3";
        let rows = self
            .rows(
                EVENTS,
                values![task_id, to_i64(after_seq), to_i64(count_max)],
            )
            .await?;
        let mut events = Vec::with_capacity(rows.len());
        for row in rows {
            let (seq, body) = (row.int("seq")?, row.text("body")?);
            let event = serde_json::from_str(&body).map_err(|error| StoreError::Corrupt {
                what: format!("event {seq} of {task_id}"),
                why: error.to_string(),
            })?;
            events.push(Recorded {
                seq: seq.unsigned_abs(),
                at: row.time("at")?,
                event,
            });
        }
        Ok(events)
    }
}

impl Tx {
    /// Appends in this transaction. Outside of tests and imports, [`Store::append`](crate::Store::append) is the way.
    ///
    /// Repeating an append whose answer was lost is harmless: the same events at the same place are not written twice.
    ///
    /// # Errors
    /// [`StoreError::StaleEpoch`], [`StoreError::WrongSeq`], [`StoreError::Missing`], or what a write answers.
    pub async fn append(&mut self, append: &Append) -> Result<Seq, StoreError> {
        const ADVANCE: &str = "UPDATE task_lease SET last_seq = $4 WHERE task_id = $1 AND epoch = $2 AND last_seq = $3";
        let last_seq = append.after_seq + append.events.len() as Seq;
        let parameters = values![
            &append.task_id,
            append.epoch,
            to_i64(append.after_seq),
            to_i64(last_seq)
        ];
        if self.execute(ADVANCE, parameters).await? == 0 {
            return self.already_appended(append, last_seq).await;
        }
        for (index, events) in append.events.chunks(EVENTS_PER_INSERT).enumerate() {
            self.insert_events(append, index * EVENTS_PER_INSERT, events)
                .await?;
        }
        for write in &append.writes {
            self.write(append, write).await?;
        }
        Ok(last_seq)
    }

    async fn insert_events(
        &mut self,
        append: &Append,
        offset: usize,
        events: &[(Time, Event)],
    ) -> Result<(), StoreError> {
        let mut sql = "INSERT INTO task_event (task_id, seq, epoch, at, body) VALUES ".to_owned();
        let mut parameters = values![&append.task_id, append.epoch];
        for (index, (at, event)) in events.iter().enumerate() {
            let body = serde_json::to_string(event).expect("events are plain data");
            parameters.extend(values![
                to_i64(append.after_seq + (offset + index) as Seq + 1),
                *at,
                body
            ]);
            let (comma, last) = (if index == 0 { "" } else { ", " }, parameters.len());
            let _ = write!(
                sql,
                "{comma}($1, ${}, $2, ${}, ${last})",
                last - 2,
                last - 1
            );
        }
        self.execute(AssertSqlSafe(sql), parameters).await?;
        Ok(())
    }

    async fn write(&mut self, append: &Append, write: &Write) -> Result<(), StoreError> {
        match write {
            Write::Task(change) => {
                self.task_change(&append.task_id, change, &[]).await?;
            }
            Write::DocumentInsert(document) => self.document_insert(document).await?,
            Write::DocumentReplace(document) => {
                self.document_replace(document).await?;
            }
            Write::DocumentDelete { kind, id } => {
                self.document_delete(kind, id).await?;
            }
            Write::Audit(entry) => {
                self.audit_insert(entry).await?;
            }
            Write::StepDuration(duration) => self.step_duration_insert(duration).await?,
            Write::Release => {
                self.lease_release(&append.task_id, append.epoch).await?;
            }
        }
        Ok(())
    }

    /// The place is not the expected one: either the answer to the same append was lost, or it must be refused.
    async fn already_appended(
        &mut self,
        append: &Append,
        last_seq: Seq,
    ) -> Result<Seq, StoreError> {
        const FOUND: &str = "SELECT epoch, last_seq FROM task_lease WHERE task_id = $1";
        let task_id = append.task_id.clone();
        let Some(row) = self.row(FOUND, values![&task_id]).await? else {
            return Err(StoreError::Missing {
                kind: "ServerTasks".to_owned(),
                id: task_id,
            });
        };
        let (epoch, found) = (row.int("epoch")?, row.int("last_seq")?.unsigned_abs());
        if epoch != append.epoch {
            return Err(StoreError::StaleEpoch {
                task_id,
                given: append.epoch,
                found: epoch,
            });
        }
        let stored = self
            .task_events(&task_id, append.after_seq, append.events.len() as u64)
            .await?;
        let is_same = stored.len() == append.events.len()
            && stored
                .iter()
                .zip(&append.events)
                .all(|(stored, (at, event))| stored.at == *at && stored.event == *event);
        if is_same && found == last_seq && !append.events.is_empty() {
            return Ok(last_seq);
        }
        Err(StoreError::WrongSeq {
            task_id,
            given: append.after_seq,
            found,
        })
    }
}
