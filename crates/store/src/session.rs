//! Signed-in browsers, found by the hash of their cookie's token. The token itself is never stored.

use regatta_core::time::Time;

use crate::conn::{Conn, Tx};
use crate::error::StoreError;
use crate::value::values;

/// One signed-in browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// SHA-256 of the token.
    pub hash: [u8; 32],
    pub user_id: String,
    pub created_at: Time,
    pub last_used_at: Time,
    /// From here on it is not answered any more.
    pub expires_at: Time,
    /// JSON text: address, user agent, …
    pub body: String,
}

impl Conn {
    /// The session with this token hash, unless it ended before `now`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn session(
        &mut self,
        hash: &[u8; 32],
        now: Time,
    ) -> Result<Option<Session>, StoreError> {
        const FIND: &str = "SELECT user_id, created_at, last_used_at, expires_at, body FROM session \
            WHERE hash = $1 AND expires_at > $2";
        let Some(row) = self.row(FIND, values![hash.as_slice(), now]).await? else {
            return Ok(None);
        };
        Ok(Some(Session {
            hash: *hash,
            user_id: row.text("user_id")?,
            created_at: row.time("created_at")?,
            last_used_at: row.time("last_used_at")?,
            expires_at: row.time("expires_at")?,
            body: row.text("body")?,
        }))
    }
}

impl Tx {
    /// # Errors
    /// When the database fails.
    pub async fn session_insert(&mut self, session: &Session) -> Result<(), StoreError> {
        const INSERT: &str = "INSERT INTO session (hash, user_id, created_at, last_used_at, expires_at, body) \
            VALUES ($1, $2, $3, $4, $5, $6)";
        let Session {
            hash,
            user_id,
            created_at,
            last_used_at,
            expires_at,
            body,
        } = session;
        let parameters = values![
            hash.as_slice(),
            user_id,
            *created_at,
            *last_used_at,
            *expires_at,
            body
        ];
        self.execute(INSERT, parameters).await?;
        Ok(())
    }

    /// Notes a use and moves the end; says whether the session is still there.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn session_use(
        &mut self,
        hash: &[u8; 32],
        at: Time,
        expires_at: Time,
    ) -> Result<bool, StoreError> {
        const USE: &str = "UPDATE session SET last_used_at = $2, expires_at = $3 WHERE hash = $1";
        Ok(self
            .execute(USE, values![hash.as_slice(), at, expires_at])
            .await?
            > 0)
    }

    /// Signs one browser out.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn session_delete(&mut self, hash: &[u8; 32]) -> Result<(), StoreError> {
        self.execute(
            "DELETE FROM session WHERE hash = $1",
            values![hash.as_slice()],
        )
        .await?;
        Ok(())
    }

    /// Signs a user out everywhere, or everywhere but in the session `except`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn sessions_delete(
        &mut self,
        user_id: &str,
        except: Option<&[u8; 32]>,
    ) -> Result<u64, StoreError> {
        const DELETE: &str = "DELETE FROM session WHERE user_id = $1 AND hash <> $2";
        // No SHA-256 is empty, so '' excepts nothing.
        let except = except.map_or(&[][..], |hash| hash.as_slice());
        self.execute(DELETE, values![user_id, except]).await
    }

    /// Forgets the sessions that ended before `now`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn sessions_delete_ended(&mut self, now: Time) -> Result<u64, StoreError> {
        self.execute("DELETE FROM session WHERE expires_at <= $1", values![now])
            .await
    }
}
