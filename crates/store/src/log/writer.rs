//! The thread that writes logs: gathers what waits, writes it as one frame per task, makes it durable, answers.
//!
//! There is no timer: what comes while a write is under way forms the next frame.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};

use super::frame::{self, FrameBuilder};
use super::index::Index;
use super::open::{Log, OpenLogs, Tail, lock};
use super::{LogBatch, LogError, files};

/// A frame is closed when it is longer than this; bounds what one crash may cut off.
const FRAME_BYTES: usize = 1024 * 1024;
/// A new segment is begun when one is longer than this; bounds what is read at once after a crash.
const SEGMENT_BYTES: u64 = 32 * 1024 * 1024;
/// Batches waiting for the thread before senders wait too.
const QUEUE_MAX: usize = 256;

type Answer<T> = oneshot::Sender<Result<T, LogError>>;

enum Command {
    Append {
        task_id: String,
        batch: LogBatch,
        answer: Answer<u64>,
    },
    Seal {
        task_id: String,
        answer: Answer<()>,
    },
    Delete {
        task_id: String,
        answer: Answer<()>,
    },
}

/// Hands work to the thread.
pub(super) struct Writer(mpsc::Sender<Command>);

impl Writer {
    /// The thread ends, after what was handed to it, when the writer is dropped.
    pub(super) fn start(logs: Arc<OpenLogs>) -> io::Result<Self> {
        let (sender, mut receiver) = mpsc::channel(QUEUE_MAX);
        let work = move || {
            let mut commands = Vec::new();
            while receiver.blocking_recv_many(&mut commands, QUEUE_MAX) > 0 {
                carry_out(&logs, std::mem::take(&mut commands));
            }
        };
        std::thread::Builder::new()
            .name("log-writer".to_owned())
            .spawn(work)?;
        Ok(Self(sender))
    }

    pub(super) async fn append(&self, task_id: &str, batch: LogBatch) -> Result<u64, LogError> {
        self.ask(|answer| Command::Append {
            task_id: task_id.to_owned(),
            batch,
            answer,
        })
        .await
    }

    pub(super) async fn seal(&self, task_id: &str) -> Result<(), LogError> {
        self.ask(|answer| Command::Seal {
            task_id: task_id.to_owned(),
            answer,
        })
        .await
    }

    pub(super) async fn delete(&self, task_id: &str) -> Result<(), LogError> {
        self.ask(|answer| Command::Delete {
            task_id: task_id.to_owned(),
            answer,
        })
        .await
    }

    async fn ask<T>(&self, command: impl FnOnce(Answer<T>) -> Command) -> Result<T, LogError> {
        let (answer, answered) = oneshot::channel();
        self.0
            .send(command(answer))
            .await
            .map_err(|_| LogError::Closed)?;
        answered.await.unwrap_or(Err(LogError::Closed))
    }
}

struct Waiting {
    batch: LogBatch,
    answer: Answer<u64>,
}

/// Appends of different tasks may be reordered among each other, but nothing overtakes a seal or a delete.
fn carry_out(logs: &OpenLogs, commands: Vec<Command>) {
    let mut waiting: HashMap<String, Vec<Waiting>> = HashMap::new();
    for command in commands {
        match command {
            Command::Append {
                task_id,
                batch,
                answer,
            } => {
                waiting
                    .entry(task_id)
                    .or_default()
                    .push(Waiting { batch, answer });
            }
            Command::Seal { task_id, answer } => {
                append_all(logs, &mut waiting);
                reply(answer, seal(logs, &task_id));
            }
            Command::Delete { task_id, answer } => {
                append_all(logs, &mut waiting);
                reply(answer, delete(logs, &task_id));
            }
        }
    }
    append_all(logs, &mut waiting);
}

/// Whoever asked may have gone; the work is done all the same.
fn reply<T>(answer: Answer<T>, result: Result<T, LogError>) {
    drop(answer.send(result));
}

fn append_all(logs: &OpenLogs, waiting: &mut HashMap<String, Vec<Waiting>>) {
    for (task_id, mut queue) in waiting.drain() {
        match logs.open(&task_id) {
            Ok(log) => {
                while !queue.is_empty() {
                    append_frame(&log, &mut queue);
                }
            }
            Err(error) => queue
                .into_iter()
                .for_each(|waiting| reply(waiting.answer, Err(error.clone()))),
        }
    }
}

/// Writes as many batches as fit into one frame, from the front of the queue.
fn append_frame(log: &Log, queue: &mut Vec<Waiting>) {
    let mut builder = FrameBuilder::new(log.index().last_number() + 1);
    let mut ends = HashMap::new();
    let mut written = Vec::new();
    let mut is_empty = true;
    let mut rest = std::mem::take(queue).into_iter();
    for waiting in rest.by_ref() {
        match place(&log.index(), &ends, &waiting.batch) {
            Ok(Place::Next) => {
                builder.push(&waiting.batch);
                is_empty = false;
                if let Some(part) = &waiting.batch.stream {
                    ends.insert(part.ticket.clone(), part.offset + part.length_bytes);
                }
                written.push(waiting.answer);
            }
            // Answered with the others, because what it repeats may be in this very frame.
            Ok(Place::Stored) => written.push(waiting.answer),
            Err(error) => reply(waiting.answer, Err(error)),
        }
        if builder.len() > FRAME_BYTES {
            break;
        }
    }
    *queue = rest.collect();
    let result = if is_empty {
        Ok(())
    } else {
        write(log, &builder.finish())
    };
    let result = result.map(|()| log.index().last_number());
    if let Ok(number) = result {
        log.head.send_replace(number);
    }
    for answer in written {
        reply(answer, result.clone());
    }
}

enum Place {
    /// It goes behind the last line.
    Next,
    /// It is stored already.
    Stored,
}

fn place(index: &Index, ends: &HashMap<String, u64>, batch: &LogBatch) -> Result<Place, LogError> {
    let Some(part) = &batch.stream else {
        return Ok(if batch.lines.is_empty() {
            Place::Stored
        } else {
            Place::Next
        });
    };
    let expected = ends
        .get(&part.ticket)
        .copied()
        .unwrap_or_else(|| index.stream_end(&part.ticket));
    if part.offset + part.length_bytes <= expected
        && (part.length_bytes > 0 || part.offset < expected)
    {
        return Ok(Place::Stored);
    }
    if part.offset != expected {
        return Err(LogError::Gap {
            ticket: part.ticket.clone(),
            expected,
            given: part.offset,
        });
    }
    Ok(Place::Next)
}

/// Writes and syncs a frame. After an error the file ends where it ended before, now or when it is opened next.
fn write(log: &Log, bytes: &[u8]) -> Result<(), LogError> {
    let mut slot = lock(&log.tail);
    let tail = match slot.take() {
        Some(tail) => tail,
        None => open_tail(log)?,
    };
    let durable = log.index().segments.get(tail.segment).copied().unwrap_or(0);
    let written = tail
        .file
        .write_all_at(bytes, durable)
        .and_then(|()| tail.file.sync_data());
    if let Err(error) = written {
        let path = files::segment_path(&log.folder, tail.segment);
        // Best effort: opening it again cuts the same bytes off before anything is written behind them.
        if let Err(error) = tail.file.set_len(durable) {
            tracing::warn!(path = %path.display(), %error, "cannot cut a failed write off a log yet");
        }
        return Err(LogError::io("write", &path, error));
    }
    let frame = frame::decode(bytes).expect("it was just built");
    let mut index = log.index_mut();
    index.add(tail.segment, &frame);
    if index.segments[tail.segment] < SEGMENT_BYTES {
        *slot = Some(tail);
    }
    Ok(())
}

/// The segment to write behind: the newest, or the next one when that is long enough.
fn open_tail(log: &Log) -> Result<Tail, LogError> {
    let segments = log.index().segments.clone();
    let segment = match segments.last() {
        None => 0,
        Some(len) if *len >= SEGMENT_BYTES => segments.len(),
        Some(_) => segments.len() - 1,
    };
    let durable = segments.get(segment).copied().unwrap_or(0);
    let path = files::segment_path(&log.folder, segment);
    let open = || -> io::Result<File> {
        if !log.folder.exists() {
            fs::create_dir(&log.folder)?;
            sync_folder(log.folder.parent().expect("it lies in the store's folder"))?;
        }
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)?;
        file.set_len(durable)?;
        sync_folder(&log.folder)?;
        Ok(file)
    };
    let file = open().map_err(|error| LogError::io("open", &path, error))?;
    Ok(Tail { file, segment })
}

/// Makes the names in a folder durable.
fn sync_folder(folder: &std::path::Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

fn seal(logs: &OpenLogs, task_id: &str) -> Result<(), LogError> {
    let log = logs.open(task_id)?;
    lock(&log.tail).take();
    let index = log.index().clone();
    if index.segments.is_empty() {
        Ok(())
    } else {
        files::write_index(&log.folder, &index)
    }
}

fn delete(logs: &OpenLogs, task_id: &str) -> Result<(), LogError> {
    let log = logs.open(task_id)?;
    lock(&log.tail).take();
    match fs::remove_dir_all(&log.folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(LogError::io("remove", &log.folder, error));
        }
        _ => {}
    }
    *log.index_mut() = Index::default();
    log.head.send_replace(0);
    Ok(())
}
