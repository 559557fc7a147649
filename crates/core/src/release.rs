//! A release: a version of a project with its process, variables and packages frozen.

use serde::{Deserialize, Serialize};

use crate::id::derived::{ProcessId, VariableSetId};
use crate::id::{ChannelId, ProjectId, ReleaseId, SpaceId};
use crate::json::{Other, null_as_default};

/// Octopus' release document. The version is kept as typed; see [`crate::version`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Release {
    pub id: ReleaseId,
    pub version: String,
    pub project_id: ProjectId,
    pub channel_id: ChannelId,
    pub space_id: SpaceId,
    /// ISO 8601.
    pub assembled: String,
    #[serde(default)]
    pub release_notes: Option<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub ignore_channel_rules: bool,
    pub project_deployment_process_snapshot_id: ProcessId,
    pub project_variable_set_snapshot_id: VariableSetId,
    #[serde(default, deserialize_with = "null_as_default")]
    pub library_variable_set_snapshot_ids: Vec<VariableSetId>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub selected_packages: Vec<SelectedPackage>,
    #[serde(flatten)]
    pub other: Other,
}

/// The version of one package a release uses. The primary package has an empty reference name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct SelectedPackage {
    #[serde(default, deserialize_with = "null_as_default")]
    pub action_name: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub package_reference_name: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub version: String,
    #[serde(flatten)]
    pub other: Other,
}
