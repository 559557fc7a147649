//! A task's log by ranges, by search, and whole as plain text.

use axum::body::Body;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use regatta_core::log::LogLevel;
use regatta_store::log::{
    LogError, LogFilter, LogLine, LogRange, LogSearch, LogSource, LogStore, LogTally,
};
use serde_json::{Value, json};

use super::{access, details};
use crate::call::{Call, ok};
use crate::error::ApiError;
use crate::operation::Answer;
use crate::time_text::iso;

const TAKE_DEFAULT: u64 = 1_000;
const TAKE_MAX: u64 = 10_000;

pub(super) async fn page(call: Call) -> Answer {
    let task = access::task(&call, &mut Box::new(call.read().await?)).await?;
    let take = take(&call)?;
    let asked = (
        call.query.number("from")?,
        call.query.number("before")?,
        call.query.flag("tail")?.unwrap_or(false),
    );
    let range = match asked {
        (_, Some(number), _) => LogRange::Before { number, take },
        (None, None, true) => LogRange::Before {
            number: u64::MAX,
            take,
        },
        (from, None, _) => LogRange::From {
            number: from.unwrap_or(1),
            take,
        },
    };
    let page = call
        .app
        .logs
        .read(&task.id, range, filter(&call)?)
        .await
        .map_err(failed)?;
    Ok(ok(json!({
        "Lines": page.lines.iter().map(line).collect::<Vec<_>>(),
        "LastNumber": page.last_number,
        "Damaged": ranges(&page.damaged),
    })))
}

pub(super) async fn search(call: Call) -> Answer {
    let task = access::task(&call, &mut Box::new(call.read().await?)).await?;
    let text = call
        .query
        .get("text")
        .ok_or_else(|| ApiError::invalid_one("Say what to look for: ?text=..."))?;
    let search = LogSearch {
        text: text.to_owned(),
        is_regex: call.query.flag("regex")?.unwrap_or(false),
        is_case_sensitive: call.query.flag("case")?.unwrap_or(false),
    };
    let found = call
        .app
        .logs
        .search(&task.id, search, filter(&call)?, take(&call)?)
        .await
        .map_err(failed)?;
    Ok(ok(json!({
        "Total": found.total,
        "Numbers": found.numbers,
        "IsComplete": found.stopped_at.is_none(),
        "SearchedTo": found.stopped_at,
        "Damaged": ranges(&found.damaged),
    })))
}

/// What each step, action, machine and attempt wrote: how many lines, and where the first error is.
pub(super) async fn summary(call: Call) -> Answer {
    let task = access::task(&call, &mut Box::new(call.read().await?)).await?;
    let tallies = call.app.logs.tallies(&task.id, 0).await.map_err(failed)?;
    Ok(ok(json!({
        "LastNumber": tallies.last_number,
        "Streams": tallies.sources.iter().map(stream).collect::<Vec<_>>(),
    })))
}

/// What one source wrote.
pub(super) fn stream((source, tally): &(LogSource, LogTally)) -> Value {
    json!({
        "StepSlug": source.step,
        "ActionSlug": source.action,
        "MachineId": source.target,
        "Attempt": source.attempt,
        "Lines": tally.lines,
        "Warnings": tally.warnings,
        "Errors": tally.errors,
        "FirstNumber": tally.first_number,
        "LastNumber": tally.last_number,
        "FirstErrorNumber": (tally.first_error_number > 0).then_some(tally.first_error_number),
    })
}

fn ranges(damaged: &[std::ops::RangeInclusive<u64>]) -> Vec<Value> {
    damaged
        .iter()
        .map(|lines| json!({"From": lines.start(), "To": lines.end()}))
        .collect()
}

/// The whole log, streamed: it may be larger than memory. As text, or one JSON object a line.
pub(super) async fn raw(call: Call) -> Answer {
    let task = access::task(&call, &mut Box::new(call.read().await?)).await?;
    match call.query.get("format") {
        None | Some("" | "txt") => {}
        Some("jsonl") => return Ok(as_json_lines(&call.app.logs, task.id, filter(&call)?)),
        Some(other) => {
            return Err(ApiError::invalid_one(format!(
                "format: '{other}' is neither txt nor jsonl."
            )));
        }
    }
    let log = call.app.logs.raw(&task.id);
    let pieces = futures_util::stream::try_unfold(log, |mut log| async move {
        log.next()
            .await
            .map(|piece| piece.map(|piece| (piece, log)))
    });
    let headers = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
    let body: Response = (headers, Body::from_stream(pieces)).into_response();
    Ok(body)
}

/// The lines that fit the filter, as [`page`] shows them; those that are there when it begins.
fn as_json_lines(logs: &LogStore, task: String, filter: LogFilter) -> Response {
    let begin = (logs.clone(), task, filter, 1, u64::MAX);
    let pages =
        futures_util::stream::try_unfold(begin, |(logs, task, filter, from, last)| async move {
            if from > last {
                return Ok(None);
            }
            let take = usize::try_from(TAKE_DEFAULT).unwrap_or(usize::MAX);
            let range = LogRange::From { number: from, take };
            let page = logs.read(&task, range, filter.clone()).await?;
            let Some(end) = page.lines.last() else {
                return Ok(None);
            };
            let next = end.number + 1;
            let mut text = String::new();
            for one in page.lines.iter().take_while(|one| one.number <= last) {
                text.push_str(&line(one).to_string());
                text.push('\n');
            }
            let last = last.min(page.last_number);
            Ok::<_, LogError>(Some((text, (logs, task, filter, next, last))))
        });
    let headers = [(header::CONTENT_TYPE, "application/jsonl; charset=utf-8")];
    (headers, Body::from_stream(pages)).into_response()
}

fn take(call: &Call) -> Result<usize, ApiError> {
    let take = call
        .query
        .number("take")?
        .unwrap_or(TAKE_DEFAULT)
        .min(TAKE_MAX);
    Ok(usize::try_from(take).unwrap_or(usize::MAX))
}

fn filter(call: &Call) -> Result<LogFilter, ApiError> {
    let text = |key: &str| call.query.get(key).map(str::to_owned);
    let attempt = call.query.number("attempt")?;
    Ok(LogFilter {
        step: text("step"),
        action: text("action"),
        target: text("target"),
        attempt: attempt.map(|attempt| u32::try_from(attempt).unwrap_or(u32::MAX)),
        level_min: call.query.get("level").map(level).transpose()?,
    })
}

fn level(text: &str) -> Result<LogLevel, ApiError> {
    use LogLevel::{Error, Gap, Highlight, Info, Verbose, Wait, Warning};
    let all = [Verbose, Info, Highlight, Wait, Warning, Error, Gap];
    let found = all
        .into_iter()
        .find(|level| details::category(*level).eq_ignore_ascii_case(text));
    found.ok_or_else(|| {
        ApiError::invalid_one(format!(
            "level: '{text}' is none of Verbose, Info, Highlight, Wait, Warning, Error."
        ))
    })
}

fn line(line: &LogLine) -> Value {
    json!({
        "Number": line.number,
        "OccurredAt": iso(line.at),
        "Category": details::category(line.level),
        "MessageText": line.text,
        "StepSlug": line.source.step,
        "ActionSlug": line.source.action,
        "MachineId": line.source.target,
        "Attempt": line.source.attempt,
    })
}

fn failed(error: LogError) -> ApiError {
    if let LogError::Pattern(why) = error {
        return ApiError::invalid_one(format!("text: it is no regular expression: {why}"));
    }
    ApiError::internal(error)
}
