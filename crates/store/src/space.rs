//! Emptying a space. Not here: who may, its tasks ([`crate::task::TasksOf`]), and the files that its rows name.

use crate::conn::Tx;
use crate::error::StoreError;
use crate::value::values;

impl Tx {
    /// Removes all that is in a space but its tasks: documents, and how long the steps of its projects took. The audit
    /// trail of a space outlives it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn space_empty(&mut self, space_id: &str) -> Result<(), StoreError> {
        const EVERYTHING: [&str; 2] = [
            "DELETE FROM step_duration WHERE project_id IN (SELECT id FROM document WHERE space_id = $1)",
            "DELETE FROM document WHERE space_id = $1",
        ];
        for statement in EVERYTHING {
            self.execute(statement, values![space_id]).await?;
        }
        Ok(())
    }
}
