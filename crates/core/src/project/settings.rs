//! How a project deploys: connectivity, guided failure, versions, and what a failure stops.
//!
//! Octopus' deployment settings, with ours beside them under `Regatta.` keys:
//!
//! | key | values | default | meaning |
//! |---|---|---|---|
//! | `Regatta.FailurePolicy` | `FinishBranches`, `StartNothingNew`, `CancelRunning` | `FinishBranches` | what happens to unrelated branches after a failure |
//! | `Regatta.MaxRunning` | whole number ≥ 1, or null | null | actions of one deployment that run at once |
//! | `Regatta.MaxRunningPerMachine` | whole number ≥ 1, or null | null | actions of one deployment that run on one machine at once |

use std::num::NonZeroU32;

use serde::{Deserialize, Serialize};

use crate::engine::plan::{FailurePolicy, Limits};
use crate::id::derived::DeploymentSettingsId;
use crate::id::{ProjectId, SpaceId};
use crate::json::{Other, api_enum, null_as_default};

api_enum! {
    /// Whether a failed action asks a person what to do.
    #[derive(Default)]
    GuidedFailureMode {
        #[default]
        EnvironmentDefault,
        Off,
        On,
    }
}

api_enum! {
    /// What a deployment does about machines that cannot be reached.
    #[derive(Default)]
    SkipMachineBehavior {
        #[default]
        None,
        SkipUnavailableMachines,
    }
}

api_enum! {
    /// What happens to branches that do not depend on a failed step.
    #[derive(Default)]
    FailurePolicySetting {
        #[default]
        FinishBranches,
        StartNothingNew,
        CancelRunning,
    }
}

/// Octopus' connectivity policy.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ConnectivityPolicy {
    #[serde(default, deserialize_with = "null_as_default")]
    pub skip_machine_behavior: SkipMachineBehavior,
    /// Only machines with one of these tags may be skipped; empty = any.
    #[serde(default, deserialize_with = "null_as_default")]
    pub target_roles: Vec<String>,
    /// A deployment whose steps all lack targets may go on.
    #[serde(default, deserialize_with = "null_as_default")]
    pub allow_deployments_to_no_targets: bool,
    #[serde(default, deserialize_with = "null_as_default")]
    pub exclude_unhealthy_targets: bool,
    #[serde(flatten)]
    pub other: Other,
}

/// How the next release gets its version: a template, or the version of a package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct VersioningStrategy {
    #[serde(default)]
    pub template: Option<String>,
    #[serde(flatten)]
    pub other: Other,
}

/// Octopus' deployment settings of a project.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DeploymentSettings {
    pub id: DeploymentSettingsId,
    pub project_id: ProjectId,
    pub space_id: SpaceId,
    #[serde(default, deserialize_with = "null_as_default")]
    pub connectivity_policy: ConnectivityPolicy,
    #[serde(default, deserialize_with = "null_as_default")]
    pub default_guided_failure_mode: GuidedFailureMode,
    #[serde(default)]
    pub versioning_strategy: Option<VersioningStrategy>,
    #[serde(
        rename = "Regatta.FailurePolicy",
        default,
        deserialize_with = "null_as_default"
    )]
    pub failure_policy: FailurePolicySetting,
    #[serde(rename = "Regatta.MaxRunning", default)]
    pub running_max: Option<NonZeroU32>,
    #[serde(rename = "Regatta.MaxRunningPerMachine", default)]
    pub per_machine_max: Option<NonZeroU32>,
    #[serde(flatten)]
    pub other: Other,
}

impl DeploymentSettings {
    /// The settings of a new project.
    #[must_use]
    pub fn of_new(project: ProjectId, space: SpaceId) -> Self {
        Self {
            id: DeploymentSettingsId::of_project(&project),
            project_id: project,
            space_id: space,
            connectivity_policy: ConnectivityPolicy::default(),
            default_guided_failure_mode: GuidedFailureMode::default(),
            versioning_strategy: None,
            failure_policy: FailurePolicySetting::default(),
            running_max: None,
            per_machine_max: None,
            other: Other::new(),
        }
    }

    #[must_use]
    pub fn limits(&self) -> Limits {
        Limits {
            running_max: self.running_max.map(Into::into),
            per_machine_max: self.per_machine_max.map(Into::into),
        }
    }
}

impl From<FailurePolicySetting> for FailurePolicy {
    fn from(setting: FailurePolicySetting) -> Self {
        match setting {
            FailurePolicySetting::FinishBranches => Self::FinishBranches,
            FailurePolicySetting::StartNothingNew => Self::StartNothingNew,
            FailurePolicySetting::CancelRunning => Self::CancelRunning,
        }
    }
}

impl GuidedFailureMode {
    /// Whether guided failure is on: what the deployment says, else the project, else the environment (Octopus' chain).
    #[must_use]
    pub fn decide(self, deployment: Option<bool>, environment: bool) -> bool {
        deployment.unwrap_or(match self {
            Self::EnvironmentDefault => environment,
            Self::Off => false,
            Self::On => true,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn our_settings_stand_beside_octopus_ones() {
        let settings: DeploymentSettings = serde_json::from_value(json!({
            "Id": "deploymentsettings-Projects-1", "ProjectId": "Projects-1", "SpaceId": "Spaces-1",
            "Regatta.FailurePolicy": "cancelrunning", "Regatta.MaxRunning": 3, "ReleaseNotesTemplate": "x"
        }))
        .unwrap();
        assert_eq!(
            FailurePolicy::from(settings.failure_policy),
            FailurePolicy::CancelRunning
        );
        assert_eq!(
            settings.limits(),
            Limits {
                running_max: Some(3),
                per_machine_max: None
            }
        );
        let back = serde_json::to_value(&settings).unwrap();
        assert_eq!(
            (
                &back["Regatta.FailurePolicy"],
                &back["ReleaseNotesTemplate"]
            ),
            (&json!("CancelRunning"), &json!("x"))
        );
        assert!(
            serde_json::from_value::<DeploymentSettings>(json!({"Regatta.MaxRunning": 0})).is_err()
        );
    }

    #[test]
    fn guided_failure_is_decided_by_the_nearest_that_says_something() {
        use GuidedFailureMode::{EnvironmentDefault, Off, On};
        assert!(EnvironmentDefault.decide(None, true) && !EnvironmentDefault.decide(None, false));
        assert!(On.decide(None, false) && !Off.decide(None, true));
        assert!(Off.decide(Some(true), false) && !On.decide(Some(false), true));
    }
}
