//! The log of each task, in files: append-only segments with checksums, numbered lines, a sparse index.
//!
//! A line is durable before its append is answered and before any reader sees it; its number never changes.
//! Appending output of a script is idempotent: a part is named by its ticket and its offset in the output. Damage
//! is told as a range of missing lines, never served as text. No SQL here, and nothing about what lines mean.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::watch;

use regatta_core::log::LogLevel;
use regatta_core::time::Time;

mod files;
mod frame;
mod index;
mod level;
mod open;
mod raw;
mod read;
mod writer;

pub use index::{LogTallies, LogTally};
pub use raw::RawLog;
pub use read::{LogFilter, LogMatches, LogPage, LogRange, LogSearch};

use open::OpenLogs;
use writer::Writer;

/// What wrote lines.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, serde::Serialize, serde::Deserialize)]
pub struct LogSource {
    /// Slug of the step; `None` for the task itself.
    pub step: Option<String>,
    /// Slug of the action.
    pub action: Option<String>,
    /// Document id of the machine.
    pub target: Option<String>,
    /// From 1; 0 when it makes no sense.
    pub attempt: u32,
}

/// Lines to append, all from one source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogBatch {
    pub source: LogSource,
    /// The part of a script's output the lines were made from; `None` for lines of the server itself.
    pub stream: Option<StreamPart>,
    pub lines: Vec<NewLine>,
}

/// A part of a script's output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamPart {
    pub ticket: String,
    /// Where it starts in the output, in whatever unit the sender counts (bytes).
    pub offset: u64,
    pub length_bytes: u64,
}

/// A line before it has a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewLine {
    pub at: Time,
    pub level: LogLevel,
    /// Without the line's end.
    pub text: String,
}

/// A stored line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// From 1, without gaps, per task.
    pub number: u64,
    pub at: Time,
    pub level: LogLevel,
    pub source: Arc<LogSource>,
    pub text: String,
}

/// Why a log cannot be written or read.
#[derive(Debug, Clone, thiserror::Error)]
pub enum LogError {
    /// The part does not follow what is stored: send again from `expected`.
    #[error("output of {ticket} continues at {expected}, not at {given}")]
    Gap {
        ticket: String,
        expected: u64,
        given: u64,
    },
    /// Nothing was written; the sender keeps the lines and tries again.
    #[error("the disk with {path} is full: free some space, nothing already acknowledged is lost")]
    Full { path: PathBuf },
    /// What is looked for is no regular expression, or too large a one.
    #[error("{0}")]
    Pattern(String),
    #[error("'{0}' cannot name a log: only ASCII letters, digits and '-' can")]
    InvalidTask(String),
    #[error("cannot {what} {path}: {error}")]
    Io {
        what: &'static str,
        path: PathBuf,
        error: Arc<io::Error>,
    },
    #[error("the log store is closed")]
    Closed,
}

impl LogError {
    fn io(what: &'static str, path: &Path, error: io::Error) -> Self {
        let path = path.to_owned();
        if matches!(
            error.kind(),
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
        ) {
            return Self::Full { path };
        }
        Self::Io {
            what,
            path,
            error: Arc::new(error),
        }
    }
}

/// The logs of all tasks below one folder. Cheap to clone.
#[derive(Clone)]
pub struct LogStore {
    logs: Arc<OpenLogs>,
    writer: Arc<Writer>,
}

impl LogStore {
    /// Uses the folder, creating it when missing, and starts the thread that writes.
    ///
    /// # Errors
    /// When the folder cannot be created or the thread not be started.
    pub fn open(folder: &Path) -> Result<Self, LogError> {
        std::fs::create_dir_all(folder).map_err(|error| LogError::io("create", folder, error))?;
        let logs = Arc::new(OpenLogs::new(folder.to_owned()));
        let writer = Writer::start(Arc::clone(&logs))
            .map_err(|error| LogError::io("start a writer for", folder, error))?;
        Ok(Self {
            logs,
            writer: Arc::new(writer),
        })
    }

    /// Appends lines; answers the number of the last durable line of the task. A part that is stored already
    /// is not stored twice.
    ///
    /// # Errors
    /// [`LogError::Gap`] when output is missing in between, [`LogError::Full`]; nothing was appended then.
    pub async fn append(&self, task_id: &str, batch: LogBatch) -> Result<u64, LogError> {
        self.writer.append(task_id, batch).await
    }

    /// Where the stored output of a ticket ends: what its sender goes on with.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub async fn stream_end(&self, task_id: &str, ticket: &str) -> Result<u64, LogError> {
        let ticket = ticket.to_owned();
        self.with_log(task_id, move |log| Ok(log.index().stream_end(&ticket)))
            .await
    }

    /// The number of the last durable line, and word of every later one.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub async fn follow(&self, task_id: &str) -> Result<watch::Receiver<u64>, LogError> {
        self.with_log(task_id, |log| Ok(log.head.subscribe())).await
    }

    /// A part of the lines.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub async fn read(
        &self,
        task_id: &str,
        range: LogRange,
        filter: LogFilter,
    ) -> Result<LogPage, LogError> {
        self.with_log(task_id, move |log| read::page(log, range, &filter))
            .await
    }

    /// Counts the lines that match, and names the first `numbers_max` of them.
    ///
    /// # Errors
    /// [`LogError::Pattern`], or when the log cannot be read.
    pub async fn search(
        &self,
        task_id: &str,
        search: LogSearch,
        filter: LogFilter,
        numbers_max: usize,
    ) -> Result<LogMatches, LogError> {
        self.with_log(task_id, move |log| {
            read::search(log, &search, &filter, numbers_max)
        })
        .await
    }

    /// What each source wrote, without reading a line; of those only that wrote something after the line `after`.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub async fn tallies(&self, task_id: &str, after: u64) -> Result<LogTallies, LogError> {
        self.with_log(task_id, move |log| {
            let index = log.index();
            Ok(LogTallies {
                last_number: index.last_number(),
                sources: index.tallies(after),
            })
        })
        .await
    }

    /// The whole log as plain text, piece by piece.
    #[must_use]
    pub fn raw(&self, task_id: &str) -> RawLog {
        RawLog::new(self.clone(), task_id)
    }

    /// Stores the index beside a log that is probably complete, so that the first look after a restart is quick.
    /// Appending later is still possible.
    ///
    /// # Errors
    /// When the index cannot be written; the log itself is safe.
    pub async fn seal(&self, task_id: &str) -> Result<(), LogError> {
        self.writer.seal(task_id).await
    }

    /// Removes a log. Nothing when there is none.
    ///
    /// # Errors
    /// When the files cannot be removed.
    pub async fn delete(&self, task_id: &str) -> Result<(), LogError> {
        self.writer.delete(task_id).await
    }

    /// Runs `work` where it may block.
    async fn with_log<T: Send + 'static>(
        &self,
        task_id: &str,
        work: impl FnOnce(&open::Log) -> Result<T, LogError> + Send + 'static,
    ) -> Result<T, LogError> {
        let (logs, task_id) = (Arc::clone(&self.logs), task_id.to_owned());
        let done = tokio::task::spawn_blocking(move || work(&*logs.open(&task_id)?));
        done.await.unwrap_or(Err(LogError::Closed))
    }
}
