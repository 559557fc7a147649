//! What the engine wants done next, in the imperative. The shell makes the matching event durable, then acts.
//!
//! Two kinds of commands, because they cost the shell differently: what is decided is carried out as it is, and what
//! people's templates have a say in is worked out first.

use serde::{Deserialize, Serialize};

use super::event::{Cell, InterruptionId, InterruptionKind, TaskResult, TicketId};
use super::plan::{SkipReason, StepIx};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Command {
    Evaluate(Evaluation),
    Decided(Decision),
}

/// Something that templates answer, and the run cannot go on there before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Evaluation {
    /// Evaluate the step's variable condition; answer with `StepConditionEvaluated`.
    StepCondition { step: StepIx },
    /// The same for a child action, with the variables of its target; answer with `ActionConditionEvaluated`.
    ActionCondition { cell: Cell },
    /// Work out what is asked, choose an id, record `InterruptionRaised`.
    Question {
        cell: Cell,
        attempt: u32,
        kind: InterruptionKind,
    },
}

/// Something that only has to be carried out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Decision {
    /// Record `StepSkipped`.
    SkipStep { step: StepIx, reason: SkipReason },
    /// Choose a ticket id, record `TicketIssued`, then dispatch to `worker` (or the target, or the server itself).
    Issue {
        cell: Cell,
        attempt: u32,
        worker: Option<String>,
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
