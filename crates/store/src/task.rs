//! Task rows: the projection of a run that queue, lists and dashboard look at.
//!
//! The truth of a run is its events ([`crate::task_event`]); a row changes in the same transaction as they are appended.

use sqlx::AssertSqlSafe;

use regatta_core::time::Time;

use crate::conn::{Conn, Row, Tx};
use crate::error::StoreError;
use crate::value::{Value, values};

mod all_of;
mod latest;
mod line;
mod of_release;
mod query;

pub use all_of::TasksOf;
pub use latest::Latest;
pub use line::Line;
pub use query::{TaskPlace, TaskQuery};

/// Octopus' states of a server task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TaskState {
    Queued,
    Executing,
    Cancelling,
    Success,
    Failed,
    Canceled,
    TimedOut,
}

impl TaskState {
    const ALL: [Self; 7] = [
        Self::Queued,
        Self::Executing,
        Self::Cancelling,
        Self::Success,
        Self::Failed,
        Self::Canceled,
        Self::TimedOut,
    ];

    /// Octopus' spelling.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "Queued",
            Self::Executing => "Executing",
            Self::Cancelling => "Cancelling",
            Self::Success => "Success",
            Self::Failed => "Failed",
            Self::Canceled => "Canceled",
            Self::TimedOut => "TimedOut",
        }
    }

    /// The state with this name, in any case of letters.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|state| state.as_str().eq_ignore_ascii_case(text))
    }

    /// Whether nothing will happen any more.
    #[must_use]
    pub const fn is_completed(self) -> bool {
        matches!(
            self,
            Self::Success | Self::Failed | Self::Canceled | Self::TimedOut
        )
    }
}

/// A unit of queued work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// `ServerTasks-12`.
    pub id: String,
    /// `None` for work of the whole installation.
    pub space_id: Option<String>,
    /// Octopus' task name: `Deploy`, `RunbookRun`, `Health`, …
    pub kind: String,
    pub state: TaskState,
    pub description: String,
    pub project_id: Option<String>,
    pub environment_id: Option<String>,
    pub tenant_id: Option<String>,
    pub release_id: Option<String>,
    /// The deployment or runbook run this task carries out.
    pub deployment_id: Option<String>,
    pub runbook_id: Option<String>,
    pub queued_at: Time,
    /// Not before this time; `None`: as soon as possible.
    pub scheduled_at: Option<Time>,
    /// Not started by then: it times out.
    pub expires_at: Option<Time>,
    /// Higher goes first.
    pub priority: i64,
    /// Tasks with the same tag do not run at the same time.
    pub concurrency_tag: Option<String>,
    pub started_at: Option<Time>,
    pub completed_at: Option<Time>,
    pub has_warnings: bool,
    pub has_pending_interruptions: bool,
    pub error_message: Option<String>,
    /// The server that carries it out.
    pub node: Option<String>,
    /// JSON text, by kind.
    pub arguments: String,
    pub updated_at: Time,
}

impl Task {
    /// Work that waits in the queue since then; what it is of and for is left to say.
    #[must_use]
    pub fn queued(id: impl Into<String>, kind: &str, at: Time) -> Self {
        Self {
            id: id.into(),
            space_id: None,
            kind: kind.to_owned(),
            state: TaskState::Queued,
            description: String::new(),
            project_id: None,
            environment_id: None,
            tenant_id: None,
            release_id: None,
            deployment_id: None,
            runbook_id: None,
            queued_at: at,
            scheduled_at: None,
            expires_at: None,
            priority: 0,
            concurrency_tag: None,
            started_at: None,
            completed_at: None,
            has_warnings: false,
            has_pending_interruptions: false,
            error_message: None,
            node: None,
            arguments: "{}".to_owned(),
            updated_at: at,
        }
    }
}

/// What changes in a task row; `None` leaves a field as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TaskChange {
    /// Set whenever anything changes.
    pub at: Time,
    pub state: Option<TaskState>,
    pub started_at: Option<Time>,
    pub completed_at: Option<Time>,
    pub has_warnings: Option<bool>,
    pub has_pending_interruptions: Option<bool>,
    pub error_message: Option<String>,
    pub priority: Option<i64>,
}

const COLUMNS: &str = "id, space_id, kind, state, description, project_id, environment_id, tenant_id, release_id, \
    deployment_id, runbook_id, queued_at, scheduled_at, expires_at, priority, concurrency_tag, started_at, \
    completed_at, has_warnings, has_pending_interruptions, error_message, node, arguments, updated_at";

impl Conn {
    /// The task with this id.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn task(&mut self, id: &str) -> Result<Option<Task>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM task WHERE id = $1");
        self.row(AssertSqlSafe(sql), values![id])
            .await?
            .as_ref()
            .map(read)
            .transpose()
    }
}

impl Tx {
    /// Stores a new task; nobody owns it yet.
    ///
    /// # Errors
    /// [`StoreError::Taken`] when the id is in use.
    pub async fn task_insert(&mut self, task: &Task) -> Result<(), StoreError> {
        const INSERT: &str = "INSERT INTO task (id, serial, space_id, kind, state, description, description_key, \
            project_id, environment_id, tenant_id, release_id, deployment_id, runbook_id, queued_at, scheduled_at, \
            expires_at, priority, concurrency_tag, started_at, completed_at, has_warnings, \
            has_pending_interruptions, error_message, node, arguments, updated_at) \
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, \
            $21, $22, $23, $24, $25, $26)";
        const LEASE: &str = "INSERT INTO task_lease (task_id, node, epoch, expires_at, last_seq) VALUES ($1, '', 0, 0, 0)";
        self.execute(INSERT, columns(task)).await?;
        self.execute(LEASE, values![&task.id]).await?;
        self.latest_queued(task).await
    }

    /// Changes a task's row; says whether it exists. `only_in` names the states it may be in, empty: any.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn task_change(
        &mut self,
        id: &str,
        change: &TaskChange,
        only_in: &[TaskState],
    ) -> Result<bool, StoreError> {
        const CHANGE: &str = "UPDATE task SET updated_at = $2, state = COALESCE($3, state), \
            started_at = COALESCE($4, started_at), completed_at = COALESCE($5, completed_at), \
            has_warnings = COALESCE($6, has_warnings), \
            has_pending_interruptions = COALESCE($7, has_pending_interruptions), \
            error_message = COALESCE($8, error_message), priority = COALESCE($9, priority) WHERE id = $1";
        let mut sql = CHANGE.to_owned();
        if !only_in.is_empty() {
            let names: Vec<_> = only_in
                .iter()
                .map(|state| format!("'{}'", state.as_str()))
                .collect();
            sql = format!("{sql} AND state IN ({})", names.join(", "));
        }
        let parameters = values![
            id,
            change.at,
            change.state.map(TaskState::as_str),
            change.started_at,
            change.completed_at,
            change.has_warnings.map(i64::from),
            change.has_pending_interruptions.map(i64::from),
            &change.error_message,
            change.priority,
        ];
        let is_changed = self.execute(AssertSqlSafe(sql), parameters).await? > 0;
        if is_changed && change.state == Some(TaskState::Success) {
            self.latest_succeeded(id).await?;
        }
        Ok(is_changed)
    }

    /// Removes a task with its events; says whether it was there.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn task_delete(&mut self, id: &str) -> Result<bool, StoreError> {
        self.latest_forget(id).await?;
        Ok(self
            .execute("DELETE FROM task WHERE id = $1", values![id])
            .await?
            > 0)
    }
}

fn columns(task: &Task) -> Vec<Value> {
    values![
        &task.id,
        crate::document::serial(&task.id),
        task.space_id.as_deref().unwrap_or_default(),
        &task.kind,
        task.state.as_str(),
        &task.description,
        task.description.to_lowercase(),
        &task.project_id,
        &task.environment_id,
        &task.tenant_id,
        &task.release_id,
        &task.deployment_id,
        &task.runbook_id,
        task.queued_at,
        task.scheduled_at,
        task.expires_at,
        task.priority,
        &task.concurrency_tag,
        task.started_at,
        task.completed_at,
        task.has_warnings,
        task.has_pending_interruptions,
        &task.error_message,
        &task.node,
        &task.arguments,
        task.updated_at,
    ]
}

fn read(row: &Row) -> Result<Task, StoreError> {
    let state = row.text("state")?;
    Ok(Task {
        id: row.text("id")?,
        space_id: row.present("space_id")?,
        kind: row.text("kind")?,
        state: TaskState::parse(&state).ok_or_else(|| StoreError::Corrupt {
            what: "the state of a task".to_owned(),
            why: format!("'{state}' is none"),
        })?,
        description: row.text("description")?,
        project_id: row.get("project_id")?,
        environment_id: row.get("environment_id")?,
        tenant_id: row.get("tenant_id")?,
        release_id: row.get("release_id")?,
        deployment_id: row.get("deployment_id")?,
        runbook_id: row.get("runbook_id")?,
        queued_at: row.time("queued_at")?,
        scheduled_at: row.time_opt("scheduled_at")?,
        expires_at: row.time_opt("expires_at")?,
        priority: row.int("priority")?,
        concurrency_tag: row.get("concurrency_tag")?,
        started_at: row.time_opt("started_at")?,
        completed_at: row.time_opt("completed_at")?,
        has_warnings: row.flag("has_warnings")?,
        has_pending_interruptions: row.flag("has_pending_interruptions")?,
        error_message: row.get("error_message")?,
        node: row.get("node")?,
        arguments: row.text("arguments")?,
        updated_at: row.time("updated_at")?,
    })
}
