//! YAML files. A variable names a place by the keys and numbers that lead there, as in JSON; every document of a file
//! is its own start. Values are put in where they stand, so comments, anchors, tags and indentation stay as they are.

mod events;
mod fragment;
mod scalar;

use std::ops::Range;

use saphyr_parser::{Event, ScalarStyle};

use self::events::{Events, Spanned};
use self::fragment::Spot;
use super::edit::{Edit, Edits, line_end, line_of};
use super::{Named, Replaced, StructuredError, Values};

/// Deeper than any configuration file, and far from the end of the stack.
const DEPTH_MAX: usize = 128;

pub(super) fn replace(text: &str, values: &Values) -> Result<Replaced, StructuredError> {
    let mut walk = Walk {
        text,
        line_end: line_end(text),
        events: Events::read(text)?,
        values,
        edits: Edits::default(),
        expected: Vec::new(),
    };
    walk.documents()?;
    let (edits, expected) = (walk.edits, walk.expected);
    let replaced = edits.written(text);
    check(&replaced.text, expected)?;
    Ok(replaced)
}

/// A text that must be found again at its place.
struct Expected {
    /// Where the value it replaces starts.
    at: usize,
    place: String,
    value: String,
    name: String,
}

/// One walk through a file.
struct Walk<'t> {
    text: &'t str,
    line_end: &'static str,
    events: Events<'t>,
    values: &'t Values,
    edits: Edits,
    expected: Vec<Expected>,
}

/// Where in the tree a node stands.
#[derive(Debug, Clone, Copy)]
struct Around {
    depth: usize,
    /// Between `[]` or `{}`.
    in_flow: bool,
    /// Where the mapping or list it is in starts.
    outer: Option<usize>,
    /// The end of the key it belongs to, if it has one.
    key_end: Option<usize>,
}

impl Walk<'_> {
    fn documents(&mut self) -> Result<(), StructuredError> {
        let around = Around {
            depth: 0,
            in_flow: false,
            outer: None,
            key_end: None,
        };
        while let Some(event) = self.events.peek() {
            match event.event {
                Event::StreamStart
                | Event::StreamEnd
                | Event::DocumentStart(_)
                | Event::DocumentEnd
                | Event::Nothing => drop(self.events.next()),
                _ => drop(self.node(&mut Some(String::new()), around)?),
            }
        }
        Ok(())
    }

    /// Walks one node and answers where it ends. Without a place nothing in it can be named.
    fn node(
        &mut self,
        place: &mut Option<String>,
        around: Around,
    ) -> Result<usize, StructuredError> {
        let Some(node) = self.events.next() else {
            return Ok(self.text.len());
        };
        if around.depth > DEPTH_MAX {
            return Err(StructuredError::NotYaml {
                line: line_of(self.text, node.place.start),
                problem: "it is nested too deeply",
            });
        }
        let named = place.as_deref().and_then(|place| self.values.of(place));
        let named = named.cloned();
        match node.event {
            Event::Scalar(..) => {
                let end = node.content.end;
                if let (Some(named), Some(place)) = (named, place) {
                    self.put_scalar(&named, (place.as_str(), node), around);
                }
                Ok(end)
            }
            Event::MappingStart(..) | Event::SequenceStart(..) => {
                let range = self.collection(&node, place, around)?;
                let end = range.end;
                if let (Some(named), Some(place)) = (named, place) {
                    self.put_whole(&named, (place.as_str(), range), around);
                }
                Ok(end)
            }
            _ => Ok(node.place.end),
        }
    }

    /// Walks a mapping or list and answers where it stands.
    fn collection(
        &mut self,
        node: &Spanned<'_>,
        place: &mut Option<String>,
        around: Around,
    ) -> Result<Range<usize>, StructuredError> {
        let is_list = matches!(node.event, Event::SequenceStart(..));
        let start = match around.key_end {
            Some(_) if is_list && !around.in_flow => self.events.dash_before(node.content.start),
            _ => node.content.start,
        };
        let is_flow = self.text[start..].starts_with(['[', '{']);
        let inner = Around {
            depth: around.depth + 1,
            in_flow: around.in_flow || is_flow,
            outer: Some(start),
            key_end: None,
        };
        let end = if is_list {
            self.items(place, (start, inner))?
        } else {
            self.members(place, (start, inner))?
        };
        Ok(start..end)
    }

    fn members(
        &mut self,
        place: &mut Option<String>,
        (start, inner): (usize, Around),
    ) -> Result<usize, StructuredError> {
        let mut end = start;
        while let Some(next) = self.events.peek() {
            if matches!(next.event, Event::MappingEnd) {
                return Ok(self.closed(end));
            }
            let key = match &next.event {
                Event::Scalar(key, ..) => Some(key.to_string()),
                _ => None,
            };
            let key_end = self.node(&mut None, inner)?;
            let value = Around {
                key_end: Some(key_end),
                ..inner
            };
            end = key_end.max(self.below(place, key.as_deref(), value)?);
        }
        Ok(end)
    }

    fn items(
        &mut self,
        place: &mut Option<String>,
        (start, inner): (usize, Around),
    ) -> Result<usize, StructuredError> {
        let mut end = start;
        let mut index = 0_usize;
        while let Some(next) = self.events.peek() {
            if matches!(next.event, Event::SequenceEnd) {
                return Ok(self.closed(end));
            }
            end = end.max(self.below(place, Some(&index.to_string()), inner)?);
            index += 1;
        }
        Ok(end)
    }

    /// The end of a mapping or list whose last node ends here; of one in brackets, theirs.
    fn closed(&mut self, end: usize) -> usize {
        let closing = self.events.next();
        closing.map_or(end, |closing| {
            let is_bracket = closing.place.end > closing.place.start;
            if is_bracket { closing.place.end } else { end }
        })
    }

    fn below(
        &mut self,
        place: &mut Option<String>,
        part: Option<&str>,
        around: Around,
    ) -> Result<usize, StructuredError> {
        let (Some(outer), Some(part)) = (place.as_mut(), part) else {
            return self.node(&mut None, around);
        };
        let length = outer.len();
        if length > 0 {
            outer.push(':');
        }
        outer.push_str(part);
        let end = self.node(place, around)?;
        if let Some(outer) = place {
            outer.truncate(length);
        }
        Ok(end)
    }

    fn put_scalar(&mut self, named: &Named, (place, node): (&str, Spanned<'_>), around: Around) {
        let written = if node.content.is_empty() {
            self.after_key(&node, around).map(|at| {
                (
                    at..at,
                    format!(" {}", scalar::plain(&named.value, around.in_flow)),
                )
            })
        } else {
            let old = scalar::Old {
                text: self.text,
                node: &node,
                in_flow: around.in_flow,
                line_end: self.line_end,
            };
            Some(old.replaced(&named.value))
        };
        let Some((range, text)) = written else {
            return self.edits.unfit.push(named.name.clone());
        };
        self.expected.push(Expected {
            at: range.start,
            place: place.to_owned(),
            value: named.value.clone(),
            name: named.name.clone(),
        });
        self.edits.put(Edit {
            place: range,
            text,
            name: named.name.clone(),
        });
    }

    /// Where a value would stand that is not there: behind the colon.
    fn after_key(&self, node: &Spanned<'_>, around: Around) -> Option<usize> {
        // An empty block says so behind the colon itself.
        let is_plain = matches!(node.event, Event::Scalar(_, ScalarStyle::Plain, ..));
        if node.has_properties || !is_plain {
            return None;
        }
        let key_end = around.key_end?;
        let behind = &self.text[key_end..];
        let bare = behind.trim_start_matches([' ', '\t']);
        bare.starts_with(':')
            .then(|| key_end + behind.len() - bare.len() + 1)
    }

    /// Puts a value in the place of a mapping or list.
    fn put_whole(&mut self, named: &Named, (place, range): (&str, Range<usize>), around: Around) {
        let spot = Spot {
            before: &self.text[range.clone()],
            column: self.events.column(range.start),
            outer_column: around.outer.map(|outer| self.events.column(outer)),
            in_flow: around.in_flow,
            line_end: self.line_end,
        };
        let Some(filled) = spot.filled(&named.value) else {
            return self.edits.unfit.push(named.name.clone());
        };
        // What was put inside of it is gone with it.
        self.expected.retain(|one| one.at < range.start);
        let expected = filled.texts.into_iter().map(|(below, value)| Expected {
            at: range.start,
            place: if below.is_empty() {
                place.to_owned()
            } else {
                format!("{place}:{below}")
            },
            value,
            name: named.name.clone(),
        });
        self.expected.extend(expected);
        self.edits.put(Edit {
            place: range,
            text: filled.text,
            name: named.name.clone(),
        });
    }
}

/// Reads the result again: every text must be where it was put, or nothing may be deployed.
fn check(text: &str, expected: Vec<Expected>) -> Result<(), StructuredError> {
    let found = Events::read(text).map_err(|_| StructuredError::Spoilt {
        name: "one of the values".to_owned(),
    })?;
    let mut found = found.texts().into_iter();
    for one in expected {
        let is_there = found.any(|(place, value)| place == one.place && value == one.value);
        if !is_there {
            return Err(StructuredError::Spoilt { name: one.name });
        }
    }
    Ok(())
}
