//! The snapshot of a run: everything its page shows, as of one event.
//!
//! Whoever reads it goes on with `events?after={AsOf}`; every event there carries the states it changed in the
//! same form. Reasons and forecasts rest on other tasks, too, and are as of `At`; who asks for them again says with
//! `after` what it knows, and is not told again of thousands of action runs that are as they were.

mod forecast;
mod steps;

use std::collections::HashSet;
use std::sync::Arc;

use regatta_core::engine::event::{Cell, InterruptionId, InterruptionKind, Seq};
use regatta_core::engine::plan::StepIx;
use regatta_core::engine::{RunView, StepState, WaitReason, Waiting, World};
use regatta_core::time::Time;
use regatta_store::{Conn, Task, TaskState};
use serde_json::{Map, Value, json};

use super::seen::hide_holders;
use super::{access, body, explain};
use crate::activity::wire::cell_fields;
use crate::call::{Call, ok};
use crate::error::ApiError;
use crate::folded::Folded;
use crate::http::predict;
use crate::operation::Answer;
use crate::stored;
use crate::time_text::iso;

pub(super) use forecast::{Past, expect};

/// What the answer is made of, so that it can be made where it may take long.
struct Material {
    folded: Arc<Folded>,
    world: World,
    past: forecast::Past,
    said: Vec<(Cell, Value)>,
    /// The event up to which the reader knows the action runs.
    known: Option<Seq>,
    now: Time,
    is_over: bool,
}

pub(super) async fn run(call: Call) -> Answer {
    let known = call.query.number("after")?.filter(|after| *after > 0);
    let mut conn = call.read().await?;
    let task = access::task(&call, &mut conn).await?;
    let folded = call.app.runs.get(&mut conn, &task.id).await?;
    // Read after the events, so that a task shown as over has its last event in the snapshot.
    let task = if folded.is_some() {
        access::task(&call, &mut conn).await?
    } else {
        task
    };
    let mut answer = head(&call, &mut conn, &task).await?;
    let Some(folded) = folded else {
        answer.extend([
            ("AsOf".to_owned(), json!(0)),
            ("Steps".to_owned(), json!([])),
            ("Machines".to_owned(), json!([])),
        ]);
        return Ok(ok(Value::Object(answer)));
    };
    let past = forecast::Past::load(&mut conn, &folded).await?;
    let world = world(&call, &mut conn, &task.id, &folded).await?;
    drop(conn);
    let material = Material {
        world,
        said: said(&call, &folded),
        folded,
        past,
        known,
        now: call.now(),
        is_over: task.state.is_completed(),
    };
    let rest = tokio::task::spawn_blocking(move || rest(&material))
        .await
        .map_err(ApiError::internal)??;
    answer.extend(rest);
    Ok(ok(Value::Object(answer)))
}

/// What the run has to work with now, as far as the caller may know. A run that another server drives is seen as if
/// nothing was taken.
pub(crate) async fn world(
    call: &Call,
    conn: &mut Conn,
    task_id: &str,
    folded: &Folded,
) -> Result<World, ApiError> {
    let plan = &folded.frozen.plan;
    let Some(mut world) = call.app.driver().world(task_id) else {
        let pools = stored::all(conn, "WorkerPools", &folded.frozen.facts.space.id).await?;
        return Ok(predict::world_now(&pools, call.app.config.worker_slots));
    };
    // However much others hold, only machines of this run matter to it.
    let own: HashSet<&str> = plan
        .targets
        .iter()
        .map(|target| target.id.as_str())
        .collect();
    world
        .locks
        .retain(|machine, _| own.contains(machine.as_str()));
    let holders = world.locks.values_mut().map(|hold| &mut hold.task);
    hide_holders(call, conn, holders).await?;
    Ok(world)
}

/// The task itself, in the queue or out of it.
async fn head(call: &Call, conn: &mut Conn, task: &Task) -> Result<Map<String, Value>, ApiError> {
    let mut head = Map::new();
    let mut put = |key: &str, value: Value| head.insert(key.to_owned(), value);
    put("Task", body::task(task, call.now()));
    put("At", iso(call.now()).into());
    if task.state == TaskState::Queued {
        put("Queue", explain::queue(call, conn, task).await?);
    }
    Ok(head)
}

/// All that follows from the run.
fn rest(material: &Material) -> Result<Map<String, Value>, ApiError> {
    let Material {
        folded, world, now, ..
    } = material;
    let (plan, run) = (&folded.frozen.plan, &folded.run);
    let view = run.view();
    let waiting = if material.is_over {
        Vec::new()
    } else {
        run.explain(*now, world)
    };
    let expected = if material.is_over {
        None
    } else {
        Some(expect(folded, world, &material.past, *now)?)
    };
    let mut rest = Map::new();
    let mut put = |key: &str, value: Value| rest.insert(key.to_owned(), value);
    put("AsOf", folded.seq().into());
    put(
        "Machines",
        plan.targets
            .iter()
            .map(|target| json!({"Id": target.id, "Name": target.name}))
            .collect(),
    );
    put("FailurePolicy", json!(run.failure_policy()));
    put("IsGuided", plan.guided_failure.into());
    put(
        "Limits",
        json!({"RunningMax": plan.limits.running_max, "PerMachineMax": plan.limits.per_machine_max}),
    );
    put("IsCanceling", view.canceling.into());
    put("HasFailed", view.failed.into());
    put("Counts", counts(&view));
    let told = steps::Told::after(folded, material.known);
    let asides = (&waiting[..], &material.said[..]);
    put(
        "Steps",
        steps::bodies(folded, view, &told, asides, expected.as_ref()),
    );
    if let Some(expected) = &expected {
        put("Forecast", expected.body(plan, *now));
    }
    put("Questions", questions(folded, &waiting));
    Ok(rest)
}

/// Steps by what they are doing, in the words of the page.
fn counts(view: &RunView) -> Value {
    let count = |states: &[StepState]| {
        let steps = view.steps.iter();
        steps.filter(|step| states.contains(&step.state)).count()
    };
    json!({
        "Total": view.steps.len(),
        "Waiting": count(&[StepState::Pending, StepState::Ready]),
        "Running": count(&[StepState::Running]),
        "WaitingForPerson": count(&[StepState::Interrupted]),
        "Succeeded": count(&[StepState::Succeeded]),
        "Ignored": count(&[StepState::Ignored]),
        "Failed": count(&[StepState::Failed]),
        "Canceled": count(&[StepState::Canceled]),
        "Skipped": count(&[StepState::Skipped]),
    })
}

/// Who is asked what, with the steps that go on and those that wait for the answer.
fn questions(folded: &Folded, waiting: &[Waiting]) -> Value {
    let graph = steps::graph(&folded.frozen.plan);
    let asked = waiting.iter().filter_map(|waiting| match &waiting.reason {
        WaitReason::Person { interruption, kind } => Some((waiting.cell?, interruption, kind)),
        _ => None,
    });
    let question = |(cell, interruption, kind): (Cell, &InterruptionId, &InterruptionKind)| {
        let mut body = cell_fields(&folded.frozen.plan, cell);
        body["InterruptionId"] = interruption.0.clone().into();
        body["Kind"] = json!(kind);
        let held = |step: StepIx| {
            let graph = graph.as_ref();
            graph.is_some_and(|graph| graph.is_after(step.0 as usize, cell.step.0 as usize))
        };
        body["StepsHeld"] = slugs(folded, |step, state| !state.is_settled() && held(step));
        body["StepsGoingOn"] = slugs(folded, |step, state| {
            step != cell.step && state == StepState::Running
        });
        body
    };
    asked.map(question).collect()
}

fn slugs(folded: &Folded, wanted: impl Fn(StepIx, StepState) -> bool) -> Value {
    let steps = (0..).map(StepIx).zip(&folded.frozen.plan.steps);
    let wanted = steps.filter(|(ix, _)| wanted(*ix, folded.run.step_state(*ix)));
    wanted
        .map(|(_, step)| Value::from(step.slug.clone()))
        .collect()
}

/// What running scripts say of their progress.
fn said(call: &Call, folded: &Folded) -> Vec<(Cell, Value)> {
    let board = call.app.driver().progress();
    let out = folded.run.tickets_out();
    let said = out.filter_map(|out| {
        let said = board.of(out.ticket)?;
        let said = json!({"Percentage": said.percentage, "Message": said.message});
        Some((out.cell, said))
    });
    said.collect()
}
