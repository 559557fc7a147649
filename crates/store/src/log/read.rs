//! Reading lines: by number, from the end, by source and level, by text.

use std::fs::File;
use std::io;
use std::ops::{ControlFlow, RangeInclusive};
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use regex::bytes::{Regex, RegexBuilder};

use super::frame::{self, LineRef, Section};
use super::index::Block;
use super::open::Log;
use super::{LogError, LogLevel, LogLine, LogSource, files};

/// Which lines, by who wrote them and how much they matter. Fields left out do not filter.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LogFilter {
    pub step: Option<String>,
    pub action: Option<String>,
    pub target: Option<String>,
    pub attempt: Option<u32>,
    pub level_min: Option<LogLevel>,
}

impl LogFilter {
    pub(super) fn matches_source(&self, source: &LogSource) -> bool {
        let same =
            |wanted: &Option<String>, found: &Option<String>| wanted.is_none() || wanted == found;
        same(&self.step, &source.step)
            && same(&self.action, &source.action)
            && same(&self.target, &source.target)
            && self.attempt.is_none_or(|attempt| attempt == source.attempt)
    }

    fn matches_level(&self, level: LogLevel) -> bool {
        self.level_min.is_none_or(|min| level >= min)
    }
}

/// Which of the lines that pass a filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogRange {
    /// The first `take` with this number or a higher one.
    From { number: u64, take: usize },
    /// The last `take` with a lower number; `u64::MAX` gives the end of the log.
    Before { number: u64, take: usize },
}

/// Some lines of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogPage {
    /// In order of their numbers.
    pub lines: Vec<LogLine>,
    /// The number of the last line of the whole log.
    pub last_number: u64,
    /// Lines that are lost because their bytes were damaged on the disk, as far as this page came across them.
    pub damaged: Vec<RangeInclusive<u64>>,
}

/// What to look for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LogSearch {
    pub text: String,
    /// `text` is a regular expression, matched in time linear in the log. `^` and `$` are the ends of a line.
    pub is_regex: bool,
    pub is_case_sensitive: bool,
}

/// Memory a regular expression may take when compiled.
const REGEX_BYTES_MAX: usize = 1024 * 1024;
/// A search ends after this time, and says how far it came.
const SEARCH_LIMIT: Duration = Duration::from_secs(10);

/// Where a text occurs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LogMatches {
    /// Lines with the text.
    pub total: u64,
    /// The numbers of the first of them.
    pub numbers: Vec<u64>,
    /// Set when the time was up: the last line that was looked at.
    pub stopped_at: Option<u64>,
    /// Lines that could not be looked at because their bytes were damaged on the disk.
    pub damaged: Vec<RangeInclusive<u64>>,
}

pub(super) fn page(log: &Log, range: LogRange, filter: &LogFilter) -> Result<LogPage, LogError> {
    let (first, end) = match range {
        LogRange::From { number, .. } => (number.max(1), u64::MAX),
        LogRange::Before { number, .. } => (1, number),
    };
    let index = log.index();
    let (blocks, last_number) = (index.blocks(first, filter), index.last_number());
    let mut damaged: Vec<_> = index
        .damaged()
        .iter()
        .filter(|lost| *lost.end() >= first && *lost.start() < end)
        .cloned()
        .collect();
    drop(index);
    let mut reader = Reader {
        log,
        filter,
        file: None,
    };
    let lines = match range {
        LogRange::From { take, .. } => reader.first_lines(&blocks, first, take, &mut damaged)?,
        LogRange::Before { take, .. } => reader.last_lines(&blocks, end, take, &mut damaged)?,
    };
    if let (LogRange::From { take, .. }, Some(last)) = (range, lines.last()) {
        // What lies behind a full page is none of its business.
        damaged.retain(|lost| lines.len() < take || *lost.start() < last.number);
    }
    if let (LogRange::Before { take, .. }, Some(first)) = (range, lines.first()) {
        damaged.retain(|lost| lines.len() < take || *lost.end() > first.number);
    }
    Ok(LogPage {
        lines,
        last_number,
        damaged,
    })
}

pub(super) fn search(
    log: &Log,
    search: &LogSearch,
    filter: &LogFilter,
    numbers_max: usize,
) -> Result<LogMatches, LogError> {
    let pattern = if search.is_regex {
        search.text.clone()
    } else {
        regex::escape(&search.text)
    };
    let wanted = RegexBuilder::new(&pattern)
        .case_insensitive(!search.is_case_sensitive)
        .size_limit(REGEX_BYTES_MAX)
        .build()
        .map_err(|error| LogError::Pattern(error.to_string()))?;
    let began = Instant::now();
    let index = log.index();
    let blocks = index.blocks(1, filter);
    let mut found = LogMatches {
        damaged: index.damaged().to_vec(),
        ..LogMatches::default()
    };
    drop(index);
    let mut reader = Reader {
        log,
        filter,
        file: None,
    };
    for block in &blocks {
        let damaged = reader.sections(block, |section| {
            if search.is_regex {
                count_each(section, &wanted, filter, numbers_max, &mut found);
            } else {
                count(section, &wanted, filter, numbers_max, &mut found);
            }
            ControlFlow::Continue(())
        })?;
        found.damaged.extend(damaged);
        if began.elapsed() > SEARCH_LIMIT {
            found.stopped_at = Some(block.last_number);
            break;
        }
    }
    Ok(found)
}

/// Line by line, because an expression may look at the ends of lines.
fn count_each(
    section: &Section<'_>,
    wanted: &Regex,
    filter: &LogFilter,
    numbers_max: usize,
    found: &mut LogMatches,
) {
    let matches = |line: &LineRef<'_>| {
        filter.matches_level(line.level) && wanted.is_match(line.text.as_bytes())
    };
    for line in section.lines().filter(matches) {
        found.total += 1;
        if found.numbers.len() < numbers_max {
            found.numbers.push(line.number);
        }
    }
}

/// Looks for the text in all lines at once, which is far quicker than line by line.
fn count(
    section: &Section<'_>,
    wanted: &Regex,
    filter: &LogFilter,
    numbers_max: usize,
    found: &mut LogMatches,
) {
    let mut next = wanted.find(section.bytes());
    for line in section.lines() {
        let text = line.text_start..line.text_start + line.text.len();
        // A find before the text lies in what is between lines, or in an earlier line: look again from here.
        if next.is_some_and(|hit| hit.start() < text.start) {
            next = wanted.find_at(section.bytes(), text.start);
        }
        let Some(hit) = next else { return };
        let mut is_in_line = hit.end() <= text.end;
        if !is_in_line && hit.start() < text.end {
            // It began in this line and goes on behind it; a shorter one may still fit.
            is_in_line = wanted.is_match(line.text.as_bytes());
        }
        if is_in_line && filter.matches_level(line.level) {
            found.total += 1;
            if found.numbers.len() < numbers_max {
                found.numbers.push(line.number);
            }
        }
    }
}

/// Reads blocks of one log; keeps the segment it read last open.
struct Reader<'a> {
    log: &'a Log,
    filter: &'a LogFilter,
    file: Option<(usize, File)>,
}

impl Reader<'_> {
    fn first_lines(
        &mut self,
        blocks: &[Block],
        first: u64,
        take: usize,
        damaged: &mut Vec<RangeInclusive<u64>>,
    ) -> Result<Vec<LogLine>, LogError> {
        let mut lines = Vec::new();
        for block in blocks {
            if lines.len() >= take {
                break;
            }
            let filter = self.filter;
            let lost = self.sections(block, |section| {
                let wanted =
                    |line: &LineRef<'_>| line.number >= first && filter.matches_level(line.level);
                take_lines(
                    section,
                    section.lines().filter(wanted).take(take - lines.len()),
                    &mut lines,
                );
                if lines.len() < take {
                    ControlFlow::Continue(())
                } else {
                    ControlFlow::Break(())
                }
            })?;
            damaged.extend(lost);
        }
        Ok(lines)
    }

    fn last_lines(
        &mut self,
        blocks: &[Block],
        end: u64,
        take: usize,
        damaged: &mut Vec<RangeInclusive<u64>>,
    ) -> Result<Vec<LogLine>, LogError> {
        let mut pieces: Vec<Vec<LogLine>> = Vec::new();
        let mut missing = take;
        for block in blocks.iter().rev().filter(|block| block.first_number < end) {
            if missing == 0 {
                break;
            }
            let mut lines = Vec::new();
            let filter = self.filter;
            let lost = self.sections(block, |section| {
                let wanted =
                    |line: &LineRef<'_>| line.number < end && filter.matches_level(line.level);
                take_lines(section, section.lines().filter(wanted), &mut lines);
                ControlFlow::Continue(())
            })?;
            damaged.extend(lost);
            let lines = lines.split_off(lines.len().saturating_sub(missing));
            missing -= lines.len();
            pieces.push(lines);
        }
        Ok(pieces.into_iter().rev().flatten().collect())
    }

    /// Visits the sections of a block whose source passes the filter; answers the lines that are damaged.
    fn sections(
        &mut self,
        block: &Block,
        mut visit: impl FnMut(&Section<'_>) -> ControlFlow<()>,
    ) -> Result<Vec<RangeInclusive<u64>>, LogError> {
        let bytes = self.bytes(block)?;
        let mut damaged = Vec::new();
        let (mut at, mut number) = (0, block.first_number);
        while at < bytes.len() {
            // A frame from elsewhere would be sound too: its numbers must fit as well.
            let sound = frame::decode(&bytes[at..]).filter(|frame| frame.first_number == number);
            let Some(frame) = sound else {
                let next = frame::find(&bytes, at + 1);
                let after = next.and_then(|next| frame::decode(&bytes[next..]));
                let lost = number..=after.map_or(block.last_number, |frame| frame.first_number - 1);
                tracing::error!(folder = %self.log.folder.display(), ?lost, "lines of a log are damaged");
                number = lost.end() + 1;
                damaged.push(lost);
                at = next.unwrap_or(bytes.len());
                continue;
            };
            number += frame.line_count();
            at += frame.len;
            let sections = frame
                .sections
                .iter()
                .filter(|section| self.filter.matches_source(&section.source));
            for section in sections {
                if visit(section).is_break() {
                    return Ok(damaged);
                }
            }
        }
        if number <= block.last_number {
            damaged.push(number..=block.last_number);
        }
        Ok(damaged)
    }

    /// The bytes of a block; fewer when the file was cut.
    fn bytes(&mut self, block: &Block) -> Result<Vec<u8>, LogError> {
        let path = files::segment_path(&self.log.folder, block.segment);
        let file = match &self.file {
            Some((segment, file)) if *segment == block.segment => file,
            _ => match File::open(&path) {
                Ok(file) => &self.file.insert((block.segment, file)).1,
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
                Err(error) => return Err(LogError::io("open", &path, error)),
            },
        };
        let length = usize::try_from(block.len).expect("blocks are about a megabyte");
        let mut bytes = vec![0; length];
        let mut filled = 0;
        while filled < length {
            match file.read_at(&mut bytes[filled..], block.offset + filled as u64) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(LogError::io("read", &path, error)),
            }
        }
        bytes.truncate(filled);
        Ok(bytes)
    }
}

fn take_lines<'a>(
    section: &Section<'_>,
    lines: impl Iterator<Item = LineRef<'a>>,
    taken: &mut Vec<LogLine>,
) {
    let source = Arc::new(section.source.clone());
    taken.extend(lines.map(|line| LogLine {
        number: line.number,
        at: line.at,
        level: line.level,
        source: Arc::clone(&source),
        text: line.text.to_owned(),
    }));
}
