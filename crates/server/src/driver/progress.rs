//! How far running scripts say they are. For people only: nothing is decided by it, and it is not kept.

use std::collections::HashMap;
use std::sync::Mutex;

use regatta_core::engine::event::TicketId;
use regatta_core::time::Time;

use super::Shared;

/// Readers of a task are told of its scripts' progress this often at most; they see the last one in any case.
const TELL_EVERY_MS: i64 = 200;

/// What a script said last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Progress {
    pub percentage: u32,
    pub message: String,
}

/// The last word of every running script that said one.
#[derive(Default)]
pub(crate) struct Board(Mutex<HashMap<TicketId, (Progress, Time)>>);

impl Board {
    /// What the script with this ticket said last.
    pub(crate) fn of(&self, ticket: &TicketId) -> Option<Progress> {
        let board = self.0.lock().expect("no holder of this lock panics");
        board.get(ticket).map(|(progress, _)| progress.clone())
    }

    pub(super) fn forget(&self, ticket: &TicketId) {
        let mut board = self.0.lock().expect("no holder of this lock panics");
        board.remove(ticket);
    }

    /// Whether readers are to be told.
    fn put(&self, ticket: TicketId, progress: Progress, now: Time) -> bool {
        let mut board = self.0.lock().expect("no holder of this lock panics");
        let told_at = board.get(&ticket).map(|(_, at)| *at);
        let due = told_at.is_none_or(|at| now.since_ms(at) >= TELL_EVERY_MS);
        let told_at = told_at.filter(|_| !due).unwrap_or(now);
        board.insert(ticket, (progress, told_at));
        due
    }
}

/// Notes the word of a script that is out.
pub(super) fn take(shared: &Shared, ticket: TicketId, percentage: u32, message: String) {
    let Some(task) = shared.tickets().get(&ticket).cloned() else {
        return;
    };
    let progress = Progress {
        percentage,
        message,
    };
    if shared.progress.put(ticket, progress, shared.now()) {
        shared.tell_readers(&task, 0);
    }
}
