//! Whether a run kept the order it promised, checked against what was recorded, not against the engine's opinion.

use serde::{Deserialize, Serialize};

use super::spans::Spans;
use super::times::at_once_max;
use crate::engine::event::Recorded;
use crate::engine::plan::{Plan, StepIx};
use crate::time::Time;

/// Every dependency of every step that ran, verified: the dependent began when the other was over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderCheck {
    /// Dependencies verified.
    pub checked: u32,
    /// Those not kept; each is a defect of the engine.
    pub violations: Vec<Violation>,
    /// Most steps running at the same time.
    pub at_once_max: u32,
    /// The times each dependency was verified by.
    pub edges: Vec<Edge>,
}

/// One dependency of a step that ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edge {
    pub step: StepIx,
    pub waits_for: StepIx,
    pub began_at: Time,
    /// `None` = nothing happened to the step that was waited for.
    pub over_at: Option<Time>,
    pub is_respected: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Violation {
    pub step: StepIx,
    pub waits_for: StepIx,
    pub began_at: Time,
    pub over_at: Time,
}

impl OrderCheck {
    /// Checks the log of a run, finished or not.
    #[must_use]
    pub fn of(plan: &Plan, log: &[Recorded]) -> Self {
        let spans = Spans::of(plan, log);
        let mut check = Self {
            checked: 0,
            violations: Vec::new(),
            at_once_max: at_once_max(&spans),
            edges: Vec::new(),
        };
        for (ix, planned) in plan.steps.iter().enumerate() {
            let Some((began_at, began_seq)) = spans.steps[ix].began else {
                continue;
            };
            for &waits_for in &planned.waits_for {
                check.checked += 1;
                // Of events in the same millisecond the one recorded first happened first.
                let last = spans.steps[waits_for.0 as usize].last;
                let late = last.filter(|&(at, seq)| at > began_at || seq > began_seq);
                check.edges.push(Edge {
                    step: StepIx(ix as u32),
                    waits_for,
                    began_at,
                    over_at: last.map(|(at, _)| at),
                    is_respected: late.is_none(),
                });
                if let Some((over_at, _)) = late {
                    check.violations.push(Violation {
                        step: StepIx(ix as u32),
                        waits_for,
                        began_at,
                        over_at,
                    });
                }
            }
        }
        check
    }

    /// The verdict in one sentence each, e.g. `Ran in parallel: up to 3 at once. Order respected: 7 of 7.`
    #[must_use]
    pub fn text(&self) -> String {
        let kept = self.checked - self.violations.len() as u32;
        let parallel = match self.at_once_max {
            0 | 1 => "Ran one at a time.".to_owned(),
            max => format!("Ran in parallel: up to {max} at once."),
        };
        format!("{parallel} Order respected: {kept} of {}.", self.checked)
    }
}
