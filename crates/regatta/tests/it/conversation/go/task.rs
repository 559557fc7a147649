//! Tasks and the activity tree of one.

use super::{Go, Type, part};

pub(in super::super) static TASK: Type = Type {
    sent: &[],
    optional: &[
        ("Arguments", Go::Map(&Go::Any)),
        ("CanRerun", Go::Bool),
        ("Completed", Go::Text),
        ("CompletedTime", Go::Time),
        ("Description", Go::Text),
        ("Duration", Go::Text),
        ("ErrorMessage", Go::Text),
        ("FinishedSuccessfully", Go::Bool),
        ("HasBeenPickedUpByProcessor", Go::Bool),
        ("HasPendingInterruptions", Go::Bool),
        ("HasWarningsOrErrors", Go::Bool),
        ("IsCompleted", Go::Bool),
        ("LastUpdatedTime", Go::Time),
        ("Name", Go::Text),
        ("QueueTime", Go::Time),
        ("QueueTimeExpiry", Go::Time),
        ("ServerNode", Go::Text),
        ("SpaceId", Go::Text),
        ("StartTime", Go::Time),
        ("State", Go::Text),
    ],
    required: &["Name", "State"],
    is_resource: true,
};

static LINE: Type = part(
    &[
        ("OccurredAt", Go::Time),
        ("Category", Go::Text),
        ("MessageText", Go::Text),
        ("Number", Go::Int),
    ],
    &[],
);

static ACTIVITY: Type = Type {
    sent: &[
        ("Id", Go::Text),
        ("Name", Go::Text),
        ("Started", Go::Time),
        ("Ended", Go::Time),
        ("Status", Go::Text),
        ("Children", Go::List(&Go::Struct(&ACTIVITY))),
        ("ShowAtSummaryLevel", Go::Bool),
        ("LogElements", Go::List(&Go::Struct(&LINE))),
    ],
    optional: &[],
    required: &["Id", "Name", "Status"],
    is_resource: false,
};

static PROGRESS: Type = part(
    &[
        ("ProgressPercentage", Go::Int),
        ("EstimatedTimeRemaining", Go::Text),
    ],
    &[],
);

pub(in super::super) static TASK_DETAILS: Type = Type {
    sent: &[
        ("Task", Go::Struct(&TASK)),
        ("ActivityLogs", Go::List(&Go::Struct(&ACTIVITY))),
        ("PhysicalLogSize", Go::Int),
        ("Progress", Go::Struct(&PROGRESS)),
        ("Links", Go::Map(&Go::Text)),
    ],
    optional: &[],
    required: &["ActivityLogs"],
    is_resource: false,
};
