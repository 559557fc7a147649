//! Files sent as they are read, in a form with one part. Nothing of them is held.

use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::{Stream, StreamExt as _, stream};
use reqwest::{Body, Method, header};
use serde_json::Value;
use tokio::fs::File;
use tokio::io::AsyncReadExt as _;

use super::Api;
use super::once::random;
use crate::failure::Result;
use crate::meter::Meter;

/// Read at once.
const CHUNK_BYTES: usize = 256 * 1024;
/// Without a byte more for so long, or an answer after the last, the server has gone. It looks into a large file before
/// it answers.
const STILL_MAX: Duration = Duration::from_secs(300);

impl Api {
    /// Posts a file that is as long as its meter says.
    pub(crate) async fn send_file(
        &self,
        path: &str,
        name: &str,
        (file, meter): (File, Meter),
    ) -> Result<Value> {
        let boundary = format!("regatta{:016x}{:016x}", random(), random());
        let head = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
             Content-Type: application/octet-stream\r\n\r\n"
        );
        let tail = format!("\r\n--{boundary}--\r\n");
        let length_bytes = (head.len() + tail.len()) as u64 + meter.total_bytes;
        let moved = meter.counter();
        let whole = |text: String| stream::iter([Ok(text.into_bytes())]);
        let body = whole(head).chain(content(file, meter)).chain(whole(tail));
        let request = self
            .request(Method::POST, path)?
            .header(
                header::CONTENT_TYPE,
                format!("multipart/form-data; boundary={boundary}"),
            )
            .header(header::CONTENT_LENGTH, length_bytes)
            .body(Body::wrap_stream(body));
        let sent = self.sent(request, &Method::POST);
        let answer = self.while_moving(sent, &moved).await??;
        self.document(answer, &Method::POST).await
    }

    async fn while_moving<T>(
        &self,
        answer: impl Future<Output = T>,
        moved: &AtomicU64,
    ) -> Result<T> {
        let mut answer = pin!(answer);
        let mut before = u64::MAX;
        loop {
            if let Ok(answer) = tokio::time::timeout(STILL_MAX, &mut answer).await {
                return Ok(answer);
            }
            let now = moved.load(Ordering::Relaxed);
            if now == before {
                return Err(self.silent(STILL_MAX));
            }
            before = now;
        }
    }
}

/// What is in the file, as far as was announced. One that has become shorter ends with an error.
fn content(file: File, meter: Meter) -> impl Stream<Item = std::io::Result<Vec<u8>>> + Send {
    let length_bytes = meter.total_bytes;
    let state = (file.take(length_bytes), meter);
    stream::try_unfold(state, |(mut file, mut meter)| async move {
        let mut chunk = vec![0; CHUNK_BYTES];
        let read = file.read(&mut chunk).await?;
        chunk.truncate(read);
        meter.moved(read as u64);
        match (read, file.limit()) {
            (0, 0) => Ok(None),
            (0, _) => Err(std::io::Error::other("the file became shorter meanwhile")),
            _ => Ok(Some((chunk, (file, meter)))),
        }
    })
}
