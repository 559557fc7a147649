//! Servers that use the database: each says from time to time that it is there. Not who drives which task
//! ([`crate::lease`]). Time is the database's clock only.

use sqlx::AssertSqlSafe;

use crate::conn::{Conn, Row, Tx};
use crate::error::StoreError;
use crate::value::values;

/// A server that was there not long ago.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    pub id: String,
    /// Tells people which one it is.
    pub about: String,
    pub seen_ms_ago: i64,
}

fn setting(id: &str) -> String {
    format!("node {id}")
}

impl Tx {
    /// Says that a server is there.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn node_seen(&mut self, id: &str, about: &str) -> Result<(), StoreError> {
        let now = self.now_sql();
        let sql = format!(
            "INSERT INTO setting (name, value) VALUES ($1, CAST({now} AS TEXT) || ' ' || $2) \
             ON CONFLICT (name) DO UPDATE SET value = excluded.value"
        );
        self.execute(AssertSqlSafe(sql), values![setting(id), about])
            .await?;
        Ok(())
    }

    /// Says that a server has stopped.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn node_gone(&mut self, id: &str) -> Result<(), StoreError> {
        self.execute("DELETE FROM setting WHERE name = $1", values![setting(id)])
            .await?;
        Ok(())
    }
}

impl Conn {
    /// The servers that were there within this time.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn nodes(&mut self, within_ms: i64) -> Result<Vec<Node>, StoreError> {
        let now = self.now_sql();
        let sql = format!(
            "SELECT name, value, {now} AS now FROM setting WHERE name LIKE 'node %' ORDER BY name"
        );
        let rows = self.rows(AssertSqlSafe(sql), values![]).await?;
        let nodes: Vec<Node> = rows.iter().map(read).collect::<Result<_, _>>()?;
        let recent = |node: &Node| node.seen_ms_ago <= within_ms;
        Ok(nodes.into_iter().filter(recent).collect())
    }
}

fn read(row: &Row) -> Result<Node, StoreError> {
    let (name, value) = (row.text("name")?, row.text("value")?);
    let corrupt = || StoreError::Corrupt {
        what: format!("the setting '{name}'"),
        why: "it does not begin with a time".to_owned(),
    };
    let (seen_at, about) = value.split_once(' ').ok_or_else(corrupt)?;
    let seen_at: i64 = seen_at.parse().map_err(|_| corrupt())?;
    Ok(Node {
        id: name.trim_start_matches("node ").to_owned(),
        about: about.to_owned(),
        seen_ms_ago: row.int("now")? - seen_at,
    })
}
