//! Why a command could not do what was asked: what, why, and what to type next.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::exit::Exit;
use crate::options::Options;
use crate::text::visible;

/// Everything a person or a program needs to go on.
#[derive(Debug, Clone)]
pub(crate) struct Failure {
    pub(crate) exit: Exit,
    pub(crate) what: String,
    pub(crate) why: Vec<String>,
    pub(crate) next: Option<String>,
    /// Status and code of the API's answer, when there was one.
    pub(crate) api: Option<(u16, String)>,
}

pub(crate) type Result<T> = std::result::Result<T, Failure>;

impl Failure {
    pub(crate) fn new(exit: Exit, what: impl Into<String>) -> Self {
        Self {
            exit,
            what: what.into(),
            why: Vec::new(),
            next: None,
            api: None,
        }
    }

    pub(crate) fn unexpected(what: impl Into<String>) -> Self {
        Self::new(Exit::Unexpected, what)
    }

    pub(crate) fn usage(what: impl Into<String>) -> Self {
        Self::new(Exit::Usage, what)
    }

    pub(crate) fn not_found(what: impl Into<String>) -> Self {
        Self::new(Exit::NotFound, what)
    }

    pub(crate) fn invalid(what: impl Into<String>) -> Self {
        Self::new(Exit::Invalid, what)
    }

    pub(crate) fn why(mut self, why: impl Into<String>) -> Self {
        self.why.push(why.into());
        self
    }

    pub(crate) fn next(mut self, next: impl Into<String>) -> Self {
        self.next = Some(next.into());
        self
    }

    /// Writes it to standard error; as JSON when that is what the data would have been.
    pub(crate) fn show(&self, options: &Options) {
        if options.wants_json() {
            eprintln!("{}", self.json());
        } else {
            eprint!("{}", self.text());
        }
    }

    fn json(&self) -> Value {
        let mut error = json!({"Message": self.what, "ExitCode": self.exit.code()});
        if !self.why.is_empty() {
            error["Reasons"] = json!(self.why);
        }
        if let Some(next) = &self.next {
            error["HelpText"] = json!(next);
        }
        if let Some((status, code)) = &self.api {
            error["Status"] = json!(status);
            error["Code"] = json!(code);
        }
        json!({ "Error": error })
    }

    fn text(&self) -> String {
        let mut text = format!("regatta: {}\n", visible(&self.what));
        for why in &self.why {
            writeln!(text, "  {}", visible(why)).expect("writing to a String never fails");
        }
        if let Some(next) = &self.next {
            writeln!(text, "  Next: {}", visible(next)).expect("writing to a String never fails");
        }
        text
    }
}
