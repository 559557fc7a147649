//! The timeline of a run: for every action on every place what it waited for and when it ran, the steps on the
//! critical path, and how it is expected to go on.

use regatta_core::engine::event::Recorded;
use regatta_core::engine::plan::{Plan, StepIx};
use regatta_core::engine::{Waiting, World};
use regatta_core::simulate::{Bars, Doing, Segment, Times};
use regatta_core::time::Time;
use serde_json::{Map, Value, json};

use super::access;
use super::run::{Past, expect, world};
use crate::activity::wire::outcome_fields;
use crate::call::{Call, ok};
use crate::error::ApiError;
use crate::folded::Folded;
use crate::operation::Answer;
use crate::time_text::iso;

pub(super) async fn timeline(call: Call) -> Answer {
    let mut conn = call.read().await?;
    let task = access::task(&call, &mut conn).await?;
    let Some(folded) = call.app.runs.get(&mut conn, &task.id).await? else {
        return Ok(ok(
            json!({"AsOf": 0, "At": iso(call.now()), "Steps": [], "AtOnce": [], "CriticalPath": []}),
        ));
    };
    let past = Past::load(&mut conn, &folded).await?;
    let world = world(&call, &mut conn, &task.id, &folded).await?;
    drop(conn);
    let now = call.now();
    let is_over = task.state.is_completed();
    let body = tokio::task::spawn_blocking(move || {
        if is_over {
            Ok(over(&folded))
        } else {
            running(&folded, &world, &past, now)
        }
    });
    Ok(ok(body.await.map_err(ApiError::internal)??))
}

fn over(folded: &Folded) -> Value {
    let plan = &folded.frozen.plan;
    let mut body = measured(folded, &folded.events);
    body["EndedAt"] = folded.events.last().map(|last| iso(last.at)).into();
    body["Steps"] = steps(
        plan,
        folded,
        &Times::of(plan, &folded.events),
        &Bars::of(plan, &folded.events),
        None,
    );
    body
}

/// What is expected follows in the same rows, marked; what waits now waits up to now.
fn running(folded: &Folded, world: &World, past: &Past, now: Time) -> Result<Value, ApiError> {
    let plan = &folded.frozen.plan;
    let expected = expect(folded, world, past, now)?;
    let log = expected.log();
    let mut body = measured(folded, log);
    body["Forecast"] = expected.body(plan, now);
    body["Steps"] = steps(
        plan,
        folded,
        &Times::of(plan, log),
        &Bars::of(plan, log),
        Some(now),
    );
    body["Waiting"] = folded
        .run
        .explain(now, world)
        .iter()
        .map(|waiting| item(plan, waiting))
        .collect();
    Ok(body)
}

fn item(plan: &Plan, waiting: &Waiting) -> Value {
    let mut item = crate::activity::reason::body(plan, &waiting.reason);
    item.insert(
        "StepSlug".into(),
        plan.steps[waiting.step.0 as usize].slug.clone().into(),
    );
    item.into()
}

fn measured(folded: &Folded, log: &[Recorded]) -> Value {
    let plan = &folded.frozen.plan;
    let start = start(folded);
    let (times, bars) = (Times::of(plan, log), Bars::of(plan, log));
    let at_once = bars.at_once.iter();
    json!({
        "AsOf": folded.seq(),
        "StartedAt": iso(start),
        "AtOnce": at_once.map(|(at, steps)| json!([at.since_ms(start), steps])).collect::<Vec<_>>(),
        "CriticalPath": times.critical_path.iter().map(|step| plan.steps[step.0 as usize].slug.as_str()).collect::<Vec<_>>(),
    })
}

fn start(folded: &Folded) -> Time {
    folded.run.started_at().unwrap_or_default()
}

fn steps(plan: &Plan, folded: &Folded, times: &Times, bars: &Bars, now: Option<Time>) -> Value {
    let start = start(folded);
    let since = |at: Time| at.since_ms(start);
    let rows = (0..).map(StepIx).zip(plan.steps.iter().zip(&times.steps));
    let row = |(ix, (step, times)): (
        StepIx,
        (
            &regatta_core::engine::plan::PlanStep,
            &regatta_core::simulate::StepTimes,
        ),
    )| {
        let own = bars
            .segments
            .iter()
            .filter(|segment| segment.cell.step == ix);
        json!({
            "Number": ix.0 + 1,
            "StepSlug": step.slug,
            "StepName": step.name,
            "BeganMs": times.began_at.map(since),
            "OverMs": times.began_at.and(times.over_at).map(since),
            "BusyMs": times.busy_ms,
            "SlackMs": times.slack_ms,
            "Segments": own.flat_map(|own| pieces(plan, own, start, now)).collect::<Vec<_>>(),
        })
    };
    rows.map(row).collect()
}

/// A segment; two when now lies in it, because what is to come is only expected. One that is expected to end this very
/// moment runs longer than it should: nobody has said yet that it is over.
fn pieces(plan: &Plan, whole: &Segment, start: Time, now: Option<Time>) -> Vec<Value> {
    let piece = |from: Time, to: Time, expected: bool| {
        let mut body = doing(plan, whole);
        body.insert("FromMs".into(), from.since_ms(start).into());
        body.insert("ToMs".into(), to.since_ms(start).into());
        if expected {
            body.insert("IsExpected".into(), true.into());
            body.retain(|key, _| !matches!(key.as_str(), "Outcome" | "Message" | "Warnings"));
        }
        Value::Object(body)
    };
    match now {
        Some(now) if whole.from >= now => vec![piece(whole.from, whole.to, true)],
        Some(now) if whole.to >= now => {
            let mut measured = piece(whole.from, now, false);
            if let Value::Object(measured) = &mut measured {
                measured
                    .retain(|key, _| !matches!(key.as_str(), "Outcome" | "Message" | "Warnings"));
            }
            let expected = (whole.to > now).then(|| piece(now, whole.to, true));
            std::iter::once(measured).chain(expected).collect()
        }
        _ => vec![piece(whole.from, whole.to, false)],
    }
}

fn doing(plan: &Plan, segment: &Segment) -> Map<String, Value> {
    let step = &plan.steps[segment.cell.step.0 as usize];
    let mut body = Map::new();
    let mut put = |key: &str, value: Value| body.insert(key.to_owned(), value);
    put(
        "ActionSlug",
        step.actions[segment.cell.action.0 as usize]
            .slug
            .clone()
            .into(),
    );
    if let Some(target) = segment.cell.target {
        put(
            "MachineId",
            plan.targets[target.0 as usize].id.clone().into(),
        );
    }
    match &segment.doing {
        Doing::Waiting(kind) => {
            put("Kind", format!("{kind:?}").into());
        }
        Doing::Running {
            attempt,
            worker,
            outcome,
            ..
        } => {
            put("Kind", "Running".into());
            put("Attempt", (*attempt).into());
            if let Some(worker) = worker {
                put("WorkerId", worker.clone().into());
            }
            if let Some(Value::Object(fields)) = outcome.as_ref().map(outcome_fields) {
                body.extend(fields);
            }
        }
    }
    body
}
