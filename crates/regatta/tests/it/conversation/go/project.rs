//! Projects and their deployment settings.

use super::{Go, TEXTS, Type, part};

pub(super) static POLICY: Type = part(
    &[
        ("AllowDeploymentsToNoTargets", Go::Bool),
        ("ExcludeUnhealthyTargets", Go::Bool),
    ],
    &[("SkipMachineBehavior", Go::Text), ("TargetRoles", TEXTS)],
);

static STRATEGY: Type = part(
    &[],
    &[("Template", Go::Text), ("DonorPackageStepId", Go::Text)],
);

static DATABASE: Type = part(&[("Type", Go::Text)], &[]);

static TEMPLATE: Type = Type {
    sent: &[],
    optional: &[
        ("Name", Go::Text),
        ("Label", Go::Text),
        ("HelpText", Go::Text),
        ("DefaultValue", Go::Property),
        ("DisplaySettings", Go::Map(&Go::Text)),
    ],
    required: &[],
    is_resource: true,
};

pub(in super::super) static PROJECT: Type = Type {
    sent: &[
        ("AllowIgnoreChannelRules", Go::Bool),
        ("AutoCreateRelease", Go::Bool),
        ("DefaultToSkipIfAlreadyInstalled", Go::Bool),
        ("IsDisabled", Go::Bool),
        ("DiscreteChannelRelease", Go::Bool),
        ("IsVersionControlled", Go::Bool),
        ("LifecycleId", Go::Text),
        ("Name", Go::Text),
        ("ProjectGroupId", Go::Text),
    ],
    optional: &[
        ("ClonedFromProjectId", Go::Text),
        ("ProjectConnectivityPolicy", Go::Pointer(&POLICY)),
        ("DefaultGuidedFailureMode", Go::Text),
        ("DeploymentChangesTemplate", Go::Text),
        ("DeploymentProcessId", Go::Text),
        ("Description", Go::Text),
        ("IncludedLibraryVariableSetIds", TEXTS),
        ("PersistenceSettings", Go::Pointer(&DATABASE)),
        ("ReleaseNotesTemplate", Go::Text),
        ("Slug", Go::Text),
        ("SpaceId", Go::Text),
        ("Templates", Go::List(&Go::Struct(&TEMPLATE))),
        ("TenantedDeploymentMode", Go::Text),
        ("VariableSetId", Go::Text),
        ("VersioningStrategy", Go::Pointer(&STRATEGY)),
    ],
    required: &[
        "LifecycleId",
        "Name",
        "ProjectGroupId",
        "PersistenceSettings",
    ],
    is_resource: true,
};

pub(in super::super) static SETTINGS: Type = Type {
    sent: &[("ProjectId", Go::Text), ("SpaceId", Go::Text)],
    optional: &[
        ("ProjectConnectivityPolicy", Go::Pointer(&POLICY)),
        ("DefaultGuidedFailureMode", Go::Text),
        ("DefaultToSkipIfAlreadyInstalled", Go::Bool),
        ("DeploymentChangesTemplate", Go::Text),
        ("ReleaseNotesTemplate", Go::Text),
        ("VersioningStrategy", Go::Pointer(&STRATEGY)),
    ],
    required: &[],
    is_resource: true,
};
