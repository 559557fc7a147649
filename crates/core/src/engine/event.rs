//! The facts of a run, in the past tense. The log of them is the truth; everything else is derived.

use serde::{Deserialize, Serialize};

use super::plan::{ActionIx, FailurePolicy, SkipReason, StepIx, TargetIx};
use crate::time::Time;

/// Number of an event in its task's log; the first is 1 and there are no gaps.
pub type Seq = u64;

/// One start of one action on one place; chosen by the server, unique for ever (UUIDv7 text).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TicketId(pub String);

/// Document id of a question to a person, e.g. `Interruptions-12`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct InterruptionId(pub String);

/// An event with its place in the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recorded {
    pub seq: Seq,
    pub at: Time,
    pub event: Event,
}

/// What a script, a person or the engine did to one action on one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Cell {
    pub step: StepIx,
    pub action: ActionIx,
    pub target: Option<TargetIx>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    /// The task left the queue.
    Started,
    /// A run condition was looked at. `error` set = the expression could not be evaluated (counts as false).
    StepConditionEvaluated {
        step: StepIx,
        holds: bool,
        error: Option<String>,
    },
    ActionConditionEvaluated {
        cell: Cell,
        holds: bool,
        error: Option<String>,
    },
    StepSkipped {
        step: StepIx,
        reason: SkipReason,
    },
    /// Intent, durable before anything is sent: this ticket may from now on start at most once.
    TicketIssued {
        ticket: TicketId,
        cell: Cell,
        attempt: u32,
        worker: Option<String>,
    },
    /// The agent journalled the start.
    TicketStarted {
        ticket: TicketId,
    },
    TicketFinished {
        ticket: TicketId,
        outcome: Outcome,
    },
    InterruptionRaised {
        interruption: InterruptionId,
        cell: Cell,
        attempt: u32,
        kind: InterruptionKind,
    },
    InterruptionAnswered {
        interruption: InterruptionId,
        answer: Answer,
    },
    /// Whoever refuses next also said what is to happen to unrelated steps, whatever the plan says.
    FailurePolicyChosen {
        policy: FailurePolicy,
    },
    /// The question was closed without an answer, because it no longer mattered.
    InterruptionWithdrawn {
        interruption: InterruptionId,
    },
    CancelRequested,
    /// The task is over. Nothing follows.
    Finished {
        result: TaskResult,
    },
}

/// How a ticket ended. Unknown is never success, and lost never "not started".
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    Succeeded {
        warnings: bool,
    },
    Failed {
        message: String,
    },
    /// Killed because its time limit passed.
    TimedOut,
    Canceled,
    /// The agent says for certain that the script never started; safe to issue again.
    NotStarted {
        message: String,
    },
    /// Nobody can tell how it ended (machine lost or restarted while it ran).
    Unknown {
        message: String,
    },
}

impl Outcome {
    /// The outcome as far as it can be believed. Who reports of a script both that it started and that it never did cannot
    /// be believed either way, and it must not run twice.
    #[must_use]
    pub fn believed(self, had_started: bool) -> Self {
        match self {
            Self::NotStarted { message } if had_started => Self::Unknown {
                message: format!("it had started, then was reported as never started: {message}"),
            },
            outcome => outcome,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum InterruptionKind {
    Manual,
    GuidedFailure,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answer {
    /// Manual intervention approved.
    Proceed,
    /// Manual intervention refused: the action failed.
    Abort,
    Retry,
    Ignore,
    Fail,
    /// Take the machine out of the rest of the deployment.
    ExcludeMachine,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum TaskResult {
    Success,
    SuccessWithWarnings,
    Failed,
    Canceled,
}
