//! The shell around the engine: carries open tasks out.
//!
//! One [`actor`] per open task folds its event log, asks the engine what next, makes the answer
//! durable in one write, and only then acts. A restart is therefore the same as a start: load,
//! fold, ask. [`queue`] decides which queued tasks become open. Whatever open tasks share
//! (workers, machines) is in [`resources`].
//!
//! Not here: rules about steps (`regatta_core::engine`), connections to agents
//! ([`crate::gateway`]), and what a request may ask for (`http`).

mod act;
mod actor;
mod answer;
mod artifact;
mod audit;
mod decide;
mod duration;
mod evaluate;
pub mod facts;
mod freeze;
pub mod frozen;
mod input;
pub mod interruption;
mod live;
mod log;
mod open;
pub mod outputs;
mod package;
mod package_step;
mod packaged;
mod park;
pub mod plan_input;
mod pools;
pub(crate) mod progress;
mod queue;
mod referred;
mod report;
mod resources;
pub(crate) mod run_kind;
mod script;
mod script_module;
mod take;
pub(crate) mod tenant_values;
mod turn;
pub mod values;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use regatta_core::engine::event::{Cell, InterruptionId, Seq, TicketId};
use regatta_core::engine::{Hold, Waiting, World};
use regatta_core::queue::{ExecutingTask, QueuedTask};
use regatta_core::time::Time;
use regatta_store::log::LogStore;
use regatta_store::{Store, StoreError, Task, Vault};
use tokio::sync::{Notify, broadcast, mpsc, oneshot, watch};

use crate::app::Clock;
use crate::files::Files;
use crate::gateway::{Gateway, Reports};
pub(crate) use input::ABANDON_AFTER_MS;
use input::Input;
pub use input::{Given, Person, Refused};
use interruption::Interruption;
pub(crate) use pools::is_served;
use resources::Resources;

/// Id of the built-in worker in events and plans. It serves the default pool of every space.
pub const BUILT_IN_WORKER: &str = "Workers-built-in";
/// Between SIGTERM and SIGKILL when a script is told to stop.
const STOP_GRACE_MS: i64 = 10_000;
/// Changes a slow reader may be behind before it must read the log again.
const NEWS_MAX: usize = 4096;
/// How long people who act on a task wait for it to be opened.
const OPENED_WITHIN: Duration = Duration::from_secs(5);
/// How long whoever deletes a task waits for its last lines; they take longer only while the disk is full.
const PUT_AWAY_WITHIN: Duration = Duration::from_secs(5);

/// What the driver needs to run.
pub struct DriverParts {
    pub store: Store,
    pub logs: LogStore,
    pub artifacts: Files,
    pub vault: Vault,
    pub gateway: Gateway,
    pub clock: Clock,
    /// Names this server among several.
    pub node: String,
    /// Tasks carried out at once.
    pub task_cap: u32,
}

/// Handle to the driver; clones are the same driver.
#[derive(Clone)]
pub struct Driver(Arc<Shared>);

/// A task got further: its log has grown to this number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct News {
    pub task_id: Arc<str>,
    pub seq: Seq,
}

/// A task that is driven here.
struct OpenTask {
    epoch: i64,
    space_id: String,
    /// Never full: reports hold memory of the gateway's budget, which runs out first, and people wait for answers.
    inbox: mpsc::UnboundedSender<Input>,
    woken: Arc<Notify>,
    /// It waits for nothing but people, as of its last turn.
    is_idle: bool,
}

/// Why a task is not driven here any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Closed {
    /// It is over, and nobody else goes on with it.
    Over,
    /// Somebody else owns it.
    Lost,
}

pub(crate) struct Shared {
    pub(crate) store: Store,
    pub(crate) logs: LogStore,
    pub(crate) artifacts: Files,
    receiving: artifact::Receiving,
    progress: progress::Board,
    pub(crate) vault: Vault,
    pub(crate) gateway: Gateway,
    clock: Clock,
    node: String,
    task_cap: u32,
    tasks: Mutex<HashMap<String, OpenTask>>,
    /// Tasks this node has just taken and does not drive yet.
    opening: watch::Sender<BTreeSet<String>>,
    /// Open task of every ticket that is out.
    tickets: Mutex<HashMap<TicketId, String>>,
    resources: Mutex<Resources>,
    queue: Notify,
    pools: Notify,
    automatic: Notify,
    news: broadcast::Sender<News>,
}

impl Driver {
    /// Takes up every task that was open when this node stopped, then the queue.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn start(parts: DriverParts, reports: Reports) -> Result<Self, StoreError> {
        let driver = Self(Arc::new(Shared {
            store: parts.store,
            logs: parts.logs,
            artifacts: parts.artifacts,
            receiving: artifact::Receiving::default(),
            progress: progress::Board::default(),
            vault: parts.vault,
            gateway: parts.gateway,
            clock: parts.clock,
            node: parts.node,
            task_cap: parts.task_cap,
            tasks: Mutex::default(),
            opening: watch::Sender::default(),
            tickets: Mutex::default(),
            resources: Mutex::default(),
            queue: Notify::new(),
            pools: Notify::new(),
            automatic: Notify::new(),
            news: broadcast::channel(NEWS_MAX).0,
        }));
        open::take_over(&driver.0, open::Whose::EarlierProcess).await?;
        driver.0.gateway.all_resumed();
        drop(tokio::spawn(report::pump(Arc::clone(&driver.0), reports)));
        drop(tokio::spawn(open::keep_leases(Arc::clone(&driver.0))));
        drop(tokio::spawn(queue::run(Arc::clone(&driver.0))));
        drop(tokio::spawn(pools::run(Arc::clone(&driver.0))));
        Ok(driver)
    }

    /// A task was queued, moved or cancelled: look at the queue again. Call it after the commit.
    pub fn queue_changed(&self) {
        self.0.queue.notify_one();
    }

    /// Worker pools were made, changed or deleted. Call it after the commit.
    pub(crate) fn pools_changed(&self) {
        self.0.pools.notify_one();
    }

    /// Something may be automatic now ([`crate::automatic`]). Call it after the commit.
    pub(crate) fn look_for_automatic(&self) {
        self.0.automatic.notify_one();
    }

    /// Ends when something may be automatic.
    pub(crate) async fn automatic_wanted(&self) {
        self.0.automatic.notified().await;
    }

    /// Tells of every step forward of every task of this node.
    #[must_use]
    pub fn news(&self) -> broadcast::Receiver<News> {
        self.0.news.subscribe()
    }

    /// Names this server among several.
    #[must_use]
    pub fn node(&self) -> &str {
        &self.0.node
    }

    /// Whether the task is open here.
    #[must_use]
    pub fn is_open(&self, task_id: &str) -> bool {
        self.0.tasks().contains_key(task_id)
    }

    /// Waits until a task that is over is not driven here any more, and answers whether it came to that: lines of its
    /// log may still be on their way when its last event is known.
    pub(crate) async fn put_away(&self, task_id: &str) -> bool {
        let inbox = self.0.tasks().get(task_id).map(|open| open.inbox.clone());
        let Some(inbox) = inbox else {
            return true;
        };
        let put_away = tokio::time::timeout(PUT_AWAY_WITHIN, inbox.closed());
        put_away.await.is_ok()
    }

    /// Cancels an open task; durable when this returns.
    ///
    /// # Errors
    /// [`Refused::Lost`] when it is not open here, or why nothing changed.
    pub async fn cancel(&self, task_id: &str, by: Person) -> Result<(), Refused> {
        self.ask(task_id, |reply| Input::Cancel { by, reply }).await
    }

    /// Gives up scripts that did not end after a cancel, so that the task can; durable when this returns. Answers
    /// what may still be running.
    ///
    /// # Errors
    /// When the task is not being cancelled, or not for long enough.
    pub async fn abandon(
        &self,
        task_id: &str,
        ticket: Option<TicketId>,
        by: Person,
    ) -> Result<Vec<Cell>, Refused> {
        self.ask(task_id, |reply| Input::Abandon { ticket, by, reply })
            .await
    }

    /// Makes somebody responsible for a question.
    ///
    /// # Errors
    /// When the question is closed.
    pub async fn take_responsibility(
        &self,
        task_id: &str,
        id: InterruptionId,
        by: Person,
    ) -> Result<Interruption, Refused> {
        self.ask(task_id, |reply| Input::Take {
            interruption: id,
            by,
            reply,
        })
        .await
    }

    /// Answers a question; durable when this returns. The first answer wins.
    ///
    /// # Errors
    /// When the question is closed or does not offer the answer.
    pub async fn answer(
        &self,
        task_id: &str,
        id: InterruptionId,
        given: Given,
    ) -> Result<Interruption, Refused> {
        self.ask(task_id, |reply| Input::Answer {
            interruption: id,
            given,
            reply,
        })
        .await
    }

    /// A reason for everything of an open task that has not started; `None` when it is not open here.
    pub async fn explain(&self, task_id: &str) -> Option<Vec<Waiting>> {
        self.ask(task_id, |reply| Input::Explain { reply })
            .await
            .ok()
    }

    /// What an open task has to work with now: workers, machines and who has them.
    #[must_use]
    pub fn world(&self, task_id: &str) -> Option<World> {
        self.is_open(task_id)
            .then(|| self.0.resources().world(task_id))
    }

    /// The queue as its rules look at it, of all open tasks but those of stopped spaces.
    #[must_use]
    pub(crate) fn queue(
        &self,
        open: &[Task],
        stopped: &[String],
    ) -> (Vec<QueuedTask>, Vec<ExecutingTask>) {
        queue::sort(open, stopped, &self.0.idle_tasks())
    }

    /// The machines that tasks open here have to themselves, or stand in line for.
    #[must_use]
    pub fn machines_held(&self) -> BTreeMap<String, Hold> {
        self.0.resources().world("").locks
    }

    /// How far running scripts say they are.
    #[must_use]
    pub(crate) fn progress(&self) -> &progress::Board {
        &self.0.progress
    }

    async fn ask<T>(
        &self,
        task_id: &str,
        input: impl FnOnce(input::Reply<T>) -> Input,
    ) -> Result<T, Refused> {
        self.0.opened(task_id).await;
        let (reply, answer) = oneshot::channel();
        if !self.0.send(task_id, input(reply)) {
            return Err(Refused::Lost);
        }
        answer.await.unwrap_or(Err(Refused::Lost))
    }
}

impl Shared {
    fn now(&self) -> Time {
        (self.clock)()
    }

    fn resources(&self) -> MutexGuard<'_, Resources> {
        self.resources
            .lock()
            .expect("no holder of this lock panics")
    }

    fn tasks(&self) -> MutexGuard<'_, HashMap<String, OpenTask>> {
        self.tasks.lock().expect("no holder of this lock panics")
    }

    fn tickets(&self) -> MutexGuard<'_, HashMap<TicketId, String>> {
        self.tickets.lock().expect("no holder of this lock panics")
    }

    /// Waits while the task is just being opened here; not for long, since opening may wait for the database.
    async fn opened(&self, task_id: &str) {
        let mut opening = self.opening.subscribe();
        let opened = opening.wait_for(|opening| !opening.contains(task_id));
        drop(tokio::time::timeout(OPENED_WITHIN, opened).await);
    }

    /// Hands an input to the driver of a task; false when it is not open here.
    fn send(&self, task_id: &str, input: Input) -> bool {
        self.tasks()
            .get(task_id)
            .is_some_and(|open| open.inbox.send(input).is_ok())
    }

    /// Tasks open here that wait for nothing but people.
    fn idle_tasks(&self) -> BTreeSet<String> {
        let tasks = self.tasks();
        let idle = tasks.iter().filter(|(_, open)| open.is_idle);
        idle.map(|(id, _)| id.clone()).collect()
    }

    /// Notes whether an open task waits for nothing but people; one that begins to makes room for others.
    fn note_idle(&self, task_id: &str, epoch: i64, is_idle: bool) {
        let makes_room = {
            let mut tasks = self.tasks();
            let open = tasks.get_mut(task_id).filter(|open| open.epoch == epoch);
            open.is_some_and(|open| !std::mem::replace(&mut open.is_idle, is_idle) && is_idle)
        };
        if makes_room {
            self.queue.notify_one();
        }
    }

    /// Whether this task is open here, under this epoch.
    fn is_driven(&self, task_id: &str, epoch: i64) -> bool {
        let tasks = self.tasks();
        tasks.get(task_id).is_some_and(|open| open.epoch == epoch)
    }

    /// Wakes every task but `task` that something freed may help.
    fn wake_waiting(&self, task: &str) {
        let waiting = self.resources().waiting_besides(task);
        let tasks = self.tasks();
        for other in waiting.iter().filter_map(|other| tasks.get(other)) {
            other.woken.notify_one();
        }
    }

    /// Wakes every task, for what may help or hinder any of them.
    fn wake_all(&self) {
        for open in self.tasks().values() {
            open.woken.notify_one();
        }
    }

    /// A task is not driven here any more.
    ///
    /// Nothing if it was opened again meanwhile, under a newer epoch.
    fn close_task(&self, task_id: &str, epoch: i64, why: Closed) {
        {
            let mut tasks = self.tasks();
            if tasks.get(task_id).is_some_and(|open| open.epoch != epoch) {
                return;
            }
            tasks.remove(task_id);
        }
        {
            let mut routes = self.tickets();
            let own = routes.extract_if(|_, task| task == task_id);
            let own: Vec<TicketId> = own.map(|(ticket, _)| ticket).collect();
            match why {
                // Before the routes are free: an end without a route is forgotten.
                Closed::Lost => self.gateway.let_go(own.iter()),
                Closed::Over => self.gateway.give_up(own.iter()),
            }
            let mut resources = self.resources();
            for ticket in &own {
                self.receiving.forget(ticket);
                self.progress.forget(ticket);
                resources.finished(&ticket.0);
            }
            resources.remove(task_id);
        }
        self.wake_waiting(task_id);
        self.queue.notify_one();
        self.automatic.notify_one();
    }

    fn tell_readers(&self, task_id: &str, seq: Seq) {
        // Nobody listening is no error.
        drop(self.news.send(News {
            task_id: task_id.into(),
            seq,
        }));
    }

    async fn reserve_interruption_ids(&self, count: usize) -> Result<Vec<String>, StoreError> {
        let mut tx = self.store.begin().await?;
        let mut ids = Vec::with_capacity(count);
        for _ in 0..count {
            ids.push(tx.next_id(interruption::KIND).await?);
        }
        tx.commit().await?;
        Ok(ids)
    }
}
