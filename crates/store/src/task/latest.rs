//! The newest task and the newest successful one per project, environment, tenant and runbook: the dashboard,
//! without looking through the history.

use std::collections::HashMap;

use sqlx::AssertSqlSafe;

use crate::conn::{Conn, Tx};
use crate::error::StoreError;
use crate::filter::Filter;
use crate::task::{COLUMNS, Task, read};
use crate::value::{Value, values};

/// What runs or ran last in one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Latest {
    pub newest: Task,
    /// The newest task there that succeeded, unless that is `newest`.
    pub succeeded_before: Option<Task>,
}

/// The primary key, as `$1..$6`.
const PLACE: &str = "space_id = $1 AND kind = $2 AND project_id = $3 AND environment_id = $4 AND tenant_id = $5 \
    AND runbook_id = $6";

impl Conn {
    /// One entry per place of a space that had a task of this kind; `projects` narrows it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn tasks_latest(
        &mut self,
        space_id: &str,
        kind: &str,
        projects: Option<&[String]>,
    ) -> Result<Vec<Latest>, StoreError> {
        let mut filter = Filter::default();
        filter.equals("space_id", space_id);
        filter.equals("kind", kind);
        if let Some(projects) = projects {
            filter.one_of("project_id", projects);
        }
        let newest = self.tasks_of(filter.clone(), "newest_id").await?;
        filter.and("succeeded_id <> newest_id");
        let succeeded = self.tasks_of(filter, "succeeded_id").await?;
        let mut succeeded: HashMap<_, _> = succeeded
            .into_iter()
            .map(|task| (place(&task), task))
            .collect();
        let pair = |newest| Latest {
            succeeded_before: succeeded.remove(&place(&newest)),
            newest,
        };
        Ok(newest.into_iter().map(pair).collect())
    }

    /// Project, environment and release of everything these projects brought to an environment with success, each once.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn releases_reached(
        &mut self,
        space_id: &str,
        kind: &str,
        projects: &[String],
    ) -> Result<Vec<(String, String, String)>, StoreError> {
        const REACHED: &str = "SELECT DISTINCT project_id, environment_id, release_id FROM task";
        let mut filter = Filter::default();
        filter.equals("space_id", space_id);
        filter.equals("kind", kind);
        filter.equals("state", "Success");
        filter.one_of("project_id", projects);
        filter.and("environment_id IS NOT NULL AND release_id IS NOT NULL");
        let (sql, parameters) = filter.statement(REACHED, "");
        let rows = self.rows(AssertSqlSafe(sql), parameters).await?;
        let read = |row: &crate::conn::Row| {
            Ok((
                row.text("project_id")?,
                row.text("environment_id")?,
                row.text("release_id")?,
            ))
        };
        rows.iter().map(read).collect()
    }

    async fn tasks_of(&mut self, filter: Filter, column: &str) -> Result<Vec<Task>, StoreError> {
        let (ids, parameters) = filter.statement(&format!("SELECT {column} FROM task_latest"), "");
        let sql = format!("SELECT {COLUMNS} FROM task WHERE id IN ({ids}) ORDER BY serial DESC");
        self.rows(AssertSqlSafe(sql), parameters)
            .await?
            .iter()
            .map(read)
            .collect()
    }
}

impl Tx {
    pub(super) async fn latest_queued(&mut self, task: &Task) -> Result<(), StoreError> {
        const NEWEST: &str = "INSERT INTO task_latest (space_id, kind, project_id, environment_id, tenant_id, \
            runbook_id, newest_id) VALUES ($1, $2, $3, $4, $5, $6, $7) \
            ON CONFLICT (space_id, kind, project_id, environment_id, tenant_id, runbook_id) \
            DO UPDATE SET newest_id = excluded.newest_id";
        if task.project_id.is_none() {
            return Ok(());
        }
        let mut parameters = place_values(task);
        parameters.push(Value::from(&task.id));
        self.execute(NEWEST, parameters).await?;
        Ok(())
    }

    pub(super) async fn latest_succeeded(&mut self, id: &str) -> Result<(), StoreError> {
        let Some(task) = self.task(id).await? else {
            return Ok(());
        };
        let mut parameters = place_values(&task);
        parameters.push(Value::from(id));
        let sql = format!("UPDATE task_latest SET succeeded_id = $7 WHERE {PLACE}");
        self.execute(AssertSqlSafe(sql), parameters).await?;
        Ok(())
    }

    /// Called before a task is deleted: its place falls back to the task before it.
    pub(super) async fn latest_forget(&mut self, id: &str) -> Result<(), StoreError> {
        const BEFORE: &str = "SELECT id FROM task WHERE space_id = $1 AND kind = $2 AND project_id = $3 \
            AND COALESCE(environment_id, '') = $4 AND COALESCE(tenant_id, '') = $5 AND COALESCE(runbook_id, '') = $6 \
            AND id <> $7";
        let Some(task) = self.task(id).await? else {
            return Ok(());
        };
        let mut parameters = place_values(&task);
        parameters.push(Value::from(id));
        let before = format!("{BEFORE} ORDER BY serial DESC LIMIT 1");
        let succeeded = format!("{BEFORE} AND state = 'Success' ORDER BY serial DESC LIMIT 1");
        for sql in [
            format!(
                "DELETE FROM task_latest WHERE {PLACE} AND newest_id = $7 AND NOT EXISTS ({BEFORE})"
            ),
            format!(
                "UPDATE task_latest SET newest_id = ({before}) WHERE {PLACE} AND newest_id = $7"
            ),
            format!(
                "UPDATE task_latest SET succeeded_id = ({succeeded}) WHERE {PLACE} AND succeeded_id = $7"
            ),
        ] {
            self.execute(AssertSqlSafe(sql), parameters.clone()).await?;
        }
        Ok(())
    }
}

type Place = (
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
);

fn place(task: &Task) -> Place {
    (
        task.project_id.clone(),
        task.environment_id.clone(),
        task.tenant_id.clone(),
        task.runbook_id.clone(),
    )
}

fn place_values(task: &Task) -> Vec<Value> {
    let or_empty = |id: &Option<String>| id.clone().unwrap_or_default();
    values![
        or_empty(&task.space_id),
        &task.kind,
        or_empty(&task.project_id),
        or_empty(&task.environment_id),
        or_empty(&task.tenant_id),
        or_empty(&task.runbook_id),
    ]
}
