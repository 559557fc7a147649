//! What people do to tasks: cancel, run again, move to the top, set the state of a stuck one.

use axum::http::StatusCode;
use regatta_core::deployment::Request;
use regatta_core::engine::event::{Cell, TicketId};
use regatta_core::permission::Permission;
use regatta_core::time::Time;
use regatta_store::{Document, Task, TaskChange, TaskState, Tx};
use serde_json::{Value, json};

use super::{access, body};
use crate::activity::wire::cell_fields;
use crate::audit::{self, Record};
use crate::call::{Call, created, ok};
use crate::driver::run_kind::kind_of;
use crate::driver::{ABANDON_AFTER_MS, Person, Refused};
use crate::error::ApiError;
use crate::http::deployment::{self, hold::hold};
use crate::operation::Answer;
use crate::stored;
use crate::time_text::iso;

/// A stuck cancel may be given up after this time (Octopus' rule).
const STATE_AFTER_MS: i64 = 10 * 60_000;

/// What Octopus makes tasks of that are no deployment or run, and what to do here instead.
const NOT_YET: &[(&str, &str)] = &[
    (
        "Health",
        "Targets cannot be checked yet; their health is unknown until then.",
    ),
    (
        "AdHocScript",
        "Put the script into a runbook and run that: POST runbook-runs/create/v1.",
    ),
    ("Upgrade", "There are no agents on targets to upgrade yet."),
    (
        "UpdateCalamari",
        "Nothing has to be installed on targets for scripts to run.",
    ),
    ("TestEmail", "This server sends no mail yet."),
    (
        "TestAccount",
        "Run a script that signs in with the account.",
    ),
    (
        "TestAzureAccount",
        "Run a script that signs in with the account.",
    ),
    ("Retention", "Nothing is removed by retention policies yet."),
    (
        "SynchronizeBuiltInPackageRepositoryIndex",
        "The index of the built-in feed is part of the database and never out of date.",
    ),
    (
        "SyncCommunityActionTemplates",
        "There are no step templates yet.",
    ),
    (
        "SystemIntegrityCheck",
        "Damage is found whenever something is read.",
    ),
    ("Backup", "Back up the data directory, see docs/operate.md."),
    (
        "Deploy",
        "Create a deployment: POST deployments/create/untenanted/v1.",
    ),
    (
        "RunbookRun",
        "Run the runbook: POST runbook-runs/create/v1.",
    ),
];

/// Never a task that does nothing: what cannot be done is refused, with what can.
pub(super) async fn create(mut call: Call) -> Answer {
    let sent = call.json().await?;
    let name = sent["Name"].as_str().unwrap_or_default().trim();
    let known = NOT_YET
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(name));
    let Some((name, instead)) = known else {
        return Err(ApiError::invalid_one(format!(
            "Name: '{name}' is no kind of task."
        )));
    };
    Err(ApiError::new(
        StatusCode::BAD_REQUEST,
        "NotSupported",
        format!("This server makes no tasks of the kind {name}."),
    )
    .help(*instead))
}

/// The body may be empty or `{}`; a task that is over, or already being cancelled, is answered as it is.
pub(super) async fn cancel(mut call: Call) -> Answer {
    let task = access::task_for(&mut call, Permission::TaskCancel).await?;
    match task.state {
        TaskState::Queued if !cancel_queued(&call, &task).await? => {
            cancel_open(&call, &task).await?;
        }
        TaskState::Executing => cancel_open(&call, &task).await?,
        _ => {}
    }
    answer(&call, &task.id).await
}

/// False when it has just left the queue.
async fn cancel_queued(call: &Call, task: &Task) -> Result<bool, ApiError> {
    let change = TaskChange {
        at: call.now(),
        state: Some(TaskState::Canceled),
        completed_at: Some(call.now()),
        ..TaskChange::default()
    };
    let mut tx = call.begin().await?;
    if !tx
        .task_change(&task.id, &change, &[TaskState::Queued])
        .await?
    {
        return Ok(false);
    }
    record(
        &mut tx,
        call,
        task,
        "TaskCanceled",
        format!("Queued task \"{}\" was cancelled", task.description),
    )
    .await?;
    tx.commit().await?;
    call.app.driver().queue_changed();
    Ok(true)
}

async fn cancel_open(call: &Call, task: &Task) -> Result<(), ApiError> {
    match call.app.driver().cancel(&task.id, person(call)).await {
        Ok(()) | Err(Refused::Over | Refused::AlreadyCancelling) => Ok(()),
        Err(error) => Err(not_done(call, &task.id, &error).await),
    }
}

/// Who makes the request, for events and audit.
pub(crate) fn person(call: &Call) -> Person {
    Person {
        user_id: call.caller.user_id().map(str::to_owned),
        username: call.caller.username().to_owned(),
    }
}

/// Why the driver changed nothing, as an answer.
pub(crate) fn refused(error: &Refused) -> ApiError {
    match error {
        Refused::Lost => ApiError::new(
            axum::http::StatusCode::SERVICE_UNAVAILABLE,
            "Busy",
            "The task is just being taken over.",
        )
        .help("Nothing was changed; send the same request again.")
        .header(axum::http::header::RETRY_AFTER, "1"),
        other => ApiError::conflict("Closed", format!("{other}.")),
    }
}

/// The same of a task that may be driven by another server: then its name is told.
pub(crate) async fn not_done(call: &Call, task_id: &str, error: &Refused) -> ApiError {
    let elsewhere = match error {
        Refused::Lost => driven_elsewhere(call, task_id).await,
        _ => Ok(None),
    };
    match elsewhere {
        Ok(None) => refused(error),
        Ok(Some(node)) => ApiError::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "DrivenElsewhere",
            format!("The task is driven by another server, {node}."),
        )
        .help("Nothing was changed; send the request to that server."),
        Err(unreadable) => unreadable,
    }
}

async fn driven_elsewhere(call: &Call, task_id: &str) -> Result<Option<String>, ApiError> {
    let mut conn = call.app.store.read().await?;
    let holder = conn.lease_holder(task_id).await?.map(|(node, _)| node);
    Ok(holder.filter(|node| node != call.app.driver().node()))
}

async fn answer(call: &Call, task_id: &str) -> Answer {
    let task = call
        .read()
        .await?
        .task(task_id)
        .await?
        .ok_or_else(|| ApiError::not_found(task_id))?;
    Ok(ok(body::task(&task, call.now())))
}

async fn record(
    tx: &mut Tx,
    call: &Call,
    task: &Task,
    category: &'static str,
    message: String,
) -> Result<(), ApiError> {
    let related = [
        &task.project_id,
        &task.environment_id,
        &task.tenant_id,
        &task.release_id,
        &task.runbook_id,
        &task.deployment_id,
    ];
    let related = related
        .into_iter()
        .flatten()
        .chain([&task.id])
        .cloned()
        .collect();
    let mut entry = Record::of(category, "ServerTasks", related, message);
    entry.space_id.clone_from(&task.space_id);
    Ok(audit::record(tx, &call.author(), entry).await?)
}

/// The task of a rerun: everything as before, nothing of what became of it.
fn queued_again(task: Task, task_id: String, deployment_id: &str, now: Time) -> Task {
    Task {
        id: task_id,
        state: TaskState::Queued,
        deployment_id: Some(deployment_id.to_owned()),
        queued_at: now,
        scheduled_at: None,
        expires_at: None,
        // Having been moved to the top once does not move the rerun there.
        priority: 0,
        started_at: None,
        completed_at: None,
        has_warnings: false,
        has_pending_interruptions: false,
        error_message: None,
        node: None,
        arguments: json!({kind_of(&task).argument(): deployment_id}).to_string(),
        updated_at: now,
        ..task
    }
}

/// The document of a rerun: as asked before, by whoever asks now.
fn asked_again(call: &Call, old: Document, (id, task_id): (&str, &str)) -> Document {
    let now = call.now();
    let mut body = crate::resource::read::body(&old);
    for (key, value) in [
        ("TaskId", json!(task_id)),
        ("Created", json!(iso(now))),
        ("QueueTime", Value::Null),
        ("QueueTimeExpiry", Value::Null),
        ("DeployedBy", json!(call.caller.username())),
        ("DeployedById", json!(call.caller.user_id())),
    ] {
        body.insert(key.to_owned(), value);
    }
    Document {
        id: id.to_owned(),
        version: 1,
        body: Value::Object(body).to_string(),
        created_at: now,
        updated_at: now,
        ..old
    }
}

/// The same deployment or run again: skips, machines, forms and options are all carried over.
pub(super) async fn rerun(mut call: Call) -> Answer {
    let task = {
        let mut conn = call.read().await?;
        access::task(&call, &mut conn).await?
    };
    let kind = kind_of(&task);
    let task = access::task_for(&mut call, kind.create()).await?;
    let deployment_id = task
        .deployment_id
        .clone()
        .filter(|_| task.state.is_completed());
    let Some(deployment_id) = deployment_id else {
        return Err(ApiError::conflict(
            "CannotRerun",
            "Only a deployment or a runbook run that has ended can be run again.",
        ));
    };
    let now = call.now();
    let missing = || ApiError::not_found(&deployment_id);
    let old = call
        .read()
        .await?
        .document(kind.documents(), &deployment_id)
        .await?
        .ok_or_else(missing)?;
    let stored: Request = stored::parse(&old)?;
    let input = deployment::check_again(
        &call,
        (&stored.subject_id, stored.environment_id.as_str()),
        stored.tenant_id.as_ref().map(|tenant| tenant.as_str()),
        &stored.choices,
    )
    .await?;
    let mut tx = call.begin().await?;
    hold(&mut tx, &input).await?;
    let (id, task_id) = (
        tx.next_id(kind.documents()).await?,
        tx.next_id("ServerTasks").await?,
    );
    let new = asked_again(&call, old, (&id, &task_id));
    tx.document_insert(&new).await?;
    let again = queued_again(task, task_id, &id, now);
    tx.task_insert(&again).await?;
    record(
        &mut tx,
        &call,
        &again,
        kind.queued(),
        format!("{} was queued again", again.description),
    )
    .await?;
    tx.commit().await?;
    call.app.driver().queue_changed();
    Ok(created(body::task(&again, now)))
}

/// Moves a queued task to the top of the queue.
pub(super) async fn prioritize(mut call: Call) -> Answer {
    let task = access::task_for(&mut call, Permission::TaskEdit).await?;
    let change = TaskChange {
        at: call.now(),
        priority: Some(2),
        ..TaskChange::default()
    };
    let mut tx = call.begin().await?;
    if !tx
        .task_change(&task.id, &change, &[TaskState::Queued])
        .await?
    {
        return Err(ApiError::conflict(
            "NotQueued",
            "The task is not in the queue any more.",
        ));
    }
    record(
        &mut tx,
        &call,
        &task,
        "Modified",
        format!(
            "Task \"{}\" was moved to the top of the queue",
            task.description
        ),
    )
    .await?;
    tx.commit().await?;
    call.app.driver().queue_changed();
    answer(&call, &task.id).await
}

/// Octopus lets people set any state; ours only ends a cancel that has been stuck for ten minutes.
pub(super) async fn state(mut call: Call) -> Answer {
    let sent = call.json().await?;
    let task = access::task_for(&mut call, Permission::TaskEdit).await?;
    let wanted = sent["State"].as_str().and_then(TaskState::parse);
    let stuck = task.state == TaskState::Cancelling
        && call.now().since_ms(task.updated_at) >= STATE_AFTER_MS;
    if wanted != Some(TaskState::Canceled) || !stuck {
        return Err(ApiError::conflict(
            "CannotSetState",
            "Only a task that has been cancelling for 10 minutes can be set to Canceled.",
        )
        .help("Cancel the task first."));
    }
    give_up(&call, &task, None).await?;
    answer(&call, &task.id).await
}

/// The driver ends the scripts it waits for as unknown, and then the task; nothing is written behind its back.
async fn give_up(
    call: &Call,
    task: &Task,
    ticket: Option<TicketId>,
) -> Result<Vec<Cell>, ApiError> {
    let given_up = if task.state == TaskState::Cancelling {
        let driver = call.app.driver();
        driver.abandon(&task.id, ticket, person(call)).await
    } else {
        Err(Refused::NotCancelling)
    };
    match given_up {
        Ok(cells) => Ok(cells),
        Err(error @ Refused::NotRunning(_)) => {
            Err(ApiError::invalid_one(format!("Ticket: {error}.")))
        }
        Err(error @ (Refused::NotCancelling | Refused::TooEarly)) => {
            let error = ApiError::conflict("CannotAbandon", format!("{error}."));
            Err(error.help(
                "Cancel the task and give its scripts time to end; tasks/{id}/running names them.",
            ))
        }
        Err(error) => Err(not_done(call, &task.id, &error).await),
    }
}

/// Stops waiting for scripts that do not end although the task was cancelled, and says where they may go on.
pub(super) async fn abandon(mut call: Call) -> Answer {
    let sent = call.json().await?;
    let task = access::task_for(&mut call, Permission::TaskCancel).await?;
    let ticket = sent["Ticket"]
        .as_str()
        .map(|ticket| TicketId(ticket.to_owned()));
    let cells = give_up(&call, &task, ticket).await?;
    let mut conn = call.read().await?;
    let folded = call.app.runs.get(&mut conn, &task.id).await?;
    drop(conn);
    let names = folded.iter().flat_map(|folded| {
        let plan = &folded.frozen.plan;
        cells.iter().map(|cell| cell_fields(plan, *cell))
    });
    Ok(ok(json!({"Abandoned": names.collect::<Vec<_>>()})))
}

/// What a cancel would have to stop, or still waits for, and where.
pub(super) async fn running(call: Call) -> Answer {
    let mut conn = call.read().await?;
    let task = access::task(&call, &mut conn).await?;
    let folded = call.app.runs.get(&mut conn, &task.id).await?;
    drop(conn);
    let Some(folded) = folded.filter(|_| !task.state.is_completed()) else {
        return Ok(ok(json!({"Items": []})));
    };
    let (plan, canceled_at) = (&folded.frozen.plan, folded.run.canceled_at());
    let items = folded.run.tickets_out().map(|out| {
        let mut item = cell_fields(plan, out.cell);
        item["Ticket"] = out.ticket.0.clone().into();
        item["Attempt"] = out.attempt.into();
        item["WorkerId"] = out.worker.into();
        item["StartedAt"] = out.started_at.map(iso).into();
        item
    });
    Ok(ok(json!({
        "AsOf": folded.seq(),
        "CanceledAt": canceled_at.map(iso),
        "CanAbandonAt": canceled_at.map(|at| iso(at.plus_ms(ABANDON_AFTER_MS))),
        "Items": items.collect::<Vec<_>>(),
    })))
}
