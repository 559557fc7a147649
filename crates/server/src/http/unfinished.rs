//! Tasks that are not over keep what they work on from being deleted: which ones, in words.

use regatta_store::{Conn, StoreError, TaskQuery};

use crate::error::ApiError;

/// As many are named; of the others it is said how many there are.
const NAMED_MAX: u64 = 10;

/// A sentence about each of these tasks that is not over.
pub(super) async fn told(conn: &mut Conn, query: TaskQuery) -> Result<Vec<String>, StoreError> {
    let query = TaskQuery {
        is_active: true,
        take: Some(NAMED_MAX),
        ..query
    };
    let open = conn.tasks(&query).await?;
    let mut told = Vec::new();
    for task in &open.items {
        let (id, what) = (&task.id, &task.description);
        told.push(format!(
            "{id} '{what}' has not ended. Cancel it, or wait until it has."
        ));
    }
    let others = open.total.saturating_sub(NAMED_MAX);
    if others > 0 {
        told.push(format!("{others} more tasks have not ended."));
    }
    Ok(told)
}

/// 400 naming those of these tasks that are not over.
pub(super) async fn none(conn: &mut Conn, query: TaskQuery) -> Result<(), ApiError> {
    let told = told(conn, query).await?;
    if told.is_empty() {
        Ok(())
    } else {
        Err(ApiError::invalid(told))
    }
}
