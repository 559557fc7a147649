//! What other tasks keep a deployment from: its turn in the queue, and machines. As of now, and by the rules of the queue.

use regatta_core::engine::plan::PlanTarget;
use regatta_core::queue::{self, Picks, Priority, QueueReason, QueuedTask};
use regatta_core::time::Time;
use regatta_store::{Conn, Task};
use serde_json::{Map, Value, json};

use super::look::Look;
use crate::call::Call;
use crate::driver;
use crate::error::ApiError;
use crate::http::deployment::concurrency_tag;
use crate::http::task::seen::{self, Seen};

/// Stands for the task a deployment would be: of those queued at the same time the last, as longer ids are younger.
const OWN: &str = "ServerTasks-of the deployment that is planned";

/// The keys `Queue`, `TasksAhead`, `TasksAheadHidden` and `LockHolders`.
pub(super) async fn body(
    call: &Call,
    conn: &mut Conn,
    look: &Look,
) -> Result<Map<String, Value>, ApiError> {
    let open = conn.tasks_open().await?;
    let seen = Seen::of(call, conn, open).await?;
    let mut body = seen
        .queue(call, conn, &concurrency_tag(&look.input))
        .await?;
    let held = call.app.driver().machines_held();
    let holder = |target: &PlanTarget| {
        let hold = held.get(&target.id)?;
        let task = hold.task.as_deref().and_then(|id| seen.visible(id));
        Some(json!({
            "MachineId": target.id, "MachineName": target.name, "IsShared": hold.shared,
            "TaskId": task.map(|task| &task.id), "Description": task.map(|task| &task.description),
        }))
    };
    let holders = look.plan.targets.iter().filter_map(holder);
    body.insert("LockHolders".to_owned(), holders.collect());
    Ok(body)
}

fn planned(now: Time, tag: &str) -> QueuedTask {
    QueuedTask {
        id: OWN.to_owned(),
        queued_at: now,
        priority: Priority::Regular,
        scheduled_at: None,
        expires_at: None,
        tag: Some(tag.to_owned()),
    }
}

impl Seen {
    async fn queue(
        &self,
        call: &Call,
        conn: &mut Conn,
        tag: &str,
    ) -> Result<Map<String, Value>, ApiError> {
        let stopped = driver::plan_input::stopped_spaces(conn).await?;
        let (mut queued, executing) = call.app.driver().queue(&self.open, &stopped);
        let now = call.now();
        let is_stopped = stopped.iter().any(|space| space == call.space_id());
        if !is_stopped {
            queued.push(planned(now, tag));
        }
        let mut picks = queue::pick(now, &queued, &executing, call.app.config.task_cap);
        if is_stopped {
            picks.keep_stopped(OWN.to_owned());
        }
        let own = picks.waiting.iter().find(|waiting| waiting.task == OWN);
        let mut body = Map::new();
        let ahead = own.map_or_else(Vec::new, |own| self.ahead(&picks, &own.reason));
        let shown: Vec<&Task> = ahead.iter().filter_map(|id| self.visible(id)).collect();
        let hidden = ahead.len() - shown.len();
        let reason = own.map_or(Value::Null, |own| self.reason(own, hidden > 0));
        let item = |task: &&Task| json!({"TaskId": task.id, "Description": task.description, "State": task.state.as_str()});
        body.insert("TasksAheadHidden".to_owned(), hidden.into());
        body.insert("TasksAhead".to_owned(), shown.iter().map(item).collect());
        body.insert("Queue".to_owned(), reason);
        Ok(body)
    }

    /// Who holds what it waits for, and who waits for the same before it.
    fn ahead<'p>(&self, picks: &'p Picks, reason: &'p QueueReason) -> Vec<&'p str> {
        let holders = seen::holders(reason);
        let tag = match reason {
            QueueReason::TagHeld { tag, .. } => Some(tag),
            QueueReason::CapReached { .. } | QueueReason::Scheduled { .. } => None,
            // Whoever starts the queue again decides, not those that run.
            QueueReason::SpaceStopped => return Vec::new(),
        };
        let counts = |id: &str| {
            let task = self.open.iter().find(|task| task.id == id);
            tag.is_none() || task.is_some_and(|task| task.concurrency_tag.as_ref() == tag)
        };
        let before = picks.waiting.iter().map(|waiting| waiting.task.as_str());
        let before = before.take_while(|id| *id != OWN).filter(|id| counts(id));
        holders.iter().map(String::as_str).chain(before).collect()
    }
}
