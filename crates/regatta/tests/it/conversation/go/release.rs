//! Releases and deployments.

use super::lifecycle::RETENTION;
use super::{Go, TEXTS, Type};

pub(in super::super) static RELEASE: Type = Type {
    sent: &[],
    optional: &[
        ("Assembled", Go::Time),
        ("ChannelId", Go::Text),
        ("IgnoreChannelRules", Go::Bool),
        ("LibraryVariableSetSnapshotIds", TEXTS),
        ("ProjectDeploymentProcessSnapshotId", Go::Text),
        ("ProjectId", Go::Text),
        ("ProjectVariableSetSnapshotId", Go::Text),
        ("ReleaseNotes", Go::Text),
        ("SpaceId", Go::Text),
        ("Version", Go::Text),
        ("CustomFields", Go::Map(&Go::Text)),
    ],
    required: &["Version", "ChannelId", "ProjectId"],
    is_resource: true,
};

pub(in super::super) static DEPLOYMENT: Type = Type {
    sent: &[
        ("DeployedToMachineIds", TEXTS),
        ("EnvironmentId", Go::Text),
        ("ExcludedMachineIds", TEXTS),
        ("FailureEncountered", Go::Bool),
        ("ForcePackageDownload", Go::Bool),
        ("ForcePackageRedeployment", Go::Bool),
        ("ReleaseId", Go::Text),
        ("SkipActions", TEXTS),
        ("SpecificMachineIds", TEXTS),
        ("UseGuidedFailure", Go::Bool),
    ],
    optional: &[
        ("ChangesMarkdown", Go::Text),
        ("ChannelId", Go::Text),
        ("Comments", Go::Text),
        ("Created", Go::Time),
        ("DeployedBy", Go::Text),
        ("DeployedById", Go::Text),
        ("DeploymentProcessId", Go::Text),
        // Of texts, secret ones too.
        ("FormValues", Go::Map(&Go::Text)),
        ("Name", Go::Text),
        ("ProjectId", Go::Text),
        ("QueueTime", Go::Time),
        ("QueueTimeExpiry", Go::Time),
        ("SpaceId", Go::Text),
        ("TaskId", Go::Text),
        ("TenantId", Go::Text),
        ("TentacleRetentionPeriod", Go::Pointer(&RETENTION)),
    ],
    required: &["EnvironmentId", "ReleaseId"],
    is_resource: true,
};
