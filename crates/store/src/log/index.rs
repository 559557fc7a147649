//! Where the lines of a log are: one entry per 64 KiB or so, small enough to stay in memory.

use std::collections::HashMap;
use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use super::frame::{Frame, LineRef};
use super::{LogFilter, LogLevel, LogSource, level};

/// Small frames are gathered until a block has this size.
const BLOCK_BYTES: u64 = 64 * 1024;

/// What is known of a log without reading its lines.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Index {
    blocks: Vec<Block>,
    sources: Vec<LogSource>,
    /// What each of the sources wrote.
    tallies: Vec<LogTally>,
    /// The other way round.
    #[serde(skip)]
    positions: HashMap<LogSource, u32>,
    /// End of the stored output per ticket.
    streams: HashMap<String, u64>,
    /// The number of the last line.
    last_number: u64,
    /// Length in bytes of each segment file.
    pub(super) segments: Vec<u64>,
    /// Lines whose frames were damaged when the log was opened.
    damaged: Vec<RangeInclusive<u64>>,
}

/// How much one source wrote, and where its first error is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LogTally {
    pub lines: u64,
    pub warnings: u64,
    pub errors: u64,
    pub first_number: u64,
    pub last_number: u64,
    /// 0 = there is none.
    pub first_error_number: u64,
}

/// What the sources of a log wrote, as of one line.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LogTallies {
    /// The number of the last line of the whole log.
    pub last_number: u64,
    pub sources: Vec<(LogSource, LogTally)>,
}

impl LogTally {
    fn add(&mut self, line: &LineRef<'_>) {
        self.lines += 1;
        if self.first_number == 0 {
            self.first_number = line.number;
        }
        self.last_number = line.number;
        match line.level {
            LogLevel::Warning => self.warnings += 1,
            LogLevel::Error => {
                self.errors += 1;
                if self.first_error_number == 0 {
                    self.first_error_number = line.number;
                }
            }
            _ => {}
        }
    }
}

/// Some frames that lie one behind the other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Block {
    /// Position in [`Index::segments`].
    pub(super) segment: usize,
    pub(super) offset: u64,
    pub(super) len: u64,
    pub(super) first_number: u64,
    pub(super) last_number: u64,
    /// Positions in [`Index::sources`].
    sources: Vec<u32>,
    /// The highest severity in it.
    severity_max: u16,
}

impl Index {
    pub(super) fn last_number(&self) -> u64 {
        self.last_number
    }

    pub(super) fn stream_end(&self, ticket: &str) -> u64 {
        self.streams.get(ticket).copied().unwrap_or(0)
    }

    /// What the sources wrote that wrote something after this line, in the order in which they began.
    pub(super) fn tallies(&self, after: u64) -> Vec<(LogSource, LogTally)> {
        let all = self.sources.iter().zip(&self.tallies);
        let wanted = all.filter(|(_, tally)| tally.last_number > after);
        wanted
            .map(|(source, tally)| (source.clone(), *tally))
            .collect()
    }

    pub(super) fn damaged(&self) -> &[RangeInclusive<u64>] {
        &self.damaged
    }

    /// Notes a frame that lies at the end of a segment. `false` when its lines cannot follow those before.
    pub(super) fn add(&mut self, segment: usize, frame: &Frame<'_>) -> bool {
        if frame.first_number <= self.last_number {
            return false;
        }
        if frame.first_number > self.last_number + 1 {
            self.damaged
                .push(self.last_number + 1..=frame.first_number - 1);
        }
        self.segments
            .resize(self.segments.len().max(segment + 1), 0);
        let (offset, len) = (self.segments[segment], frame.len as u64);
        self.segments[segment] += len;
        self.last_number = frame.first_number + frame.line_count() - 1;

        let is_near = |block: &&mut Block| {
            block.segment == segment
                && block.len < BLOCK_BYTES
                && block.offset + block.len == offset
        };
        let block = match self.blocks.last_mut().filter(is_near) {
            Some(_) => self.blocks.len() - 1,
            None => {
                let (first_number, last_number) = (frame.first_number, self.last_number);
                let (sources, severity_max) = (Vec::new(), 0);
                self.blocks.push(Block {
                    segment,
                    offset,
                    len: 0,
                    first_number,
                    last_number,
                    sources,
                    severity_max,
                });
                self.blocks.len() - 1
            }
        };
        self.extend(block, frame);
        true
    }

    fn extend(&mut self, block: usize, frame: &Frame<'_>) {
        for section in &frame.sections {
            if let Some(part) = &section.stream {
                self.streams
                    .insert(part.ticket.clone(), part.offset + part.length_bytes);
            }
            let source = self.source(&section.source);
            let block = &mut self.blocks[block];
            if !block.sources.contains(&source) {
                block.sources.push(source);
            }
            let tally = &mut self.tallies[source as usize];
            for line in section.lines() {
                tally.add(&line);
                block.severity_max = block.severity_max.max(level::severity(line.level));
            }
        }
        self.blocks[block].len += frame.len as u64;
        self.blocks[block].last_number = self.last_number;
    }

    fn source(&mut self, source: &LogSource) -> u32 {
        if let Some(position) = self.positions.get(source) {
            return *position;
        }
        let position =
            u32::try_from(self.sources.len()).expect("a task has far fewer sources than 4 billion");
        self.sources.push(source.clone());
        self.tallies.push(LogTally::default());
        self.positions.insert(source.clone(), position);
        position
    }

    /// After reading it from a file: what is not stored in it.
    pub(super) fn complete(mut self) -> Self {
        self.positions = self.sources.iter().cloned().zip(0..).collect();
        self
    }

    /// Leaves out bytes that hold no frame.
    pub(super) fn skip(&mut self, segment: usize, offset: u64) {
        self.segments
            .resize(self.segments.len().max(segment + 1), 0);
        self.segments[segment] = offset;
    }

    /// The blocks that may hold lines that pass the filter, with numbers from `first` on.
    pub(super) fn blocks(&self, first: u64, filter: &LogFilter) -> Vec<Block> {
        let matching: Vec<_> = self
            .sources
            .iter()
            .map(|source| filter.matches_source(source))
            .collect();
        let severity_min = filter.level_min.map_or(0, level::severity);
        let start = self
            .blocks
            .partition_point(|block| block.last_number < first);
        self.blocks[start..]
            .iter()
            .filter(|block| block.severity_max >= severity_min)
            .filter(|block| {
                block
                    .sources
                    .iter()
                    .any(|source| matching[*source as usize])
            })
            .cloned()
            .collect()
    }
}
