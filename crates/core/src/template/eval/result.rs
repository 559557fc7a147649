//! What evaluation is given and what it yields.

use std::sync::Arc;

use super::super::parse::ParseError;
use super::super::value::Text;
use crate::secret::Secret;
use crate::time::Time;

/// Bounds of an [`Evaluator`], over everything it evaluates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// One unit per node and per 64 bytes written.
    pub fuel: u64,
    /// How deep values may use values, blocks included.
    pub depth: usize,
    /// Longest result.
    pub text_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            fuel: 2_000_000,
            depth: 60,
            text_bytes: 16 << 20,
        }
    }
}

/// What `NowDate` answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Clock {
    pub now: Time,
    /// Seconds the server's local time is ahead of UTC.
    pub offset_s: i32,
}

/// The result of evaluating a template.
#[derive(Clone)]
pub struct Evaluated {
    /// The clear text, also when it is sensitive: use [`Self::into_text`] to pass it on.
    pub text: String,
    /// A filter `null` was used: the value is unset, `text` is empty.
    pub is_null: bool,
    /// A secret went into it, or decided what went into it.
    pub sensitive: bool,
    /// What could not be resolved; its source stands in `text`.
    pub unresolved: Vec<Unresolved>,
    /// What filters made of secrets: to be masked as well.
    pub derived: Vec<Secret>,
}

/// A part of a template that stands in the result as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unresolved {
    /// As written, e.g. `#{Missing}`; `#{...}` when it stands in a secret.
    pub token: String,
    /// The variable it stands in; `None` for the text that was evaluated.
    pub variable: Option<Arc<str>>,
    pub reason: Reason,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// No variable has this name here.
    Missing,
    /// There is no such filter, or it cannot do this with these options.
    Filter(String),
    /// A part of the sum is no number.
    NotANumber,
    /// The value cannot be read as a template; its text is used as it is.
    Broken(ParseError),
}

impl std::fmt::Display for Unresolved {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            token,
            variable,
            reason,
        } = self;
        match reason {
            Reason::Missing => write!(f, "`{token}`: no variable has this name here")?,
            Reason::Filter(filter) => write!(
                f,
                "`{token}`: the filter `{filter}` does not exist or cannot be used like this"
            )?,
            Reason::NotANumber => write!(f, "`{token}`: a part of the sum is not a number")?,
            Reason::Broken(error) => write!(f, "the template cannot be read: {error}")?,
        }
        match variable {
            Some(variable) => write!(f, " (in the variable `{variable}`)"),
            None => Ok(()),
        }
    }
}

/// Evaluation that had to stop.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EvalError {
    #[error("`{}` uses itself: {}", names.first().map_or("", |name| name), names.join(" → "))]
    Cycle { names: Vec<String> },
    #[error(
        "the value is too expensive to evaluate (in {place}); look for repetitions inside repetitions"
    )]
    Fuel { place: String },
    #[error("values use each other more than {depth} levels deep (in {place})")]
    Depth { depth: usize, place: String },
    #[error("the text grows beyond {bytes} bytes (in {place})")]
    TextTooLong { bytes: usize, place: String },
}

impl Evaluated {
    /// The text in the form that keeps it hidden when it is sensitive.
    #[must_use]
    pub fn into_text(self) -> Text {
        if self.sensitive {
            Text::Secret(Secret::new(self.text))
        } else {
            Text::plain(self.text)
        }
    }
}

/// Hides a sensitive text.
impl std::fmt::Debug for Evaluated {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = if self.sensitive {
            "<secret>"
        } else {
            &self.text
        };
        f.debug_struct("Evaluated")
            .field("text", &text)
            .field("unresolved", &self.unresolved)
            .finish_non_exhaustive()
    }
}

/// Reports quote at most this much of a template.
const TOKEN_CHARS_MAX: usize = 200;

pub(super) fn shortened(token: &str) -> String {
    match token.char_indices().nth(TOKEN_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &token[..end]),
        None => token.to_owned(),
    }
}
