//! Runbooks and their snapshots.

use super::lifecycle::RETENTION;
use super::project::POLICY;
use super::{Go, TEXTS, Type, part};

pub(in super::super) static RUNBOOK: Type = Type {
    sent: &[
        ("DefaultGuidedFailureMode", Go::Text),
        ("EnvironmentScope", Go::Text),
        ("MultiTenancyMode", Go::Text),
        ("ForcePackageDownload", Go::Bool),
    ],
    optional: &[
        ("ConnectivityPolicy", Go::Pointer(&POLICY)),
        ("Description", Go::Text),
        ("Environments", TEXTS),
        ("Name", Go::Text),
        ("ProjectId", Go::Text),
        ("PublishedRunbookSnapshotId", Go::Text),
        ("RunRetentionPolicy", Go::Pointer(&RETENTION)),
        ("RunbookProcessId", Go::Text),
        ("SpaceId", Go::Text),
    ],
    required: &[
        "DefaultGuidedFailureMode",
        "EnvironmentScope",
        "MultiTenancyMode",
    ],
    is_resource: true,
};

static SELECTED: Type = part(
    &[],
    &[
        ("ActionName", Go::Text),
        ("StepName", Go::Text),
        ("PackageReferenceName", Go::Text),
        ("Version", Go::Text),
    ],
);

pub(in super::super) static SNAPSHOT: Type = Type {
    sent: &[
        ("LibraryVariableSetSnapshotIds", TEXTS),
        ("ProjectId", Go::Text),
        ("RunbookId", Go::Text),
        ("SelectedPackages", Go::List(&Go::Struct(&SELECTED))),
    ],
    optional: &[
        ("Assembled", Go::Time),
        ("FrozenProjectVariableSetId", Go::Text),
        ("FrozenRunbookProcessId", Go::Text),
        ("Name", Go::Text),
        ("Notes", Go::Text),
        ("ProjectVariableSetSnapshotId", Go::Text),
        ("SpaceId", Go::Text),
    ],
    required: &[
        "ProjectId",
        "RunbookId",
        "FrozenProjectVariableSetId",
        "FrozenRunbookProcessId",
    ],
    is_resource: true,
};
