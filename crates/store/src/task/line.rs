//! The line of queued tasks, read a piece at a time: who runs now, who is next, and when something is due.
//!
//! Which of them may start is not decided here (`regatta_core::queue`); only what certainly cannot is left out, and the
//! order is that of the line, so that a look at its beginning is enough.

use sqlx::AssertSqlSafe;

use regatta_core::time::Time;

use crate::conn::{Conn, Row};
use crate::error::StoreError;
use crate::filter::Filter;
use crate::task::{COLUMNS, Task, read};
use crate::value::{Value, values};

/// Which queued tasks to read.
#[derive(Debug, Clone, Default)]
pub struct Line {
    pub now: Time,
    /// Spaces whose tasks stay where they are.
    pub stopped_spaces: Vec<String>,
    /// Concurrency tags that are held.
    pub held_tags: Vec<String>,
    pub skip: u64,
    pub take: u64,
}

/// Moved to the top, then prioritised, then the rest; each by when it could start first.
const ORDER: &str = "CASE WHEN priority >= 2 THEN 0 WHEN priority = 1 THEN 1 ELSE 2 END, \
    CASE WHEN scheduled_at > queued_at THEN scheduled_at ELSE queued_at END, serial";

impl Conn {
    /// Tasks that have started and not ended.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn tasks_executing(&mut self) -> Result<Vec<Task>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM task WHERE completed_at IS NULL AND state <> 'Queued' ORDER BY serial"
        );
        self.tasks_by(sql, Vec::new()).await
    }

    /// A piece of the line: tasks that could start now if there were room, in order.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn tasks_in_line(&mut self, line: &Line) -> Result<Vec<Task>, StoreError> {
        let mut filter = queued(&line.stopped_spaces);
        filter.compare("COALESCE(scheduled_at, 0) <=", line.now);
        if !line.held_tags.is_empty() {
            let held = filter.list(&line.held_tags);
            filter.and(&format!(
                "(concurrency_tag IS NULL OR concurrency_tag NOT IN ({held}))"
            ));
        }
        let select = format!("SELECT {COLUMNS} FROM task");
        let (sql, parameters) = filter.statement(&select, ORDER);
        let sql = format!("{sql} LIMIT {} OFFSET {}", line.take, line.skip);
        self.tasks_by(sql, parameters).await
    }

    /// Queued tasks whose time is over; they never run.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn tasks_expired(
        &mut self,
        now: Time,
        stopped_spaces: &[String],
    ) -> Result<Vec<Task>, StoreError> {
        let mut filter = queued(stopped_spaces);
        filter.compare("expires_at <=", now);
        let select = format!("SELECT {COLUMNS} FROM task");
        let (sql, parameters) = filter.statement(&select, "serial");
        self.tasks_by(sql, parameters).await
    }

    /// When the next queued task is scheduled or expires.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn line_due_at(&mut self, now: Time) -> Result<Option<Time>, StoreError> {
        const DUE: &str = "SELECT MIN(CASE WHEN scheduled_at > $1 THEN scheduled_at END) AS scheduled, \
            MIN(CASE WHEN expires_at > $1 THEN expires_at END) AS expires \
            FROM task WHERE completed_at IS NULL AND state = 'Queued'";
        let row = self.row(DUE, values![now]).await?;
        let due = |row: &Row| {
            let times = [row.time_opt("scheduled")?, row.time_opt("expires")?];
            Ok(times.into_iter().flatten().min())
        };
        row.as_ref().map_or(Ok(None), due)
    }

    async fn tasks_by(
        &mut self,
        sql: String,
        parameters: Vec<Value>,
    ) -> Result<Vec<Task>, StoreError> {
        let rows = self.rows(AssertSqlSafe(sql), parameters).await?;
        rows.iter().map(read).collect()
    }
}

fn queued(stopped_spaces: &[String]) -> Filter {
    let mut filter = Filter::default();
    filter.and("completed_at IS NULL");
    filter.equals("state", "Queued");
    if !stopped_spaces.is_empty() {
        let stopped = filter.list(stopped_spaces);
        filter.and(&format!("space_id NOT IN ({stopped})"));
    }
    filter
}
