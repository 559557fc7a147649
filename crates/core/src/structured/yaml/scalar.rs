//! Texts, numbers and truths of YAML as they are written. A value is written the way the old one was: quoted stays
//! quoted, a block stays a block. What is not quoted says by itself what it is, so `8080` is a number and `true` a truth.

use std::fmt::Write as _;
use std::ops::Range;

use saphyr_parser::{Event, Parser, ScalarStyle};

use super::events::Spanned;

/// A value that is to be replaced.
pub(super) struct Old<'o> {
    pub text: &'o str,
    pub node: &'o Spanned<'o>,
    pub in_flow: bool,
    pub line_end: &'static str,
}

impl Old<'_> {
    /// What goes, and what comes instead.
    pub(super) fn replaced(&self, value: &str) -> (Range<usize>, String) {
        let content = self.node.content.clone();
        match &self.node.event {
            Event::Scalar(_, ScalarStyle::SingleQuoted, ..) => (content, single_or_double(value)),
            Event::Scalar(_, ScalarStyle::DoubleQuoted, ..) => (content, double(value)),
            Event::Scalar(_, ScalarStyle::Literal | ScalarStyle::Folded, ..) => self.block(value),
            _ => (content, plain(value, self.in_flow)),
        }
    }

    /// In the place of a block (`|` or `>`), its first line included.
    fn block(&self, value: &str) -> (Range<usize>, String) {
        let content = self.node.content.clone();
        let (header, lines_at) = self.header(content.start);
        let indicators =
            self.text[header..].find(|letter: char| !"|>+-0123456789".contains(letter));
        let indicators = header + indicators.unwrap_or(self.text.len() - header);
        let line = self.text[indicators..].find(['\r', '\n']);
        let remark = &self.text[indicators..indicators + line.unwrap_or(0)];
        let has_indent =
            self.text[header..indicators].contains(|letter: char| letter.is_ascii_digit());
        let lines = &self.text[lines_at..content.end.max(lines_at)];
        let indent = lines.len() - lines.trim_start_matches(' ').len();
        let range = header..content.end.max(indicators + remark.len());
        if has_indent || indent == 0 || !fits_block(value) {
            return (range, format!("{}{remark}", double(value)));
        }
        let chomp = if value.ends_with('\n') { "" } else { "-" };
        let mut text = format!("|{chomp}{remark}");
        for line in value.strip_suffix('\n').unwrap_or(value).split('\n') {
            text.push_str(self.line_end);
            if !line.is_empty() {
                let _infallible = write!(text, "{:indent$}{line}", "");
            }
        }
        (range, text)
    }

    /// Where the `|` or `>` of a block is, and the first of its lines that is not empty.
    fn header(&self, content: usize) -> (usize, usize) {
        let first_line = |from: usize| {
            let rest = &self.text[from..];
            let blank = rest.len() - rest.trim_start().len();
            from + rest[..blank].rfind('\n').map_or(0, |end| end + 1)
        };
        if self.text[content..].starts_with(['|', '>']) && self.node.has_properties {
            let line = self.text[content..].find('\n');
            return (content, first_line(content + line.unwrap_or(0)));
        }
        let lines_at = self.text[..content].rfind('\n').map_or(0, |end| end + 1);
        let above = self.text[..lines_at].trim_end();
        let line = above.rfind('\n').map_or(0, |end| end + 1);
        // A remark behind the indicator may hold anything; what stands before it cannot.
        let code = above[line..].split(" #").next().unwrap_or_default();
        let at = code.rfind(['|', '>']).unwrap_or_default();
        (line + at, lines_at)
    }
}

/// Whether a block can hold a value as it is.
fn fits_block(value: &str) -> bool {
    let is_plain = |letter: char| letter == '\n' || letter == '\t' || is_printable(letter);
    !value.is_empty()
        && !value.starts_with([' ', '\n', '\t'])
        && !value.ends_with("\n\n")
        && value.chars().all(is_plain)
        && !value
            .lines()
            .any(|line| !line.is_empty() && line.trim().is_empty())
}

fn is_printable(letter: char) -> bool {
    !letter.is_control() && !matches!(letter, '\u{feff}' | '\u{2028}' | '\u{2029}')
}

/// A value without quotes, if it would be read as it is.
pub(super) fn plain(value: &str, in_flow: bool) -> String {
    let is_plain = !value.is_empty()
        && value.chars().all(is_printable)
        && reads_plain(value, if in_flow { ("[", "]") } else { ("k: ", "\n") });
    if is_plain {
        value.to_owned()
    } else {
        single_or_double(value)
    }
}

/// Whether a value between these is one text without quotes, the same letter by letter.
fn reads_plain(value: &str, (before, after): (&str, &str)) -> bool {
    let text = format!("{before}{value}{after}");
    let Ok(events) = Parser::new_from_str(&text).collect::<Result<Vec<_>, _>>() else {
        return false;
    };
    // Stream, document and collection open before it and end behind it; in a mapping its key comes before, too.
    let at = 3 + usize::from(before != "[");
    let is_value = events.get(at).is_some_and(|(event, _)| {
        matches!(event, Event::Scalar(text, ScalarStyle::Plain, 0, None) if text == value)
    });
    is_value && events.len() == at + 4
}

/// Quoted with `'`, or with `"` if it has letters that only fit there.
fn single_or_double(value: &str) -> String {
    if value.chars().all(is_printable) && !value.is_empty() {
        format!("'{}'", value.replace('\'', "''"))
    } else {
        double(value)
    }
}

/// Quoted with `"`.
pub(super) fn double(value: &str) -> String {
    let mut text = String::from("\"");
    for letter in value.chars() {
        match letter {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            other if is_printable(other) => text.push(other),
            other => {
                let _infallible = write!(text, "\\u{:04X}", u32::from(other));
            }
        }
    }
    text.push('"');
    text
}
