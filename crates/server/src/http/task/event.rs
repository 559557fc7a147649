//! The events of a task, numbered and complete: as a page of JSON, or as a stream that can be resumed.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::http::header;
use axum::response::sse::Event as Sse;
use futures_util::Stream;
use regatta_core::engine::Run;
use regatta_core::engine::event::{Recorded, Seq};
use regatta_store::{StoreError, Task};
use serde_json::{Value, json};
use tokio::sync::broadcast;
use tokio::time::Instant;

use super::access;
use super::aside::Aside;
use crate::activity::follow::Follow;
use crate::app::App;
use crate::call::{Call, ok};
use crate::driver::News;
use crate::error::ApiError;
use crate::folded::Folded;
use crate::http::reader::{self, Reader};
use crate::operation::Answer;
use crate::shape::{BOOL, INT, Object, Shape, field};

const TAKE_DEFAULT: u64 = 1_000;
const TAKE_MAX: u64 = 10_000;
/// Events turned into messages at once.
const BATCH_MAX: usize = 1_000;
/// Also looks by itself this often: another server may be the one that writes.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// A reader of a busy task is told of what happened meanwhile at once, this often: each look costs the task's own
/// driver some of its time.
pub(in crate::http) const LOOK_PAUSE: Duration = Duration::from_millis(15);
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// How long a right that is gone may still be used.
const RENEW_EVERY: Duration = Duration::from_secs(1);

pub(super) static EVENTS: Object = Object {
    name: "TaskEvents",
    fields: &[
        field("Items", Shape::List(&Shape::Any)),
        field("LastSeq", INT).about("The number of the last event told; go on with `after`."),
        field("IsCompleted", BOOL).about("Whether the task is over."),
    ],
};

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
            reader: Reader::of(&call),
            renewed_at: Instant::now(),
            reading: Reading::new(task.id.clone(), after),
            aside: Aside::open(&call.app, &task.id).await?,
            task,
            news,
            pending: VecDeque::new(),
            looked_at: None,
            is_ended: false,
        };
        return Ok(reader::answer(&call.app, feed.into_stream(), KEEP_ALIVE));
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
    /// There was more than could be read at once.
    is_behind: bool,
}

impl Reading {
    pub(in crate::http) const fn new(task_id: String, after: Seq) -> Self {
        Self {
            task_id,
            after,
            follow: None,
            is_over: false,
            is_behind: false,
        }
    }

    /// Whether the last event has been read.
    pub(in crate::http) const fn is_over(&self) -> bool {
        self.is_over
    }

    /// Whether there is more to read at once.
    pub(in crate::http) const fn is_behind(&self) -> bool {
        self.is_behind
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
        self.is_behind = read.len() == BATCH_MAX;
        self.is_over = folded.run.is_finished() && folded.run.seq() <= self.after;
        Ok(read)
    }
}

/// Follows one task until it is over.
struct Feed {
    app: App,
    reader: Reader,
    renewed_at: Instant,
    task: Task,
    news: broadcast::Receiver<News>,
    reading: Reading,
    aside: Aside,
    pending: VecDeque<Sse>,
    looked_at: Option<Instant>,
    /// Nothing will come any more.
    is_ended: bool,
}

impl Feed {
    fn into_stream(self) -> impl Stream<Item = Result<Sse, Infallible>> {
        futures_util::stream::unfold(self, |mut feed| async move {
            let message = feed.next().await?;
            Some((Ok(message), feed))
        })
    }

    async fn next(&mut self) -> Option<Sse> {
        loop {
            if let Some(message) = self.pending.pop_front() {
                return Some(message);
            }
            if self.is_ended || self.reader.is_done() {
                return None;
            }
            if let Err(error) = self.more().await {
                tracing::warn!(
                    ?error,
                    task_id = self.task.id,
                    "events are not told any more; the reader resumes"
                );
                return None;
            }
        }
    }

    /// Waits for what is told next.
    async fn more(&mut self) -> Result<(), ApiError> {
        let is_run = self.looked_at.is_none() || self.wait().await;
        if self.renewed_at.elapsed() >= RENEW_EVERY {
            self.renew().await?;
        }
        if is_run {
            self.look().await
        } else {
            self.beside().await
        }
    }

    /// Asks again whether the reader may see the task, wherever it is now.
    async fn renew(&mut self) -> Result<(), ApiError> {
        self.renewed_at = Instant::now();
        let mut conn = self.app.store.read().await?;
        self.reader.renew(&self.app, &mut conn).await?;
        match conn.task(&self.task.id).await? {
            Some(task) if self.reader.may_see(&mut conn, &task).await? => Ok(()),
            _ => Err(ApiError::not_found(&self.task.id)),
        }
    }

    /// What happened since the last look.
    async fn look(&mut self) -> Result<(), ApiError> {
        self.looked_at = Some(Instant::now());
        let mut events = self.reading.read(&self.app).await?;
        if events.is_empty() && self.is_over().await? {
            // The last events may have come between the two.
            events = self.reading.read(&self.app).await?;
            self.is_ended = events.is_empty();
        }
        let messages = events.into_iter().map(|(seq, event)| {
            let message = Sse::default().id(seq.to_string());
            message.data(event.to_string())
        });
        self.pending.extend(messages);
        self.beside().await
    }

    async fn beside(&mut self) -> Result<(), ApiError> {
        let told = if self.is_ended {
            self.aside.tell_now(&self.app).await?
        } else {
            self.aside.tell(&self.app).await?
        };
        let messages = told.into_iter().map(|(name, said)| {
            let message = Sse::default().event(name);
            message.data(said.to_string())
        });
        self.pending.extend(messages);
        Ok(())
    }

    async fn is_over(&self) -> Result<bool, StoreError> {
        let task = self.app.store.read().await?.task(&self.task.id).await?;
        Ok(task.is_none_or(|task| task.state.is_completed()))
    }

    /// Until something of this task happened, or it is time to look anyway; false when it is nothing of the run
    /// itself.
    async fn wait(&mut self) -> bool {
        let (task_id, after) = (&self.task.id, self.reading.after);
        let news = &mut self.news;
        let own = async {
            loop {
                match news.recv().await {
                    Ok(news) if *news.task_id != **task_id => {}
                    // Read already. (A task that ended without an event tells of number 0.)
                    Ok(news) if news.seq != 0 && news.seq <= after => {}
                    // Being told too much to keep up with is a reason to look.
                    Ok(_) | Err(broadcast::error::RecvError::Lagged(_)) => return,
                    Err(broadcast::error::RecvError::Closed) => {
                        return std::future::pending().await;
                    }
                }
            }
        };
        let looked_at = self.looked_at.unwrap_or_else(Instant::now);
        if !self.reading.is_behind {
            tokio::select! {
                () = own => {}
                () = self.aside.news() => return false,
                () = tokio::time::sleep_until(looked_at + LOOK_EVERY) => {}
            }
        }
        tokio::time::sleep_until(looked_at + LOOK_PAUSE).await;
        true
    }
}
