//! Places in a text and what is put there. Everything between them stays letter by letter.

use std::ops::Range;

use super::Replaced;

/// A value in its place.
#[derive(Debug)]
pub(super) struct Edit {
    /// Bytes of the text that go.
    pub place: Range<usize>,
    /// What comes instead.
    pub text: String,
    /// The variable it comes from.
    pub name: String,
}

/// Edits of one text, in the order of their places.
#[derive(Debug, Default)]
pub(super) struct Edits {
    pub done: Vec<Edit>,
    /// Variables whose places cannot hold their value.
    pub unfit: Vec<String>,
}

impl Edits {
    /// Puts in one edit. What was put inside of its place is gone with it.
    pub(super) fn put(&mut self, edit: Edit) {
        self.done
            .retain(|inner| inner.place.start < edit.place.start);
        self.done.push(edit);
    }

    pub(super) fn written(self, before: &str) -> Replaced {
        let mut text = String::with_capacity(before.len());
        let mut names = Vec::new();
        let mut from = 0;
        for edit in self.done {
            text.push_str(&before[from..edit.place.start]);
            text.push_str(&edit.text);
            from = edit.place.end;
            names.push(edit.name);
        }
        text.push_str(&before[from..]);
        Replaced {
            text,
            names,
            unfit: self.unfit,
        }
    }
}

/// How lines end in a text: as its first one does.
pub(super) fn line_end(text: &str) -> &'static str {
    match text.find('\n') {
        Some(at) if text[..at].ends_with('\r') => "\r\n",
        _ => "\n",
    }
}

/// The line a byte is in, counted from 1.
pub(super) fn line_of(text: &str, at: usize) -> usize {
    let before = text.as_bytes().get(..at).unwrap_or_default();
    1 + before.iter().filter(|byte| **byte == b'\n').count()
}
