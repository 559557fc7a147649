//! What Octopus' Go library holds of a document: the keys it has names for, each of one type. A value of another type
//! fails the whole answer; what it has no name for is gone when it saves what it read.

use serde_json::{Map, Value, json};

/// The type of a value.
#[derive(Clone, Copy)]
pub(super) enum Go {
    Any,
    Text,
    Bool,
    Int,
    Time,
    List(&'static Self),
    Map(&'static Self),
    Struct(&'static Type),
    /// A struct that may be nothing.
    Pointer(&'static Type),
    /// A text, or a secret as an object.
    Property,
}

/// Keys that are sent even when they are empty, keys that are not, and what must not be empty when it is read.
pub(super) struct Type {
    pub(super) sent: &'static [(&'static str, Go)],
    pub(super) optional: &'static [(&'static str, Go)],
    pub(super) required: &'static [&'static str],
    /// Whether it has the keys of every resource.
    pub(super) is_resource: bool,
}

const RESOURCE: &[(&str, Go)] = &[
    ("Id", Go::Text),
    ("LastModifiedBy", Go::Text),
    ("LastModifiedOn", Go::Time),
    ("Links", Go::Map(&Go::Text)),
];

impl Type {
    /// What the library would send back of an answer that it read and did not change.
    ///
    /// # Panics
    /// When it could not read it.
    pub(super) fn kept(&self, value: &Value, at: &str) -> Value {
        let object = value
            .as_object()
            .unwrap_or_else(|| panic!("{at} is no object: {value}"));
        let mut kept = Map::new();
        let nothing = Value::Null;
        let resource = if self.is_resource { RESOURCE } else { &[] };
        for (key, go) in self.sent {
            let value = object.get(*key).unwrap_or(&nothing);
            kept.insert((*key).to_owned(), go.kept(value, &format!("{at}.{key}")));
        }
        for (key, go) in self.optional.iter().chain(resource) {
            let value = object.get(*key).unwrap_or(&nothing);
            let value = go.kept(value, &format!("{at}.{key}"));
            if !is_empty(&value) {
                kept.insert((*key).to_owned(), value);
            }
        }
        for key in self.required {
            assert!(
                kept.get(*key).is_some_and(|value| !is_empty(value)),
                "{at}.{key}: {value}"
            );
        }
        Value::Object(kept)
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty(),
        Value::Number(number) => number.as_i64() == Some(0),
        Value::Array(items) => items.is_empty(),
        Value::Object(entries) => entries.is_empty(),
        Value::Bool(true) => false,
    }
}

impl Go {
    fn kept(self, value: &Value, at: &str) -> Value {
        let kept = match (self, value) {
            (Self::Text, Value::Null) => Some(json!("")),
            (Self::Bool, Value::Null) => Some(json!(false)),
            (Self::Int, Value::Null) => Some(json!(0)),
            (Self::Property, Value::Null) => {
                Some(json!({ "HasValue": false, "Hint": null, "NewValue": null }))
            }
            (Self::Struct(of), Value::Null) => Some(of.kept(&json!({}), at)),
            (Self::Any, _) | (_, Value::Null) => Some(value.clone()),
            (Self::Text | Self::Property, Value::String(_)) | (Self::Bool, Value::Bool(_)) => {
                Some(value.clone())
            }
            (Self::Int, Value::Number(number)) => number.is_i64().then(|| value.clone()),
            (Self::Time, Value::String(text)) => text
                .parse::<jiff::Timestamp>()
                .is_ok()
                .then(|| value.clone()),
            (Self::Property, Value::Object(_)) => {
                Some(json!({ "HasValue": value["HasValue"], "Hint": null, "NewValue": null }))
            }
            (Self::List(item), Value::Array(items)) => Some(
                items
                    .iter()
                    .map(|one| item.kept(one, &format!("{at}[]")))
                    .collect(),
            ),
            (Self::Map(item), Value::Object(entries)) => {
                let kept = entries
                    .iter()
                    .map(|(key, one)| (key.clone(), item.kept(one, &format!("{at}.{key}"))));
                Some(Value::Object(kept.collect()))
            }
            (Self::Struct(of) | Self::Pointer(of), Value::Object(_)) => Some(of.kept(value, at)),
            _ => None,
        };
        kept.unwrap_or_else(|| panic!("{at} cannot be decoded: {value}"))
    }
}

const TEXTS: Go = Go::List(&Go::Text);
const PROPERTIES: Go = Go::Map(&Go::Property);

const fn part(
    sent: &'static [(&'static str, Go)],
    optional: &'static [(&'static str, Go)],
) -> Type {
    Type {
        sent,
        optional,
        required: &[],
        is_resource: false,
    }
}

static POLICY: Type = part(
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

pub(super) static PROJECT: Type = Type {
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

pub(super) static SETTINGS: Type = Type {
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
pub(super) static PROCESS: Type = Type {
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

static RETENTION: Type = part(
    &[
        ("QuantityToKeep", Go::Int),
        ("ShouldKeepForever", Go::Bool),
        ("Unit", Go::Text),
    ],
    &[("Strategy", Go::Text)],
);
static PHASE: Type = Type {
    sent: &[
        ("AutomaticDeploymentTargets", TEXTS),
        ("IsOptionalPhase", Go::Bool),
        ("MinimumEnvironmentsBeforePromotion", Go::Int),
        ("Name", Go::Text),
        ("OptionalDeploymentTargets", TEXTS),
        ("ReleaseRetentionPolicy", Go::Pointer(&RETENTION)),
        ("TentacleRetentionPolicy", Go::Pointer(&RETENTION)),
    ],
    optional: &[("Id", Go::Text)],
    required: &["Name"],
    is_resource: false,
};
pub(super) static LIFECYCLE: Type = Type {
    sent: &[
        ("Name", Go::Text),
        ("ReleaseRetentionPolicy", Go::Struct(&RETENTION)),
        ("TentacleRetentionPolicy", Go::Struct(&RETENTION)),
    ],
    optional: &[
        ("Description", Go::Text),
        ("Phases", Go::List(&Go::Struct(&PHASE))),
        ("SpaceId", Go::Text),
    ],
    required: &["Name"],
    is_resource: true,
};

pub(super) static ENVIRONMENT: Type = Type {
    sent: &[
        ("AllowDynamicInfrastructure", Go::Bool),
        ("Name", Go::Text),
        ("SortOrder", Go::Int),
        ("UseGuidedFailure", Go::Bool),
        ("SpaceId", Go::Text),
    ],
    optional: &[("Description", Go::Text), ("EnvironmentTags", TEXTS)],
    required: &["Name"],
    is_resource: true,
};

static RULE: Type = part(
    &[],
    &[
        ("Id", Go::Text),
        ("Tag", Go::Text),
        ("VersionRange", Go::Text),
    ],
);
pub(super) static CHANNEL: Type = Type {
    sent: &[
        ("IsDefault", Go::Bool),
        ("Name", Go::Text),
        ("ProjectId", Go::Text),
    ],
    optional: &[
        ("Description", Go::Text),
        ("LifecycleId", Go::Text),
        ("Rules", Go::List(&Go::Struct(&RULE))),
        ("SpaceId", Go::Text),
        ("TenantTags", TEXTS),
        ("GitReferenceRules", TEXTS),
    ],
    required: &["Name", "ProjectId"],
    is_resource: true,
};

pub(super) static TENANT: Type = Type {
    sent: &[
        ("ClonedFromTenantId", Go::Text),
        ("Description", Go::Text),
        ("Name", Go::Text),
        ("SpaceId", Go::Text),
        ("IsDisabled", Go::Bool),
    ],
    optional: &[
        ("ProjectEnvironments", Go::Map(&TEXTS)),
        ("TenantTags", TEXTS),
    ],
    required: &["Name"],
    is_resource: true,
};

pub(super) static RUNBOOK: Type = Type {
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

static SCOPE: Type = part(
    &[],
    &[
        ("Action", TEXTS),
        ("Channel", TEXTS),
        ("Environment", TEXTS),
        ("Machine", TEXTS),
        ("ProcessOwner", TEXTS),
        ("Role", TEXTS),
        ("TenantTag", TEXTS),
    ],
);
static PROMPT: Type = part(
    &[],
    &[
        ("Description", Go::Text),
        ("Label", Go::Text),
        ("Required", Go::Bool),
        ("DisplaySettings", Go::Map(&Go::Text)),
    ],
);
static VARIABLE: Type = Type {
    sent: &[
        ("Description", Go::Text),
        ("IsEditable", Go::Bool),
        ("IsSensitive", Go::Bool),
        ("Name", Go::Text),
        ("Scope", Go::Struct(&SCOPE)),
        ("Type", Go::Text),
        ("Value", Go::Text),
    ],
    optional: &[("Prompt", Go::Pointer(&PROMPT)), ("SpaceId", Go::Text)],
    required: &[],
    is_resource: true,
};
static CHOICE: Type = part(&[("Id", Go::Text), ("Name", Go::Text)], &[]);
static CHOICES: Type = part(
    &[],
    &[
        ("Actions", Go::List(&Go::Struct(&CHOICE))),
        ("Channels", Go::List(&Go::Struct(&CHOICE))),
        ("Environments", Go::List(&Go::Struct(&CHOICE))),
        ("Machines", Go::List(&Go::Struct(&CHOICE))),
        ("Roles", Go::List(&Go::Struct(&CHOICE))),
        ("TenantTags", Go::List(&Go::Struct(&CHOICE))),
    ],
);
pub(super) static VARIABLES: Type = Type {
    sent: &[
        ("Variables", Go::List(&Go::Struct(&VARIABLE))),
        ("Version", Go::Int),
    ],
    optional: &[
        ("OwnerId", Go::Text),
        ("ScopeValues", Go::Pointer(&CHOICES)),
        ("SpaceId", Go::Text),
    ],
    required: &[],
    is_resource: true,
};

pub(super) static TASK: Type = Type {
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

pub(super) static RELEASE: Type = Type {
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

pub(super) static DEPLOYMENT: Type = Type {
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
pub(super) static PROGRESSION: Type = Type {
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

static POLICY_PART: Type = part(&[], &[]);
pub(super) static MACHINE_POLICY: Type = Type {
    sent: &[
        ("ConnectionConnectTimeout", Go::Text),
        ("ConnectionRetryCountLimit", Go::Int),
        ("ConnectionRetrySleepInterval", Go::Text),
        ("ConnectionRetryTimeLimit", Go::Text),
        ("IsDefault", Go::Bool),
        ("MachineCleanupPolicy", Go::Pointer(&POLICY_PART)),
        ("MachineConnectivityPolicy", Go::Pointer(&POLICY_PART)),
        ("MachineHealthCheckPolicy", Go::Pointer(&POLICY_PART)),
        ("MachineUpdatePolicy", Go::Pointer(&POLICY_PART)),
        ("Name", Go::Text),
        ("PollingRequestQueueTimeout", Go::Text),
    ],
    optional: &[("Description", Go::Text), ("SpaceId", Go::Text)],
    required: &[
        "ConnectionConnectTimeout",
        "ConnectionRetryCountLimit",
        "ConnectionRetrySleepInterval",
        "ConnectionRetryTimeLimit",
        "PollingRequestQueueTimeout",
    ],
    is_resource: true,
};

static TAG: Type = part(
    &[("Name", Go::Text), ("Color", Go::Text)],
    &[
        ("Id", Go::Text),
        ("CanonicalTagName", Go::Text),
        ("Description", Go::Text),
        ("SortOrder", Go::Int),
    ],
);
pub(super) static TAG_SET: Type = Type {
    sent: &[("Description", Go::Text), ("Name", Go::Text)],
    optional: &[
        ("Scopes", TEXTS),
        ("SortOrder", Go::Int),
        ("SpaceId", Go::Text),
        ("Tags", Go::List(&Go::Struct(&TAG))),
        ("Type", Go::Text),
    ],
    required: &[],
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
pub(super) static SNAPSHOT: Type = Type {
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
pub(super) static TASK_DETAILS: Type = Type {
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
pub(super) static DASHBOARD: Type = Type {
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
