//! What is wrong with an OCL text: where, what, and what to write instead.

/// A problem at a place of the text. Lines and columns count from 1; columns count characters.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {what} {help}")]
pub struct OclError {
    pub line: usize,
    pub column: usize,
    /// A whole sentence.
    pub what: String,
    /// How to fix it; a whole sentence.
    pub help: String,
}

/// A problem at a byte of the text, before anybody asked which line that is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) at: usize,
    pub(super) what: String,
    pub(super) help: String,
}

impl Fault {
    pub(super) fn new(at: usize, what: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            at,
            what: what.into(),
            help: help.into(),
        }
    }

    pub(super) fn locate(self, text: &str) -> OclError {
        let before = text.get(..self.at).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        OclError {
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            what: self.what,
            help: self.help,
        }
    }
}
