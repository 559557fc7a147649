//! What stands where in a YAML file: the events of its parser with the bytes they come from.

use std::ops::Range;

use saphyr_parser::{Event, Parser, ScalarStyle};

use crate::structured::StructuredError;
use crate::structured::edit::line_of;

/// More than any configuration file has: all of them are held, and take many times the memory of their text.
const EVENTS_MAX: usize = 500_000;

/// An event with its place.
#[derive(Debug, Clone)]
pub(super) struct Spanned<'t> {
    pub event: Event<'t>,
    pub place: Range<usize>,
    /// The place without anchor and tag.
    pub content: Range<usize>,
    /// Whether it has an anchor or a tag.
    pub has_properties: bool,
}

/// All events of a file, to be taken one by one.
pub(super) struct Events<'t> {
    text: &'t str,
    all: std::iter::Peekable<std::vec::IntoIter<Spanned<'t>>>,
}

impl<'t> Events<'t> {
    pub(super) fn read(text: &'t str) -> Result<Self, StructuredError> {
        let offsets: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
        let byte = |index: usize| offsets.get(index).copied().unwrap_or(text.len());
        let mut all = Vec::new();
        for event in Parser::new_from_str(text) {
            let (event, span) = event.map_err(|error| StructuredError::NotYaml {
                line: line_of(text, byte(error.marker().index())),
                problem: "it cannot be read from here on",
            })?;
            let start = byte(span.start.index());
            if all.len() == EVENTS_MAX {
                return Err(StructuredError::NotYaml {
                    line: line_of(text, start),
                    problem: "it has more than 500000 keys, values and brackets",
                });
            }
            let place = start..byte(span.end.index()).max(start);
            all.push(Spanned::new(text, event, place));
        }
        Ok(Self {
            text,
            all: all.into_iter().peekable(),
        })
    }

    pub(super) fn peek(&mut self) -> Option<&Spanned<'t>> {
        self.all.peek()
    }

    pub(super) fn next(&mut self) -> Option<Spanned<'t>> {
        self.all.next()
    }

    /// All that were not taken yet.
    pub(super) fn rest(self) -> impl Iterator<Item = Spanned<'t>> {
        self.all
    }

    /// Where a list starts whose event points behind its first dash, as that of a list in the column of its key does.
    pub(super) fn dash_before(&self, at: usize) -> usize {
        let line = self.text[..at].rfind('\n').map_or(0, |end| end + 1);
        let before = self.text[line..at].trim_end();
        if before.ends_with('-') {
            line + before.len() - 1
        } else {
            at
        }
    }

    /// How many letters stand before this byte in its line.
    pub(super) fn column(&self, at: usize) -> usize {
        let before = &self.text[..at];
        let line = before.rfind('\n').map_or(0, |end| end + 1);
        before[line..].chars().count()
    }

    /// Every text with the place that names it.
    pub(super) fn texts(mut self) -> Vec<(String, String)> {
        let mut texts = Vec::new();
        while self.all.peek().is_some() {
            self.texts_below(&mut String::new(), &mut texts);
        }
        texts
    }

    fn texts_below(&mut self, place: &mut String, texts: &mut Vec<(String, String)>) {
        let Some(node) = self.all.next() else { return };
        match node.event {
            Event::Scalar(value, ..) => texts.push((place.clone(), value.into_owned())),
            Event::MappingStart(..) => {
                while let Some(next) = self.all.peek() {
                    let key = match &next.event {
                        Event::MappingEnd => break,
                        Event::Scalar(key, ..) => key.to_string(),
                        _ => String::from("\0"),
                    };
                    self.texts_below(&mut String::from("\0"), &mut Vec::new());
                    self.text_at(&key, place, texts);
                }
                self.all.next();
            }
            Event::SequenceStart(..) => {
                let mut index = 0_usize;
                while let Some(next) = self.all.peek() {
                    if matches!(next.event, Event::SequenceEnd) {
                        break;
                    }
                    self.text_at(&index.to_string(), place, texts);
                    index += 1;
                }
                self.all.next();
            }
            _ => {}
        }
    }

    fn text_at(&mut self, part: &str, place: &mut String, texts: &mut Vec<(String, String)>) {
        let length = place.len();
        if length > 0 {
            place.push(':');
        }
        place.push_str(part);
        self.texts_below(place, texts);
        place.truncate(length);
    }
}

impl<'t> Spanned<'t> {
    fn new(text: &str, event: Event<'t>, place: Range<usize>) -> Self {
        let has_properties = match &event {
            Event::Scalar(_, _, anchor, tag) => *anchor > 0 || tag.is_some(),
            Event::MappingStart(anchor, tag) | Event::SequenceStart(anchor, tag) => {
                *anchor > 0 || tag.is_some()
            }
            _ => false,
        };
        let mut content = place.clone();
        if has_properties {
            content.start += properties_length(&text[place.clone()]);
        }
        let length = match &event {
            Event::Scalar(_, ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted, ..) => {
                quoted_length(&text[content.clone()])
            }
            _ => text[content.clone()].trim_end().len(),
        };
        content.end = content.start + length;
        Self {
            event,
            place,
            content,
            has_properties,
        }
    }
}

/// The length of anchor and tag before a node, and of the blanks behind them.
fn properties_length(text: &str) -> usize {
    let mut rest = text;
    while rest.starts_with(['&', '!']) {
        let word = rest.find(char::is_whitespace).unwrap_or(rest.len());
        rest = rest[word..].trim_start();
        while rest.starts_with('#') {
            let line = rest.find('\n').unwrap_or(rest.len());
            rest = rest[line..].trim_start();
        }
    }
    text.len() - rest.len()
}

/// The length of a quoted text with its quotes; what its event says takes in blanks and remarks behind it.
fn quoted_length(text: &str) -> usize {
    let quote = text.chars().next().unwrap_or('"');
    let mut letters = text.char_indices().skip(1).peekable();
    while let Some((at, letter)) = letters.next() {
        if letter == '\\' && quote == '"' {
            letters.next();
        } else if letter == quote
            && letters
                .next_if(|(_, next)| *next == '\'' && quote == '\'')
                .is_none()
        {
            return at + 1;
        }
    }
    text.len()
}
