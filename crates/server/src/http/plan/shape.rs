//! What is asked about a plan, and how it is answered.

use crate::http::predict;
use crate::http::task::what_if::WHAT_IF;
use crate::shape::{BOOL, Field, INT, Object, Shape, TEXT, TEXTS, field, joined};

pub(super) static REQUEST: Object = Object {
    name: "ReleasePlanRequest",
    fields: &[
        field("TenantId", TEXT),
        field("SkipActions", TEXTS).about("Steps and actions to leave out, by slug, id or name."),
        field("SpecificMachineIds", TEXTS).about("Only these targets; empty for all."),
        field("ExcludedMachineIds", TEXTS),
        field("FormValues", Shape::Map(&Shape::Any))
            .about("Answers to prompts, by id or name of the variable."),
        field("WhatIf", Shape::Object(&WHAT_IF)).about("Changes for the predicted times only."),
    ],
};

static RANGE: Object = Object {
    name: "ReleasePlanRange",
    fields: &[
        field("FromMs", INT).about("As if everything took as long as its faster quarter of runs."),
        field("ToMs", INT).about("As its slower quarter."),
    ],
};
static ACTION: Object = Object {
    name: "ReleasePlanAction",
    fields: &[
        field("ActionId", TEXT),
        field("ActionSlug", TEXT),
        field("ActionName", TEXT),
        field("ActionType", TEXT),
        field(
            "RunsOn",
            Shape::Word(&["OnTarget", "OnWorker", "Manual", "InServer"]),
        ),
        field("WorkerPoolId", TEXT),
        field("ExpectedMs", INT),
        field("IsRequired", BOOL),
        field("Skip", TEXT).about("Why it would not run; null when it would."),
    ],
};
static ACTION_ITEM: Shape = Shape::Object(&ACTION);
const STEP_HEAD: [Field; 10] = [
    field("StepId", TEXT),
    field("StepSlug", TEXT),
    field("StepName", TEXT),
    field("WaitsFor", TEXTS),
    field("MachineIds", TEXTS),
    field("Actions", Shape::List(&ACTION_ITEM)),
    field("Skip", TEXT).about("Why it would not run; null when it would."),
    field("TypicalMs", INT).about("Median of the last ten successes; null without history."),
    field("TypicalRuns", INT).about("How many there were, at most ten."),
    field("EndsAfter", Shape::Object(&RANGE)).about("Null when it would not run."),
];
static STEP_FIELDS: [Field; 14] = joined(STEP_HEAD, predict::STEP_TIMES);
static STEP: Object = Object {
    name: "ReleasePlanStep",
    fields: &STEP_FIELDS,
};
static MACHINE: Object = Object {
    name: "ReleasePlanMachine",
    fields: &[field("Id", TEXT), field("Name", TEXT)],
};
static SKIPPED: Object = Object {
    name: "ReleasePlanSkipped",
    fields: &[
        field("StepSlug", TEXT),
        field("StepName", TEXT),
        field("Reason", TEXT),
    ],
};
static PROMPT: Object = Object {
    name: "ReleasePlanPrompt",
    fields: &[
        field("Id", TEXT).about("Of the variable, the key in FormValues."),
        field("Name", TEXT).about("Its label, or its name."),
    ],
};
static OFFLINE: Object = Object {
    name: "ReleasePlanOffline",
    fields: &[
        field("MachineId", TEXT),
        field("MachineName", TEXT),
        field("HealthStatus", TEXT),
        field("IsLeftOut", BOOL)
            .about("The project leaves such targets out; otherwise steps wait for it."),
        field("StepSlugs", TEXTS).about("The steps that should run on it."),
    ],
};
static QUEUE: Object = Object {
    name: "ReleasePlanQueue",
    fields: &[
        field("Position", INT),
        field("Reason", TEXT),
        field("Message", TEXT),
        field("HolderTaskIds", TEXTS),
        field("Of", INT),
        field("ConcurrencyTag", TEXT),
        field("Kind", TEXT),
    ],
};
static AHEAD: Object = Object {
    name: "ReleasePlanAhead",
    fields: &[
        field("TaskId", TEXT),
        field("Description", TEXT),
        field("State", TEXT),
    ],
};
static HOLDER: Object = Object {
    name: "ReleasePlanLockHolder",
    fields: &[
        field("MachineId", TEXT),
        field("MachineName", TEXT),
        field("TaskId", TEXT).about("Null when the caller may not see it."),
        field("Description", TEXT),
        field("IsShared", BOOL),
    ],
};

static STEP_ITEM: Shape = Shape::Object(&STEP);
static MACHINE_ITEM: Shape = Shape::Object(&MACHINE);
static SKIPPED_ITEM: Shape = Shape::Object(&SKIPPED);
static PROMPT_ITEM: Shape = Shape::Object(&PROMPT);
static OFFLINE_ITEM: Shape = Shape::Object(&OFFLINE);
static AHEAD_ITEM: Shape = Shape::Object(&AHEAD);
static HOLDER_ITEM: Shape = Shape::Object(&HOLDER);

const HEAD: [Field; 13] = [
    field("Steps", Shape::List(&STEP_ITEM)),
    field("Machines", Shape::List(&MACHINE_ITEM)),
    field("SkippedSteps", Shape::List(&SKIPPED_ITEM)),
    field("Expected", Shape::Object(&RANGE)),
    field("Runs", INT).about("The least number of past runs any step's time is based on."),
    field("WhatIfSavedMs", INT)
        .about("What the changes save, less than 0 when they cost. Null without any."),
    field("MissingPrompts", Shape::List(&PROMPT_ITEM))
        .about("Required, and answered neither here nor by a default."),
    field("OfflineTargets", Shape::List(&OFFLINE_ITEM)),
    field("TakesTurns", TEXTS).about(
        "Why steps set to run in parallel would run one after the other here, a sentence each.",
    ),
    field("Queue", Shape::Object(&QUEUE))
        .about("Why it would have to wait in the queue now; null when it would start at once."),
    field("TasksAhead", Shape::List(&AHEAD_ITEM))
        .about("The tasks it would wait for, those that run first."),
    field("TasksAheadHidden", INT).about("How many more the caller may not see."),
    field("LockHolders", Shape::List(&HOLDER_ITEM))
        .about("Tasks that have machines of the plan to themselves now."),
];
static FIELDS: [Field; 21] = joined(HEAD, predict::TOTALS);
pub(super) static PLAN: Object = Object {
    name: "ReleasePlan",
    fields: &FIELDS,
};
