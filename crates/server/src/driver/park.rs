//! Ending a task that cannot be driven on because of a defect: failed, with the reason shown, its scripts told to stop.
//!
//! The lease goes with the end, whatever it takes: a lease that nobody drives under would keep the task for ever.
//! Not here: why a task is parked ([`super::actor`]).

use regatta_core::engine::event::{Event, TaskResult};
use regatta_core::time::Time;
use regatta_store::{Append, AuditEntry, StoreError, TaskChange, TaskState, Write};

use super::actor::{Actor, End, STORE_PAUSE};
use super::{Closed, STOP_GRACE_MS, audit, interruption};

impl Actor {
    /// Returns when the end is durable, or when somebody else owns the task.
    pub(super) async fn park(&mut self, why: &str) -> Closed {
        for out in self.live.run.tickets_out() {
            self.shared.gateway.stop(out.ticket, STOP_GRACE_MS);
        }
        let now = self.shared.now();
        let (change, entry) = self.parked(why, now);
        let event = Event::Finished {
            result: TaskResult::Failed,
        };
        let append = Append {
            task_id: self.live.head.id.clone(),
            epoch: self.live.head.epoch,
            after_seq: self.stored_seq,
            events: vec![(now, event)],
            writes: vec![
                Write::Task(change.clone()),
                Write::Audit(Box::new(entry.clone())),
                Write::Release,
            ],
        };
        loop {
            let Err(error) = self.append_last(append.clone(), now).await else {
                return Closed::Over;
            };
            match self.survive(error).await {
                Ok(()) => {}
                Err(End::Defect(why)) => {
                    tracing::error!(
                        why,
                        task_id = self.live.head.id,
                        "a parked task takes no last event"
                    );
                    return self.close_without_event(&change, &entry).await;
                }
                Err(End::Lost | End::Finished) => return Closed::Lost,
            }
        }
    }

    /// Appends the last event; nobody is asked anything after it.
    async fn append_last(&self, mut append: Append, at: Time) -> Result<(), StoreError> {
        let mut conn = self.shared.store.read().await?;
        let questions = interruption::withdrawn(&mut conn, &append.task_id, at).await?;
        drop(conn);
        let questions = questions.into_iter();
        let withdrawn = questions.map(|question| Write::DocumentReplace(Box::new(question)));
        append.writes.extend(withdrawn);
        self.shared.store.append(append).await.map(drop)
    }

    fn parked(&self, why: &str, at: Time) -> (TaskChange, AuditEntry) {
        let message =
            format!("The deployment cannot go on because of a defect in the server: {why}");
        let change = TaskChange {
            at,
            state: Some(TaskState::Failed),
            completed_at: Some(at),
            has_pending_interruptions: Some(false),
            error_message: Some(message),
            ..TaskChange::default()
        };
        let entry = audit::finished_record(&self.live.head, TaskResult::Failed, at);
        (change, entry)
    }

    /// The log takes nothing more: the task's row is closed beside it.
    async fn close_without_event(&self, change: &TaskChange, entry: &AuditEntry) -> Closed {
        loop {
            match self.try_close(change, entry).await {
                Ok(Closed::Over) => break,
                Ok(Closed::Lost) | Err(StoreError::Closed) => return Closed::Lost,
                Err(error) => {
                    tracing::error!(%error, task_id = self.live.head.id, "a parked task cannot be closed; trying again");
                    tokio::time::sleep(STORE_PAUSE).await;
                }
            }
        }
        self.shared.tell_readers(&self.live.head.id, 0);
        Closed::Over
    }

    async fn try_close(
        &self,
        change: &TaskChange,
        entry: &AuditEntry,
    ) -> Result<Closed, StoreError> {
        let head = &self.live.head;
        let mut tx = self.shared.store.begin().await?;
        // Released first: it locks the row, and says whether the task is still this server's to close.
        if !tx.lease_release(&head.id, head.epoch).await? {
            return Ok(Closed::Lost);
        }
        for question in interruption::withdrawn(&mut tx, &head.id, change.at).await? {
            tx.document_replace(&question).await?;
        }
        tx.task_change(&head.id, change, &[]).await?;
        tx.audit_insert(entry).await?;
        tx.commit().await?;
        Ok(Closed::Over)
    }
}
