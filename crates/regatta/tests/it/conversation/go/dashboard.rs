//! The dashboard, and how far a project's releases have come.

use super::channel::CHANNEL;
use super::lifecycle::RETENTION;
use super::release::RELEASE;
use super::variable::CHOICE;
use super::{Go, TEXTS, Type, part};

static DASHBOARD_ITEM: Type = part(
    &[
        ("ProjectId", Go::Text),
        ("EnvironmentId", Go::Text),
        ("ReleaseId", Go::Text),
        ("DeploymentId", Go::Text),
        ("TaskId", Go::Text),
    ],
    &[
        ("Created", Go::Time),
        ("CompletedTime", Go::Time),
        ("QueueTime", Go::Time),
        ("StartTime", Go::Time),
        ("State", Go::Text),
        ("ChannelId", Go::Text),
        ("Duration", Go::Text),
        ("ErrorMessage", Go::Text),
        ("HasPendingInterruptions", Go::Bool),
        ("HasWarningsOrErrors", Go::Bool),
        ("IsCompleted", Go::Bool),
        ("IsCurrent", Go::Bool),
        ("IsPrevious", Go::Bool),
        ("ReleaseVersion", Go::Text),
        ("TenantId", Go::Text),
    ],
);

static PROGRESS_OF_RELEASE: Type = part(
    &[
        ("HasUnresolvedDefect", Go::Bool),
        ("NextDeployments", TEXTS),
    ],
    &[
        ("Channel", Go::Pointer(&CHANNEL)),
        ("Release", Go::Pointer(&RELEASE)),
        (
            "Deployments",
            Go::Map(&Go::List(&Go::Struct(&DASHBOARD_ITEM))),
        ),
        ("ReleaseRetentionPeriod", Go::Pointer(&RETENTION)),
        ("TentacleRetentionPeriod", Go::Pointer(&RETENTION)),
    ],
);

/// Of a project.
pub(in super::super) static PROGRESSION: Type = Type {
    sent: &[
        ("Environments", Go::List(&Go::Struct(&CHOICE))),
        ("Releases", Go::List(&Go::Struct(&PROGRESS_OF_RELEASE))),
    ],
    optional: &[
        (
            "LifecycleEnvironments",
            Go::Map(&Go::List(&Go::Struct(&CHOICE))),
        ),
        (
            "ChannelEnvironments",
            Go::Map(&Go::List(&Go::Struct(&CHOICE))),
        ),
    ],
    required: &[],
    is_resource: true,
};

static DASHBOARD_PROJECT: Type = Type {
    sent: &[
        ("CanPerformUntenantedDeployment", Go::Bool),
        ("IsDisabled", Go::Bool),
    ],
    optional: &[
        ("Name", Go::Text),
        ("Slug", Go::Text),
        ("ProjectGroupId", Go::Text),
        ("EnvironmentIds", TEXTS),
        ("TenantedDeploymentMode", Go::Text),
    ],
    required: &["Name"],
    is_resource: true,
};

static DASHBOARD_TENANT: Type = Type {
    sent: &[("IsDisabled", Go::Bool)],
    optional: &[
        ("Name", Go::Text),
        ("TenantTags", TEXTS),
        ("ProjectEnvironments", Go::Map(&TEXTS)),
    ],
    required: &["Name"],
    is_resource: true,
};

pub(in super::super) static DASHBOARD: Type = Type {
    sent: &[
        ("Items", Go::List(&Go::Struct(&DASHBOARD_ITEM))),
        ("Projects", Go::List(&Go::Struct(&DASHBOARD_PROJECT))),
        ("ProjectGroups", Go::List(&Go::Struct(&CHOICE))),
        ("Environments", Go::List(&Go::Struct(&CHOICE))),
        ("Tenants", Go::List(&Go::Struct(&DASHBOARD_TENANT))),
        ("IsFiltered", Go::Bool),
    ],
    optional: &[("ProjectLimit", Go::Int)],
    required: &[],
    is_resource: true,
};
