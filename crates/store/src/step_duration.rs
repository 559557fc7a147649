//! How long past steps took: what predictions are made of.

use regatta_core::time::Time;

use crate::conn::{Conn, Tx};
use crate::error::StoreError;
use crate::filter::to_i64;
use crate::value::values;

/// One past run of one action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepDuration {
    /// The project, or the runbook, whose process it is.
    pub project_id: String,
    /// Slugs, because ids change when a process is imported.
    pub step: String,
    pub action: String,
    pub ended_at: Time,
    pub ms: i64,
}

impl Conn {
    /// The last `count_max` durations of each step and action of a project, newest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn step_durations(
        &mut self,
        project_id: &str,
        count_max: u32,
    ) -> Result<Vec<StepDuration>, StoreError> {
        const DURATIONS: &str = "SELECT step, action, ended_at, ms FROM (\
            SELECT step, action, ended_at, ms, \
            row_number() OVER (PARTITION BY step, action ORDER BY ended_at DESC) AS age \
            FROM step_duration WHERE project_id = $1) AS newest WHERE age <= $2 ORDER BY ended_at DESC, step, action";
        let rows = self
            .rows(DURATIONS, values![project_id, i64::from(count_max)])
            .await?;
        let read = |row: &crate::conn::Row| {
            Ok(StepDuration {
                project_id: project_id.to_owned(),
                step: row.text("step")?,
                action: row.text("action")?,
                ended_at: row.time("ended_at")?,
                ms: row.int("ms")?,
            })
        };
        rows.iter().map(read).collect()
    }
}

impl Tx {
    /// Forgets all durations of a project or a runbook.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn step_durations_forget(&mut self, project_id: &str) -> Result<(), StoreError> {
        const FORGET: &str = "DELETE FROM step_duration WHERE project_id = $1";
        self.execute(FORGET, values![project_id]).await?;
        Ok(())
    }

    /// Remembers a duration, and forgets those of the same step and action beyond the last
    /// [`DURATIONS_KEPT`], so that predictions stay quick after any number of deployments.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn step_duration_insert(
        &mut self,
        duration: &StepDuration,
    ) -> Result<(), StoreError> {
        const INSERT: &str = "INSERT INTO step_duration (project_id, step, action, ended_at, ms) VALUES ($1, $2, $3, $4, $5)";
        const FORGET: &str = "DELETE FROM step_duration WHERE project_id = $1 AND step = $2 AND action = $3 \
            AND ended_at < (SELECT ended_at FROM step_duration WHERE project_id = $1 AND step = $2 AND action = $3 \
            ORDER BY ended_at DESC LIMIT 1 OFFSET $4)";
        let StepDuration {
            project_id,
            step,
            action,
            ended_at,
            ms,
        } = duration;
        self.execute(INSERT, values![project_id, step, action, *ended_at, *ms])
            .await?;
        self.execute(
            FORGET,
            values![project_id, step, action, to_i64(DURATIONS_KEPT - 1)],
        )
        .await?;
        Ok(())
    }
}

/// Per step and action of a project.
pub const DURATIONS_KEPT: u64 = 50;
