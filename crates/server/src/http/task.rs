//! Tasks: units of queued work, what became of them and why they wait.

pub(super) mod access;
mod act;
pub(super) mod aside;
pub(crate) mod body;

pub(crate) use access::scope_of;
pub(crate) use act::{not_done, person, refused};
pub(super) use list::of as list_of;
pub(super) use list::task_state;
pub(crate) use run::world as world_of;
mod details;
pub(super) mod event;
pub(super) mod explain;
mod list;
mod log;
mod run;
pub(in crate::http) mod seen;
mod timeline;
mod verdict;
mod view;
pub(super) mod what_if;

use crate::operation::{Access, Operation, Place, get, post};
use crate::shape::{Object, Shape, TEXT, field};

static STATE: Object = Object {
    name: "TaskStateChange",
    fields: &[
        field("State", TEXT).required(),
        field("Reason", TEXT).max(1000),
    ],
};

static NEW: Object = Object {
    name: "NewTask",
    fields: &[
        field("Name", TEXT).required().max(100),
        field("SpaceId", TEXT),
        field("Description", TEXT).max(1000),
        field("Arguments", Shape::Any),
    ],
};

static ABANDON: Object = Object {
    name: "TaskAbandon",
    fields: &[field("Ticket", TEXT)
        .max(100)
        .about("Only this script; all of them when left out.")],
};

/// The operations on tasks. What a caller may see or do depends on the task's project and
/// environment, which only the task itself says: [`access`] checks each.
#[must_use]
#[expect(
    clippy::too_many_lines,
    reason = "a table, one operation after the other"
)]
pub fn operations() -> Vec<Operation> {
    let signed = Access::SignedIn;
    let both = Place::Both;
    vec![
        get("taskList", both, "/tasks", signed, list::list).query(&[
            "skip",
            "take",
            "ids",
            "states",
            "project",
            "environment",
            "tenant",
            "runbook",
            "spaces",
            "includeSystem",
            "name",
            "active",
            "running",
            "node",
            "hasPendingInterruptions",
            "hasWarningsOrErrors",
            "partialName",
            "release",
            "deployment",
        ]),
        post(
            "taskCreate",
            both,
            "/tasks",
            // Whoever asks is told what to do instead; nothing is done for anybody.
            signed,
            act::create,
        )
        .body(&NEW)
        .summary("No kind of task can be made this way yet; the answer says what to do instead."),
        get("taskTypes", both, "/tasks/tasktypes", signed, list::types),
        get("taskGet", both, "/tasks/{id}", signed, view::get),
        get(
            "taskDetails",
            both,
            "/tasks/{id}/details",
            signed,
            details::details,
        )
        .query(&["verbose", "tail"])
        .summary("The activity tree with log lines."),
        get("taskRaw", both, "/tasks/{id}/raw", signed, log::raw)
            .query(&["format", "step", "action", "target", "attempt", "level"])
            .answers_raw("text/plain")
            .summary("The log as a file: all of it as text, or with ?format=jsonl the lines that fit, one JSON object each."),
        get("taskLog", both, "/tasks/{id}/log", signed, log::page)
            .query(&[
                "from", "before", "tail", "take", "step", "action", "target", "attempt", "level",
            ])
            .summary("Lines of the log by number."),
        get(
            "taskLogSearch",
            both,
            "/tasks/{id}/log/search",
            signed,
            log::search,
        )
        .query(&[
            "text", "regex", "case", "step", "action", "target", "attempt", "level", "take",
        ]),
        get(
            "taskLogSummary",
            both,
            "/tasks/{id}/log/summary",
            signed,
            log::summary,
        )
        .summary("Lines, warnings, errors and the first error of every step, machine and attempt."),
        get(
            "taskEvents",
            both,
            "/tasks/{id}/events",
            signed,
            event::events,
        )
        .query(&["after", "take"])
        .answers(&event::EVENTS)
        .streams_events()
        .summary(
            "Numbered events; as server-sent events when the client accepts text/event-stream.",
        ),
        get(
            "taskExplain",
            both,
            "/tasks/{id}/explain",
            signed,
            explain::explain,
        )
        .summary("Why everything that has not started waits."),
        get("taskRun", both, "/tasks/{id}/run", signed, run::run)
            .query(&["after"])
            .summary(
                "Everything about a run as of one event: plan, states, reasons, forecast. Go on with `events?after=`; \
                 asked again with `after`, it leaves out action runs that did not change since that event.",
            ),
        get(
            "taskTimeline",
            both,
            "/tasks/{id}/timeline",
            signed,
            timeline::timeline,
        )
        .summary("When everything waited and ran, by kind of wait, and how it is expected to go on."),
        post(
            "taskWhatIf",
            both,
            "/tasks/{id}/whatif",
            signed,
            what_if::what_if,
        )
        .body(&what_if::WHAT_IF)
        .summary("The run played again with other limits, locks, dependencies or durations. Changes nothing."),
        get(
            "taskVerdict",
            both,
            "/tasks/{id}/verdict",
            signed,
            verdict::verdict,
        )
        .summary("What ran in parallel, whether the order was kept, and what it saved."),
        get(
            "taskQueuedBehind",
            both,
            "/tasks/{id}/queued-behind",
            signed,
            explain::queued_behind,
        )
        .query(&["skip", "take"]),
        post(
            "taskCancel",
            both,
            "/tasks/{id}/cancel",
            signed,
            act::cancel,
        ),
        get("taskRunning", both, "/tasks/{id}/running", signed, act::running)
            .summary("The scripts a cancel has to stop, or still waits for, and where."),
        post("taskAbandon", both, "/tasks/{id}/abandon", signed, act::abandon)
            .body(&ABANDON)
            .summary("Gives up scripts that do not end after a cancel; says where they may still run."),
        post("taskRerun", both, "/tasks/rerun/{id}", signed, act::rerun)
            .answers_shape(Shape::Any),
        post(
            "taskPrioritize",
            both,
            "/tasks/{id}/prioritize",
            signed,
            act::prioritize,
        ),
        post("taskState", both, "/tasks/{id}/state", signed, act::state).body(&STATE),
    ]
}
