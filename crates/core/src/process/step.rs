//! A step: where and when. What it does are its actions.

use serde::{Deserialize, Serialize};

use super::action::Action;
use super::keys;
use crate::json::{Other, api_enum, null_as_default};
use crate::property::Properties;

api_enum! {
    /// Octopus' start trigger; see [`super::StartRule`] for what it means together with a dependency list.
    #[derive(Default)]
    StartTrigger {
        #[default]
        StartAfterPrevious,
        StartWithPrevious,
    }
}

api_enum! {
    /// Octopus' run condition of a step.
    #[derive(Default)]
    Condition {
        #[default]
        Success,
        Failure,
        Always,
        Variable,
    }
}

api_enum! {
    /// Where a step stands relative to package acquisition.
    #[derive(Default)]
    PackageRequirement {
        #[default]
        LetOctopusDecide,
        BeforePackageAcquisition,
        AfterPackageAcquisition,
    }
}

/// One step of a process. Two or more actions make a parent step with child steps, run one after the other.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Step {
    /// Opaque; empty until [`super::DeploymentProcess::adopt`] has given one.
    #[serde(default, deserialize_with = "null_as_default")]
    pub id: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub name: String,
    /// The handle dependencies use; a rename keeps it.
    #[serde(default, deserialize_with = "null_as_default")]
    pub slug: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub package_requirement: PackageRequirement,
    #[serde(default, deserialize_with = "null_as_default")]
    pub condition: Condition,
    #[serde(default, deserialize_with = "null_as_default")]
    pub start_trigger: StartTrigger,
    #[serde(default, deserialize_with = "null_as_default")]
    pub properties: Properties,
    #[serde(default, deserialize_with = "null_as_default")]
    pub actions: Vec<Action>,
    #[serde(flatten)]
    pub other: Other,
}

impl Step {
    /// Target tags; a machine with any of them takes part. Empty = the step needs no target.
    #[must_use]
    pub fn target_roles(&self) -> Vec<&str> {
        self.properties.list(keys::TARGET_ROLES)
    }

    /// The expression of condition `Variable`.
    #[must_use]
    pub fn condition_expression(&self) -> Option<&str> {
        self.properties
            .filled(keys::STEP_CONDITION)
            .or_else(|| self.properties.filled(keys::ACTION_CONDITION))
    }

    /// Whether every action is disabled, so that the step is not part of a deployment.
    #[must_use]
    pub fn is_disabled(&self) -> bool {
        self.actions.iter().all(|action| action.is_disabled)
    }
}
