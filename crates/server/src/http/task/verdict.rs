//! The result card: what ran in parallel, whether every dependency was kept, and what it saved.
//!
//! All of it is worked out from the recorded events by the core, not from the engine's opinion.

use regatta_core::engine::WaitKind;
use regatta_core::engine::plan::{Plan, TargetIx};
use regatta_core::simulate::{Bars, LostTo, OrderCheck, Times};
use serde_json::{Value, json};

use super::access;
use crate::call::{Call, ok};
use crate::operation::Answer;
use crate::time_text::iso;

pub(super) async fn verdict(call: Call) -> Answer {
    let mut conn = call.read().await?;
    let task = access::task(&call, &mut conn).await?;
    let Some(folded) = call.app.runs.get(&mut conn, &task.id).await? else {
        return Ok(ok(
            json!({"StepsAtOnceMax": 0, "DependenciesTotal": 0, "DependenciesRespected": 0, "Text": "Nothing has run yet."}),
        ));
    };
    let plan = &folded.frozen.plan;
    let order = OrderCheck::of(plan, &folded.events);
    let times = Times::of(plan, &folded.events);
    let name = |step: regatta_core::engine::plan::StepIx| plan.steps[step.0 as usize].slug.clone();
    let violations = order.violations.iter().map(|violation| {
        json!({"StepSlug": name(violation.step), "WaitsForSlug": name(violation.waits_for), "BeganAt": iso(violation.began_at), "OverAt": iso(violation.over_at)})
    });
    let steps = plan.steps.iter().zip(&times.steps).map(|(step, times)| {
        json!({
            "StepSlug": step.slug, "StepName": step.name, "BeganAt": times.began_at.map(iso), "OverAt": times.over_at.map(iso),
            "BusyMs": times.busy_ms, "SlackMs": times.slack_ms, "Lost": lost(&times.lost_ms),
        })
    });
    let respected = order.checked - u32::try_from(order.violations.len()).unwrap_or(u32::MAX);
    Ok(ok(json!({
        "StepsAtOnceMax": order.at_once_max,
        "DependenciesTotal": order.checked,
        "DependenciesRespected": respected,
        "Dependencies": order.edges.iter().map(|edge| json!({
            "StepSlug": name(edge.step), "WaitsForSlug": name(edge.waits_for), "BeganAt": iso(edge.began_at),
            "OverAt": edge.over_at.map(iso), "IsRespected": edge.is_respected,
        })).collect::<Vec<_>>(),
        "LostTo": waited(plan, &Bars::of(plan, &folded.events)),
        "Violations": violations.collect::<Vec<_>>(),
        "OneByOneMs": times.one_by_one_ms,
        "ActualMs": times.actual_ms,
        "BestPossibleMs": times.best_possible_ms,
        "SavedMs": times.saved_ms(),
        "PeopleMs": times.people_ms,
        "LostWaitingMs": times.lost_ms.values().sum::<i64>(),
        "Lost": lost(&times.lost_ms),
        "CriticalPath": times.critical_path.iter().map(|step| name(*step)).collect::<Vec<_>>(),
        "Steps": steps.collect::<Vec<_>>(),
        "Text": sentence(&order, &times),
    })))
}

/// Who or what was waited for, longest first; other steps are no loss.
fn waited(plan: &Plan, bars: &Bars) -> Value {
    let mut waited: Vec<_> = bars.waited_ms().into_iter().collect();
    waited.retain(|((kind, _), _)| *kind != WaitKind::Dependency);
    waited.sort_by_key(|(what, ms)| (std::cmp::Reverse(*ms), *what));
    let item = |((kind, machine), ms): ((WaitKind, Option<TargetIx>), i64)| {
        let machine = machine.map(|machine| &plan.targets[machine.0 as usize]);
        json!({
            "Kind": format!("{kind:?}"),
            "MachineId": machine.map(|machine| machine.id.as_str()),
            "MachineName": machine.map(|machine| machine.name.as_str()),
            "Ms": ms,
        })
    };
    waited.into_iter().map(item).collect()
}

fn lost(by_kind: &std::collections::BTreeMap<LostTo, i64>) -> Value {
    let name = |kind: &LostTo| match kind {
        LostTo::Workers => "WorkersMs",
        LostTo::Machines => "MachinesMs",
        LostTo::Limits => "LimitsMs",
        LostTo::Retries => "RetriesMs",
    };
    by_kind
        .iter()
        .map(|(kind, ms)| (name(kind).to_owned(), Value::from(*ms)))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

fn sentence(order: &OrderCheck, times: &Times) -> String {
    let kept = order.checked - u32::try_from(order.violations.len()).unwrap_or(u32::MAX);
    let parallel = match order.at_once_max {
        0 | 1 => "Ran one at a time.".to_owned(),
        max => format!("Ran in parallel: up to {max} at once."),
    };
    let (one_by_one, actual) = (seconds(times.one_by_one_ms), seconds(times.actual_ms));
    format!(
        "{parallel} Order respected: {kept} of {} dependencies. One by one {one_by_one} → {actual}",
        order.checked
    )
}

/// `6.0s`, `1m 40s`.
fn seconds(ms: i64) -> String {
    let ms = ms.max(0);
    if ms < 60_000 {
        return format!("{}.{}s", ms / 1000, ms % 1000 / 100);
    }
    format!("{}m {:02}s", ms / 60_000, ms % 60_000 / 1000)
}
