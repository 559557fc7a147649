//! Requests that were not done, or may not have been: as failures that say what to do next. The one that may be tried
//! again is that of a busy server.

use std::time::Duration;

use reqwest::{Method, Response, StatusCode};
use serde_json::Value;

use super::{Api, moved};
use crate::exit::Exit;
use crate::failure::{Failure, Result};

/// How often a busy server is asked, and how long it is left alone in between.
const BUSY_TRIES: u32 = 5;
const BUSY_PAUSE: Duration = Duration::from_secs(1);

impl Api {
    pub(super) fn unreachable(&self, method: &Method, error: &reqwest::Error) -> Failure {
        let what = format!("{} does not answer.", self.base);
        let mut failure =
            Failure::new(Exit::Unreachable, what).why(format!("{}.", innermost(error)));
        if method != Method::GET && !error.is_connect() {
            failure = failure.why("Whether the server has done it is not known.");
        }
        failure.next(format!("regatta server status --server {}", self.base))
    }

    pub(super) async fn checked(&self, answer: Response) -> Result<Response> {
        let status = answer.status();
        if status.is_success() {
            return Ok(answer);
        }
        if status.is_redirection() {
            return Err(moved::elsewhere(&self.base, &answer));
        }
        let text = answer.text().await.unwrap_or_default();
        Err(self.refused(status, &text))
    }

    fn refused(&self, status: StatusCode, text: &str) -> Failure {
        let body: Value = serde_json::from_str(text).unwrap_or_default();
        let exit = match status.as_u16() {
            401 | 403 => Exit::NotAllowed,
            404 => Exit::NotFound,
            409 => Exit::Conflict,
            400 | 413 | 415 | 422 => Exit::Invalid,
            502..=504 => Exit::Unreachable,
            _ => Exit::Unexpected,
        };
        let message = body["ErrorMessage"].as_str().map_or_else(
            || format!("{} answered {status}.", self.base),
            str::to_owned,
        );
        let errors: Vec<&str> = body["Errors"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let mut failure = match errors.as_slice() {
            [only] => Failure::new(exit, *only),
            _ => Failure::new(exit, message),
        };
        if errors.len() > 1 {
            failure.why = errors.into_iter().map(str::to_owned).collect();
        }
        if let Some(help) = body["HelpText"].as_str() {
            failure.why.push(help.to_owned());
        }
        if status == StatusCode::UNAUTHORIZED {
            failure.next = Some(format!("regatta login {}", self.base));
        }
        failure.api = Some((
            status.as_u16(),
            body["Code"].as_str().unwrap_or_default().to_owned(),
        ));
        failure
    }

    pub(super) fn silent(&self, time: Duration) -> Failure {
        let what = format!("{} does not answer.", self.base);
        Failure::new(Exit::Unreachable, what)
            .why(format!("Nothing came for {} seconds.", time.as_secs()))
    }
}

/// A server that says it is busy has done nothing and is asked again.
#[derive(Default)]
pub(super) struct Patience {
    tries: u32,
}

impl Patience {
    /// Waits a little where asking again is worth it; false where it is not.
    pub(super) async fn lasts(&mut self, failure: Option<&Failure>) -> bool {
        self.tries += 1;
        let is_worth_it = self.tries < BUSY_TRIES && failure.is_some_and(is_busy);
        if is_worth_it {
            tokio::time::sleep(BUSY_PAUSE).await;
        }
        is_worth_it
    }
}

pub(super) fn is_busy(failure: &Failure) -> bool {
    let answered = failure.api.as_ref();
    answered.is_some_and(|(status, code)| *status == 503 && code == "Busy")
}

/// The cause an error began with, which is the one people can do something about.
fn innermost(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    let text = cause.to_string();
    text.trim_end_matches('.').to_owned()
}
