//! A project: what is deployed, by which process, through which lifecycle.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::id::derived::{DeploymentSettingsId, ProcessId, VariableSetId};
use crate::id::{LibraryVariableSetId, LifecycleId, ProjectGroupId, ProjectId, SpaceId, TenantId};
use crate::json::{Other, api_enum, null_as_default};
use crate::library_variable_set::VariableTemplate;
use crate::name::{Name, Slug};
use crate::tag_set;

pub mod settings;

pub use settings::{ConnectivityPolicy, DeploymentSettings, GuidedFailureMode, VersioningStrategy};

api_enum! {
    /// Whether a project, runbook or machine works for tenants.
    #[derive(Default)]
    TenantedMode {
        #[default]
        Untenanted,
        TenantedOrUntenanted,
        Tenanted,
    }
}

impl TenantedMode {
    /// Whether something with this participation, and these tenants and tags chosen for it, takes part in a deployment
    /// for the tenant, or for none.
    #[must_use]
    pub fn takes_part(
        self,
        (ids, tags): (&[TenantId], &[String]),
        tenant: Option<(&TenantId, &[String])>,
    ) -> bool {
        let Some((id, carried)) = tenant else {
            return self != Self::Tenanted;
        };
        let by_tag = !tags.is_empty() && tag_set::matches(tags, carried);
        self != Self::Untenanted && (ids.contains(id) || by_tag)
    }
}

/// Octopus' project document. Fields we only carry are in `other`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Project {
    pub id: ProjectId,
    pub name: Name,
    pub slug: Slug,
    pub space_id: SpaceId,
    #[serde(default)]
    pub description: Option<String>,
    pub project_group_id: ProjectGroupId,
    /// The lifecycle of channels that name none.
    pub lifecycle_id: LifecycleId,
    /// In the order later sets override earlier ones for equal scopes.
    #[serde(default, deserialize_with = "null_as_default")]
    pub included_library_variable_set_ids: Vec<LibraryVariableSetId>,
    /// Variables that tenants give values for.
    #[serde(default, deserialize_with = "null_as_default")]
    pub templates: Vec<VariableTemplate>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub tenanted_deployment_mode: TenantedMode,
    #[serde(default, deserialize_with = "null_as_default")]
    pub default_guided_failure_mode: GuidedFailureMode,
    #[serde(default, deserialize_with = "null_as_default")]
    pub project_connectivity_policy: ConnectivityPolicy,
    /// `None` = the default template.
    #[serde(default)]
    pub versioning_strategy: Option<VersioningStrategy>,
    /// Neither releases nor deployments.
    #[serde(default, deserialize_with = "null_as_default")]
    pub is_disabled: bool,
    #[serde(default, deserialize_with = "null_as_default")]
    pub discrete_channel_release: bool,
    /// Never missing in an answer: Octopus' CLI would crash.
    #[serde(default = "database", deserialize_with = "database_when_null")]
    pub persistence_settings: Value,
    #[serde(flatten)]
    pub other: Other,
}

fn database() -> Value {
    json!({"Type": "Database"})
}

fn database_when_null<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Value, D::Error> {
    Ok(Option::<Value>::deserialize(deserializer)?.unwrap_or_else(database))
}

impl Project {
    #[must_use]
    pub fn process_id(&self) -> ProcessId {
        ProcessId::of_project(&self.id)
    }

    #[must_use]
    pub fn variable_set_id(&self) -> VariableSetId {
        VariableSetId::of_project(&self.id)
    }

    #[must_use]
    pub fn settings_id(&self) -> DeploymentSettingsId {
        DeploymentSettingsId::of_project(&self.id)
    }
}
