//! Answers as they come, for what is no document or longer than one: nothing of it is held or changed.

use std::time::Duration;

use reqwest::{Method, Response, header};
use serde_json::Value;

use super::{ANSWER_WITHIN, Api, Patience};
use crate::failure::Result;

/// A server that says nothing for so long has gone.
const SILENCE_MAX: Duration = Duration::from_secs(60);

impl Api {
    /// One request, up to the beginning of its answer.
    pub(crate) async fn open(
        &self,
        method: &Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Response> {
        let mut patience = Patience::default();
        loop {
            let mut request = self.request(method.clone(), path)?;
            if let Some(body) = body {
                request = request.json(body);
            }
            let soon = tokio::time::timeout(ANSWER_WITHIN, self.sent(request, method)).await;
            let answer = soon.unwrap_or_else(|_| Err(self.silent(ANSWER_WITHIN)));
            if !patience.lasts(answer.as_ref().err()).await {
                return answer;
            }
        }
    }

    /// What comes next of an answer; nothing at its end.
    pub(crate) async fn next_bytes(
        &self,
        answer: &mut Response,
    ) -> Result<Option<impl AsRef<[u8]> + use<>>> {
        match tokio::time::timeout(SILENCE_MAX, answer.chunk()).await {
            Ok(read) => read.map_err(|error| self.unreachable(&Method::GET, &error)),
            Err(_) => Err(self.silent(SILENCE_MAX)),
        }
    }
}

/// Whether an answer says that it is something else than a document.
pub(crate) fn is_file(answer: &Response) -> bool {
    let kind = answer.headers().get(header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok());
    let essence = kind.map(|kind| kind.split(';').next().unwrap_or_default().trim());
    essence.is_some_and(|essence| !essence.ends_with("/json") && !essence.ends_with("+json"))
}
