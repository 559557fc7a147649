//! Opening tasks: from the queue, after a restart, and from a server that is gone. All the same
//! way: take the lease, load the plan (or make it, if there is no event yet), fold, drive.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use regatta_core::engine::Run;
use regatta_core::engine::event::{InterruptionId, TicketId};
use regatta_store::seal::SealError;
use regatta_store::{Conn, Lease, Query, StoreError, Task, TaskChange, TaskState, Write};
use tokio::sync::mpsc;

use super::actor::Actor;
use super::frozen::Frozen;
use super::interruption::{self, Interruption};
use super::live::{Asked, Live, TaskHead};
use super::outputs::{self, CellOutputs, Outputs};
use super::run_kind::kind_of;
use super::{OpenTask, Shared, audit, freeze, pools};
use crate::gateway::SentBy;

/// A lease that is not renewed ends after this time.
const LEASE_MS: i64 = 15_000;
const RENEW_EVERY: Duration = Duration::from_secs(5);
/// Tasks taken over from a lost server per look.
const TAKE_OVER_MAX: u32 = 100;
/// Between two tries to read a task while the database is away.
const OPEN_PAUSE: Duration = Duration::from_secs(1);
/// Events read at once.
const EVENTS_PER_READ: u64 = 5_000;

/// Whose tasks to take over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Whose {
    /// Of an earlier process of this node, whether or not its lease has ended: there is one process per node.
    EarlierProcess,
    /// Of nodes whose leases ended.
    LostNodes,
}

/// Why a task cannot be opened.
#[derive(Debug, thiserror::Error)]
pub(super) enum OpenError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Seal(#[from] SealError),
    /// It can never run; shown as the task's error.
    #[error("{0}")]
    Unrunnable(String),
}

/// Opens every task that has no owner any more.
pub(super) async fn take_over(shared: &Arc<Shared>, whose: Whose) -> Result<(), StoreError> {
    let mut own = Vec::new();
    if whose == Whose::EarlierProcess {
        let mut tx = shared.store.begin().await?;
        own = tx.leases_end(&shared.node).await?;
        tx.commit().await?;
    }
    let mut taken = Vec::new();
    let all = take_leases(shared, &mut taken).await;
    open_all(shared, taken, &own).await;
    all
}

/// Takes every lease without an owner. What was taken is in `taken` even if the rest cannot be.
async fn take_leases(
    shared: &Arc<Shared>,
    taken: &mut Vec<(Lease, Opening)>,
) -> Result<(), StoreError> {
    loop {
        let mut tx = shared.store.begin().await?;
        let leases = tx
            .leases_take_over(&shared.node, LEASE_MS, TAKE_OVER_MAX)
            .await?;
        tx.commit().await?;
        let count = leases.len();
        taken.extend(leases.into_iter().map(|lease| {
            let opening = Opening::of(shared, &lease.task_id);
            (lease, opening)
        }));
        if count < TAKE_OVER_MAX as usize {
            return Ok(());
        }
    }
}

/// None of them goes on before it is known what each of them holds: one that waits for a machine must not get it
/// because the one that has it is opened later.
async fn open_all(shared: &Arc<Shared>, taken: Vec<(Lease, Opening)>, own: &[String]) {
    let mut loaded = Vec::new();
    for (lease, opening) in taken {
        let sent_by = match own.contains(&lease.task_id) {
            true => SentBy::ThisServer,
            false => SentBy::AnyServer,
        };
        if let Some(live) = load_and_count(shared, &lease).await {
            loaded.push((live, sent_by, opening));
        }
    }
    for (live, sent_by, opening) in loaded {
        drive(shared, live, sent_by).await;
        drop(opening);
    }
}

/// Takes a queued task out of the queue and opens it. Nothing when somebody else was first.
///
/// Nothing either while something runs that this server does not drive: who has which machine is known to the
/// driver of a task only ([`super::resources`]), so a second server may wait to take over, but not work beside.
pub(super) async fn start(shared: &Arc<Shared>, task_id: &str) -> Result<(), StoreError> {
    // From the moment its row says that it runs, people may cancel it: they wait until it is open.
    let opening = Opening::of(shared, task_id);
    let taken = pick_up(shared, task_id).await?;
    if let Some(lease) = taken
        && let Some(live) = load_and_count(shared, &lease).await
    {
        drive(shared, live, SentBy::ThisServer).await;
    }
    drop(opening);
    Ok(())
}

async fn pick_up(shared: &Shared, task_id: &str) -> Result<Option<Lease>, StoreError> {
    let mut tx = shared.store.begin().await?;
    tx.queue_lock().await?;
    if !tx.runs_alone(&shared.node).await? {
        tracing::debug!(task_id, "stays queued: a task runs that is not driven here");
        return Ok(None);
    }
    let lease = tx
        .task_pick_up(task_id, &shared.node, LEASE_MS, shared.now())
        .await?;
    tx.commit().await?;
    Ok(lease)
}

/// Keeps the leases of open tasks, stops driving what was lost, takes over what others lost.
///
/// While the database is away nothing is given up: nothing can be committed then, and what was
/// not committed is not acted on. Agents refuse an owner that was overtaken by its epoch.
pub(super) async fn keep_leases(shared: Arc<Shared>) {
    loop {
        tokio::time::sleep(RENEW_EVERY).await;
        if let Err(error) = renew(&shared).await {
            tracing::warn!(%error, "leases not renewed");
        }
    }
}

async fn renew(shared: &Arc<Shared>) -> Result<(), StoreError> {
    let open: Vec<String> = shared.tasks().keys().cloned().collect();
    // Opening may take longer than a lease lasts, if the database is away meanwhile.
    let opening: Vec<String> = shared.opening.borrow().iter().cloned().collect();
    let mut tx = shared.store.begin().await?;
    let held = tx.leases_renew(&shared.node, &open, LEASE_MS).await?;
    tx.leases_renew(&shared.node, &opening, LEASE_MS).await?;
    tx.commit().await?;
    for task_id in open {
        if !held.iter().any(|lease| lease.task_id == task_id) {
            // Its inbox closes and its driver ends; a task that has just finished is gone already.
            shared.tasks().remove(&task_id);
        }
    }
    take_over(shared, Whose::LostNodes).await
}

/// A task that this node takes and does not drive yet, for as long as this lives.
struct Opening {
    shared: Arc<Shared>,
    task_id: String,
}

impl Opening {
    fn of(shared: &Arc<Shared>, task_id: &str) -> Self {
        shared.opening.send_modify(|opening| {
            opening.insert(task_id.to_owned());
        });
        Self {
            shared: Arc::clone(shared),
            task_id: task_id.to_owned(),
        }
    }
}

impl Drop for Opening {
    fn drop(&mut self) {
        self.shared.opening.send_modify(|opening| {
            opening.remove(&self.task_id);
        });
    }
}

/// A task as it stands, with what it holds counted; `None` when it can never run, which is written down then.
async fn load_and_count(shared: &Arc<Shared>, lease: &Lease) -> Option<Live> {
    loop {
        match load(shared, lease).await {
            Ok(live) => {
                count(shared, &live);
                return Some(live);
            }
            Err(OpenError::Unrunnable(why)) => {
                fail(shared, lease, &why).await;
                return None;
            }
            // This node keeps the lease, so nobody else would take the task over.
            Err(OpenError::Store(error) | OpenError::Seal(SealError::Store(error)))
                if error.is_transient() =>
            {
                tracing::warn!(%error, task_id = lease.task_id, "a task waits for the database to be opened");
                tokio::time::sleep(OPEN_PAUSE).await;
            }
            Err(error) => {
                fail(shared, lease, &error.to_string()).await;
                return None;
            }
        }
    }
}

/// Counts what a task has of what all share: machines and slots of workers.
fn count(shared: &Shared, live: &Live) {
    let mut resources = shared.resources();
    resources.update(&live.head.id, &live.run);
    for out in live.run.tickets_out() {
        if let Some(worker) = out.worker {
            resources.given(&out.ticket.0, worker);
        }
    }
}

async fn drive(shared: &Arc<Shared>, live: Live, sent_by: SentBy) {
    let (sender, inbox) = mpsc::unbounded_channel();
    let stored_seq = live.run.seq();
    let actor = Actor {
        shared: Arc::clone(shared),
        live,
        inbox,
        woken: Arc::default(),
        stopping: BTreeMap::new(),
        stored_seq,
        looked_at: shared.now(),
    };
    // Reports of resumed tickets may come at once.
    let open = OpenTask {
        epoch: actor.live.head.epoch,
        space_id: actor.live.head.space_id.clone(),
        inbox: sender,
        woken: Arc::clone(&actor.woken),
        is_idle: false,
    };
    shared.tasks().insert(actor.live.head.id.clone(), open);
    actor.resume_tickets(sent_by).await;
    drop(tokio::spawn(actor.run()));
}

async fn load(shared: &Arc<Shared>, lease: &Lease) -> Result<Live, OpenError> {
    let mut conn = shared.store.read().await?;
    let task = conn.task(&lease.task_id).await?;
    let task = task.ok_or_else(|| OpenError::Unrunnable("the task does not exist".into()))?;
    pools::read(
        shared,
        &mut conn,
        task.space_id.as_deref().unwrap_or_default(),
    )
    .await?;
    let frozen = match Frozen::load(&mut conn, &shared.vault, &task.id).await? {
        Some(frozen) => frozen,
        None => freeze::freeze(&mut conn, &shared.vault, &task, shared.now()).await?,
    };
    let frozen = Arc::new(frozen);
    frozen
        .stored
        .plan
        .check()
        .map_err(|fault| OpenError::Unrunnable(fault.to_string()))?;
    let mut run = Run::new(Arc::clone(&frozen.stored.plan));
    fold(&mut conn, &mut run, lease).await?;
    let mut outputs = Outputs::new(Arc::clone(&frozen.stored.plan))
        .ok_or_else(|| OpenError::Unrunnable("the steps wait for each other in a circle".into()))?;
    for (document_id, set) in stored_outputs(&mut conn, &task.id).await? {
        frozen.mask_outputs(&shared.vault, &document_id, &set);
        outputs.add(&document_id, set);
    }
    let asked = stored_questions(&mut conn, &task.id).await?;
    Ok(Live {
        head: head(&task, lease),
        run,
        frozen,
        outputs,
        asked,
        timed_out: BTreeSet::new(),
        spare_ids: Vec::new(),
    })
}

async fn fold(conn: &mut Conn, run: &mut Run, lease: &Lease) -> Result<(), OpenError> {
    while run.seq() < lease.last_seq {
        let events = conn
            .task_events(&lease.task_id, run.seq(), EVENTS_PER_READ)
            .await?;
        if events.is_empty() {
            return Err(OpenError::Unrunnable(format!(
                "events after number {} are missing",
                run.seq()
            )));
        }
        for event in &events {
            run.apply(event)
                .map_err(|error| OpenError::Unrunnable(format!("event {}: {error}", event.seq)))?;
        }
    }
    Ok(())
}

/// Everything a task's scripts set so far.
async fn stored_outputs(
    conn: &mut Conn,
    task_id: &str,
) -> Result<Vec<(String, CellOutputs)>, StoreError> {
    let query = Query {
        kind: outputs::KIND.into(),
        owner_id: Some(task_id.into()),
        ..Query::default()
    };
    let mut documents = conn.documents(&query).await?.items;
    documents.sort_by(|a, b| (a.created_at, &a.id).cmp(&(b.created_at, &b.id)));
    documents
        .iter()
        .map(|document| Ok((document.id.clone(), read(&document.id, &document.body)?)))
        .collect()
}

async fn stored_questions(
    conn: &mut Conn,
    task_id: &str,
) -> Result<BTreeMap<InterruptionId, Asked>, StoreError> {
    let query = Query {
        kind: interruption::KIND.into(),
        owner_id: Some(task_id.into()),
        ..Query::default()
    };
    let documents = conn.documents(&query).await?.items;
    let asked = documents.into_iter().map(|document| {
        let question: Interruption = read(&document.id, &document.body)?;
        Ok((
            InterruptionId(question.id.clone()),
            Asked { question, document },
        ))
    });
    asked.collect()
}

/// A stored document's body as its type.
fn read<T: serde::de::DeserializeOwned>(id: &str, body: &str) -> Result<T, StoreError> {
    serde_json::from_str(body).map_err(|error| StoreError::Corrupt {
        what: id.to_owned(),
        why: error.to_string(),
    })
}

fn head(task: &Task, lease: &Lease) -> TaskHead {
    let related = [
        &task.project_id,
        &task.environment_id,
        &task.tenant_id,
        &task.release_id,
        &task.runbook_id,
        &task.deployment_id,
    ];
    TaskHead {
        id: task.id.clone(),
        kind: kind_of(task),
        space_id: task.space_id.clone().unwrap_or_default(),
        epoch: lease.epoch,
        related: related.into_iter().flatten().cloned().collect(),
        description: task.description.clone(),
    }
}

/// The task can never run: it fails with the reason, and nothing else is touched.
async fn fail(shared: &Arc<Shared>, lease: &Lease, why: &str) {
    tracing::warn!(task_id = lease.task_id, why, "a task cannot run");
    if let Err(error) = try_fail(shared, lease, why).await {
        tracing::error!(%error, task_id = lease.task_id, "a task that cannot run could not be closed");
    }
    shared.queue.notify_one();
}

async fn try_fail(shared: &Arc<Shared>, lease: &Lease, why: &str) -> Result<(), StoreError> {
    let mut conn = shared.store.read().await?;
    let Some(task) = conn.task(&lease.task_id).await? else {
        return Ok(());
    };
    let now = shared.now();
    let questions = interruption::withdrawn(&mut conn, &task.id, now).await?;
    drop(conn);
    let change = TaskChange {
        at: now,
        state: Some(TaskState::Failed),
        completed_at: Some(now),
        has_warnings: Some(true),
        has_pending_interruptions: Some(false),
        error_message: Some(why.to_owned()),
        ..TaskChange::default()
    };
    let failed = regatta_core::engine::event::TaskResult::Failed;
    let questions = questions.into_iter();
    let mut writes: Vec<Write> = questions
        .map(|question| Write::DocumentReplace(Box::new(question)))
        .collect();
    writes.extend([
        Write::Task(change),
        audit::finished(&head(&task, lease), failed, now),
        Write::Release,
    ]);
    let append = regatta_store::Append {
        task_id: lease.task_id.clone(),
        epoch: lease.epoch,
        after_seq: lease.last_seq,
        events: Vec::new(),
        writes,
    };
    shared.store.append(append).await.map(drop)
}

impl Actor {
    /// Takes up again what an earlier process may have sent.
    async fn resume_tickets(&self, sent_by: SentBy) {
        let out: Vec<(TicketId, _, Option<String>)> = {
            let out = self.live.run.tickets_out();
            out.map(|out| (out.ticket.clone(), out.cell, out.worker.map(str::to_owned)))
                .collect()
        };
        if sent_by == SentBy::AnyServer {
            // This server may have had them before, and have heard what it could not record.
            let tickets = out.iter().map(|(ticket, _, _)| ticket);
            self.shared.gateway.let_go(tickets);
        }
        for (ticket, cell, worker) in out {
            self.resume(ticket, (cell, worker), sent_by).await;
        }
    }
}
