//! A tenant: a customer, branch or region that gets deployments of its own.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::id::{EnvironmentId, ProjectId, SpaceId, TenantId};
use crate::json::{Other, null_as_default};
use crate::name::{Name, Slug};
use crate::project::TenantedMode;

pub mod value;

/// Octopus' tenant document.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Tenant {
    pub id: TenantId,
    pub name: Name,
    pub slug: Slug,
    pub space_id: SpaceId,
    #[serde(default)]
    pub description: Option<String>,
    /// Canonical tag names.
    #[serde(default, deserialize_with = "null_as_default")]
    pub tenant_tags: Vec<String>,
    /// The projects it is connected to, each with the environments it gets them in.
    #[serde(default, deserialize_with = "null_as_default")]
    pub project_environments: BTreeMap<ProjectId, Vec<EnvironmentId>>,
    /// No deployments.
    #[serde(default, deserialize_with = "null_as_default")]
    pub is_disabled: bool,
    #[serde(flatten)]
    pub other: Other,
}

/// Why a tenant gets no deployment of a project in an environment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotServed {
    #[error("The tenant {tenant} is disabled. Enable it first.")]
    Disabled { tenant: String },
    #[error("The tenant {tenant} is not connected to the project {project}. Connect it first.")]
    NotConnected { tenant: String, project: String },
    #[error("The tenant {tenant} is not connected to the project {project} in {environment}.")]
    NotInEnvironment {
        tenant: String,
        project: String,
        environment: String,
    },
    #[error(
        "The project {project} is not deployed to tenants. Allow it in the project's settings."
    )]
    Untenanted { project: String },
    #[error("The channel of the release is only for tenants with the tags {}.", .tags.join(", "))]
    Channel { tags: Vec<String> },
}

/// What a deployment to a tenant is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Connection<'a> {
    pub project: &'a crate::project::Project,
    pub environment: &'a crate::environment::Environment,
    /// Canonical tag names the release's channel is restricted to.
    pub channel_tags: &'a [String],
}

impl Tenant {
    /// Whether the tenant gets this project in this environment.
    ///
    /// # Errors
    /// The first reason why not.
    pub fn serves(&self, asked: Connection<'_>) -> Result<(), NotServed> {
        let tenant = self.name.to_string();
        let project = asked.project.name.to_string();
        if asked.project.tenanted_deployment_mode == TenantedMode::Untenanted {
            return Err(NotServed::Untenanted { project });
        }
        if self.is_disabled {
            return Err(NotServed::Disabled { tenant });
        }
        let Some(environments) = self.project_environments.get(&asked.project.id) else {
            return Err(NotServed::NotConnected { tenant, project });
        };
        if !environments.contains(&asked.environment.id) {
            let environment = asked.environment.name.to_string();
            return Err(NotServed::NotInEnvironment {
                tenant,
                project,
                environment,
            });
        }
        if !crate::tag_set::matches(asked.channel_tags, &self.tenant_tags) {
            let tags = asked.channel_tags.to_vec();
            return Err(NotServed::Channel { tags });
        }
        Ok(())
    }
}
