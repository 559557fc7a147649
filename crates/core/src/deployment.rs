//! A deployment: the request to bring a release to an environment. It never changes; what became of it is its task.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::id::derived::ProcessId;
use crate::id::{
    ChannelId, DeploymentId, EnvironmentId, MachineId, ProjectId, ReleaseId, ServerTaskId, SpaceId,
    TenantId,
};
use crate::json::{Other, blank_as_none, null_as_default};

/// Octopus' deployment document.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Deployment {
    pub id: DeploymentId,
    pub space_id: SpaceId,
    pub project_id: ProjectId,
    pub release_id: ReleaseId,
    pub channel_id: ChannelId,
    pub environment_id: EnvironmentId,
    #[serde(default, deserialize_with = "blank_as_none")]
    pub tenant_id: Option<TenantId>,
    pub task_id: ServerTaskId,
    pub deployment_process_id: ProcessId,
    #[serde(default)]
    pub comments: Option<String>,
    #[serde(flatten)]
    pub choices: DeploymentChoices,
    #[serde(flatten)]
    pub other: Other,
}

/// What a person chooses when deploying; carried over to a retry unchanged.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DeploymentChoices {
    /// Ids of actions or steps to leave out.
    #[serde(default, deserialize_with = "null_as_default")]
    pub skip_actions: Vec<String>,
    /// Only these machines; empty = all that match.
    #[serde(default, deserialize_with = "null_as_default")]
    pub specific_machine_ids: Vec<MachineId>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub excluded_machine_ids: Vec<MachineId>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub force_package_download: bool,
    #[serde(default, deserialize_with = "null_as_default")]
    pub force_package_redeployment: bool,
    /// `None` = as project and environment say.
    #[serde(default)]
    pub use_guided_failure: Option<bool>,
    /// Values of prompted variables, by variable id.
    #[serde(default, deserialize_with = "null_as_default")]
    pub form_values: Map<String, Value>,
}
