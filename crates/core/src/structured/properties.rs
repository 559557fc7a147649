//! Java's properties files: `key=value`, a line each, with comments and lines that go on. A variable names a key.

use super::edit::{Edit, Edits};
use super::{Replaced, Values};

/// What stands between the parts of a line. Not line ends.
const BLANKS: [char; 3] = [' ', '\t', '\u{c}'];

pub(super) fn replace(text: &str, values: &Values) -> Replaced {
    let mut edits = Edits::default();
    let mut at = 0;
    while at < text.len() {
        let end = at + logical_line(&text[at..]);
        if let Some(line) = Line::read(text, at, end) {
            edits.done.extend(line.edit(values));
        }
        at = end;
    }
    edits.written(text)
}

/// The length of a line with those it goes on in, line ends included.
fn logical_line(text: &str) -> usize {
    let mut length = 0;
    let is_comment = text.trim_start_matches(BLANKS).starts_with(['#', '!']);
    for line in text.split_inclusive(['\n', '\r']) {
        // The second half of a `\r\n`.
        let is_half = line == "\n" && text[..length].ends_with('\r');
        if is_half || length == 0 || goes_on(&text[..length]) && !is_comment {
            length += line.len();
        } else {
            break;
        }
    }
    length
}

/// Whether a line ends in a `\` that is not itself behind one.
fn goes_on(line: &str) -> bool {
    let content = line
        .strip_suffix("\r\n")
        .or_else(|| line.strip_suffix(['\n', '\r']));
    content.is_some_and(|content| {
        let bare = content.trim_end_matches('\\');
        (content.len() - bare.len()) % 2 == 1
    })
}

/// A line that says something.
struct Line {
    key: String,
    /// Whether a `=` or `:` parts key and value; else blanks do, or nothing.
    has_mark: bool,
    has_separator: bool,
    value: std::ops::Range<usize>,
}

impl Line {
    fn read(text: &str, from: usize, to: usize) -> Option<Self> {
        let line = text[from..to].trim_end_matches(['\n', '\r']);
        let key_at = from + blanks(line);
        let rest = &text[key_at..from + line.len()];
        if rest.is_empty() || rest.starts_with(['#', '!']) {
            return None;
        }
        let key_length = key_length(rest);
        let mut behind = &rest[key_length..];
        behind = &behind[blanks(behind)..];
        let has_mark = behind.starts_with(['=', ':']);
        if has_mark {
            behind = &behind[1..];
            behind = &behind[blanks(behind)..];
        }
        let end = from + line.len();
        Some(Self {
            key: unescaped(&rest[..key_length]),
            has_mark,
            has_separator: end - behind.len() > key_at + key_length,
            value: end - behind.len()..end,
        })
    }

    fn edit(self, values: &Values) -> Option<Edit> {
        let named = values.of(&self.key)?;
        let mut text = escaped(&named.value);
        if !self.has_separator {
            text.insert(0, ':');
        } else if !self.has_mark && text.starts_with(['=', ':']) {
            text.insert(0, '\\');
        }
        Some(Edit {
            place: self.value,
            text,
            name: named.name.clone(),
        })
    }
}

/// The length of blanks, and of line ends that are taken away by a `\` before them.
fn blanks(text: &str) -> usize {
    let mut rest = text;
    loop {
        let bare = rest.trim_start_matches(BLANKS);
        let bare = ["\\\r\n", "\\\n", "\\\r"]
            .iter()
            .find_map(|end| bare.strip_prefix(end))
            .unwrap_or(bare);
        if bare.len() == rest.len() {
            return text.len() - rest.len();
        }
        rest = bare;
    }
}

fn key_length(text: &str) -> usize {
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '\\' => drop(letters.next()),
            '=' | ':' => return at,
            blank if BLANKS.contains(&blank) => return at,
            _ => {}
        }
    }
    text.len()
}

fn unescaped(key: &str) -> String {
    let mut text = String::with_capacity(key.len());
    let mut letters = key.chars();
    while let Some(letter) = letters.next() {
        if letter != '\\' {
            text.push(letter);
            continue;
        }
        match letters.next() {
            Some('n') => text.push('\n'),
            Some('t') => text.push('\t'),
            Some('r') => text.push('\r'),
            Some('f') => text.push('\u{c}'),
            Some('u') => {
                let digits: String = letters.by_ref().take(4).collect();
                let code = u32::from_str_radix(&digits, 16).ok();
                text.push(code.and_then(char::from_u32).unwrap_or('\u{fffd}'));
            }
            // The line goes on, behind its blanks.
            Some('\n' | '\r') => {
                letters = letters
                    .as_str()
                    .trim_start_matches(['\n', ' ', '\t', '\u{c}'])
                    .chars();
            }
            Some(other) => text.push(other),
            None => {}
        }
    }
    text
}

/// A value as it is written: in one line, and in letters every encoding of such files has.
fn escaped(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for (at, letter) in value.char_indices() {
        match letter {
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            '\u{c}' => text.push_str("\\f"),
            ' ' if at == 0 => text.push_str("\\ "),
            ' '..='~' | '\u{a0}'..='\u{ff}' => text.push(letter),
            other => {
                for unit in other.encode_utf16(&mut [0; 2]) {
                    text.push_str(&format!("\\u{unit:04X}"));
                }
            }
        }
    }
    text
}
