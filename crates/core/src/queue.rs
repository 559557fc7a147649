//! Which tasks may leave the queue now, and why each of the others waits.
//!
//! Octopus' rules: at most `cap` tasks execute at once; at most one of each concurrency
//! tag; tasks moved to the top go first, then priority tasks, then the rest, each first
//! come first served. A task that cannot start is passed over and never blocks those
//! behind it. A task whose expiry passes in the queue never runs.
//!
//! Not here: what happens inside a task (`engine`) and machine locks between tasks.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::time::Time;

/// A task that has not started.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueuedTask {
    /// E.g. `ServerTasks-12`; of two queued in the same millisecond the lower number goes first.
    pub id: String,
    pub queued_at: Time,
    pub priority: Priority,
    /// Not before this time; it also counts as the time of queueing.
    pub scheduled_at: Option<Time>,
    /// If it has not started by then it never will.
    pub expires_at: Option<Time>,
    /// At most one executing task per tag, e.g. `Projects-1/Environments-2`. `None` = no such rule.
    pub tag: Option<String>,
}

/// Who goes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub enum Priority {
    /// A person moved it to the top of the queue.
    MovedToTop,
    /// The deployment, runbook or lifecycle phase is flagged.
    Priority,
    #[default]
    Regular,
}

/// A task that has started and not ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExecutingTask {
    pub id: String,
    /// `None` also for a task that has let go of its tag while it waits for a person.
    pub tag: Option<String>,
    /// It waits for nothing but people ([`crate::engine::Run::is_idle`]), so it does not count against the cap.
    pub idle: bool,
}

/// What to do with the queue now.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Picks {
    /// Tasks to start, first one first.
    pub start: Vec<String>,
    /// Tasks whose expiry passed: they end as timed out, without running.
    pub expire: Vec<String>,
    /// All others, in queue order.
    pub waiting: Vec<QueueWait>,
    /// When to look again although nothing happens: the next scheduled start or expiry.
    pub look_again_at: Option<Time>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueWait {
    pub task: String,
    /// Place among the waiting tasks, from 1.
    pub position: u32,
    pub reason: QueueReason,
}

/// Why a task stays in the queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum QueueReason {
    Scheduled {
        until: Time,
    },
    /// Another task with the same concurrency tag executes.
    TagHeld {
        tag: String,
        holder: String,
    },
    /// As many tasks as allowed execute.
    CapReached {
        cap: u32,
        holders: Vec<String>,
    },
    /// A person stopped the queue of its space.
    SpaceStopped,
}

/// Decides about every queued task.
#[must_use]
pub fn pick(now: Time, tasks: &[QueuedTask], executing: &[ExecutingTask], cap: u32) -> Picks {
    let mut order: Vec<&QueuedTask> = tasks.iter().collect();
    order.sort_by_key(|task| task.key());
    let mut holders: Vec<String> = executing
        .iter()
        .filter(|task| !task.idle)
        .map(|task| task.id.clone())
        .collect();
    let tagged = executing
        .iter()
        .filter_map(|task| Some((task.tag.as_deref()?, task.id.clone())));
    let mut tags: BTreeMap<&str, String> = tagged.collect();
    let mut picks = Picks::default();
    for task in order {
        if task.expires_at.is_some_and(|at| at <= now) {
            picks.expire.push(task.id.clone());
            continue;
        }
        let Some(reason) = task.waits(now, &tags, &holders, cap) else {
            holders.push(task.id.clone());
            tags.extend(task.tag.as_deref().map(|tag| (tag, task.id.clone())));
            picks.start.push(task.id.clone());
            continue;
        };
        let due = task
            .scheduled_at
            .filter(|&at| at > now)
            .into_iter()
            .chain(task.expires_at);
        picks.look_again_at = picks.look_again_at.into_iter().chain(due).min();
        let position = picks.waiting.len() as u32 + 1;
        picks.waiting.push(QueueWait {
            task: task.id.clone(),
            position,
            reason,
        });
    }
    picks
}

/// Whether any task could leave the queue.
#[must_use]
pub fn has_room(executing: &[ExecutingTask], cap: u32) -> bool {
    (counted(executing) as u64) < u64::from(cap)
}

/// Tasks that count against the cap.
fn counted(executing: &[ExecutingTask]) -> usize {
    executing.iter().filter(|task| !task.idle).count()
}

impl Picks {
    /// Adds a task that the rules are not asked about, because the queue of its space is stopped. It is behind all
    /// others: none of them waits for it.
    pub fn keep_stopped(&mut self, task: String) {
        self.waiting.push(QueueWait {
            task,
            position: self.waiting.len() as u32 + 1,
            reason: QueueReason::SpaceStopped,
        });
    }

    /// Whether there is no room for any task behind those that were looked at.
    #[must_use]
    pub fn reaches_cap(&self, executing: &[ExecutingTask], cap: u32) -> bool {
        (counted(executing) + self.start.len()) as u64 >= u64::from(cap)
    }
}

impl QueuedTask {
    fn key(&self) -> (Priority, Time, usize, &str) {
        let queued_at = self
            .scheduled_at
            .map_or(self.queued_at, |at| at.max(self.queued_at));
        (self.priority, queued_at, self.id.len(), &self.id)
    }

    fn waits(
        &self,
        now: Time,
        tags: &BTreeMap<&str, String>,
        holders: &[String],
        cap: u32,
    ) -> Option<QueueReason> {
        if let Some(until) = self.scheduled_at.filter(|&at| at > now) {
            return Some(QueueReason::Scheduled { until });
        }
        let tag = self.tag.as_deref().unwrap_or_default();
        if let Some(holder) = tags.get(tag).filter(|_| self.tag.is_some()) {
            return Some(QueueReason::TagHeld {
                tag: tag.to_owned(),
                holder: holder.clone(),
            });
        }
        (holders.len() >= cap as usize).then(|| QueueReason::CapReached {
            cap,
            holders: holders.to_vec(),
        })
    }
}

impl QueueReason {
    /// The reason in words, the same in the portal, the command line and the log.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Scheduled { .. } => "scheduled for later".to_owned(),
            Self::SpaceStopped => {
                "the task queue of its space is stopped, and nothing leaves it until somebody starts it again"
                    .to_owned()
            }
            Self::TagHeld { tag, holder } => format!("{holder} of {tag} must end first"),
            Self::CapReached { cap, holders } => {
                format!(
                    "the task cap is reached ({} of {cap}): {}",
                    holders.len(),
                    holders.join(", ")
                )
            }
        }
    }
}
