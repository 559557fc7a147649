//! A run as bars: what every action went through on every place, and how much ran at the same time.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::spans::{Doing, Segment, Spans};
use crate::engine::WaitKind;
use crate::engine::event::Recorded;
use crate::engine::plan::{Plan, TargetIx};
use crate::time::Time;

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bars {
    /// By step, place and time.
    pub segments: Vec<Segment>,
    /// Steps that run from each time on until the next.
    pub at_once: Vec<(Time, u32)>,
}

impl Bars {
    /// Reads them off the log of a run. What has not ended reaches up to the last event.
    #[must_use]
    pub fn of(plan: &Plan, log: &[Recorded]) -> Self {
        let spans = Spans::of(plan, log);
        let at_once = at_once(&spans);
        let mut segments = spans.segments;
        segments.sort_by_key(|segment| (segment.cell, segment.from, segment.to));
        Self { segments, at_once }
    }

    /// Time waited by kind, and by machine where it was one that was waited for.
    #[must_use]
    pub fn waited_ms(&self) -> BTreeMap<(WaitKind, Option<TargetIx>), i64> {
        let mut waited = BTreeMap::new();
        for segment in &self.segments {
            if let Doing::Waiting(kind) = segment.doing {
                let machine = segment.cell.target.filter(|_| kind == WaitKind::Lock);
                *waited.entry((kind, machine)).or_default() += segment.to.since_ms(segment.from);
            }
        }
        waited
    }
}

/// The curve of steps at once; a change to the same number is none.
fn at_once(spans: &Spans) -> Vec<(Time, u32)> {
    let mut edges = Vec::new();
    for (ix, step) in spans.steps.iter().enumerate() {
        for &(from, to) in step.ran.iter().filter(|(from, to)| from < to) {
            edges.extend([(from, 1, ix), (to, -1, ix)]);
        }
    }
    edges.sort_unstable();
    let (mut running, mut steps) = (vec![0; spans.steps.len()], 0_u32);
    let mut curve: Vec<(Time, u32)> = Vec::new();
    for (at, change, ix) in edges {
        let before: i32 = running[ix];
        running[ix] += change;
        match (before, running[ix]) {
            (0, 1) => steps += 1,
            (1, 0) => steps -= 1,
            _ => continue,
        }
        match curve.last_mut() {
            Some(last) if last.0 == at => last.1 = steps,
            _ => curve.push((at, steps)),
        }
    }
    curve.dedup_by_key(|(_, steps)| *steps);
    curve
}
