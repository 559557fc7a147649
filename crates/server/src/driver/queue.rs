//! The queue of this server: which queued tasks start now, and which are too late.
//!
//! The rules are the core's ([`regatta_core::queue`]); here they are asked whenever something
//! was queued or ended, and when the next scheduled or expiring task is due.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use regatta_core::queue::{self, ExecutingTask, Priority, QueuedTask};
use regatta_core::time::Time;
use regatta_store::{AuditEntry, Line, StoreError, Task, TaskChange, TaskState};

use super::run_kind::kind_of;
use super::{Shared, open};

/// Other servers queue tasks, too: look at least this often.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// Tasks of the line read at once.
const PIECE: u64 = 100;

/// Starts what may start, for as long as the server runs.
pub(super) async fn run(shared: Arc<Shared>) {
    loop {
        let pause = match look(&shared).await {
            Ok(next) => next.map_or(LOOK_EVERY, |at| {
                let ms = u64::try_from(at.since_ms(shared.now())).unwrap_or(0);
                Duration::from_millis(ms).min(LOOK_EVERY)
            }),
            Err(error) => {
                tracing::warn!(%error, "the queue cannot be looked at; trying again");
                Duration::from_millis(500)
            }
        };
        tokio::select! {
            () = shared.queue.notified() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// One look; answers when something will be due without anything happening. However long the line is, only its
/// beginning is read, as far as there is room.
async fn look(shared: &Arc<Shared>) -> Result<Option<Time>, StoreError> {
    let now = shared.now();
    let mut conn = shared.store.read().await?;
    let stopped = super::plan_input::stopped_spaces(&mut conn).await?;
    for task in conn.tasks_expired(now, &stopped).await? {
        expire(shared, &task, now).await?;
    }
    let executing = conn.tasks_executing().await?;
    let mut line = Line {
        now,
        held_tags: executing
            .iter()
            .filter_map(|task| task.concurrency_tag.clone())
            .collect(),
        stopped_spaces: stopped,
        skip: 0,
        take: PIECE,
    };
    let (_, executing) = sort(&executing, &[], &shared.idle_tasks());
    let mut queued = Vec::new();
    let start = loop {
        if !queue::has_room(&executing, shared.task_cap) {
            break Vec::new();
        }
        let piece = conn.tasks_in_line(&line).await?;
        let is_last = (piece.len() as u64) < PIECE;
        line.skip += PIECE;
        queued.extend(sort(&piece, &[], &BTreeSet::new()).0);
        let picks = queue::pick(now, &queued, &executing, shared.task_cap);
        let is_full = picks.reaches_cap(&executing, shared.task_cap);
        if is_last || is_full {
            break picks.start;
        }
    };
    let due_at = conn.line_due_at(now).await?;
    drop(conn);
    for task_id in &start {
        open::start(shared, task_id).await?;
    }
    Ok(due_at)
}

/// What the rules look at, given which tasks wait for nothing but people. Tasks of spaces whose queue is stopped stay
/// where they are.
pub(super) fn sort(
    open: &[Task],
    stopped: &[String],
    idle: &BTreeSet<String>,
) -> (Vec<QueuedTask>, Vec<ExecutingTask>) {
    let mut queued = Vec::new();
    let mut executing = Vec::new();
    for task in open {
        let is_stopped = task
            .space_id
            .as_ref()
            .is_some_and(|space| stopped.contains(space));
        match task.state {
            TaskState::Queued if !is_stopped => queued.push(queued_task(task)),
            TaskState::Executing | TaskState::Cancelling => {
                executing.push(executing_task(task, idle.contains(&task.id)));
            }
            _ => {}
        }
    }
    (queued, executing)
}

/// `2` in a task's row is "moved to the top", `1` is prioritised.
fn queued_task(task: &Task) -> QueuedTask {
    QueuedTask {
        id: task.id.clone(),
        queued_at: task.queued_at,
        priority: match task.priority {
            i64::MIN..=0 => Priority::Regular,
            1 => Priority::Priority,
            2.. => Priority::MovedToTop,
        },
        scheduled_at: task.scheduled_at,
        expires_at: task.expires_at,
        tag: task.concurrency_tag.clone(),
    }
}

/// A task that waits for nothing but people does not count against the cap (Octopus' rule); it keeps its
/// tag, so that nothing else changes the environment under it.
fn executing_task(task: &Task, idle: bool) -> ExecutingTask {
    ExecutingTask {
        id: task.id.clone(),
        tag: task.concurrency_tag.clone(),
        idle,
    }
}

async fn expire(shared: &Shared, task: &Task, now: Time) -> Result<(), StoreError> {
    let kind = kind_of(task);
    let change = TaskChange {
        at: now,
        state: Some(TaskState::TimedOut),
        completed_at: Some(now),
        error_message: Some(format!(
            "The {} did not start before its expiry time, so it was not run.",
            kind.called()
        )),
        ..TaskChange::default()
    };
    let related = [
        &task.project_id,
        &task.environment_id,
        &task.tenant_id,
        &task.release_id,
        &task.runbook_id,
        &task.deployment_id,
    ];
    let entry = AuditEntry {
        space_id: task.space_id.clone(),
        category: kind.failed().into(),
        document_kind: kind.documents().into(),
        user_id: None,
        username: "system".into(),
        occurred_at: now,
        message: format!(
            "{} was not started before its expiry time",
            task.description
        ),
        body: "{}".into(),
        related: related
            .into_iter()
            .flatten()
            .chain([&task.id])
            .cloned()
            .collect(),
    };
    let mut tx = shared.store.begin().await?;
    if tx
        .task_change(&task.id, &change, &[TaskState::Queued])
        .await?
    {
        tx.audit_insert(&entry).await?;
        tx.commit().await?;
        shared.tell_readers(&task.id, 0);
    }
    Ok(())
}
