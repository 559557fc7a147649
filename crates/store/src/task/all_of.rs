//! All tasks of a space, a project or a runbook, which go with it. Not here: the files that their rows name.

use sqlx::AssertSqlSafe;

use crate::conn::{Conn, Tx};
use crate::error::StoreError;
use crate::value::values;

/// Whose tasks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TasksOf {
    Space(String),
    Project(String),
    Runbook(String),
}

impl TasksOf {
    /// Of the space, the project or the runbook.
    #[must_use]
    pub fn id(&self) -> &str {
        match self {
            Self::Space(id) | Self::Project(id) | Self::Runbook(id) => id,
        }
    }

    /// The column that says whose they are.
    pub(crate) const fn column(&self) -> &'static str {
        match self {
            Self::Space(_) => "space_id",
            Self::Project(_) => "project_id",
            Self::Runbook(_) => "runbook_id",
        }
    }
}

impl Conn {
    /// Their ids, oldest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn task_ids_of(&mut self, of: &TasksOf) -> Result<Vec<String>, StoreError> {
        let sql = format!(
            "SELECT id FROM task WHERE {} = $1 ORDER BY serial",
            of.column()
        );
        let rows = self.rows(AssertSqlSafe(sql), values![of.id()]).await?;
        rows.iter().map(|row| row.text("id")).collect()
    }
}

impl Tx {
    /// Removes them with their events and with the documents of these kinds that belong to them.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn tasks_delete_of(
        &mut self,
        of: &TasksOf,
        owned: &[&str],
    ) -> Result<(), StoreError> {
        let column = of.column();
        let documents = format!(
            "DELETE FROM document WHERE kind = $2 AND owner_id IN (SELECT id FROM task WHERE {column} = $1)"
        );
        for kind in owned {
            self.execute(AssertSqlSafe(documents.clone()), values![of.id(), *kind])
                .await?;
        }
        for table in ["task_latest", "task"] {
            let sql = format!("DELETE FROM {table} WHERE {column} = $1");
            self.execute(AssertSqlSafe(sql), values![of.id()]).await?;
        }
        Ok(())
    }
}
