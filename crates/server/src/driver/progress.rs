//! How far running scripts say they are. For people only: nothing is decided by it, and it is not kept.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};

use regatta_core::engine::event::TicketId;
use tokio::sync::watch;

use super::Shared;

/// What a script said last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Progress {
    pub percentage: u32,
    pub message: String,
}

/// The last word of every running script that said one.
#[derive(Default)]
pub(crate) struct Board {
    words: Mutex<HashMap<TicketId, Word>>,
    /// Counts the words; whoever follows it needs only the newest number.
    count: watch::Sender<u64>,
}

struct Word {
    task_id: String,
    progress: Progress,
    number: u64,
}

impl Board {
    /// What the script with this ticket said last.
    pub(crate) fn of(&self, ticket: &TicketId) -> Option<Progress> {
        let words = self.words();
        words.get(ticket).map(|word| word.progress.clone())
    }

    /// How many words there have been, and news of every later one.
    pub(crate) fn follow(&self) -> watch::Receiver<u64> {
        self.count.subscribe()
    }

    /// What scripts of a task said after the word with this number.
    pub(crate) fn after(&self, task_id: &str, number: u64) -> Vec<(TicketId, Progress)> {
        let words = self.words();
        let own = words
            .iter()
            .filter(|(_, word)| word.task_id == task_id && word.number > number);
        own.map(|(ticket, word)| (ticket.clone(), word.progress.clone()))
            .collect()
    }

    pub(super) fn forget(&self, ticket: &TicketId) {
        self.words().remove(ticket);
    }

    fn put(&self, task_id: String, ticket: TicketId, progress: Progress) {
        let mut words = self.words();
        let number = *self.count.borrow() + 1;
        let word = Word {
            task_id,
            progress,
            number,
        };
        words.insert(ticket, word);
        // Under the lock, so that whoever has seen the number finds the word.
        self.count.send_replace(number);
    }

    fn words(&self) -> MutexGuard<'_, HashMap<TicketId, Word>> {
        self.words.lock().expect("no holder of this lock panics")
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
    shared.progress.put(task, ticket, progress);
}
