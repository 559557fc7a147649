//! Why things wait: the task in the queue, or each step and action that has not started.

use regatta_core::engine::plan::Plan;
use regatta_core::engine::{WaitReason, Waiting, World};
use regatta_core::queue;
use regatta_store::{Conn, Task, TaskState};
use serde_json::{Map, Value, json};

use super::view::fold;
use super::{access, body};
use crate::activity::wire;
use crate::call::{Call, ok};
use crate::driver;
use crate::error::ApiError;
use crate::operation::Answer;
use crate::page::page;
use crate::time_text::iso;

pub(super) async fn explain(call: Call) -> Answer {
    let mut conn = call.read().await?;
    let task = access::task(&call, &mut conn).await?;
    if task.state == TaskState::Queued {
        let text = queue_text(&call, &mut conn, &task).await?;
        return Ok(ok(
            json!({"Task": {"State": "Queued", "Message": text}, "Items": []}),
        ));
    }
    let Some(folded) = fold(&mut conn, &task).await? else {
        return Ok(ok(
            json!({"Task": {"State": task.state.as_str(), "Message": "about to start"}, "Items": []}),
        ));
    };
    drop(conn);
    // The driver knows workers and locks; without it (another node drives the task) the log alone must do.
    let waiting = match call.app.driver().explain(&task.id).await {
        Some(waiting) => waiting,
        None if task.state.is_completed() => Vec::new(),
        None => folded.run.explain(call.now(), &World::default()),
    };
    let items: Vec<Value> = waiting
        .iter()
        .map(|waiting| item(&folded.frozen.plan, waiting))
        .collect();
    Ok(ok(
        json!({"Task": {"State": task.state.as_str(), "Message": task.error_message.unwrap_or_default()}, "Items": items}),
    ))
}

/// One reason. `Reason` is for programs, `Message` for people.
fn item(plan: &Plan, waiting: &Waiting) -> Value {
    let mut item = match waiting.cell {
        Some(cell) => wire::cell_fields(plan, cell),
        None => wire::step_fields(plan, waiting.step),
    };
    let mut extra = Map::new();
    let mut put = |key: &str, value: Value| extra.insert(key.to_owned(), value);
    put("Message", waiting.reason.text(plan).into());
    let step = |ix: regatta_core::engine::plan::StepIx| plan.steps[ix.0 as usize].slug.clone();
    let machine = |ix: regatta_core::engine::plan::TargetIx| plan.targets[ix.0 as usize].id.clone();
    let kind = match &waiting.reason {
        WaitReason::TaskQueued => "TaskQueued",
        WaitReason::Dependencies(on) => {
            let on: Vec<Value> = on
                .iter()
                .map(|on| json!({"StepSlug": step(on.step), "State": format!("{:?}", on.state)}))
                .collect();
            put("WaitsFor", on.into());
            "Dependencies"
        }
        WaitReason::Condition => "Condition",
        WaitReason::NextTurn => "NextTurn",
        WaitReason::EarlierAction { .. } => "EarlierAction",
        WaitReason::Window { .. } => "Window",
        WaitReason::RunningLimit { .. } => "RunningLimit",
        WaitReason::MachineLimit { .. } => "MachineLimit",
        WaitReason::MachineLock { target, holder } => {
            put("LockedMachineId", machine(*target).into());
            put("HolderTaskId", holder.clone().into());
            "MachineLock"
        }
        WaitReason::ExclusiveStep { step: on, .. } => {
            put("HolderStepSlug", step(*on).into());
            "ExclusiveStep"
        }
        WaitReason::MachineInUse { .. } => "MachineInUse",
        WaitReason::MachineOffline { .. } => "MachineOffline",
        WaitReason::ServerFull => "ServerFull",
        WaitReason::PoolFull { pool, .. } => {
            put("WorkerPoolId", pool.clone().into());
            "PoolFull"
        }
        WaitReason::NoWorker { pool } | WaitReason::WorkersOffline { pool, .. } => {
            put("WorkerPoolId", pool.clone().into());
            "NoWorker"
        }
        WaitReason::RetryAt { at, attempt } => {
            put("At", iso(*at).into());
            put("Attempt", (*attempt).into());
            "RetryAt"
        }
        WaitReason::Person { interruption, .. } => {
            put("InterruptionId", interruption.0.clone().into());
            "Person"
        }
        WaitReason::QueuedAtWorker { worker, .. } => {
            put("WorkerId", worker.clone().into());
            "QueuedAtWorker"
        }
        WaitReason::Canceling => "Canceling",
    };
    put("Reason", kind.into());
    if let Value::Object(item) = &mut item {
        item.extend(extra);
    }
    item
}

/// Why a task has not left the queue, by the rules that decide it.
async fn queue_text(call: &Call, conn: &mut Conn, task: &Task) -> Result<String, ApiError> {
    let picks = picks(call, conn).await?;
    let waiting = picks.waiting.iter().find(|waiting| waiting.task == task.id);
    Ok(waiting.map_or_else(
        || "about to start".to_owned(),
        |waiting| {
            format!(
                "{} (place {} in the queue)",
                waiting.reason.text(),
                waiting.position
            )
        },
    ))
}

async fn picks(call: &Call, conn: &mut Conn) -> Result<queue::Picks, ApiError> {
    let open = conn.tasks_open().await?;
    let stopped = driver::plan_input::stopped_spaces(conn).await?;
    let (queued, executing) = driver::sort_queue(&open, &stopped);
    Ok(queue::pick(
        call.now(),
        &queued,
        &executing,
        call.app.config.task_cap,
    ))
}

/// The tasks before this one in the queue, and those that run.
pub(super) async fn queued_behind(call: Call) -> Answer {
    let mut conn = call.read().await?;
    let task = access::task(&call, &mut conn).await?;
    let mut before = Vec::new();
    if task.state == TaskState::Queued {
        let picks = picks(&call, &mut conn).await?;
        let ahead: Vec<&str> = picks
            .waiting
            .iter()
            .map(|waiting| waiting.task.as_str())
            .take_while(|id| *id != task.id)
            .collect();
        for open in conn.tasks_open().await? {
            let runs = matches!(open.state, TaskState::Executing | TaskState::Cancelling);
            let same_space = open.space_id == task.space_id;
            if same_space && (runs || ahead.contains(&open.id.as_str())) {
                before.push(body::task(&open, call.now()));
            }
        }
    }
    let total = before.len() as u64;
    Ok(ok(page(
        "Task",
        before,
        total,
        call.uri_path.trim_end_matches('/'),
        &call.query,
    )))
}
