//! The bytes of a log segment: one frame per durable write, so that only the last frame can be torn.
//!
//! ```text
//! frame   = magic[8] length:u32 crc32(length payload):u32 payload[length]
//! payload = first line's number:u64 section*
//! section = step action target (text16 or absent) attempt:u32
//!           ticket (text16 or absent) offset:u64 length:u64
//!           line count:u32 bytes:u32 line*
//! line    = at:i64 level:u16 length:u32 text
//! ```
//! Numbers are little-endian.

use std::str;

use regatta_core::time::Time;

use super::{LogBatch, LogLevel, LogSource, StreamPart};

const MAGIC: [u8; 8] = *b"\x89RgLog1\n";
const HEADER_BYTES: usize = 16;
/// Length of an absent text.
const ABSENT: u16 = u16::MAX;

/// Builds a frame section by section.
pub(super) struct FrameBuilder {
    bytes: Vec<u8>,
}

impl FrameBuilder {
    pub(super) fn new(first_number: u64) -> Self {
        let mut bytes = Vec::with_capacity(1024);
        bytes.extend_from_slice(&MAGIC);
        bytes.extend_from_slice(&[0; HEADER_BYTES - MAGIC.len()]);
        bytes.extend_from_slice(&first_number.to_le_bytes());
        Self { bytes }
    }

    pub(super) fn push(&mut self, batch: &LogBatch) {
        let source = &batch.source;
        self.text(source.step.as_deref());
        self.text(source.action.as_deref());
        self.text(source.target.as_deref());
        self.bytes.extend_from_slice(&source.attempt.to_le_bytes());
        let stream = batch.stream.as_ref();
        self.text(stream.map(|part| part.ticket.as_str()));
        self.number(stream.map_or(0, |part| part.offset));
        self.number(stream.map_or(0, |part| part.length_bytes));
        self.length(batch.lines.len());
        let at = self.bytes.len();
        self.length(0);
        for line in &batch.lines {
            self.bytes.extend_from_slice(&line.at.0.to_le_bytes());
            self.bytes
                .extend_from_slice(&super::level::severity(line.level).to_le_bytes());
            self.length(line.text.len());
            self.bytes.extend_from_slice(line.text.as_bytes());
        }
        let lines_bytes = u32_of(self.bytes.len() - at - 4);
        self.bytes[at..at + 4].copy_from_slice(&lines_bytes.to_le_bytes());
    }

    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    pub(super) fn finish(mut self) -> Vec<u8> {
        let length = u32_of(self.bytes.len() - HEADER_BYTES).to_le_bytes();
        let crc = checksum(length, &self.bytes[HEADER_BYTES..]).to_le_bytes();
        self.bytes[8..12].copy_from_slice(&length);
        self.bytes[12..16].copy_from_slice(&crc);
        self.bytes
    }

    fn number(&mut self, number: u64) {
        self.bytes.extend_from_slice(&number.to_le_bytes());
    }

    fn length(&mut self, length: usize) {
        self.bytes.extend_from_slice(&u32_of(length).to_le_bytes());
    }

    /// Names longer than a `text16` holds are cut at a character; they only label lines.
    fn text(&mut self, text: Option<&str>) {
        let Some(text) = text else {
            return self.bytes.extend_from_slice(&ABSENT.to_le_bytes());
        };
        let text = &text[..text.floor_char_boundary(usize::from(ABSENT - 1))];
        let length = u16::try_from(text.len()).expect("cut to fit");
        self.bytes.extend_from_slice(&length.to_le_bytes());
        self.bytes.extend_from_slice(text.as_bytes());
    }
}

fn u32_of(length: usize) -> u32 {
    u32::try_from(length).expect("a frame is far smaller than 4 GiB")
}

fn checksum(length: [u8; 4], payload: &[u8]) -> u32 {
    let mut crc = crc32fast::Hasher::new();
    crc.update(&length);
    crc.update(payload);
    crc.finalize()
}

/// A frame whose checksum fits.
pub(super) struct Frame<'a> {
    pub(super) first_number: u64,
    pub(super) sections: Vec<Section<'a>>,
    /// Header included.
    pub(super) len: usize,
}

impl Frame<'_> {
    pub(super) fn line_count(&self) -> u64 {
        self.sections
            .iter()
            .map(|section| u64::from(section.line_count))
            .sum()
    }
}

/// Lines of one batch.
pub(super) struct Section<'a> {
    pub(super) source: LogSource,
    pub(super) stream: Option<StreamPart>,
    pub(super) first_number: u64,
    pub(super) line_count: u32,
    lines: &'a [u8],
}

/// A line where it lies.
pub(super) struct LineRef<'a> {
    pub(super) number: u64,
    pub(super) at: Time,
    pub(super) level: LogLevel,
    pub(super) text: &'a str,
    /// Where the text starts in [`Section::bytes`].
    pub(super) text_start: usize,
}

/// The frame at the start of `bytes`; `None` when there is no whole and sound one.
pub(super) fn decode(bytes: &[u8]) -> Option<Frame<'_>> {
    let mut input = Input(bytes);
    if input.take(MAGIC.len())? != MAGIC {
        return None;
    }
    let length = input.array()?;
    let crc = u32::from_le_bytes(input.array()?);
    let payload = input.take(u32::from_le_bytes(length) as usize)?;
    if checksum(length, payload) != crc {
        return None;
    }
    let mut input = Input(payload);
    let first_number = input.u64()?;
    let mut frame = Frame {
        first_number,
        sections: Vec::new(),
        len: HEADER_BYTES + payload.len(),
    };
    let mut number = first_number;
    while !input.0.is_empty() {
        let section = section(&mut input, number)?;
        number += u64::from(section.line_count);
        frame.sections.push(section);
    }
    Some(frame)
}

/// Where the next sound frame starts at or after `from`.
pub(super) fn find(bytes: &[u8], from: usize) -> Option<usize> {
    let starts = bytes.get(from..)?.windows(MAGIC.len()).enumerate();
    let mut starts = starts
        .filter(|(_, window)| *window == MAGIC)
        .map(|(at, _)| from + at);
    starts.find(|at| decode(&bytes[*at..]).is_some())
}

fn section<'a>(input: &mut Input<'a>, first_number: u64) -> Option<Section<'a>> {
    let source = LogSource {
        step: input.text()?,
        action: input.text()?,
        target: input.text()?,
        attempt: input.u32()?,
    };
    let (ticket, offset, length_bytes) = (input.text()?, input.u64()?, input.u64()?);
    let line_count = input.u32()?;
    let length = input.u32()? as usize;
    Some(Section {
        source,
        stream: ticket.map(|ticket| StreamPart {
            ticket,
            offset,
            length_bytes,
        }),
        first_number,
        line_count,
        lines: input.take(length)?,
    })
}

impl<'a> Section<'a> {
    /// The bytes of all lines, to look for a text before reading them one by one.
    pub(super) fn bytes(&self) -> &'a [u8] {
        self.lines
    }

    pub(super) fn lines(&self) -> impl Iterator<Item = LineRef<'a>> + use<'a> {
        let mut input = Input(self.lines);
        let length_bytes = self.lines.len();
        (self.first_number..).map_while(move |number| {
            let at = Time(i64::from_le_bytes(input.array()?));
            let level = super::level::level(u16::from_le_bytes(input.array()?));
            let length = input.u32()? as usize;
            let text_start = length_bytes - input.0.len();
            let text = str::from_utf8(input.take(length)?).ok()?;
            Some(LineRef {
                number,
                at,
                level,
                text,
                text_start,
            })
        })
    }
}

/// What is left to decode.
struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_le_bytes)
    }

    /// The outer option is about the bytes, the inner one about the text.
    fn text(&mut self) -> Option<Option<String>> {
        let length = u16::from_le_bytes(self.array()?);
        if length == ABSENT {
            return Some(None);
        }
        let text = str::from_utf8(self.take(usize::from(length))?).ok()?;
        Some(Some(text.to_owned()))
    }
}
