//! Keys of programs and people for the API, found by their hash. The key itself is shown once and never stored;
//! it is 256 random bits, so one plain SHA-256 is enough.

use regatta_core::time::Time;

use crate::conn::{Conn, Row, Tx};
use crate::error::StoreError;
use crate::value::values;

/// What is kept of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// `APIKeys-12`.
    pub id: String,
    /// SHA-256 of the key.
    pub hash: [u8; 32],
    pub user_id: String,
    pub purpose: String,
    /// The first characters, for people to recognise it.
    pub hint: String,
    pub created_at: Time,
    /// From here on it is refused; `None`: never.
    pub expires_at: Option<Time>,
    pub last_used_at: Option<Time>,
}

const COLUMNS: &str =
    "SELECT id, hash, user_id, purpose, hint, created_at, expires_at, last_used_at FROM api_key";

impl Conn {
    /// The key with this hash, whether it is expired or not: the caller says so.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn api_key_by_hash(&mut self, hash: &[u8; 32]) -> Result<Option<ApiKey>, StoreError> {
        let sql = format!("{COLUMNS} WHERE hash = $1");
        self.row(sqlx::AssertSqlSafe(sql), values![hash.as_slice()])
            .await?
            .as_ref()
            .map(read)
            .transpose()
    }

    /// The keys of a user, oldest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn api_keys(&mut self, user_id: &str) -> Result<Vec<ApiKey>, StoreError> {
        let sql = format!("{COLUMNS} WHERE user_id = $1 ORDER BY created_at, id");
        self.rows(sqlx::AssertSqlSafe(sql), values![user_id])
            .await?
            .iter()
            .map(read)
            .collect()
    }
}

impl Tx {
    /// # Errors
    /// [`StoreError::Taken`] when there is such a key already.
    pub async fn api_key_insert(&mut self, key: &ApiKey) -> Result<(), StoreError> {
        const INSERT: &str = "INSERT INTO api_key (id, hash, user_id, purpose, hint, created_at, expires_at, \
            last_used_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
        let ApiKey {
            id,
            hash,
            user_id,
            purpose,
            hint,
            created_at,
            expires_at,
            last_used_at,
        } = key;
        let parameters = values![
            id,
            hash.as_slice(),
            user_id,
            purpose,
            hint,
            *created_at,
            *expires_at,
            *last_used_at
        ];
        self.execute(INSERT, parameters).await?;
        Ok(())
    }

    /// Notes a use.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn api_key_use(&mut self, id: &str, at: Time) -> Result<(), StoreError> {
        self.execute(
            "UPDATE api_key SET last_used_at = $2 WHERE id = $1",
            values![id, at],
        )
        .await?;
        Ok(())
    }

    /// Revokes a key of a user; says whether there was one.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn api_key_delete(&mut self, user_id: &str, id: &str) -> Result<bool, StoreError> {
        const DELETE: &str = "DELETE FROM api_key WHERE user_id = $1 AND id = $2";
        Ok(self.execute(DELETE, values![user_id, id]).await? > 0)
    }
}

fn read(row: &Row) -> Result<ApiKey, StoreError> {
    let hash: Vec<u8> = row.get("hash")?;
    let hash = hash.try_into().map_err(|_| StoreError::Corrupt {
        what: "the hash of an API key".to_owned(),
        why: "it is not 32 bytes long".to_owned(),
    })?;
    Ok(ApiKey {
        id: row.text("id")?,
        hash,
        user_id: row.text("user_id")?,
        purpose: row.text("purpose")?,
        hint: row.text("hint")?,
        created_at: row.time("created_at")?,
        expires_at: row.time_opt("expires_at")?,
        last_used_at: row.time_opt("last_used_at")?,
    })
}
