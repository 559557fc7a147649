//! How a run is expected to go on: the simulator with the shortest, the typical and the longest durations of
//! past runs, so that what is shown is a range and not a promise.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use regatta_core::engine::World;
use regatta_core::engine::event::{Cell, Recorded};
use regatta_core::engine::plan::{Plan, StepIx};
use regatta_core::simulate::{Forecast, Setup, go_on};
use regatta_core::time::Time;
use regatta_store::{Conn, StoreError};
use serde_json::{Value, json};

use crate::error::ApiError;
use crate::folded::Folded;
use crate::http::predict::UNKNOWN_MS;
use crate::time_text::iso;

/// Past runs looked at per action.
const DURATIONS: u32 = 10;

/// How long actions took before, by slugs of step and action: the shortest and the longest.
pub(crate) struct Past(HashMap<(String, String), (i64, i64)>);

impl Past {
    pub(crate) async fn load(conn: &mut Conn, folded: &Folded) -> Result<Self, StoreError> {
        let mut past = HashMap::new();
        if folded.run.is_finished() {
            return Ok(Self(past));
        }
        let project = &folded.frozen.facts.project.id;
        for duration in conn.step_durations(project, DURATIONS).await? {
            let known = past
                .entry((duration.step, duration.action))
                .or_insert((duration.ms, duration.ms));
            *known = (known.0.min(duration.ms), known.1.max(duration.ms));
        }
        Ok(Self(past))
    }

    /// How long an action takes if everything takes as long as `pick` says of the shortest and longest time.
    fn takes_ms(&self, plan: &Plan, pick: fn((i64, i64)) -> i64) -> BTreeMap<(u32, u32), i64> {
        let mut takes = BTreeMap::new();
        for (step, planned) in (0..).zip(&plan.steps) {
            for (action, planned_action) in (0..).zip(&planned.actions) {
                let key = (planned.slug.clone(), planned_action.slug.clone());
                if let Some(range) = self.0.get(&key) {
                    takes.insert((step, action), pick(*range));
                }
            }
        }
        takes
    }
}

/// Three ways the run may go on. Without past runs there is one only.
pub(crate) struct Expected {
    soonest: Arc<Forecast>,
    typical: Arc<Forecast>,
    latest: Arc<Forecast>,
}

/// Plays the run out from now on.
pub(crate) fn expect(
    folded: &Folded,
    world: &World,
    past: &Past,
    now: Time,
) -> Result<Expected, ApiError> {
    let setup = Setup {
        world: world.clone(),
        unknown_ms: UNKNOWN_MS,
    };
    let play = |takes: &BTreeMap<(u32, u32), i64>| {
        let takes_ms = |cell: Cell| takes.get(&(cell.step.0, cell.action.0)).copied();
        let played = go_on(folded.run.clone(), &folded.events, now, &setup, &takes_ms);
        played.map(Arc::new).map_err(ApiError::internal)
    };
    let plan = &folded.frozen.plan;
    let typical = play(&BTreeMap::new())?;
    let at = |pick: fn((i64, i64)) -> i64| {
        let takes = past.takes_ms(plan, pick);
        if takes.is_empty() {
            Ok(Arc::clone(&typical))
        } else {
            play(&takes)
        }
    };
    Ok(Expected {
        soonest: at(|(shortest, _)| shortest)?,
        latest: at(|(_, longest)| longest)?,
        typical,
    })
}

impl Expected {
    /// The run's log, going on as is typical.
    pub(crate) fn log(&self) -> &[Recorded] {
        &self.typical.log
    }

    /// Times of a step that has not ended; `None` when it will not run.
    pub(crate) fn step(&self, step: StepIx) -> Option<Value> {
        let of = |forecast: &Forecast| forecast.times.steps[step.0 as usize].clone();
        let (soonest, typical, latest) = (of(&self.soonest), of(&self.typical), of(&self.latest));
        typical.began_at?;
        let range = |from: Option<Time>, to: Option<Time>| json!({"From": from.min(to).map(iso), "To": from.max(to).map(iso)});
        Some(json!({
            "Starts": range(soonest.began_at, latest.began_at),
            "Ends": range(soonest.over_at, latest.over_at),
            "TypicalStartsAt": typical.began_at.map(iso),
            "TypicalEndsAt": typical.over_at.map(iso),
            "SlackMs": typical.slack_ms,
            "OverdueMs": self.overdue_ms(step),
            "IsGuessed": self.typical.guessed.contains(&step),
        }))
    }

    /// How much longer than ever before something of the step has run; less than a second is not worth a word.
    fn overdue_ms(&self, step: StepIx) -> i64 {
        let overdue_ms = self.latest.overdue_ms.get(&step).copied();
        overdue_ms.filter(|ms| *ms >= 1_000).unwrap_or(0)
    }

    pub(crate) fn body(&self, plan: &Plan, now: Time) -> Value {
        let slug = |step: &StepIx| plan.steps[step.0 as usize].slug.clone();
        let end = |forecast: &Forecast| {
            let steps = forecast.times.steps.iter();
            let ran = steps.filter(|step| step.began_at.is_some());
            ran.filter_map(|step| step.over_at).max().unwrap_or(now)
        };
        let (soonest, typical, latest) =
            (end(&self.soonest), end(&self.typical), end(&self.latest));
        let (from, to) = (
            soonest.min(latest).min(typical),
            soonest.max(latest).max(typical),
        );
        let times = &self.typical.times;
        json!({
            "Ends": {"From": iso(from), "To": iso(to)},
            "TypicalEndsAt": iso(typical),
            "RemainingMs": {"From": from.since_ms(now).max(0), "To": to.since_ms(now).max(0)},
            "TypicalRemainingMs": typical.since_ms(now).max(0),
            "OverdueMs": self.latest.overdue_ms.keys().map(|step| self.overdue_ms(*step)).max().unwrap_or(0),
            "CriticalPath": times.critical_path.iter().map(slug).collect::<Vec<_>>(),
            "OneByOneMs": times.one_by_one_ms,
            "ActualMs": times.actual_ms,
            "BestPossibleMs": times.best_possible_ms,
            "SavedMs": times.saved_ms(),
            "WithoutHistory": self.typical.guessed.iter().map(slug).collect::<Vec<_>>(),
            "Stuck": self.typical.stuck.iter().map(|waiting| json!({
                "StepSlug": slug(&waiting.step), "Message": waiting.reason.text(plan),
            })).collect::<Vec<_>>(),
        })
    }
}
