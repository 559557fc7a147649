//! A request's body in memory, within its bound; not what it says.
//!
//! A client that is still sending when the connection closes never reads the answer. So what is too long is refused
//! before it is sent where the client asks first, and otherwise read to its end, within bounds, and forgotten.

use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use axum::http::{HeaderMap, StatusCode, header};
use futures_util::StreamExt as _;

use crate::error::ApiError;

/// What is read of a refused body, so that its sender gets to know.
const DRAINED_BYTES_MAX: usize = 64 << 20;
/// For how long it is read.
const DRAINED_FOR: Duration = Duration::from_secs(10);

pub(super) async fn read(
    body: Body,
    headers: &HeaderMap,
    most_bytes: usize,
) -> Result<Vec<u8>, ApiError> {
    let mut body = body.into_data_stream();
    if announced_bytes(headers).is_some_and(|announced| announced > most_bytes as u64) {
        // Whoever asks first has sent nothing, and reading would tell them to.
        if !headers.contains_key(header::EXPECT) {
            drain(body).await;
        }
        return Err(too_large(most_bytes));
    }
    let mut read = Vec::new();
    while let Some(piece) = body.next().await {
        let piece = piece.map_err(|_| {
            ApiError::new(
                StatusCode::BAD_REQUEST,
                "BrokenBody",
                "The request body ended before it was complete.",
            )
        })?;
        if read.len() + piece.len() > most_bytes {
            drain(body).await;
            return Err(too_large(most_bytes));
        }
        read.extend_from_slice(&piece);
    }
    Ok(read)
}

fn announced_bytes(headers: &HeaderMap) -> Option<u64> {
    let length = headers.get(header::CONTENT_LENGTH)?;
    length.to_str().ok()?.parse().ok()
}

async fn drain(mut body: BodyDataStream) {
    let read = async {
        let mut left_bytes = DRAINED_BYTES_MAX;
        while let Some(Ok(piece)) = body.next().await {
            let Some(less) = left_bytes.checked_sub(piece.len()) else {
                return;
            };
            left_bytes = less;
        }
    };
    // A sender slower than that does without the answer.
    drop(tokio::time::timeout(DRAINED_FOR, read).await);
}

fn too_large(most_bytes: usize) -> ApiError {
    ApiError::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "TooLarge",
        format!("The request body is larger than {most_bytes} bytes."),
    )
    .help("Send less at once.")
}
