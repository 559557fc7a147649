//! Machines: deployment targets and workers. How one is reached (its endpoint) is kept as sent.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::id::{
    EnvironmentId, MachineId, MachinePolicyId, SpaceId, TenantId, WorkerId, WorkerPoolId,
};
use crate::json::{Other, api_enum, blank_as_none, null_as_default};
use crate::name::{Name, Slug};
use crate::project::TenantedMode;

api_enum! {
    /// What the last health check found.
    #[derive(Default)]
    HealthStatus {
        #[default]
        Unknown,
        Healthy,
        HasWarnings,
        Unhealthy,
        Unavailable,
    }
}

/// Octopus' machine document: a deployment target.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Machine {
    pub id: MachineId,
    pub name: Name,
    pub slug: Slug,
    pub space_id: SpaceId,
    pub endpoint: Endpoint,
    #[serde(default, deserialize_with = "null_as_default")]
    pub environment_ids: Vec<EnvironmentId>,
    /// Target tags.
    #[serde(default, deserialize_with = "null_as_default")]
    pub roles: Vec<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub tenanted_deployment_participation: TenantedMode,
    #[serde(default, deserialize_with = "null_as_default")]
    pub tenant_ids: Vec<TenantId>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub tenant_tags: Vec<String>,
    #[serde(default, deserialize_with = "blank_as_none")]
    pub machine_policy_id: Option<MachinePolicyId>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub is_disabled: bool,
    #[serde(default, deserialize_with = "null_as_default")]
    pub health_status: HealthStatus,
    #[serde(flatten)]
    pub other: Other,
}

/// How a machine is reached. Only the kind and what placing work needs is known here.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Endpoint {
    /// E.g. `TentacleActive`; `None` is a cloud region, where nothing can run.
    pub communication_style: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_worker_pool_id: Option<Value>,
    #[serde(flatten)]
    pub other: Other,
}

impl Endpoint {
    /// Whether scripts can run on the machine itself. For the others a worker acts in their name (Octopus' rule).
    #[must_use]
    pub fn runs_scripts(&self) -> bool {
        matches!(
            self.communication_style.as_str(),
            "TentaclePassive" | "TentacleActive" | "Ssh" | "KubernetesTentacle"
        )
    }

    /// The pool whose workers act in its name, when the step names none.
    #[must_use]
    pub fn worker_pool(&self) -> Option<&str> {
        self.default_worker_pool_id
            .as_ref()
            .and_then(Value::as_str)
            .filter(|id| !id.is_empty())
    }
}

/// Octopus' worker document: a machine that runs what needs no target.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Worker {
    pub id: WorkerId,
    pub name: Name,
    pub slug: Slug,
    pub space_id: SpaceId,
    pub endpoint: Endpoint,
    #[serde(default, deserialize_with = "null_as_default")]
    pub worker_pool_ids: Vec<WorkerPoolId>,
    #[serde(default, deserialize_with = "blank_as_none")]
    pub machine_policy_id: Option<MachinePolicyId>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub is_disabled: bool,
    #[serde(default, deserialize_with = "null_as_default")]
    pub health_status: HealthStatus,
    #[serde(flatten)]
    pub other: Other,
}

/// Octopus' worker pool document.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct WorkerPool {
    pub id: WorkerPoolId,
    pub name: Name,
    pub slug: Slug,
    pub space_id: SpaceId,
    #[serde(default)]
    pub description: Option<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub is_default: bool,
    #[serde(default, deserialize_with = "null_as_default")]
    pub sort_order: i32,
    #[serde(flatten)]
    pub other: Other,
}

impl WorkerPool {
    /// Whether an action that says this means the pool: by its id, name or slug.
    #[must_use]
    pub fn is_meant_by(&self, wanted: &str) -> bool {
        let wanted = wanted.trim();
        self.id.as_str().eq_ignore_ascii_case(wanted)
            || self.name.key() == crate::name::key(wanted)
            || self.slug.as_str() == wanted
    }
}
