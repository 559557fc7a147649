//! Where the time of a run went, read off its log.
//!
//! The definitions are those shown to people:
//! *one by one* is the sum over all steps of the time something of them ran;
//! *actual* is the time from the first start to the last end;
//! *best possible* is the longest chain of dependent steps, each taking the time it ran.
//! Time in which nothing ran because a person had to decide is in none of them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::spans::{Spans, StepSpans};
use crate::engine::WaitKind;
use crate::engine::event::Recorded;
use crate::engine::plan::{Plan, StepIx};
use crate::time::Time;

/// Times of a run and of each step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Times {
    /// In plan order.
    pub steps: Vec<StepTimes>,
    pub one_by_one_ms: i64,
    pub actual_ms: i64,
    pub best_possible_ms: i64,
    /// Nothing ran and a question was open.
    pub people_ms: i64,
    /// Waiting that more capacity would have spared, summed over steps.
    pub lost_ms: BTreeMap<LostTo, i64>,
    /// The chain of steps that decided when the run ended, first one first.
    pub critical_path: Vec<StepIx>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepTimes {
    /// First ticket or question; `None` = it did not run.
    pub began_at: Option<Time>,
    /// Last thing that happened to it.
    pub over_at: Option<Time>,
    /// Time in which something of it ran.
    pub busy_ms: i64,
    /// It could have been this much slower without delaying the end.
    pub slack_ms: i64,
    pub lost_ms: BTreeMap<LostTo, i64>,
}

/// What an action that was ready waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum LostTo {
    Workers,
    /// Its machine was locked, busy or offline.
    Machines,
    /// The deployment's or the server's own limit.
    Limits,
    /// The pause before another attempt.
    Retries,
}

impl LostTo {
    /// The same as a kind of wait.
    #[must_use]
    pub const fn wait(self) -> WaitKind {
        match self {
            Self::Workers => WaitKind::Worker,
            Self::Machines => WaitKind::Lock,
            Self::Limits => WaitKind::Limit,
            Self::Retries => WaitKind::BackOff,
        }
    }
}

impl Times {
    /// Reads the times off the log of a run. What has not ended counts up to the last event.
    #[must_use]
    pub fn of(plan: &Plan, log: &[Recorded]) -> Self {
        let spans = Spans::of(plan, log);
        let mut steps: Vec<StepTimes> = spans.steps.iter().map(StepSpans::times).collect();
        let ran: Vec<_> = spans
            .steps
            .iter()
            .flat_map(|step| step.ran.iter().copied())
            .collect();
        let first = steps.iter().filter_map(|step| step.began_at).min();
        let last = steps
            .iter()
            .filter(|step| step.began_at.is_some())
            .filter_map(|step| step.over_at)
            .max();
        let wall_ms = first
            .zip(last)
            .map_or(0, |(first, last)| last.since_ms(first));
        let people_ms =
            length_ms(ran.iter().chain(&spans.asked).copied().collect()) - length_ms(ran);
        let (best_possible_ms, order) = (longest_chain_ms(plan, &steps), plan.order());
        if let Some(last) = last {
            slack(plan, &order, &mut steps, last);
        }
        let mut lost_ms = BTreeMap::new();
        for (&kind, ms) in steps.iter().flat_map(|step| &step.lost_ms) {
            *lost_ms.entry(kind).or_default() += ms;
        }
        Self {
            one_by_one_ms: steps.iter().map(|step| step.busy_ms).sum(),
            actual_ms: wall_ms - people_ms,
            best_possible_ms,
            people_ms,
            lost_ms,
            critical_path: critical_path(plan, &steps),
            steps,
        }
    }

    /// Spared by running in parallel; negative if waiting ate more than that.
    #[must_use]
    pub const fn saved_ms(&self) -> i64 {
        self.one_by_one_ms - self.actual_ms
    }
}

impl StepSpans {
    /// Time in which something of the step ran.
    pub(super) fn busy_ms(&self) -> i64 {
        length_ms(self.ran.clone())
    }

    fn times(&self) -> StepTimes {
        StepTimes {
            began_at: self.began.map(|(at, _)| at),
            over_at: self.last.map(|(at, _)| at),
            busy_ms: self.busy_ms(),
            slack_ms: 0,
            lost_ms: self
                .lost
                .iter()
                .map(|(&kind, spans)| (kind, length_ms(spans.clone())))
                .collect(),
        }
    }
}

/// Total time covered by spans that may overlap.
fn length_ms(mut spans: Vec<(Time, Time)>) -> i64 {
    spans.sort_unstable();
    let (mut total, mut reached) = (0, Time(i64::MIN));
    for (from, to) in spans {
        let from = from.max(reached);
        total += to.since_ms(from);
        reached = reached.max(to);
    }
    total
}

/// Most steps with something running at the same time. What still runs when the log ends does so in that moment, even
/// if it has only just started.
pub(super) fn at_once_max(spans: &Spans) -> u32 {
    let mut edges = Vec::new();
    for (ix, step) in spans.steps.iter().enumerate() {
        edges.extend(
            step.ran
                .iter()
                .filter(|(from, to)| from < to)
                .flat_map(|&(from, to)| [(from, 1, ix), (to, -1, ix)]),
        );
    }
    edges.sort_unstable();
    let mut running = vec![0; spans.steps.len()];
    let still = spans.steps.iter().filter(|step| step.is_running).count() as u32;
    // What began and ended within a millisecond ran all the same.
    let any = u32::from(spans.steps.iter().any(|step| !step.ran.is_empty()));
    let (mut steps, mut max) = (0_u32, still.max(any));
    for (_, change, ix) in edges {
        let before: i32 = running[ix];
        running[ix] += change;
        match (before, running[ix]) {
            (0, 1) => steps += 1,
            (1, 0) => steps -= 1,
            _ => {}
        }
        max = max.max(steps);
    }
    max
}

fn longest_chain_ms(plan: &Plan, steps: &[StepTimes]) -> i64 {
    let mut chains = vec![0; steps.len()];
    for StepIx(ix) in plan.order() {
        let before = plan.steps[ix as usize]
            .waits_for
            .iter()
            .map(|waited| chains[waited.0 as usize])
            .max();
        chains[ix as usize] = before.unwrap_or(0) + steps[ix as usize].busy_ms;
    }
    chains.into_iter().max().unwrap_or(0)
}

/// Backwards from the end: how late each step could have ended with its dependants as long as they were.
fn slack(plan: &Plan, order: &[StepIx], steps: &mut [StepTimes], end: Time) {
    let mut latest = vec![end; steps.len()];
    for &StepIx(ix) in order.iter().rev() {
        let step = &mut steps[ix as usize];
        let latest_end = latest[ix as usize];
        let over_at = step.over_at.unwrap_or(latest_end);
        step.slack_ms = latest_end.since_ms(over_at);
        let took_ms = over_at.since_ms(step.began_at.unwrap_or(over_at));
        for waited in &plan.steps[ix as usize].waits_for {
            let before = &mut latest[waited.0 as usize];
            *before = (*before).min(latest_end.plus_ms(-took_ms));
        }
    }
}

/// From the step that ended last back through the dependency that ended last.
fn critical_path(plan: &Plan, steps: &[StepTimes]) -> Vec<StepIx> {
    let ended_last = |candidates: &mut dyn Iterator<Item = StepIx>| {
        candidates.max_by_key(|step| (steps[step.0 as usize].over_at, std::cmp::Reverse(*step)))
    };
    let ran = |step: &StepIx| steps[step.0 as usize].began_at.is_some();
    let mut path = Vec::new();
    let mut at = ended_last(&mut (0..steps.len() as u32).map(StepIx).filter(ran));
    while let Some(step) = at {
        path.extend(Some(step).filter(ran));
        at = ended_last(&mut plan.steps[step.0 as usize].waits_for.iter().copied());
    }
    path.reverse();
    path
}
