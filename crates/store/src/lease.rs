//! Who owns a task. Time is the database's clock only; a wall clock of a server decides nothing.
//!
//! Every change of owner raises the epoch, and every write of a run names its epoch, so an owner that was
//! paused and overtaken can write nothing more. Commands to agents do not pass through here: what is sent to them follows
//! from what was committed before, and they refuse an owner whose epoch was overtaken.

use sqlx::AssertSqlSafe;

use regatta_core::engine::event::Seq;
use regatta_core::time::Time;

use crate::conn::{Conn, Row, Tx};
use crate::error::StoreError;
use crate::value::values;

/// The right to write a task's events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    pub task_id: String,
    pub epoch: i64,
    /// The last event of the task; 0 when there is none.
    pub last_seq: Seq,
}

impl Tx {
    /// Takes a queued task out of the queue and owns it. `None`: it is not queued any more, somebody else was first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn task_pick_up(
        &mut self,
        task_id: &str,
        node: &str,
        lease_ms: i64,
        at: Time,
    ) -> Result<Option<Lease>, StoreError> {
        const START: &str = "UPDATE task SET state = 'Executing', started_at = $2, updated_at = $2, node = $3 \
            WHERE id = $1 AND state = 'Queued'";
        if self.execute(START, values![task_id, at, node]).await? == 0 {
            return Ok(None);
        }
        self.lease_take(task_id, node, lease_ms).await
    }

    /// Owns a task if its owner's lease ended.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn lease_take(
        &mut self,
        task_id: &str,
        node: &str,
        lease_ms: i64,
    ) -> Result<Option<Lease>, StoreError> {
        let now = self.now_sql();
        let sql = format!(
            "UPDATE task_lease SET epoch = epoch + 1, node = $2, expires_at = {now} + $3 \
             WHERE task_id = $1 AND expires_at < {now} RETURNING task_id, epoch, last_seq"
        );
        let row = self
            .row(AssertSqlSafe(sql), values![task_id, node, lease_ms])
            .await?;
        row.as_ref().map(read).transpose()
    }

    /// Ends the leases of an earlier process of this node, which is known to be gone: a server that starts says
    /// so first, and need not wait for their end. Answers their tasks; until somebody takes one over, it is answered
    /// again.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn leases_end(&mut self, node: &str) -> Result<Vec<String>, StoreError> {
        const END: &str = "UPDATE task_lease SET expires_at = 0 WHERE node = $1 RETURNING task_id";
        let rows = self.rows(END, values![node]).await?;
        rows.iter().map(|row| row.text("task_id")).collect()
    }

    /// Owns up to `count_max` running tasks whose owner's lease ended, oldest first: what a server does when it
    /// starts, and from time to time for the tasks of servers that died.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn leases_take_over(
        &mut self,
        node: &str,
        lease_ms: i64,
        count_max: u32,
    ) -> Result<Vec<Lease>, StoreError> {
        let (now, skip_locked) = (self.now_sql(), self.skip_locked_sql("task_lease"));
        let sql = format!(
            "UPDATE task_lease SET epoch = epoch + 1, node = $1, expires_at = {now} + $2 WHERE task_id IN (\
             SELECT task_lease.task_id FROM task_lease JOIN task ON task.id = task_lease.task_id \
             WHERE task.completed_at IS NULL AND task.state <> 'Queued' AND task_lease.expires_at < {now} \
             ORDER BY task.serial LIMIT $3{skip_locked}) RETURNING task_id, epoch, last_seq"
        );
        let rows = self
            .rows(
                AssertSqlSafe(sql),
                values![node, lease_ms, i64::from(count_max)],
            )
            .await?;
        let leases: Vec<_> = rows.iter().map(read).collect::<Result<_, _>>()?;
        for lease in &leases {
            self.execute(
                "UPDATE task SET node = $2 WHERE id = $1",
                values![&lease.task_id, node],
            )
            .await?;
        }
        Ok(leases)
    }

    /// Prolongs the leases of these tasks as far as this node still holds them; answers those it does. A task that
    /// is missing was taken over. A lease that nobody drives under is not to be named: it ends, and the task is
    /// taken over by whoever can.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn leases_renew(
        &mut self,
        node: &str,
        task_ids: &[String],
        lease_ms: i64,
    ) -> Result<Vec<Lease>, StoreError> {
        let now = self.now_sql();
        let sql = format!(
            "UPDATE task_lease SET expires_at = {now} + $3 WHERE node = $1 AND task_id = $2 \
             RETURNING task_id, epoch, last_seq"
        );
        let mut held = Vec::new();
        for task_id in task_ids {
            let renewed = self
                .row(AssertSqlSafe(sql.clone()), values![node, task_id, lease_ms])
                .await?;
            held.extend(renewed.as_ref().map(read).transpose()?);
        }
        Ok(held)
    }

    /// Whether everything that runs is this node's own, alive: no other node drives a task, and no task waits to be
    /// taken over. Asked behind [`Self::queue_lock`], it stays so until this transaction ends.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn runs_alone(&mut self, node: &str) -> Result<bool, StoreError> {
        let now = self.now_sql();
        let sql = format!(
            "SELECT task.id FROM task JOIN task_lease ON task_lease.task_id = task.id \
             WHERE task.completed_at IS NULL AND task.state <> 'Queued' \
             AND (task_lease.node <> $1 OR task_lease.expires_at < {now}) LIMIT 1"
        );
        let foreign = self.row(AssertSqlSafe(sql), values![node]).await?;
        Ok(foreign.is_none())
    }

    /// Gives a task up: it is over, or another node shall go on with it. False when it is not held any more.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn lease_release(&mut self, task_id: &str, epoch: i64) -> Result<bool, StoreError> {
        const RELEASE: &str =
            "UPDATE task_lease SET node = '', expires_at = 0 WHERE task_id = $1 AND epoch = $2";
        Ok(self.execute(RELEASE, values![task_id, epoch]).await? > 0)
    }

    /// Makes every other server that wants to decide about the queue wait for this transaction.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn queue_lock(&mut self) -> Result<(), StoreError> {
        // Any row that everybody writes will do; counting the decisions costs nothing.
        self.next_number("queue decisions").await?;
        Ok(())
    }
}

impl Conn {
    /// The owner's node and epoch, if anybody owns the task now.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn lease_holder(
        &mut self,
        task_id: &str,
    ) -> Result<Option<(String, i64)>, StoreError> {
        let now = self.now_sql();
        let sql = format!(
            "SELECT node, epoch FROM task_lease WHERE task_id = $1 AND expires_at >= {now}"
        );
        let row = self.row(AssertSqlSafe(sql), values![task_id]).await?;
        row.map(|row| Ok((row.text("node")?, row.int("epoch")?)))
            .transpose()
    }
}

fn read(row: &Row) -> Result<Lease, StoreError> {
    Ok(Lease {
        task_id: row.text("task_id")?,
        epoch: row.int("epoch")?,
        last_seq: row.int("last_seq")?.unsigned_abs(),
    })
}
