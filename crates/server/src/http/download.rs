//! Sending a blob: whole or a range of it (RFC 9110 §14), resumable, and never as a page of this server.

use axum::body::Body;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use regatta_store::BlobId;
use regatta_store::blob::BlobError;

use crate::call::Call;
use crate::error::ApiError;
use crate::files::Files;
use crate::operation::Answer;

/// What is sent.
pub(super) struct Download<'a> {
    pub blob: &'a BlobId,
    pub length_bytes: u64,
    pub filename: &'a str,
}

/// Bytes from `start` to before `end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Range {
    start: u64,
    end: u64,
}

pub(super) async fn download(call: &Call, files: &Files, file: &Download<'_>) -> Answer {
    let tag = format!("\"{}\"", file.blob.as_str());
    let range = asked(&call.headers, &tag, file.length_bytes)?;
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream".to_owned()),
        (header::CONTENT_DISPOSITION, attachment(file.filename)),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        (header::ACCEPT_RANGES, "bytes".to_owned()),
        (header::ETAG, tag),
    ];
    let Some(Range { start, end }) = range else {
        let reader = files.blobs.read(file.blob).await;
        let reader = reader.map_err(|error| blob_failed(&error))?;
        let bytes = futures_util::stream::try_unfold(reader, |mut reader| async move {
            let bytes = reader.next().await?;
            Ok::<_, BlobError>(bytes.map(|bytes| (bytes, reader)))
        });
        let length = [(header::CONTENT_LENGTH, file.length_bytes.to_string())];
        let body: Response = (headers, length, Body::from_stream(bytes)).into_response();
        return Ok(body);
    };
    let reader = files.blobs.read_range(file.blob, start, end - start).await;
    let reader = reader.map_err(|error| blob_failed(&error))?;
    let length = [
        (header::CONTENT_LENGTH, (end - start).to_string()),
        (
            header::CONTENT_RANGE,
            format!("bytes {start}-{}/{}", end - 1, file.length_bytes),
        ),
    ];
    let bytes = tokio_util::io::ReaderStream::new(reader);
    let status = StatusCode::PARTIAL_CONTENT;
    Ok((status, headers, length, Body::from_stream(bytes)).into_response())
}

/// The one range asked for. Several at once, other units, and a range of what has changed since are answered with the whole.
fn asked(headers: &HeaderMap, tag: &str, length_bytes: u64) -> Result<Option<Range>, ApiError> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    if text(header::IF_RANGE).is_some_and(|only| only.trim() != tag) {
        return Ok(None);
    }
    let Some(range) = text(header::RANGE).and_then(parse) else {
        return Ok(None);
    };
    let range = match range {
        (Some(start), end) => Range {
            start,
            end: end.map_or(length_bytes, |last| {
                last.saturating_add(1).min(length_bytes)
            }),
        },
        (None, last_bytes) => Range {
            start: length_bytes.saturating_sub(last_bytes.unwrap_or(0)),
            end: length_bytes,
        },
    };
    if range.start < range.end {
        return Ok(Some(range));
    }
    Err(ApiError::new(
        StatusCode::RANGE_NOT_SATISFIABLE,
        "NoSuchRange",
        format!("The file has {length_bytes} bytes; the range asked for is not in it."),
    )
    .header(header::CONTENT_RANGE, format!("bytes */{length_bytes}")))
}

/// First and last byte; without a first one, how many at the end.
fn parse(text: &str) -> Option<(Option<u64>, Option<u64>)> {
    let (first, last) = text.trim().strip_prefix("bytes=")?.split_once('-')?;
    let number = |text: &str| match text.trim() {
        "" => Some(None),
        digits if digits.bytes().all(|byte| byte.is_ascii_digit()) => digits.parse().ok().map(Some),
        _ => None,
    };
    let (first, last) = (number(first)?, number(last)?);
    let is_order = first.zip(last).is_none_or(|(first, last)| first <= last);
    ((first.is_some() || last.is_some()) && is_order).then_some((first, last))
}

/// The name in ASCII for old clients, and as it is (RFC 6266).
fn attachment(filename: &str) -> String {
    let plain = filename
        .chars()
        .map(|letter| match letter {
            '"' | '\\' => '_',
            letter if letter.is_ascii() => letter,
            _ => '_',
        })
        .collect::<String>();
    let mut encoded = String::new();
    for byte in filename.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}")
}

/// What is wrong with a file, for the client that sent or wanted it.
pub(super) fn blob_failed(error: &BlobError) -> ApiError {
    match error {
        BlobError::Full { .. } => ApiError::disk_full(),
        other => ApiError::internal(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(text: &'static str) -> Result<Option<(u64, u64)>, u16> {
        let mut headers = HeaderMap::new();
        headers.insert(header::RANGE, text.parse().unwrap());
        match asked(&headers, "\"x\"", 10) {
            Ok(range) => Ok(range.map(|range| (range.start, range.end))),
            Err(error) => Err(error.status().as_u16()),
        }
    }

    #[test]
    fn ranges_are_read_as_http_says() {
        assert_eq!(range("bytes=0-3"), Ok(Some((0, 4))));
        assert_eq!(range("bytes=4-"), Ok(Some((4, 10))));
        assert_eq!(range("bytes=8-99"), Ok(Some((8, 10))));
        assert_eq!(range("bytes=-4"), Ok(Some((6, 10))));
        assert_eq!(range("bytes=-99"), Ok(Some((0, 10))));
        assert_eq!(range("bytes=10-"), Err(416));
        assert_eq!(range("bytes=-0"), Err(416));
        for ignored in [
            "bytes=3-1",
            "bytes=a-b",
            "bytes=-",
            "bytes=0-1,3-4",
            "lines=1-2",
            "bytes=+1-2",
        ] {
            assert_eq!(range(ignored), Ok(None), "{ignored}");
        }
    }
}
