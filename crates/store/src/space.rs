//! Emptying a space. Not here: who may, and the files that its rows name.

use crate::conn::{Conn, Row, Tx};
use crate::error::StoreError;
use crate::value::values;

impl Conn {
    /// The ids of all tasks of a space.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn task_ids_in(&mut self, space_id: &str) -> Result<Vec<String>, StoreError> {
        const IDS: &str = "SELECT id FROM task WHERE space_id = $1 ORDER BY serial";
        let rows = self.rows(IDS, values![space_id]).await?;
        rows.iter().map(|row: &Row| row.text("id")).collect()
    }
}

impl Tx {
    /// Removes all that is in a space: documents, what its projects took, and tasks with their documents and events.
    /// The audit trail of a space outlives it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn space_empty(&mut self, space_id: &str) -> Result<(), StoreError> {
        const EVERYTHING: [&str; 5] = [
            "DELETE FROM step_duration WHERE project_id IN (SELECT id FROM document WHERE space_id = $1)",
            "DELETE FROM document WHERE owner_id IN (SELECT id FROM task WHERE space_id = $1)",
            "DELETE FROM task_latest WHERE space_id = $1",
            "DELETE FROM task WHERE space_id = $1",
            "DELETE FROM document WHERE space_id = $1",
        ];
        for statement in EVERYTHING {
            self.execute(statement, values![space_id]).await?;
        }
        Ok(())
    }
}
