//! One stream for everything a browser shows: what changed, how tasks stand, and the events of the tasks it watches.
//!
//! The audit is the source for documents and the log of a task for its run, so a reader goes on where it stopped,
//! whatever was restarted meanwhile: the id of each message says how far it has come in both. Nothing is kept for a
//! slow reader; it reads on from its place, or is told to load everything again when that lies too far back.

use std::collections::{BTreeSet, VecDeque};
use std::convert::Infallible;
use std::time::Duration;

use axum::http::header;
use axum::response::sse::Event as Sse;
use futures_util::Stream;
use regatta_core::engine::event::Seq;
use regatta_store::{AuditQuery, Conn};
use serde_json::{Value, json};
use tokio::sync::broadcast;
use tokio::time::Instant;

use crate::app::App;
use crate::call::{Call, ok};
use crate::driver::News;
use crate::error::ApiError;
use crate::http::reader::{self, Reader};
use crate::http::task::aside::Aside;
use crate::http::task::body;
use crate::http::task::event::{LOOK_PAUSE, Reading};
use crate::operation::{Access, Answer, Operation, Place, get};
use crate::shape::{Object, Shape, TEXT, field};

mod change;
mod cursor;

use cursor::Cursor;

/// Tasks watched by one stream.
const TASKS_MAX: usize = 50;
/// Further behind than this, loading everything again is quicker.
const CHANGES_MAX: u64 = 500;
/// How often to look for changes of documents.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// Often enough to notice a lost connection within seconds.
const KEEP_ALIVE: Duration = Duration::from_secs(2);

static MESSAGE: Object = Object {
    name: "StreamMessage",
    fields: &[
        field("Event", TEXT),
        field("Id", TEXT)
            .about("Null beside what is told of logs and progress, which is not told again."),
        field("Data", Shape::Any),
    ],
};
static MESSAGES: Object = Object {
    name: "StreamMessages",
    fields: &[
        field("Messages", Shape::List(&Shape::Object(&MESSAGE))),
        field("LastEventId", TEXT)
            .about("Send it as the header Last-Event-ID to be told what came after."),
    ],
};

pub(super) fn operations() -> Vec<Operation> {
    vec![
        get("stream", Place::Space, "/stream", Access::SignedIn, stream)
            .query(&["tasks"])
            .answers(&MESSAGES)
            .streams_events()
            .summary("What changes in the space: what there is now or, asked for text/event-stream, live; `tasks` names tasks whose run is told as well."),
    ]
}

async fn stream(call: Call) -> Answer {
    // Listening starts before the first look, so that nothing falls between.
    let news = call.app.driver().news();
    let space = call.space_id().to_owned();
    if !call.caller.knows_space(&space) {
        return Err(ApiError::not_found(&space));
    }
    let mut conn = call.read().await?;
    let newest = newest(&mut conn, &space).await?;
    let last = call.headers.get("last-event-id");
    let cursor = match last.and_then(|value| value.to_str().ok()) {
        Some(text) if !text.trim().is_empty() => Cursor::parse(text.trim())?,
        _ => Cursor::at(newest),
    };
    let mut feed = Feed {
        app: call.app.clone(),
        reader: Reader::of(&call),
        space,
        news,
        cursor,
        watched: Vec::new(),
        stirred: BTreeSet::new(),
        pending: VecDeque::new(),
        looked_for_changes_at: None,
        looked_at: None,
    };
    feed.watch(&mut conn, call.query.list("tasks")?.unwrap_or_default())
        .await?;
    drop(conn);
    let hello =
        json!({"InstallationId": feed.app.installation_id, "Version": env!("CARGO_PKG_VERSION")});
    feed.push("hello", &hello);
    let accepts = call
        .headers
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok());
    if !accepts.is_some_and(|accepts| accepts.contains("text/event-stream")) {
        // For whoever would rather ask again: what there is now, and where to go on.
        feed.look().await?;
        let messages = feed.pending.iter().map(Message::body);
        return Ok(ok(
            json!({"Messages": messages.collect::<Value>(), "LastEventId": feed.cursor.text()}),
        ));
    }
    Ok(reader::answer(&call.app, feed.into_stream(), KEEP_ALIVE))
}

/// The number of the newest change of the space.
async fn newest(conn: &mut Conn, space: &str) -> Result<i64, ApiError> {
    let query = AuditQuery {
        spaces: Some(vec![Some(space.to_owned())]),
        take: Some(1),
        ..AuditQuery::default()
    };
    let found = conn.audit_events(&query).await?.items.pop();
    Ok(found.map_or(0, |event| event.auto_id))
}

/// What one reader has been told, and what they are told next.
struct Feed {
    app: App,
    reader: Reader,
    space: String,
    news: broadcast::Receiver<News>,
    cursor: Cursor,
    watched: Vec<Watched>,
    /// Tasks that something happened to since they were told of.
    stirred: BTreeSet<String>,
    pending: VecDeque<Message>,
    /// When changes were looked for, and when anything was.
    looked_for_changes_at: Option<Instant>,
    looked_at: Option<Instant>,
}

/// A task that is watched.
struct Watched {
    /// Until its last event is told.
    events: Option<Reading>,
    aside: Aside,
    task_id: String,
    /// Something happened to it since it was looked at.
    has_news: bool,
}

impl Watched {
    async fn open(app: &App, task_id: &str, after: Seq) -> Result<Self, ApiError> {
        Ok(Self {
            events: Some(Reading::new(task_id.to_owned(), after)),
            aside: Aside::open(app, task_id).await?,
            task_id: task_id.to_owned(),
            has_news: true,
        })
    }

    /// Its next events.
    async fn read(&mut self, app: &App) -> Result<Vec<(Seq, Value)>, ApiError> {
        let Some(reading) = &mut self.events else {
            return Ok(Vec::new());
        };
        let events = reading.read(app).await?;
        self.has_news = reading.is_behind();
        if reading.is_over() {
            self.events = None;
        }
        Ok(events)
    }
}

struct Message {
    name: &'static str,
    /// What is told beside the events has none: it is not told again.
    id: Option<String>,
    data: Value,
}

impl Message {
    fn into_event(self) -> Sse {
        let event = Sse::default().event(self.name).data(self.data.to_string());
        match self.id {
            Some(id) => event.id(id),
            None => event,
        }
    }

    fn body(&self) -> Value {
        json!({"Event": self.name, "Id": self.id, "Data": self.data})
    }
}

impl Feed {
    fn into_stream(self) -> impl Stream<Item = Result<Sse, Infallible>> {
        futures_util::stream::unfold(self, |mut feed| async move {
            let message = feed.next().await?;
            Some((Ok(message.into_event()), feed))
        })
    }

    async fn next(&mut self) -> Option<Message> {
        loop {
            if let Some(event) = self.pending.pop_front() {
                return Some(event);
            }
            if self.reader.is_done() {
                return None;
            }
            if let Err(error) = self.look().await {
                tracing::debug!(?error, "a stream ends; its reader resumes it");
                return None;
            }
            if self.pending.is_empty() {
                self.wait().await;
            }
        }
    }

    fn push(&mut self, name: &'static str, data: &Value) {
        self.pending.push_back(Message {
            name,
            id: Some(self.cursor.text()),
            data: data.clone(),
        });
    }

    /// Starts to follow the tasks the reader names, from where they have come.
    async fn watch(&mut self, conn: &mut Conn, tasks: Vec<String>) -> Result<(), ApiError> {
        if tasks.len() > TASKS_MAX {
            return Err(ApiError::invalid_one(format!(
                "'tasks' names more than {TASKS_MAX}; watch fewer at once."
            )));
        }
        for wanted in tasks {
            let (id, after) = cursor::task(&wanted)?;
            if self.may_watch(conn, id).await? {
                let after = self.cursor.task(id).unwrap_or(after);
                self.cursor.reached(id, after);
                self.watched
                    .push(Watched::open(&self.app, id, after).await?);
            } else {
                self.push("missing", &json!({"TaskId": id}));
            }
        }
        Ok(())
    }

    async fn may_watch(&self, conn: &mut Conn, id: &str) -> Result<bool, ApiError> {
        let task = conn.task(id).await?;
        let Some(task) = task.filter(|task| task.space_id.as_deref() == Some(&*self.space)) else {
            return Ok(false);
        };
        self.reader.may_see(conn, &task).await
    }

    /// Somebody's permissions changed, perhaps the reader's, or a project is elsewhere now.
    async fn watch_again(&mut self, conn: &mut Conn) -> Result<(), ApiError> {
        for watched in std::mem::take(&mut self.watched) {
            if self.may_watch(conn, &watched.task_id).await? {
                self.watched.push(watched);
            } else {
                self.push("missing", &json!({"TaskId": watched.task_id}));
            }
        }
        Ok(())
    }

    async fn look(&mut self) -> Result<(), ApiError> {
        let now = Instant::now();
        self.looked_at = Some(now);
        let is_due = |at: Instant| now.duration_since(at) >= LOOK_EVERY;
        if self.looked_for_changes_at.is_none_or(is_due) {
            self.looked_for_changes_at = Some(now);
            let mut conn = self.app.store.read().await?;
            let may_differ = self.reader.renew(&self.app, &mut conn).await?;
            let has_moved = self.changes(&mut conn).await?;
            if may_differ || has_moved {
                self.watch_again(&mut conn).await?;
            }
            // Another server may be the one that writes.
            self.watched.iter_mut().for_each(|own| own.has_news = true);
        }
        if !self.stirred.is_empty() {
            let mut conn = self.app.store.read().await?;
            for id in std::mem::take(&mut self.stirred) {
                self.summary(&mut conn, &id).await?;
            }
        }
        let mut watched = std::mem::take(&mut self.watched);
        for own in &mut watched {
            self.run(own).await?;
        }
        self.watched = watched;
        Ok(())
    }

    /// What happened in a watched task.
    async fn run(&mut self, own: &mut Watched) -> Result<(), ApiError> {
        if own.has_news {
            for (seq, mut event) in own.read(&self.app).await? {
                self.cursor.reached(&own.task_id, seq);
                event["TaskId"] = json!(own.task_id);
                self.push("run", &event);
            }
        }
        for (name, data) in own.aside.tell(&self.app).await? {
            self.pending.push_back(Message {
                name,
                id: None,
                data,
            });
        }
        Ok(())
    }

    /// What was recorded since the last look, oldest first. Answers whether a project changed: its tasks are where it is.
    async fn changes(&mut self, conn: &mut Conn) -> Result<bool, ApiError> {
        let query = AuditQuery {
            spaces: Some(vec![Some(self.space.clone())]),
            from_auto_id: Some(self.cursor.change() + 1),
            take: Some(CHANGES_MAX + 1),
            ..AuditQuery::default()
        };
        let found = conn.audit_events(&query).await?.items;
        if found.len() as u64 > CHANGES_MAX {
            self.cursor.changed(found[0].auto_id);
            self.push("reset", &json!({"Reason": "TooFarBehind"}));
            return Ok(true);
        }
        let mut has_moved = false;
        for event in found.into_iter().rev() {
            self.cursor.changed(event.auto_id);
            let tasks = event.entry.related.iter();
            let tasks = tasks.filter(|id| id.starts_with("ServerTasks-"));
            self.stirred.extend(tasks.cloned());
            has_moved |= event
                .entry
                .related
                .iter()
                .any(|id| id.starts_with("Projects-"));
            if let Some(told) = change::told(conn, &self.reader.caller, &event).await? {
                self.push("changed", &told);
            }
        }
        Ok(has_moved)
    }

    /// How a task stands.
    async fn summary(&mut self, conn: &mut Conn, id: &str) -> Result<(), ApiError> {
        let task = conn.task(id).await?;
        let Some(task) = task.filter(|task| task.space_id.as_deref() == Some(&*self.space)) else {
            return Ok(());
        };
        if self.reader.may_see(conn, &task).await? {
            let mut told = body::task(&task, self.app.now());
            told["ProjectId"] = json!(task.project_id);
            told["EnvironmentId"] = json!(task.environment_id);
            told["ReleaseId"] = json!(task.release_id);
            told["DeploymentId"] = json!(task.deployment_id);
            self.push("task", &told);
        }
        Ok(())
    }

    /// Until something happened to a task, or it is time to look for changes of documents; and not too soon after
    /// the last look.
    async fn wait(&mut self) {
        let looked_at = self.looked_at.unwrap_or_else(Instant::now);
        if !self.watched.iter().any(|own| own.has_news) {
            let (news, watched) = (&mut self.news, &mut self.watched);
            let told = async {
                match news.recv().await {
                    Ok(news) => Some(news),
                    Err(broadcast::error::RecvError::Lagged(_)) => None,
                    Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
                }
            };
            tokio::select! {
                news = told => match news {
                    Some(news) => self.note(&news),
                    // Too much happened to be told of it.
                    None => self.watched.iter_mut().for_each(|own| own.has_news = true),
                },
                () = beside(watched) => {}
                () = tokio::time::sleep_until(looked_at + LOOK_EVERY) => {}
            }
        }
        tokio::time::sleep_until(looked_at + LOOK_PAUSE).await;
        // Whatever else is known by now is told of at once.
        while let Ok(news) = self.news.try_recv() {
            self.note(&news);
        }
    }

    /// A watched task tells of itself event by event; its summary can wait for the next look at changes.
    fn note(&mut self, news: &News) {
        let mut watched = self.watched.iter_mut();
        match watched.find(|own| own.task_id == *news.task_id) {
            Some(own) => own.has_news = true,
            None => drop(self.stirred.insert(news.task_id.to_string())),
        }
    }
}

/// Until there is something to tell beside the events of a task.
async fn beside(watched: &mut [Watched]) {
    if watched.is_empty() {
        return std::future::pending().await;
    }
    let each = watched.iter_mut().map(|own| Box::pin(own.aside.news()));
    futures_util::future::select_all(each).await;
}
