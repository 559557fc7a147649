//! An action: what a step does. The fields are Octopus'; the meaning of `Properties` depends on the action type.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::keys;
use crate::json::{Other, api_enum, null_as_default};
use crate::property::Properties;

api_enum! {
    /// Octopus' run condition of a child step.
    #[derive(Default)]
    ActionCondition {
        #[default]
        Success,
        Variable,
    }
}

/// One action. Ids of environments and channels, and canonical tag names, are kept as sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Action {
    /// Opaque; empty until [`super::DeploymentProcess::adopt`] has given one.
    #[serde(default, deserialize_with = "null_as_default")]
    pub id: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub name: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub slug: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub action_type: String,
    #[serde(default)]
    pub notes: Option<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub is_disabled: bool,
    /// Cannot be skipped when deploying, nor ignored after a failure.
    #[serde(default, deserialize_with = "null_as_default")]
    pub is_required: bool,
    #[serde(default, deserialize_with = "null_as_default")]
    pub can_be_used_for_project_versioning: bool,
    #[serde(default, deserialize_with = "null_as_default")]
    pub condition: ActionCondition,
    #[serde(default, deserialize_with = "null_as_default")]
    pub container: Container,
    #[serde(default)]
    pub worker_pool_id: Option<String>,
    #[serde(default)]
    pub worker_pool_variable: Option<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub environments: Vec<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub excluded_environments: Vec<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub channels: Vec<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub tenant_tags: Vec<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub packages: Vec<PackageReference>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub git_dependencies: Vec<GitDependency>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub properties: Properties,
    #[serde(flatten)]
    pub other: Other,
}

/// The image an action runs in; all empty = none.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Container {
    #[serde(default)]
    pub image: Option<String>,
    #[serde(default)]
    pub feed_id: Option<String>,
    /// `GitUrl` and `Dockerfile`, when sent.
    #[serde(flatten)]
    pub other: Other,
}

/// A package an action uses. The primary one has an empty name.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct PackageReference {
    #[serde(default, deserialize_with = "null_as_default")]
    pub id: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub name: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub package_id: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub feed_id: String,
    /// `Server`, `ExecutionTarget`, `NotAcquired`, or a variable expression.
    #[serde(default, deserialize_with = "null_as_default")]
    pub acquisition_location: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub properties: Map<String, Value>,
    #[serde(flatten)]
    pub other: Other,
}

/// A git repository an action reads from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GitDependency {
    #[serde(default, deserialize_with = "null_as_default")]
    pub name: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub repository_uri: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub default_branch: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub git_credential_type: String,
    #[serde(flatten)]
    pub other: Other,
}

impl Action {
    /// The expression of condition `Variable`.
    #[must_use]
    pub fn condition_expression(&self) -> Option<&str> {
        self.properties
            .filled(keys::ACTION_CONDITION)
            .or_else(|| self.properties.filled(keys::STEP_CONDITION))
    }

    /// Whether the server carries it out itself.
    #[must_use]
    pub fn is_in_server(&self) -> bool {
        keys::IN_SERVER.contains(&self.action_type.as_str())
    }

    /// Whether it runs on a worker instead of the target.
    #[must_use]
    pub fn runs_on_server(&self) -> bool {
        self.properties.is_true(keys::RUN_ON_SERVER)
    }

    /// Whether nobody may skip it. An approval with named approvers is one, too (Octopus' rule).
    #[must_use]
    pub fn is_required(&self) -> bool {
        self.is_required
            || (self.action_type == keys::MANUAL
                && self.properties.filled(keys::MANUAL_TEAMS).is_some())
    }

    /// The package without a name, which most package steps are about.
    #[must_use]
    pub fn primary_package(&self) -> Option<&PackageReference> {
        self.packages.iter().find(|package| package.name.is_empty())
    }
}
