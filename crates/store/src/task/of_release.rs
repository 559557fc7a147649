//! What became of releases: many of them with one statement, however often they were deployed.

use sqlx::AssertSqlSafe;

use crate::conn::{Conn, Row};
use crate::error::StoreError;
use crate::filter::Filter;
use crate::task::{COLUMNS, Task, read};

impl Conn {
    /// The newest `most` tasks of a kind for each of these releases in each environment, newest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn tasks_of_releases(
        &mut self,
        kind: &str,
        releases: &[String],
        most: u32,
    ) -> Result<Vec<Task>, StoreError> {
        const NEWEST: &str =
            "ROW_NUMBER() OVER (PARTITION BY release_id, environment_id ORDER BY serial DESC)";
        let mut filter = Filter::default();
        filter.equals("kind", kind);
        filter.one_of("release_id", releases);
        let select = format!("SELECT {COLUMNS}, serial, {NEWEST} AS place FROM task");
        let (numbered, parameters) = filter.statement(&select, "");
        let sql = format!(
            "SELECT {COLUMNS} FROM ({numbered}) AS numbered WHERE place <= {most} ORDER BY serial DESC"
        );
        let rows = self.rows(AssertSqlSafe(sql), parameters).await?;
        rows.iter().map(read).collect()
    }

    /// Release and environment of everything that brought one of these releases somewhere with success, each once;
    /// with a tenant only what was done for it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn environments_reached(
        &mut self,
        kind: &str,
        releases: &[String],
        tenant: Option<&str>,
    ) -> Result<Vec<(String, String)>, StoreError> {
        const REACHED: &str = "SELECT DISTINCT release_id, environment_id FROM task";
        let mut filter = Filter::default();
        filter.equals("kind", kind);
        filter.equals("state", "Success");
        filter.one_of("release_id", releases);
        filter.equals_if("tenant_id", tenant);
        filter.and("environment_id IS NOT NULL");
        let (sql, parameters) = filter.statement(REACHED, "");
        let rows = self.rows(AssertSqlSafe(sql), parameters).await?;
        let pair = |row: &Row| Ok((row.text("release_id")?, row.text("environment_id")?));
        rows.iter().map(pair).collect()
    }
}
