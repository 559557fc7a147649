//! What can wake the driver of a task: reports of agents, acts of people, other tasks.

use regatta_core::engine::Waiting;
use regatta_core::engine::event::{Answer, Cell, InterruptionId, Outcome, TicketId};
use regatta_core::engine::plan::FailurePolicy;
use tokio::sync::oneshot;

use super::artifact::HandedOver;
use super::interruption::Interruption;
use crate::gateway::{Credit, OutputBatch, ScriptEnd};

/// How long scripts are given to end after a cancel before a person may give them up: well over the time after
/// which agents kill them.
pub(crate) const ABANDON_AFTER_MS: i64 = 30_000;

/// Something that happened to one task.
pub(super) enum Input {
    Started {
        ticket: TicketId,
        _credit: Credit,
    },
    Output(OutputBatch),
    /// The end of a script, with the files it handed over.
    Finished {
        end: Box<ScriptEnd>,
        files: Vec<HandedOver>,
    },
    /// The server itself carried a ticket out, or could not send it.
    Ended {
        ticket: TicketId,
        outcome: Outcome,
    },
    Cancel {
        by: Person,
        reply: Reply<()>,
    },
    /// Gives up scripts that do not end although the task was cancelled: all of them, or one.
    Abandon {
        ticket: Option<TicketId>,
        by: Person,
        reply: Reply<Vec<Cell>>,
    },
    Take {
        interruption: InterruptionId,
        by: Person,
        reply: Reply<Interruption>,
    },
    Answer {
        interruption: InterruptionId,
        given: Given,
        reply: Reply<Interruption>,
    },
    /// Why everything that has not started waits.
    Explain {
        reply: Reply<Vec<Waiting>>,
    },
    /// Nothing: look at what is outside, and at the time.
    Wake,
}

/// Where the outcome of a person's act goes, once it is durable.
pub(super) type Reply<T> = oneshot::Sender<Result<T, Refused>>;

/// Who acts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    pub user_id: Option<String>,
    pub username: String,
}

/// A submitted form.
#[derive(Debug, Clone)]
pub struct Given {
    pub answer: Answer,
    /// With a refusal: what is to happen to unrelated steps; `None` = what the project says.
    pub failure_policy: Option<FailurePolicy>,
    pub notes: String,
    pub by: Person,
    /// What scripts may read about whoever answered.
    pub display_name: String,
    pub email: String,
}

/// Why a person's act changed nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("the task is over")]
    Over,
    #[error("the task is already being cancelled")]
    AlreadyCancelling,
    #[error("the task is not being cancelled")]
    NotCancelling,
    #[error("scripts are given {} s to end before they can be given up", ABANDON_AFTER_MS / 1000)]
    TooEarly,
    #[error("no script with the ticket {0} is running")]
    NotRunning(String),
    #[error("this question is closed: {0}")]
    Closed(String),
    #[error("this cannot be answered with {0}")]
    NotOffered(String),
    #[error("another server took this task over; send the request again")]
    Lost,
}
