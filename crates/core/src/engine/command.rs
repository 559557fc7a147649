//! What the engine wants done, in the imperative. The shell makes the matching event durable, then acts.

use serde::{Deserialize, Serialize};

use super::event::{Cell, InterruptionId, InterruptionKind, TaskResult, TicketId};
use super::plan::{SkipReason, StepIx};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Command {
    /// Evaluate the step's variable condition; answer with `StepConditionEvaluated`.
    EvaluateStepCondition { step: StepIx },
    /// The same for a child action, with the variables of its target; answer with `ActionConditionEvaluated`.
    EvaluateActionCondition { cell: Cell },
    /// Record `StepSkipped`.
    SkipStep { step: StepIx, reason: SkipReason },
    /// Choose a ticket id, record `TicketIssued`, then dispatch to `worker` (or the target, or the server itself).
    Issue {
        cell: Cell,
        attempt: u32,
        worker: Option<String>,
    },
    /// Choose an id, record `InterruptionRaised`.
    Raise {
        cell: Cell,
        attempt: u32,
        kind: InterruptionKind,
    },
    /// Tell whoever runs the ticket to stop it. Repeated until it finishes; must be harmless twice.
    Stop { ticket: TicketId, why: StopReason },
    /// The question no longer matters (the task was cancelled): close it and record `InterruptionWithdrawn`.
    Withdraw { interruption: InterruptionId },
    /// Record `Finished` and close the task.
    Finish { result: TaskResult },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum StopReason {
    Canceled,
    TimedOut,
    FailurePolicy,
}
