//! A request's body in memory, within its bound; not what it says.
//!
//! A client that is still sending when the connection closes never reads the answer. So what is too long is refused
//! before it is sent where the client asks first, and otherwise read to its end, within bounds, and forgotten.

use std::time::Duration;

use axum::body::{Body, BodyDataStream, Bytes};
use axum::http::{HeaderMap, StatusCode, header};
use futures_util::StreamExt as _;
use tokio::time::Instant;

use crate::error::ApiError;

/// What is read of a refused body, so that its sender gets to know.
const DRAINED_BYTES_MAX: usize = 64 << 20;
/// What must come of a body every second, on average and after some patience.
const SECOND_BYTES_MIN: u64 = 1024;
/// For how long it is read.
const DRAINED_FOR: Duration = Duration::from_secs(10);

pub(super) async fn read(
    body: Body,
    headers: &HeaderMap,
    most_bytes: usize,
    patience: Duration,
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
    let mut pace = Pace::new(patience);
    while let Some(piece) = pace.next(&mut body).await? {
        if read.len() + piece.len() > most_bytes {
            drain(body).await;
            return Err(too_large(most_bytes));
        }
        read.extend_from_slice(&piece);
    }
    Ok(read)
}

/// How fast a body has to come: whoever is slower keeps a place that others need.
pub(crate) struct Pace {
    began: Instant,
    patience: Duration,
    read_bytes: u64,
}

impl Pace {
    pub(crate) fn new(patience: Duration) -> Self {
        Self {
            began: Instant::now(),
            patience,
            read_bytes: 0,
        }
    }

    /// The next piece; `None` at the end.
    ///
    /// # Errors
    /// 400 when the body breaks off, 408 when it comes too slowly.
    pub(crate) async fn next(
        &mut self,
        body: &mut BodyDataStream,
    ) -> Result<Option<Bytes>, ApiError> {
        let earned = Duration::from_secs(self.read_bytes / SECOND_BYTES_MIN);
        let deadline = self.began + self.patience + earned;
        let piece = tokio::time::timeout_at(deadline, body.next()).await;
        let piece = piece.map_err(|_| too_slow())?.transpose();
        let piece = piece.map_err(|_| broken())?;
        self.read_bytes += piece.as_ref().map_or(0, |piece| piece.len() as u64);
        Ok(piece)
    }
}

fn broken() -> ApiError {
    ApiError::new(
        StatusCode::BAD_REQUEST,
        "BrokenBody",
        "The request body ended before it was complete.",
    )
}

fn too_slow() -> ApiError {
    ApiError::new(
        StatusCode::REQUEST_TIMEOUT,
        "TooSlow",
        "The request body came too slowly.",
    )
    .help("Nothing was changed. Check the network between the client and the server, and send the request again.")
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
