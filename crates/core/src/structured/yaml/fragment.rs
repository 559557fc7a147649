//! A value in the place of a mapping or list: YAML itself, moved to where it comes to stand, or else a text.

use saphyr_parser::{Event, ScalarStyle};

use super::events::Events;
use super::scalar::{double, plain};

/// The place of a mapping or list.
pub(super) struct Spot<'s> {
    pub before: &'s str,
    /// The column it starts in.
    pub column: usize,
    /// That of the mapping or list around it.
    pub outer_column: Option<usize>,
    pub in_flow: bool,
    pub line_end: &'static str,
}

/// What a value is as YAML.
enum Kind {
    /// One line, as it is: a text, a number, or brackets.
    Line,
    /// Brackets over several lines.
    Flow,
    Block,
    /// A text without quotes that comes to stand between brackets, where a comma would end it.
    Plain(String),
    /// None, or one that does not stay in its place.
    Text(String),
}

/// What comes to stand in a place.
pub(super) struct Filled {
    pub text: String,
    /// The texts in it, each with the place below that names it.
    pub texts: Vec<(String, String)>,
}

impl Spot<'_> {
    /// What stands there then. `None`: it cannot.
    pub(super) fn filled(&self, value: &str) -> Option<Filled> {
        let value = value.trim_matches(['\n', '\r']).trim_end();
        let kind = kind(value, self.in_flow);
        let texts = match &kind {
            Kind::Plain(text) | Kind::Text(text) => vec![(String::new(), text.clone())],
            _ => Events::read(value).map(Events::texts).unwrap_or_default(),
        };
        let text = self.placed(kind, value)?;
        Some(Filled { text, texts })
    }

    fn placed(&self, kind: Kind, value: &str) -> Option<String> {
        match kind {
            Kind::Text(text) => Some(self.shifted(&double(&text))),
            Kind::Plain(text) => Some(plain(&text, true)),
            Kind::Line => Some(self.shifted(value.trim_start())),
            Kind::Flow => Some(self.shifted(&self.indented(value.trim_start()))),
            Kind::Block if self.in_flow => None,
            Kind::Block => {
                let is_flow = self.before.starts_with(['[', '{']);
                let lines = without_indent(value);
                Some(if is_flow {
                    format!(
                        "{}{}{}",
                        self.line_end,
                        " ".repeat(self.deeper()),
                        self.indented(&lines)
                    )
                } else {
                    self.shifted(&self.indented(&lines))
                })
            }
        }
    }

    /// Where lines of the value start: further right than what they belong to.
    fn deeper(&self) -> usize {
        let is_flow = self.before.starts_with(['[', '{']);
        match self.outer_column {
            Some(outer) if is_flow || self.column <= outer => outer + 2,
            _ => self.column,
        }
    }

    fn indented(&self, lines: &str) -> String {
        let between = format!("{}{}", self.line_end, " ".repeat(self.deeper()));
        let lines: Vec<&str> = lines.lines().collect();
        lines.join(&between)
    }

    /// Moved right, where a list may stand in the column of its key but nothing else may.
    fn shifted(&self, text: &str) -> String {
        let is_flow = self.before.starts_with(['[', '{']);
        if is_flow {
            return text.to_owned();
        }
        format!(
            "{}{text}",
            " ".repeat(self.deeper().saturating_sub(self.column))
        )
    }
}

fn kind(value: &str, in_flow: bool) -> Kind {
    let Ok(events) = Events::read(value) else {
        return Kind::Text(value.to_owned());
    };
    let events: Vec<_> = events.rest().collect();
    let documents = events
        .iter()
        .filter(|one| matches!(one.event, Event::DocumentStart(_)));
    let is_explicit = events
        .iter()
        .any(|one| matches!(one.event, Event::DocumentStart(true)));
    if documents.count() != 1 || is_explicit {
        return Kind::Text(value.to_owned());
    }
    let root = events
        .iter()
        .find(|one| !matches!(one.event, Event::StreamStart | Event::DocumentStart(_)));
    let has_lines = value.contains('\n');
    match root.map(|root| &root.event) {
        Some(Event::Scalar(text, ScalarStyle::Literal | ScalarStyle::Folded, ..)) => {
            Kind::Text(text.to_string())
        }
        Some(Event::Scalar(text, ..)) if has_lines => Kind::Text(text.to_string()),
        Some(Event::Scalar(text, ScalarStyle::Plain, 0, None)) if in_flow => {
            Kind::Plain(text.to_string())
        }
        Some(Event::Scalar(..)) => Kind::Line,
        Some(Event::MappingStart(..) | Event::SequenceStart(..)) => {
            match (value.trim_start().starts_with(['[', '{']), has_lines) {
                (true, false) => Kind::Line,
                (true, true) => Kind::Flow,
                (false, _) => Kind::Block,
            }
        }
        _ => Kind::Text(value.to_owned()),
    }
}

/// The lines, as far left as they go together.
fn without_indent(value: &str) -> String {
    let filled = value.lines().filter(|line| !line.trim().is_empty());
    let indents = filled.map(|line| line.len() - line.trim_start_matches(' ').len());
    let indent = indents.min().unwrap_or_default();
    let lines: Vec<&str> = value
        .lines()
        .map(|line| line.get(indent..).unwrap_or_default())
        .collect();
    lines.join("\n")
}
