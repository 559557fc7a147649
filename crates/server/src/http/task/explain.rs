//! Why things wait: the task in the queue, or each step and action that has not started.

use regatta_core::engine::plan::Plan;
use regatta_core::engine::{WaitReason, Waiting, World};
use regatta_core::queue;
use regatta_store::{Conn, Task, TaskState};
use serde_json::{Value, json};

use super::seen::{self, Seen};
use super::{access, list};
use crate::activity::{reason, wire};
use crate::call::{Call, ok};
use crate::driver;
use crate::error::ApiError;
use crate::operation::Answer;
use crate::page::window;

pub(super) async fn explain(call: Call) -> Answer {
    let mut conn = call.read().await?;
    let task = access::task(&call, &mut conn).await?;
    if task.state == TaskState::Queued {
        let queue = queue(&call, &mut conn, &task).await?;
        return Ok(ok(
            json!({"Task": {"State": "Queued", "Message": queue["Message"], "Queue": queue}, "Items": []}),
        ));
    }
    let Some(folded) = call.app.runs.get(&mut conn, &task.id).await? else {
        let message = match task.error_message {
            Some(message) => message,
            None if task.state.is_completed() => "ended before any step could start".to_owned(),
            None => "about to start".to_owned(),
        };
        return Ok(ok(
            json!({"Task": {"State": task.state.as_str(), "Message": message}, "Items": []}),
        ));
    };
    drop(conn);
    // The driver knows workers and locks; without it (another node drives the task) the log alone must do.
    let mut waiting = match call.app.driver().explain(&task.id).await {
        Some(waiting) => waiting,
        None if task.state.is_completed() => Vec::new(),
        None => folded.run.explain(call.now(), &World::default()),
    };
    let holders = waiting
        .iter_mut()
        .filter_map(|waiting| match &mut waiting.reason {
            WaitReason::MachineLock { holder, .. } => Some(holder),
            _ => None,
        });
    seen::hide_holders(&call, &mut call.read().await?, holders).await?;
    let items: Vec<Value> = waiting
        .iter()
        .map(|waiting| item(&folded.frozen.plan, waiting))
        .collect();
    Ok(ok(
        json!({"Task": {"State": task.state.as_str(), "Message": task.error_message.unwrap_or_default()}, "Items": items}),
    ))
}

/// Something that waits, and why.
fn item(plan: &Plan, waiting: &Waiting) -> Value {
    let mut item = match waiting.cell {
        Some(cell) => wire::cell_fields(plan, cell),
        None => wire::step_fields(plan, waiting.step),
    };
    if let Value::Object(item) = &mut item {
        item.extend(reason::body(plan, &waiting.reason));
    }
    item
}

/// Why a task has not left the queue, by the rules that decide it: for programs and for people.
pub(super) async fn queue(call: &Call, conn: &mut Conn, task: &Task) -> Result<Value, ApiError> {
    let open = conn.tasks_open().await?;
    let picks = picks(call, conn, &open).await?;
    let Some(waiting) = picks.waiting.iter().find(|waiting| waiting.task == task.id) else {
        return Ok(json!({"Reason": "NextTurn", "Message": "about to start"}));
    };
    // However long the queue is, only these are told of.
    let holders = seen::holders(&waiting.reason);
    let mut holding = open;
    holding.retain(|task| holders.contains(&task.id));
    let seen = Seen::of(call, conn, holding).await?;
    Ok(seen.reason(waiting, false))
}

async fn picks(call: &Call, conn: &mut Conn, open: &[Task]) -> Result<queue::Picks, ApiError> {
    let stopped = driver::plan_input::stopped_spaces(conn).await?;
    let (queued, executing) = call.app.driver().queue(open, &stopped);
    let cap = call.app.config.task_cap;
    let mut picks = queue::pick(call.now(), &queued, &executing, cap);
    let stays = |task: &&Task| {
        let space = task.space_id.as_ref();
        task.state == TaskState::Queued && space.is_some_and(|space| stopped.contains(space))
    };
    for task in open.iter().filter(stays) {
        picks.keep_stopped(task.id.clone());
    }
    Ok(picks)
}

/// The tasks before this one in the queue, and those that run, as far as the caller may see them.
pub(super) async fn queued_behind(call: Call) -> Answer {
    call.query.window()?;
    let mut conn = call.read().await?;
    let task = access::task(&call, &mut conn).await?;
    let mut seen = Vec::new();
    if task.state == TaskState::Queued {
        let open = conn.tasks_open().await?;
        let picks = picks(&call, &mut conn, &open).await?;
        let ahead: Vec<&str> = picks
            .waiting
            .iter()
            .map(|waiting| waiting.task.as_str())
            .take_while(|id| *id != task.id)
            .collect();
        let mut open = open;
        open.retain(|open| {
            let runs = matches!(open.state, TaskState::Executing | TaskState::Cancelling);
            let same_space = open.space_id == task.space_id;
            same_space && (runs || ahead.contains(&open.id.as_str()))
        });
        seen = list::visible(&call, &mut conn, open).await?;
    }
    let total = seen.len() as u64;
    Ok(list::answer(&call, &window(seen, &call.query), total))
}
