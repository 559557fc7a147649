//! Why something waits, as the API shows it: `Reason` and `Kind` for programs, `Message` for people, and who or
//! what it waits for.

use regatta_core::engine::plan::{Plan, StepIx, TargetIx};
use regatta_core::engine::{Dependency, WaitReason};
use serde_json::{Map, Value, json};

use crate::time_text::iso;

/// One reason.
pub(crate) fn body(plan: &Plan, reason: &WaitReason) -> Map<String, Value> {
    let mut body = match details(plan, reason) {
        Value::Object(details) => details,
        _ => Map::new(),
    };
    body.insert("Reason".into(), name(reason).into());
    body.insert("Kind".into(), format!("{:?}", reason.kind()).into());
    body.insert("Message".into(), reason.text(plan).into());
    body
}

const fn name(reason: &WaitReason) -> &'static str {
    match reason {
        WaitReason::TaskQueued => "TaskQueued",
        WaitReason::Dependencies(_) => "Dependencies",
        WaitReason::Condition => "Condition",
        WaitReason::NextTurn => "NextTurn",
        WaitReason::EarlierAction { .. } => "EarlierAction",
        WaitReason::Window { .. } => "Window",
        WaitReason::RunningLimit { .. } => "RunningLimit",
        WaitReason::MachineLimit { .. } => "MachineLimit",
        WaitReason::MachineLock { .. } => "MachineLock",
        WaitReason::ExclusiveStep { .. } => "ExclusiveStep",
        WaitReason::MachineInUse { .. } => "MachineInUse",
        WaitReason::MachineOffline { .. } => "MachineOffline",
        WaitReason::ServerFull => "ServerFull",
        WaitReason::PoolFull { .. } => "PoolFull",
        WaitReason::NoWorker { .. } => "NoWorker",
        WaitReason::WorkersOffline { .. } => "WorkersOffline",
        WaitReason::RetryAt { .. } => "RetryAt",
        WaitReason::Person { .. } => "Person",
        WaitReason::QueuedAtWorker { .. } => "QueuedAtWorker",
        WaitReason::Canceling => "Canceling",
    }
}

fn details(plan: &Plan, reason: &WaitReason) -> Value {
    let step = |ix: StepIx| plan.steps[ix.0 as usize].slug.as_str();
    let machine = |ix: TargetIx| plan.targets[ix.0 as usize].id.as_str();
    match reason {
        WaitReason::Dependencies(on) => {
            let on = on.iter().map(
                |on: &Dependency| json!({"StepSlug": step(on.step), "State": format!("{:?}", on.state)}),
            );
            json!({"WaitsFor": on.collect::<Vec<_>>()})
        }
        WaitReason::Window { inside, window } => json!({"Busy": inside, "Of": window}),
        WaitReason::RunningLimit { running, limit } => json!({"Busy": running, "Of": limit}),
        WaitReason::MachineLimit {
            target,
            running,
            limit,
        } => json!({"WaitsForMachineId": machine(*target), "Busy": running, "Of": limit}),
        WaitReason::MachineLock { target, holder } => {
            let mut details = json!({"WaitsForMachineId": machine(*target)});
            if let Some(holder) = holder {
                details["HolderTaskId"] = holder.clone().into();
            }
            details
        }
        WaitReason::ExclusiveStep { step: on, target } => {
            json!({"WaitsForMachineId": machine(*target), "HolderStepSlug": step(*on)})
        }
        WaitReason::MachineInUse { target, running } => {
            json!({"WaitsForMachineId": machine(*target), "Busy": running})
        }
        WaitReason::MachineOffline { target } => json!({"WaitsForMachineId": machine(*target)}),
        WaitReason::PoolFull { pool, busy, of } => {
            json!({"WorkerPoolId": pool, "Busy": busy, "Of": of})
        }
        WaitReason::NoWorker { pool, .. } | WaitReason::WorkersOffline { pool, .. } => {
            json!({"WorkerPoolId": pool})
        }
        WaitReason::RetryAt { at, attempt } => json!({"Until": iso(*at), "Attempt": attempt}),
        WaitReason::Person { interruption, .. } => json!({"InterruptionId": interruption.0}),
        WaitReason::QueuedAtWorker { worker, .. } => json!({"WorkerId": worker}),
        WaitReason::TaskQueued
        | WaitReason::Condition
        | WaitReason::NextTurn
        | WaitReason::EarlierAction { .. }
        | WaitReason::ServerFull
        | WaitReason::Canceling => Value::Null,
    }
}
