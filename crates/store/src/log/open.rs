//! The logs in use: each has its index in memory, and is forgotten when nobody needs it.

use std::collections::HashMap;
use std::fs::File;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use tokio::sync::watch;

use super::LogError;
use super::files;
use super::index::Index;

/// Logs kept in memory though nobody uses them just now.
const OPEN_MAX: usize = 512;

/// One log.
pub(super) struct Log {
    pub(super) folder: PathBuf,
    index: RwLock<Index>,
    /// The number of the last durable line.
    pub(super) head: watch::Sender<u64>,
    /// The segment being written; only the writer's thread uses it.
    pub(super) tail: Mutex<Option<Tail>>,
}

/// The file behind the last line.
pub(super) struct Tail {
    pub(super) file: File,
    pub(super) segment: usize,
}

impl Log {
    pub(super) fn index(&self) -> RwLockReadGuard<'_, Index> {
        self.index.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn index_mut(&self) -> RwLockWriteGuard<'_, Index> {
        self.index.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_idle(self: &Arc<Self>) -> bool {
        Arc::strong_count(self) == 1 && self.head.receiver_count() == 0
    }
}

/// Filled by whoever needs the log first; the others wait for that one only.
type Slot = Arc<Mutex<Option<Arc<Log>>>>;

pub(super) struct OpenLogs {
    pub(super) folder: PathBuf,
    slots: Mutex<HashMap<String, Slot>>,
}

impl OpenLogs {
    pub(super) fn new(folder: PathBuf) -> Self {
        Self {
            folder,
            slots: Mutex::default(),
        }
    }

    /// The log of a task, read in if needed. Blocks.
    pub(super) fn open(&self, task_id: &str) -> Result<Arc<Log>, LogError> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        if task_id.is_empty() || !task_id.bytes().all(is_plain) {
            return Err(LogError::InvalidTask(task_id.to_owned()));
        }
        let slot = self.slot(task_id);
        let mut slot = lock(&slot);
        if let Some(log) = &*slot {
            return Ok(Arc::clone(log));
        }
        let folder = self.folder.join(task_id);
        let index = files::load(&folder)?;
        let head = watch::Sender::new(index.last_number());
        let log = Arc::new(Log {
            folder,
            index: RwLock::new(index),
            head,
            tail: Mutex::default(),
        });
        *slot = Some(Arc::clone(&log));
        Ok(log)
    }

    fn slot(&self, task_id: &str) -> Slot {
        let mut slots = lock(&self.slots);
        if slots.len() >= OPEN_MAX && !slots.contains_key(task_id) {
            slots.retain(|_, slot| {
                Arc::strong_count(slot) > 1 || lock(slot).as_ref().is_some_and(|log| !log.is_idle())
            });
        }
        Arc::clone(slots.entry(task_id.to_owned()).or_default())
    }
}

/// A panic elsewhere leaves nothing half-done behind these locks: they guard single assignments.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
