//! The output of one ticket until the server has it durably: a file of records, each a protocol Output.
//!
//! Lines are gathered in memory, sealed into a record, written, and sent. What cannot be sent yet is read back from the
//! file later, so memory stays bounded whatever the script writes. The file is deleted with the ticket.

use std::collections::VecDeque;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use prost::Message;
use regatta_wire::proto::{Level, Output, Run};

use crate::record::{self, HEAD_BYTES, Records};

/// Text in one record, about.
pub(crate) const RECORD_TEXT_BYTES: usize = 64 * 1024;
/// Records kept in memory while the disk is full.
const STASH_BYTES: usize = 256 * 1024;
/// Output of one ticket kept on disk; beyond it lines are dropped and counted.
const QUOTA_BYTES: u64 = 2 * 1024 * 1024 * 1024;

/// One ticket's output.
pub(crate) struct Spool {
    ticket: String,
    path: PathBuf,
    file: Option<File>,
    file_bytes: u64,
    records: VecDeque<RecordAt>,
    tail: Tail,
    /// Lines sealed or in the tail.
    lines: u64,
    /// Lines below this one were sent in this session.
    send_from: u64,
    /// Lines dropped since the last one kept.
    dropped_lines: u64,
    quota_bytes: u64,
    stash_bytes: usize,
}

#[derive(Default)]
struct Tail {
    text: String,
    runs: Vec<Run>,
    lines: u64,
}

struct RecordAt {
    first_line: u64,
    lines: u64,
    place: Place,
}

enum Place {
    File {
        offset: u64,
        length: usize,
    },
    /// The disk was full when it was due.
    Memory(Vec<u8>),
}

impl RecordAt {
    fn end_line(&self) -> u64 {
        self.first_line + self.lines
    }
}

impl Spool {
    pub(crate) fn new(dir: &Path, ticket: String) -> Self {
        let path = dir.join(format!("{ticket}.out"));
        Self {
            ticket,
            path,
            file: None,
            file_bytes: 0,
            records: VecDeque::new(),
            tail: Tail::default(),
            lines: 0,
            send_from: 1,
            dropped_lines: 0,
            quota_bytes: QUOTA_BYTES,
            stash_bytes: 0,
        }
    }

    /// Takes up the file an earlier supervisor left. A torn record at its end was never sent and is cut off.
    pub(crate) fn recover(dir: &Path, ticket: String) -> io::Result<Self> {
        let mut spool = Self::new(dir, ticket);
        let bytes = match std::fs::read(&spool.path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(spool),
            Err(error) => return Err(error),
        };
        let mut records = Records::new(&bytes);
        loop {
            let offset = records.position();
            let Some(payload) = records.next() else { break };
            let Ok(output) = Output::decode(payload) else {
                break;
            };
            let lines = output.runs.iter().map(|run| u64::from(run.lines)).sum();
            let length = HEAD_BYTES + payload.len();
            let place = Place::File {
                offset: offset as u64,
                length,
            };
            spool.records.push_back(RecordAt {
                first_line: output.first_line,
                lines,
                place,
            });
            spool.lines = output.first_line + lines - 1;
            spool.file_bytes = (offset + length) as u64;
        }
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .open(&spool.path)?;
        file.set_len(spool.file_bytes)?;
        spool.file = Some(file);
        Ok(spool)
    }

    /// Adds one line, without its line feed.
    pub(crate) fn push(&mut self, text: &str, level: Level, at_ms: i64) {
        if self.file_bytes > self.quota_bytes {
            self.dropped_lines += 1;
            return;
        }
        if self.dropped_lines > 0 {
            self.push_gap(at_ms);
        }
        self.push_kept(text, level, at_ms);
    }

    fn push_gap(&mut self, at_ms: i64) {
        let dropped = std::mem::take(&mut self.dropped_lines);
        let text = format!(
            "{dropped} lines were dropped here: the server was away and the agent's disk quota was used up"
        );
        self.push_kept(&text, Level::Gap, at_ms);
    }

    fn push_kept(&mut self, text: &str, level: Level, at_ms: i64) {
        self.tail.text.push_str(text);
        self.tail.text.push('\n');
        match self.tail.runs.last_mut() {
            Some(run) if run.level == level as i32 && run.at_ms == at_ms => run.lines += 1,
            _ => self.tail.runs.push(Run {
                lines: 1,
                at_ms,
                level: level.into(),
            }),
        }
        self.tail.lines += 1;
        self.lines += 1;
        if self.tail.text.len() >= RECORD_TEXT_BYTES {
            self.seal();
        }
    }

    /// Lines so far.
    pub(crate) fn lines(&self) -> u64 {
        self.lines
    }

    /// No more output will come: says what was dropped last, if anything.
    pub(crate) fn finish(&mut self, at_ms: i64) {
        self.seal();
        if self.dropped_lines > 0 {
            self.stash_bytes = 0;
            self.push_gap(at_ms);
            self.seal();
        }
    }

    /// Moves the tail into the file.
    pub(crate) fn seal(&mut self) {
        if let Some(output) = self.take_tail() {
            self.write_record(&output);
        }
    }

    fn take_tail(&mut self) -> Option<Output> {
        if self.tail.lines == 0 {
            return None;
        }
        let tail = std::mem::take(&mut self.tail);
        let first_line = self.lines - tail.lines + 1;
        Some(Output {
            ticket: self.ticket.clone(),
            first_line,
            text: tail.text,
            runs: tail.runs,
        })
    }

    /// Writes a record; if the disk is full a few are kept in memory, then lines are dropped and counted (`false`).
    fn write_record(&mut self, output: &Output) -> bool {
        let lines: u64 = output.runs.iter().map(|run| u64::from(run.lines)).sum();
        let mut bytes = Vec::with_capacity(output.text.len() + 128);
        record::append(&output.encode_to_vec(), &mut bytes);
        let place = match self.write(&bytes) {
            Ok(()) => {
                let place = Place::File {
                    offset: self.file_bytes,
                    length: bytes.len(),
                };
                self.file_bytes += bytes.len() as u64;
                place
            }
            Err(_) if self.stash_bytes < STASH_BYTES => {
                self.stash_bytes += bytes.len();
                Place::Memory(bytes)
            }
            Err(error) => {
                tracing::warn!(ticket = self.ticket, %error, lines, "cannot keep output: the lines are dropped");
                self.lines -= lines;
                self.dropped_lines += lines;
                return false;
            }
        };
        self.records.push_back(RecordAt {
            first_line: output.first_line,
            lines,
            place,
        });
        true
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let file = match &self.file {
            Some(file) => file,
            None => self.file.insert(
                OpenOptions::new()
                    .read(true)
                    .write(true)
                    .create(true)
                    .truncate(true)
                    .mode(0o600)
                    .open(&self.path)?,
            ),
        };
        file.write_all_at(bytes, self.file_bytes)
    }

    /// Starts sending over from this line, as a new session asks for.
    pub(crate) fn send_from(&mut self, line: u64) {
        self.send_from = line.max(1);
    }

    /// Whether everything so far was sent.
    pub(crate) fn is_sent(&self) -> bool {
        self.send_from > self.lines
    }

    /// The next output to send: fresh lines straight from memory, older ones from the file.
    pub(crate) fn next_output(&mut self) -> Option<Output> {
        if self.is_sent() {
            return None;
        }
        let sealed = self.lines - self.tail.lines;
        if self.send_from == sealed + 1 {
            let output = self.take_tail()?;
            if !self.write_record(&output) {
                return None;
            }
            self.send_from = self.lines + 1;
            return Some(output);
        }
        self.read_record()
    }

    fn read_record(&mut self) -> Option<Output> {
        let index = self
            .records
            .partition_point(|at| at.end_line() <= self.send_from);
        let at = self.records.get(index)?;
        let read = match &at.place {
            Place::Memory(bytes) => Some(bytes.clone()),
            Place::File { offset, length } => {
                let mut bytes = vec![0; *length];
                let read = self.file.as_ref()?.read_exact_at(&mut bytes, *offset);
                read.ok().map(|()| bytes)
            }
        };
        let output = read.and_then(|bytes| Output::decode(record::first(&bytes)?).ok());
        let output = output.map_or_else(
            || self.damaged(at),
            |output| cut_front(output, self.send_from),
        );
        self.send_from = at.end_line();
        Some(output)
    }

    /// Stands for lines the disk gave back wrong: as many lines, the first of which says so.
    fn damaged(&self, at: &RecordAt) -> Output {
        let first_line = at.first_line.max(self.send_from);
        let lines = u32::try_from(at.end_line() - first_line).unwrap_or(u32::MAX);
        // The words once: with them in each line it could be more than one message may hold.
        let mut text = format!(
            "({lines} lines from here on were lost: the agent's disk returned damaged data)"
        );
        text.push_str(&"\n".repeat(lines as usize));
        let run = Run {
            lines,
            at_ms: 0,
            level: Level::Gap.into(),
        };
        Output {
            ticket: self.ticket.clone(),
            first_line,
            text,
            runs: vec![run],
        }
    }

    /// The server has everything through this line: the space is given back.
    pub(crate) fn stored(&mut self, through_line: u64) {
        let mut free_to = 0;
        while let Some(at) = self.records.front()
            && at.end_line() <= (through_line + 1).min(self.send_from)
        {
            match &at.place {
                Place::File { offset, length } => free_to = offset + *length as u64,
                Place::Memory(bytes) => {
                    self.stash_bytes = self.stash_bytes.saturating_sub(bytes.len());
                }
            }
            self.records.pop_front();
        }
        if let (Some(file), true) = (&self.file, free_to >= 1024 * 1024) {
            // Only gives space back early; where the file system cannot do it, the end of the ticket does.
            let flags =
                rustix::fs::FallocateFlags::PUNCH_HOLE | rustix::fs::FallocateFlags::KEEP_SIZE;
            let _unsupported = rustix::fs::fallocate(file, flags, 0, free_to);
        }
    }

    /// Deletes the file.
    pub(crate) fn delete(self) {
        if self.file.is_some() {
            let _gone = std::fs::remove_file(&self.path);
        }
    }
}

/// Drops the lines before `from`.
fn cut_front(mut output: Output, from: u64) -> Output {
    let Some(mut skip) = from.checked_sub(output.first_line).filter(|skip| *skip > 0) else {
        return output;
    };
    let cut = output
        .text
        .match_indices('\n')
        .nth(usize::try_from(skip - 1).unwrap_or(usize::MAX));
    let text_at = cut.map_or(output.text.len(), |(at, _)| at + 1);
    output.text.drain(..text_at);
    output.first_line = from;
    output.runs.retain_mut(|run| {
        let gone = skip.min(u64::from(run.lines));
        skip -= gone;
        run.lines -= u32::try_from(gone).expect("at most run.lines");
        run.lines > 0
    });
    output
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn all(spool: &mut Spool) -> Vec<(u64, String)> {
        let mut lines = Vec::new();
        while let Some(output) = spool.next_output() {
            let counted: u32 = output.runs.iter().map(|run| run.lines).sum();
            assert_eq!(counted as usize, output.text.lines().count());
            lines.extend((output.first_line..).zip(output.text.lines().map(str::to_owned)));
        }
        lines
    }

    proptest! {
        #[test]
        fn whatever_is_sealed_or_sent_before_a_resend_starts_at_the_line_asked_for(
            seals in proptest::collection::vec(0u8..3, 1..40),
            from in 1u64..45,
            torn in 0usize..8,
            restart in any::<bool>(),
        ) {
            let dir = tempfile::tempdir().expect("a directory");
            let mut spool = Spool::new(dir.path(), "t".to_owned());
            for (n, act) in seals.iter().enumerate() {
                spool.push(&format!("line {}", n + 1), Level::Info, n as i64 / 3);
                match act {
                    1 => spool.seal(),
                    2 => drop(spool.next_output()),
                    _ => {}
                }
            }
            spool.seal();
            if restart {
                drop(spool);
                let path = dir.path().join("t.out");
                let mut bytes = std::fs::read(&path).unwrap();
                bytes.extend(vec![7; torn]);
                std::fs::write(&path, bytes).unwrap();
                spool = Spool::recover(dir.path(), "t".to_owned()).unwrap();
            }
            spool.send_from(from);
            let expected: Vec<_> = (from..=seals.len() as u64).map(|n| (n, format!("line {n}"))).collect();
            prop_assert_eq!(all(&mut spool), expected);
        }
    }

    #[test]
    fn beyond_the_quota_lines_are_dropped_and_counted() {
        let dir = tempfile::tempdir().expect("a directory");
        let mut spool = Spool::new(dir.path(), "t".to_owned());
        spool.quota_bytes = 10;
        spool.push("kept", Level::Info, 1);
        spool.seal();
        spool.push("dropped", Level::Info, 1);
        spool.push("dropped", Level::Info, 1);
        spool.finish(2);
        let lines = all(&mut spool);
        assert_eq!(lines.len(), 2);
        assert!(lines[1].1.starts_with("2 lines were dropped"));
    }
}
