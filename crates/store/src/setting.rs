//! Facts about the installation itself: name to text. Not for what people edit; that is documents.

use crate::conn::{Conn, Tx};
use crate::error::StoreError;
use crate::value::values;

impl Conn {
    /// The value of a setting, if it was ever set.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn setting(&mut self, name: &str) -> Result<Option<String>, StoreError> {
        let row = self
            .row("SELECT value FROM setting WHERE name = $1", values![name])
            .await?;
        row.map(|row| row.text("value")).transpose()
    }
}

impl Tx {
    /// Sets or replaces a setting.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_setting(&mut self, name: &str, value: &str) -> Result<(), StoreError> {
        const SET: &str = "INSERT INTO setting (name, value) VALUES ($1, $2)
            ON CONFLICT (name) DO UPDATE SET value = excluded.value";
        self.execute(SET, values![name, value]).await?;
        Ok(())
    }

    /// Sets a setting unless it has a value; answers the value it has now.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn setting_or_insert(
        &mut self,
        name: &str,
        value: &str,
    ) -> Result<String, StoreError> {
        const INSERT: &str =
            "INSERT INTO setting (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING";
        self.execute(INSERT, values![name, value]).await?;
        Ok(self
            .setting(name)
            .await?
            .unwrap_or_else(|| value.to_owned()))
    }
}
