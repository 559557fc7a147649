//! Runs folded from their logs, kept for whoever shows them: each look reads only the events that are new.
//!
//! A copy for readers. The driver folds for itself and never looks here; what is here may be thrown away any time.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use regatta_core::engine::Run;
use regatta_core::engine::event::{Recorded, Seq};
use regatta_core::process::DeploymentProcess;
use regatta_store::{Conn, StoreError};

use crate::driver::frozen::{self, FrozenTask};
use crate::stored;

/// Runs kept. Ten browsers that watch ten deployments find all of them here.
const RUNS_MAX: usize = 16;
/// Longer logs are folded anew each time, so that a few huge runs do not fill the memory.
const EVENTS_MAX: usize = 100_000;
/// Events read at once.
const EVENTS_PER_READ: u64 = 5_000;

/// A task that has started, folded from its log up to some event.
#[derive(Clone)]
pub(crate) struct Folded {
    pub(crate) frozen: Arc<FrozenTask>,
    /// The process as it was frozen: how each step's start rule was written.
    pub(crate) process: Arc<DeploymentProcess>,
    pub(crate) run: Run,
    pub(crate) events: Vec<Recorded>,
}

impl Folded {
    /// The number of the last event taken into account. The end of a task that was given up does not follow
    /// from its events, so this may be beyond the run's own number.
    pub(crate) fn seq(&self) -> Seq {
        self.events.last().map_or(0, |event| event.seq)
    }

    fn take(&mut self, event: Recorded) {
        if let Err(error) = self.run.apply(&event) {
            tracing::debug!(%error, seq = event.seq, "an event does not follow");
        }
        self.events.push(event);
    }
}

/// See the module.
#[derive(Default)]
pub(crate) struct FoldedRuns(Mutex<VecDeque<(String, Slot)>>);

type Slot = Arc<tokio::sync::Mutex<Option<Arc<Folded>>>>;

impl FoldedRuns {
    /// The run of a task as of its last event; `None` when it has not started.
    pub(crate) async fn get(
        &self,
        conn: &mut Conn,
        task_id: &str,
    ) -> Result<Option<Arc<Folded>>, StoreError> {
        let slot = self.slot(task_id);
        let mut kept = slot.lock().await;
        let mut folded = match kept.take() {
            Some(folded) => folded,
            None => match open(conn, task_id).await? {
                Some(folded) => Arc::new(folded),
                None => return Ok(None),
            },
        };
        loop {
            let page = conn
                .task_events(task_id, folded.seq(), EVENTS_PER_READ)
                .await?;
            let is_last = (page.len() as u64) < EVENTS_PER_READ;
            if !page.is_empty() {
                // Copied only when an earlier reader is not done with it.
                let growing = Arc::make_mut(&mut folded);
                page.into_iter().for_each(|event| growing.take(event));
            }
            if is_last {
                break;
            }
        }
        if folded.events.len() <= EVENTS_MAX {
            *kept = Some(Arc::clone(&folded));
        }
        Ok(Some(folded))
    }

    fn slot(&self, task_id: &str) -> Slot {
        let mut runs = self.0.lock().expect("no holder of this lock panics");
        let known = runs.iter().position(|(id, _)| id == task_id);
        let entry = match known.and_then(|known| runs.remove(known)) {
            Some(entry) => entry,
            None => (task_id.to_owned(), Slot::default()),
        };
        let slot = Arc::clone(&entry.1);
        runs.push_front(entry);
        runs.truncate(RUNS_MAX);
        slot
    }
}

async fn open(conn: &mut Conn, task_id: &str) -> Result<Option<Folded>, StoreError> {
    let Some(frozen) = frozen::load_stored(conn, task_id).await? else {
        return Ok(None);
    };
    let process = stored::process(conn, &frozen.process_id).await?;
    Ok(Some(Folded {
        run: Run::new(Arc::clone(&frozen.plan)),
        frozen: Arc::new(frozen),
        process: Arc::new(process),
        events: Vec::new(),
    }))
}
