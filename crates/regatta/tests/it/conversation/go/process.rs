//! Processes, of projects and of runbooks.

use super::{Go, PROPERTIES, TEXTS, Type, part};

static CONTAINER: Type = part(&[], &[("FeedId", Go::Text), ("Image", Go::Text)]);

static PACKAGE: Type = part(
    &[
        ("AcquisitionLocation", Go::Text),
        ("FeedId", Go::Text),
        ("PackageId", Go::Text),
        ("Properties", Go::Map(&Go::Text)),
    ],
    &[("Id", Go::Text), ("Name", Go::Text)],
);

static ACTION: Type = Type {
    sent: &[
        ("ActionType", Go::Text),
        ("CanBeUsedForProjectVersioning", Go::Bool),
        ("IsDisabled", Go::Bool),
        ("IsRequired", Go::Bool),
        ("Name", Go::Text),
    ],
    optional: &[
        ("Channels", TEXTS),
        ("Condition", Go::Text),
        ("Container", Go::Pointer(&CONTAINER)),
        ("Environments", TEXTS),
        ("ExcludedEnvironments", TEXTS),
        ("Notes", Go::Text),
        ("Packages", Go::List(&Go::Struct(&PACKAGE))),
        ("Properties", PROPERTIES),
        ("StepPackageVersion", Go::Text),
        ("TenantTags", TEXTS),
        ("WorkerPoolId", Go::Text),
        ("WorkerPoolVariable", Go::Text),
    ],
    required: &["ActionType", "Name"],
    is_resource: true,
};

static STEP: Type = Type {
    sent: &[("Name", Go::Text)],
    optional: &[
        ("Actions", Go::List(&Go::Struct(&ACTION))),
        ("Condition", Go::Text),
        ("PackageRequirement", Go::Text),
        ("Properties", PROPERTIES),
        ("StartTrigger", Go::Text),
    ],
    required: &["StartTrigger"],
    is_resource: true,
};

/// A runbook's too.
pub(in super::super) static PROCESS: Type = Type {
    sent: &[("Version", Go::Int)],
    optional: &[
        ("LastSnapshotId", Go::Text),
        ("ProjectId", Go::Text),
        ("RunbookId", Go::Text),
        ("SpaceId", Go::Text),
        ("Steps", Go::List(&Go::Struct(&STEP))),
    ],
    required: &[],
    is_resource: true,
};
