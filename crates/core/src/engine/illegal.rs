//! Reports and answers that come too late, twice, or from nowhere.

use super::event::{Answer, Cell, InterruptionId, Seq, TaskResult, TicketId};
use super::plan::StepIx;

/// Why an event cannot follow from the events before it. The run is unchanged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IllegalEvent {
    #[error("event number {due} is due, got {found}")]
    OutOfOrder { due: Seq, found: Seq },
    #[error("the task has not started")]
    NotStarted,
    #[error("the task has already started")]
    AlreadyStarted,
    #[error("the task is already being cancelled")]
    AlreadyCanceling,
    #[error("the task is over")]
    Over,
    #[error(
        "the task cannot finish as {found:?}: {unsettled} steps are not settled; the result would be {due:?}"
    )]
    NotOver {
        found: TaskResult,
        due: TaskResult,
        unsettled: usize,
    },
    #[error("the plan has no step number {}", step.0)]
    UnknownStep { step: StepIx },
    #[error("the plan has no such action: {cell:?}")]
    UnknownCell { cell: Cell },
    #[error("step number {} does not wait for that", step.0)]
    StepNotDue { step: StepIx },
    #[error("this action does not wait for that: {cell:?}")]
    CellNotDue { cell: Cell },
    #[error("attempt {due} is due, got {found}: {cell:?}")]
    WrongAttempt { cell: Cell, due: u32, found: u32 },
    #[error("ticket {} was never issued", ticket.0)]
    UnknownTicket { ticket: TicketId },
    #[error("ticket {} was already issued", ticket.0)]
    TicketReused { ticket: TicketId },
    #[error("ticket {} is already further on than that", ticket.0)]
    TicketLate { ticket: TicketId },
    #[error("question {} is not open", interruption.0)]
    NotOpen { interruption: InterruptionId },
    #[error("question {} was already raised", interruption.0)]
    InterruptionReused { interruption: InterruptionId },
    #[error("question {} cannot be answered with {answer:?}", interruption.0)]
    AnswerNotOffered {
        interruption: InterruptionId,
        answer: Answer,
    },
}
