//! One task, and its run folded from the events for everything that shows it.

use std::sync::Arc;

use regatta_core::engine::Run;
use regatta_core::engine::event::Recorded;
use regatta_store::{Conn, StoreError, Task};

use super::{access, body};
use crate::call::{Call, ok};
use crate::driver::frozen::{self, FrozenTask};
use crate::operation::Answer;

/// Events read at once.
const EVENTS_PER_READ: u64 = 5_000;

pub(super) async fn get(call: Call) -> Answer {
    let task = access::task(&call, &mut Box::new(call.read().await?)).await?;
    Ok(ok(body::task(&task, call.now())))
}

/// A task that has started, folded from its log.
pub(super) struct Folded {
    pub frozen: FrozenTask,
    pub run: Run,
    pub events: Vec<Recorded>,
}

/// Folds a task's log; `None` when it has not started.
pub(super) async fn fold(conn: &mut Conn, task: &Task) -> Result<Option<Folded>, StoreError> {
    let Some(frozen) = frozen::load_stored(conn, &task.id).await? else {
        return Ok(None);
    };
    let mut run = Run::new(Arc::clone(&frozen.plan));
    let mut events: Vec<Recorded> = Vec::new();
    loop {
        let after = events.last().map_or(0, |event| event.seq);
        let page = conn.task_events(&task.id, after, EVENTS_PER_READ).await?;
        if page.is_empty() {
            return Ok(Some(Folded {
                frozen,
                run,
                events,
            }));
        }
        for event in page {
            // The end of a parked task does not follow from the events before it.
            if let Err(error) = run.apply(&event) {
                tracing::debug!(%error, task_id = task.id, seq = event.seq, "an event does not follow");
            }
            events.push(event);
        }
    }
}
