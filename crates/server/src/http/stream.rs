//! One stream for everything a browser shows: what changed, how tasks stand, and the events of the tasks it watches.
//!
//! The audit is the source for documents and the log of a task for its run, so a reader goes on where it stopped,
//! whatever was restarted meanwhile: the id of each message says how far it has come in both. Nothing is kept for a
//! slow reader; it reads on from its place, or is told to load everything again when that lies too far back.

use std::collections::{BTreeSet, VecDeque};
use std::convert::Infallible;
use std::time::{Duration, Instant};

use axum::http::header;
use axum::response::IntoResponse as _;
use axum::response::sse::{Event as Sse, KeepAlive, Sse as SseStream};
use futures_util::Stream;
use regatta_core::permission::Permission;
use regatta_store::{AuditQuery, Conn};
use serde_json::{Value, json};
use tokio::sync::broadcast;

use crate::app::App;
use crate::auth::caller::Caller;
use crate::call::{Call, ok};
use crate::driver::News;
use crate::error::ApiError;
use crate::http::task::event::Reading;
use crate::http::task::{access, body};
use crate::operation::{Access, Answer, Operation, Place, get};

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
/// Then the reader comes again, and is asked again who they are.
const LIFE: Duration = Duration::from_secs(600);

pub(super) fn operations() -> Vec<Operation> {
    vec![
        get("stream", Place::Space, "/stream", Access::SignedIn, stream)
            .query(&["tasks"])
            .answers_raw("text/event-stream")
            .summary("What changes in the space, as server-sent events; `tasks` names tasks whose run is told as well."),
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
        caller: call.caller.clone(),
        space,
        news,
        cursor,
        watched: Vec::new(),
        stirred: BTreeSet::new(),
        pending: VecDeque::new(),
        looked_at: None,
        opened_at: Instant::now(),
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
    let stream = SseStream::new(feed.into_stream());
    let stream = stream.keep_alive(KeepAlive::new().interval(KEEP_ALIVE));
    Ok(stream.into_response())
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
    caller: Caller,
    space: String,
    news: broadcast::Receiver<News>,
    cursor: Cursor,
    watched: Vec<Reading>,
    /// Tasks that something happened to since they were told of.
    stirred: BTreeSet<String>,
    pending: VecDeque<Message>,
    looked_at: Option<Instant>,
    opened_at: Instant,
}

struct Message {
    name: &'static str,
    id: String,
    data: Value,
}

impl Message {
    fn into_event(self) -> Sse {
        let event = Sse::default().event(self.name).id(self.id);
        event.data(self.data.to_string())
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
            if self.opened_at.elapsed() > LIFE {
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
            id: self.cursor.text(),
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
            let task = conn.task(id).await?;
            let task = task.filter(|task| task.space_id.as_deref() == Some(&*self.space));
            let may = match &task {
                Some(task) => {
                    let scope = access::scope_of(conn, task).await?;
                    self.caller.may(Permission::TaskView, &scope)
                }
                None => false,
            };
            if may {
                let after = self.cursor.task(id).unwrap_or(after);
                self.cursor.reached(id, after);
                self.watched.push(Reading::new(id.to_owned(), after));
            } else {
                self.push("missing", &json!({"TaskId": id}));
            }
        }
        Ok(())
    }

    async fn look(&mut self) -> Result<(), ApiError> {
        let mut conn = self.app.store.read().await?;
        if self.looked_at.is_none_or(|at| at.elapsed() >= LOOK_EVERY) {
            self.looked_at = Some(Instant::now());
            if !self.caller.directory.is_current(&mut conn).await? {
                self.caller = self.caller.renewed(&mut conn).await?;
            }
            self.changes(&mut conn).await?;
        }
        for id in std::mem::take(&mut self.stirred) {
            self.summary(&mut conn, &id).await?;
        }
        drop(conn);
        let mut watched = std::mem::take(&mut self.watched);
        for reading in &mut watched {
            for (seq, mut event) in reading.read(&self.app).await? {
                self.cursor.reached(reading.task_id(), seq);
                event["TaskId"] = json!(reading.task_id());
                self.push("run", &event);
            }
        }
        watched.retain(|reading| !reading.is_over());
        self.watched = watched;
        Ok(())
    }

    /// What was recorded since the last look, oldest first.
    async fn changes(&mut self, conn: &mut Conn) -> Result<(), ApiError> {
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
            return Ok(());
        }
        for event in found.into_iter().rev() {
            self.cursor.changed(event.auto_id);
            let tasks = event.entry.related.iter();
            let tasks = tasks.filter(|id| id.starts_with("ServerTasks-"));
            self.stirred.extend(tasks.cloned());
            if let Some(told) = change::told(conn, &self.caller, &event).await? {
                self.push("changed", &told);
            }
        }
        Ok(())
    }

    /// How a task stands.
    async fn summary(&mut self, conn: &mut Conn, id: &str) -> Result<(), ApiError> {
        let task = conn.task(id).await?;
        let Some(task) = task.filter(|task| task.space_id.as_deref() == Some(&*self.space)) else {
            return Ok(());
        };
        let scope = access::scope_of(conn, &task).await?;
        if self.caller.may(Permission::TaskView, &scope) {
            let mut told = body::task(&task, self.app.now());
            told["ProjectId"] = json!(task.project_id);
            told["EnvironmentId"] = json!(task.environment_id);
            told["ReleaseId"] = json!(task.release_id);
            told["DeploymentId"] = json!(task.deployment_id);
            self.push("task", &told);
        }
        Ok(())
    }

    /// Until something happened to a task, or it is time to look for changes of documents.
    async fn wait(&mut self) {
        let told = async {
            match self.news.recv().await {
                Ok(news) => Some(news.task_id.to_string()),
                Err(broadcast::error::RecvError::Lagged(_)) => None,
                Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
            }
        };
        if let Ok(Some(task)) = tokio::time::timeout(LOOK_EVERY, told).await {
            self.stirred.insert(task);
            // Whatever else is known by now is told of at once.
            while let Ok(news) = self.news.try_recv() {
                self.stirred.insert(news.task_id.to_string());
            }
            // A watched task tells of itself event by event; its summary can wait for the next look.
            let is_watched = |id: &String| self.watched.iter().any(|own| own.task_id() == id);
            self.stirred.retain(|id| !is_watched(id));
        }
    }
}
