//! The open tasks, as far as a caller may know of them: who waits for others is told of those they may see, and of the
//! rest only that there are some.

use std::collections::BTreeSet;

use regatta_core::queue::{QueueReason, QueueWait};
use regatta_store::{Conn, Task, TaskQuery};
use serde_json::{Value, json};

use super::access::Sight;
use crate::call::Call;
use crate::error::ApiError;
use crate::time_text::iso;

/// See the module.
pub(in crate::http) struct Seen {
    pub open: Vec<Task>,
    visible: Vec<bool>,
}

impl Seen {
    pub(in crate::http) async fn of(
        call: &Call,
        conn: &mut Conn,
        open: Vec<Task>,
    ) -> Result<Self, ApiError> {
        let mut visible = Vec::with_capacity(open.len());
        let mut sight = Sight::default();
        for task in &open {
            let space = call.space().map(|space| space.id.as_str());
            let is_here = space.is_none() || task.space_id.as_deref() == space;
            visible.push(is_here && sight.may(call, conn, task).await?);
        }
        Ok(Self { open, visible })
    }

    /// The open task with this id, if the caller may see it.
    pub(in crate::http) fn visible(&self, id: &str) -> Option<&Task> {
        let all = self.open.iter().zip(&self.visible);
        all.filter(|(_, visible)| **visible)
            .map(|(task, _)| task)
            .find(|task| task.id == id)
    }

    /// Why a task stays in the queue, with nothing of tasks that the caller may not see. `hides` says that some of those
    /// are before it.
    pub(in crate::http) fn reason(&self, waiting: &QueueWait, hides: bool) -> Value {
        let mut reason = reason_body(waiting);
        let mut hides = hides;
        let holders = reason.get_mut("HolderTaskIds");
        if let Some(holders) = holders.and_then(Value::as_array_mut) {
            let all = holders.len();
            holders.retain(|id| self.visible(id.as_str().unwrap_or_default()).is_some());
            hides |= holders.len() < all;
        }
        if hides {
            let place = waiting.position;
            reason["Message"] =
                format!("tasks you may not see must end first (place {place} in the queue)").into();
        }
        reason
    }
}

/// Takes the tasks that the caller may not see from what is said of who has machines.
pub(super) async fn hide_holders<'h>(
    call: &Call,
    conn: &mut Conn,
    holders: impl Iterator<Item = &'h mut Option<String>>,
) -> Result<(), ApiError> {
    let named: Vec<_> = holders.filter(|holder| holder.is_some()).collect();
    if named.is_empty() {
        return Ok(());
    }
    let ids: BTreeSet<_> = named
        .iter()
        .filter_map(|holder| (**holder).clone())
        .collect();
    let query = TaskQuery {
        ids: Some(ids.into_iter().collect()),
        ..TaskQuery::default()
    };
    let holding = conn.tasks(&query).await?.items;
    let seen = Seen::of(call, conn, holding).await?;
    for holder in named {
        holder.take_if(|id| seen.visible(id).is_none());
    }
    Ok(())
}

/// The tasks that have what a queued one waits for.
pub(in crate::http) fn holders(reason: &QueueReason) -> &[String] {
    match reason {
        QueueReason::TagHeld { holder, .. } => std::slice::from_ref(holder),
        QueueReason::CapReached { holders, .. } => holders,
        QueueReason::Scheduled { .. } | QueueReason::SpaceStopped => &[],
    }
}

/// Why a task stays in the queue, with all it waits for.
fn reason_body(waiting: &QueueWait) -> Value {
    let message = format!(
        "{} (place {} in the queue)",
        waiting.reason.text(),
        waiting.position
    );
    let mut body = json!({"Position": waiting.position, "Message": message});
    let (reason, kind) = match &waiting.reason {
        QueueReason::Scheduled { until } => {
            body["Until"] = iso(*until).into();
            ("Scheduled", "Schedule")
        }
        QueueReason::SpaceStopped => ("SpaceStopped", "Queue"),
        QueueReason::TagHeld { tag, holder } => {
            body["ConcurrencyTag"] = tag.clone().into();
            body["HolderTaskIds"] = json!([holder]);
            ("TagHeld", "Queue")
        }
        QueueReason::CapReached { cap, holders } => {
            body["Of"] = (*cap).into();
            body["HolderTaskIds"] = json!(holders);
            ("CapReached", "Queue")
        }
    };
    body["Reason"] = reason.into();
    body["Kind"] = kind.into();
    body
}
