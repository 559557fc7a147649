//! The events of a task, numbered and complete: as a page of JSON, or as a stream that can be resumed.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::http::header;
use axum::response::IntoResponse as _;
use axum::response::sse::{Event as Sse, KeepAlive, Sse as SseStream};
use futures_util::Stream;
use regatta_core::engine::Run;
use regatta_core::engine::event::{Recorded, Seq};
use regatta_store::{StoreError, Task};
use serde_json::{Value, json};
use tokio::sync::broadcast;

use super::access;
use crate::activity::follow::Follow;
use crate::app::App;
use crate::call::{Call, ok};
use crate::driver::News;
use crate::error::ApiError;
use crate::folded::Folded;
use crate::operation::Answer;

const TAKE_DEFAULT: u64 = 1_000;
const TAKE_MAX: u64 = 10_000;
/// Events turned into messages at once.
const BATCH_MAX: usize = 1_000;
/// Also looks by itself this often: another server may be the one that writes.
const LOOK_EVERY: Duration = Duration::from_secs(2);
const KEEP_ALIVE: Duration = Duration::from_secs(15);

pub(super) async fn events(call: Call) -> Answer {
    // Listening starts before the first look, so that nothing falls between.
    let news = call.app.driver().news();
    let task = access::task(&call, &mut Box::new(call.read().await?)).await?;
    let resumed = call
        .headers
        .get("last-event-id")
        .and_then(|value| value.to_str().ok()?.trim().parse().ok());
    let after = resumed.or(call.query.number("after")?).unwrap_or(0);
    let accepts = call
        .headers
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    if accepts.contains("text/event-stream") {
        let feed = Feed {
            app: call.app.clone(),
            reading: Reading::new(task.id.clone(), after),
            task,
            news,
            pending: Vec::new().into_iter(),
        };
        let stream =
            SseStream::new(feed.into_stream()).keep_alive(KeepAlive::new().interval(KEEP_ALIVE));
        return Ok(stream.into_response());
    }
    let take = call
        .query
        .number("take")?
        .unwrap_or(TAKE_DEFAULT)
        .min(TAKE_MAX);
    let items = read(&call.app, &task.id, after, take).await?;
    let last = items.last().map_or(after, |(seq, _)| *seq);
    let items: Vec<Value> = items.into_iter().map(|(_, event)| event).collect();
    Ok(ok(
        json!({"Items": items, "LastSeq": last, "IsCompleted": task.state.is_completed()}),
    ))
}

/// Events after a number; none before the task has started.
async fn read(
    app: &App,
    task_id: &str,
    after: Seq,
    take: u64,
) -> Result<Vec<(Seq, Value)>, ApiError> {
    let mut conn = app.store.read().await?;
    let Some(folded) = app.runs.get(&mut conn, task_id).await? else {
        return Ok(Vec::new());
    };
    drop(conn);
    let mut follow = follow(&folded, after);
    let take = usize::try_from(take).unwrap_or(usize::MAX);
    let events = events_after(&folded, after).iter().take(take);
    Ok(events
        .map(|event| (event.seq, follow.event(event)))
        .collect())
}

fn events_after(folded: &Folded, after: Seq) -> &[Recorded] {
    // Events are numbered from 1 without gaps.
    let start = usize::try_from(after).unwrap_or(usize::MAX);
    folded.events.get(start..).unwrap_or_default()
}

/// The run as it was after this event.
fn follow(folded: &Folded, after: Seq) -> Follow {
    if folded.run.seq() == after {
        return Follow::from(folded.run.clone());
    }
    let mut run = Run::new(Arc::clone(&folded.frozen.plan));
    for event in folded.events.iter().take_while(|event| event.seq <= after) {
        if run.apply(event).is_err() {
            break;
        }
    }
    Follow::from(run)
}

/// How far one reader has come in the events of a task.
pub(in crate::http) struct Reading {
    task_id: String,
    after: Seq,
    follow: Option<Follow>,
    is_over: bool,
}

impl Reading {
    pub(in crate::http) const fn new(task_id: String, after: Seq) -> Self {
        Self {
            task_id,
            after,
            follow: None,
            is_over: false,
        }
    }

    pub(in crate::http) fn task_id(&self) -> &str {
        &self.task_id
    }

    /// Whether the last event has been read.
    pub(in crate::http) const fn is_over(&self) -> bool {
        self.is_over
    }

    /// The next events, at most [`BATCH_MAX`].
    pub(in crate::http) async fn read(
        &mut self,
        app: &App,
    ) -> Result<Vec<(Seq, Value)>, StoreError> {
        let mut conn = app.store.read().await?;
        let Some(folded) = app.runs.get(&mut conn, &self.task_id).await? else {
            return Ok(Vec::new());
        };
        drop(conn);
        let follow = match &mut self.follow {
            Some(follow) => follow,
            None => self.follow.insert(follow(&folded, self.after)),
        };
        let events = events_after(&folded, self.after).iter().take(BATCH_MAX);
        let read: Vec<_> = events
            .map(|event| (event.seq, follow.event(event)))
            .collect();
        self.after = read.last().map_or(self.after, |(seq, _)| *seq);
        self.is_over = folded.run.is_finished() && folded.run.seq() <= self.after;
        Ok(read)
    }
}

/// Follows one task until it is over.
struct Feed {
    app: App,
    task: Task,
    news: broadcast::Receiver<News>,
    reading: Reading,
    pending: std::vec::IntoIter<(Seq, Value)>,
}

impl Feed {
    fn into_stream(self) -> impl Stream<Item = Result<Sse, Infallible>> {
        futures_util::stream::unfold(self, |mut feed| async move {
            let (seq, event) = feed.next().await?;
            let event = Sse::default().id(seq.to_string()).data(event.to_string());
            Some((Ok(event), feed))
        })
    }

    async fn next(&mut self) -> Option<(Seq, Value)> {
        loop {
            if let Some(event) = self.pending.next() {
                return Some(event);
            }
            // Asked before the log is read: what is written between is seen by the read.
            let over = self.is_over().await;
            match self.reading.read(&self.app).await {
                Ok(events) if !events.is_empty() => self.pending = events.into_iter(),
                Ok(_) if over => return None,
                Ok(_) => self.wait().await,
                Err(error) => {
                    tracing::warn!(%error, task_id = self.task.id, "events cannot be read; the reader resumes later");
                    return None;
                }
            }
        }
    }

    async fn is_over(&self) -> bool {
        let Ok(mut conn) = self.app.store.read().await else {
            return false;
        };
        let task = conn.task(&self.task.id).await.ok().flatten();
        task.is_none_or(|task| task.state.is_completed())
    }

    /// Until something of this task happened, or it is time to look anyway.
    async fn wait(&mut self) {
        let own = async {
            loop {
                match self.news.recv().await {
                    Ok(news) if *news.task_id != *self.task.id => {}
                    // Being told too much to keep up with is a reason to look.
                    Ok(_) | Err(broadcast::error::RecvError::Lagged(_)) => return,
                    Err(broadcast::error::RecvError::Closed) => {
                        return std::future::pending().await;
                    }
                }
            }
        };
        // Both ends mean: look again.
        drop(tokio::time::timeout(LOOK_EVERY, own).await);
    }
}
