//! The events that fit a filter as a file, written while they are read: as CSV for spreadsheets, or as JSON lines.
//! Each is as its reader sees it in the list.

use axum::body::Body;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use regatta_store::AuditQuery;
use serde_json::Value;

use super::{all_shown, query};
use crate::call::Call;
use crate::error::ApiError;
use crate::operation::Answer;

/// Events read at once.
const PAGE: u64 = 500;
/// The columns of the CSV file, by the keys of an event.
const COLUMNS: &[&str] = &[
    "Id",
    "Occurred",
    "Username",
    "UserId",
    "IdentityEstablishedWith",
    "IpAddress",
    "Category",
    "Message",
    "Details",
    "RelatedDocumentIds",
    "UserAgent",
];

#[derive(Clone, Copy)]
enum Format {
    Csv,
    JsonLines,
}

impl Format {
    fn asked(call: &Call) -> Result<Self, ApiError> {
        match call.query.get("format").unwrap_or("csv") {
            "csv" => Ok(Self::Csv),
            "jsonl" => Ok(Self::JsonLines),
            other => Err(ApiError::invalid_one(format!(
                "format: '{other}' is none. Those there are: csv, jsonl."
            ))),
        }
    }

    fn headers(self) -> [(header::HeaderName, &'static str); 3] {
        let (media_type, file) = match self {
            Self::Csv => ("text/csv; charset=utf-8", "attachment; filename=audit.csv"),
            Self::JsonLines => ("application/x-ndjson", "attachment; filename=audit.jsonl"),
        };
        [
            (header::CONTENT_TYPE, media_type),
            (header::CONTENT_DISPOSITION, file),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        ]
    }

    fn head(self) -> String {
        match self {
            Self::Csv => row(COLUMNS.iter().map(|column| (*column).to_owned())),
            Self::JsonLines => String::new(),
        }
    }

    fn line(self, event: &Value) -> String {
        match self {
            Self::Csv => row(COLUMNS.iter().map(|column| text(&event[column]))),
            Self::JsonLines => format!("{event}\n"),
        }
    }
}

/// What is still to be written.
struct Rest {
    call: Call,
    format: Format,
    query: AuditQuery,
    head: String,
}

pub(super) async fn file(call: Call) -> Answer {
    let format = Format::asked(&call)?;
    let query = AuditQuery {
        skip: 0,
        take: Some(PAGE),
        ..query(&call).await?
    };
    let rest = Rest {
        call,
        format,
        query,
        head: format.head(),
    };
    let lines = futures_util::stream::try_unfold(Some(rest), |rest| async move {
        match rest {
            Some(rest) => next(rest).await.map(Some),
            None => Ok::<_, std::io::Error>(None),
        }
    });
    let body: Response = (format.headers(), Body::from_stream(lines)).into_response();
    Ok(body)
}

/// The lines of the next events, and what comes after them: by their numbers, so that what happens meanwhile moves nothing.
async fn next(mut rest: Rest) -> Result<(String, Option<Rest>), std::io::Error> {
    let failed = |error: ApiError| std::io::Error::other(format!("{error:?}"));
    let mut conn = rest.call.read().await.map_err(failed)?;
    let found = conn.audit_events(&rest.query).await;
    let events = found.map_err(|error| failed(error.into()))?.items;
    let shown = all_shown(&rest.call, &mut conn, &events).await;
    drop(conn);
    let mut lines = std::mem::take(&mut rest.head);
    for event in &shown.map_err(failed)? {
        lines.push_str(&rest.format.line(event));
    }
    let is_last = (events.len() as u64) < PAGE;
    let after = events.last().map(|event| event.auto_id - 1);
    rest.query.to_auto_id = after;
    Ok((lines, (!is_last).then_some(rest)))
}

/// Lists as lines of one cell.
fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(text).collect::<Vec<_>>().join("\n"),
        other => other.to_string(),
    }
}

fn row(cells: impl Iterator<Item = String>) -> String {
    let cells: Vec<String> = cells.map(|cell| quoted(&cell)).collect();
    format!("{}\r\n", cells.join(","))
}

/// As RFC 4180 says. What a spreadsheet would take for a formula gets a sign before it that makes it text.
fn quoted(cell: &str) -> String {
    let is_formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let sign = if is_formula { "'" } else { "" };
    format!("\"{sign}{}\"", cell.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_text_whatever_is_in_it() {
        assert_eq!(quoted("a \"b\",\nc"), "\"a \"\"b\"\",\nc\"");
        assert_eq!(quoted("=HYPERLINK(\"x\")"), "\"'=HYPERLINK(\"\"x\"\")\"");
        assert_eq!(quoted("1 + 1"), "\"1 + 1\"");
        assert_eq!(text(&serde_json::json!(["a", "b"])), "a\nb");
    }
}
