//! How long actions usually take: what predictions are made of, from past runs.

use std::collections::HashMap;

use regatta_core::process::{Action, DeploymentProcess, Step};
use regatta_store::{Conn, StoreError};

/// Past runs looked at per action: enough to see through one slow run.
const RUNS_MAX: u32 = 10;

/// The durations of a project's actions in their last successful runs. Slugs tie them to actions, because they
/// survive an import.
#[derive(Debug, Default)]
pub struct Typical {
    past: HashMap<(String, String), Vec<i64>>,
}

/// What one action or step took in the past.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Past {
    pub median_ms: i64,
    /// A quarter of the runs were at most this long.
    pub low_ms: i64,
    /// A quarter of the runs were at least this long.
    pub high_ms: i64,
    /// Runs it is based on.
    pub runs: usize,
}

impl Typical {
    /// Reads the durations of a project.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn load(conn: &mut Conn, project: &str) -> Result<Self, StoreError> {
        let mut past: HashMap<(String, String), Vec<i64>> = HashMap::new();
        for duration in conn.step_durations(project, RUNS_MAX).await? {
            past.entry((duration.step, duration.action))
                .or_default()
                .push(duration.ms);
        }
        past.values_mut().for_each(|all| all.sort_unstable());
        Ok(Self { past })
    }

    /// `None`: it has not succeeded yet.
    #[must_use]
    pub fn of_action(&self, step: &Step, action: &Action) -> Option<Past> {
        let all = self.past.get(&(step.slug.clone(), action.slug.clone()))?;
        let at = |quarter: usize| all[(all.len() * quarter / 4).min(all.len() - 1)];
        Some(Past {
            median_ms: at(2),
            low_ms: at(1),
            high_ms: at(3),
            runs: all.len(),
        })
    }

    /// The sum over the enabled actions, if each has a past; as sure as the least known of them.
    #[must_use]
    pub fn of_step(&self, step: &Step) -> Option<Past> {
        let enabled = step.actions.iter().filter(|action| !action.is_disabled);
        let each = enabled.map(|action| self.of_action(step, action));
        each.reduce(|sum, next| sum.zip(next).map(|(sum, next)| sum.and(next)))?
    }

    /// Something of each action's past, by action id.
    #[must_use]
    pub fn by_id(
        &self,
        process: &DeploymentProcess,
        take: fn(Past) -> i64,
    ) -> HashMap<String, i64> {
        let each = process.actions().filter_map(|(step, action)| {
            Some((action.id.clone(), take(self.of_action(step, action)?)))
        });
        each.collect()
    }
}

impl Past {
    fn and(self, next: Self) -> Self {
        Self {
            median_ms: self.median_ms + next.median_ms,
            low_ms: self.low_ms + next.low_ms,
            high_ms: self.high_ms + next.high_ms,
            runs: self.runs.min(next.runs),
        }
    }
}
