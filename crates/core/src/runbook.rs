//! Runbooks: operations work of a project with a process of its own, no release and no lifecycle. A run is always of
//! a snapshot, a frozen copy of process and variables.
//!
//! Here is what a runbook allows; how its runs go is the engine's, as for deployments.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::environment::Environment;
use crate::id::derived::{ProcessId, VariableSetId};
use crate::id::{EnvironmentId, ProjectId, RunbookId, RunbookSnapshotId, SpaceId};
use crate::json::{Other, api_enum, null_as_default};
use crate::lifecycle::Lifecycle;
use crate::name::{Name, Slug};
use crate::project::settings::FailurePolicySetting;
use crate::project::{ConnectivityPolicy, DeploymentSettings, GuidedFailureMode, TenantedMode};
use crate::release::SelectedPackage;
use crate::tenant::Tenant;

api_enum! {
    /// Where a runbook may run.
    #[derive(Default)]
    EnvironmentScope {
        #[default]
        All,
        Specified,
        FromProjectLifecycles,
    }
}

/// Octopus' runbook document. Fields we only carry are in `other`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Runbook {
    pub id: RunbookId,
    pub name: Name,
    pub slug: Slug,
    pub space_id: SpaceId,
    pub project_id: ProjectId,
    #[serde(default)]
    pub description: Option<String>,
    /// What is run when nobody names a snapshot.
    #[serde(default)]
    pub published_runbook_snapshot_id: Option<RunbookSnapshotId>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub multi_tenancy_mode: TenantedMode,
    #[serde(default, deserialize_with = "null_as_default")]
    pub connectivity_policy: ConnectivityPolicy,
    #[serde(default, deserialize_with = "null_as_default")]
    pub environment_scope: EnvironmentScope,
    /// Of the scope `Specified`.
    #[serde(default, deserialize_with = "null_as_default")]
    pub environments: Vec<EnvironmentId>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub default_guided_failure_mode: GuidedFailureMode,
    #[serde(
        rename = "Regatta.FailurePolicy",
        default,
        deserialize_with = "null_as_default"
    )]
    pub failure_policy: FailurePolicySetting,
    #[serde(flatten)]
    pub other: Other,
}

/// A frozen copy of a runbook: what its runs run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct RunbookSnapshot {
    pub id: RunbookSnapshotId,
    pub name: String,
    pub space_id: SpaceId,
    pub project_id: ProjectId,
    pub runbook_id: RunbookId,
    /// ISO 8601.
    pub assembled: String,
    #[serde(default)]
    pub notes: Option<String>,
    pub frozen_runbook_process_id: ProcessId,
    pub frozen_project_variable_set_id: VariableSetId,
    #[serde(default, deserialize_with = "null_as_default")]
    pub library_variable_set_snapshot_ids: Vec<VariableSetId>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub selected_packages: Vec<SelectedPackage>,
    #[serde(flatten)]
    pub other: Other,
}

/// Why a runbook may not run somewhere, or for somebody.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotRun {
    #[error(
        "The runbook {runbook} does not run in {environment}. Choose another environment, or add it to the runbook's environments."
    )]
    Environment {
        runbook: String,
        environment: String,
    },
    #[error("The runbook {runbook} runs for tenants only. Name a tenant.")]
    TenantNeeded { runbook: String },
    #[error("The runbook {runbook} does not run for tenants. Allow it in the runbook's settings.")]
    Untenanted { runbook: String },
}

impl Runbook {
    #[must_use]
    pub fn process_id(&self) -> ProcessId {
        ProcessId::of_runbook(&self.id)
    }

    /// Whether it may run in the environment. `lifecycles` are those of the project and its channels, `all` the
    /// environments of the space.
    #[must_use]
    pub fn runs_in(
        &self,
        environment: &EnvironmentId,
        lifecycles: &[Lifecycle],
        all: &[Environment],
    ) -> bool {
        match self.environment_scope {
            EnvironmentScope::All => true,
            EnvironmentScope::Specified => self.environments.contains(environment),
            EnvironmentScope::FromProjectLifecycles => {
                let reached: BTreeSet<EnvironmentId> = lifecycles
                    .iter()
                    .flat_map(|lifecycle| lifecycle.environments(all))
                    .collect();
                reached.contains(environment)
            }
        }
    }

    /// # Errors
    /// When it runs for tenants only and none is named, or the other way round.
    pub fn runs_for(&self, tenant: Option<&Tenant>) -> Result<(), NotRun> {
        let runbook = self.name.to_string();
        match (self.multi_tenancy_mode, tenant) {
            (TenantedMode::Tenanted, None) => Err(NotRun::TenantNeeded { runbook }),
            (TenantedMode::Untenanted, Some(_)) => Err(NotRun::Untenanted { runbook }),
            _ => Ok(()),
        }
    }

    /// How its runs deal with machines and failures, in the terms of a project's settings.
    #[must_use]
    pub fn settings(&self) -> DeploymentSettings {
        DeploymentSettings {
            connectivity_policy: self.connectivity_policy.clone(),
            default_guided_failure_mode: self.default_guided_failure_mode,
            failure_policy: self.failure_policy,
            ..DeploymentSettings::of_new(self.project_id.clone(), self.space_id.clone())
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn runbook(scope: &str, mode: &str) -> Runbook {
        serde_json::from_value(json!({
            "Id": "Runbooks-1", "Name": "Back up", "Slug": "back-up", "SpaceId": "Spaces-1", "ProjectId": "Projects-1",
            "EnvironmentScope": scope, "Environments": ["Environments-1"], "MultiTenancyMode": mode, "RunbookTags": ["a"],
        }))
        .unwrap()
    }

    fn environment(number: u64) -> Environment {
        serde_json::from_value(json!({
            "Id": format!("Environments-{number}"), "Name": format!("E{number}"), "Slug": format!("e{number}"), "SpaceId": "Spaces-1",
        }))
        .unwrap()
    }

    fn lifecycle(targets: &[&str]) -> Lifecycle {
        serde_json::from_value(json!({
            "Id": "Lifecycles-1", "Name": "L", "Slug": "l", "SpaceId": "Spaces-1",
            "Phases": targets.iter().map(|id| json!({ "Name": id, "AutomaticDeploymentTargets": [id] })).collect::<Vec<_>>(),
        }))
        .unwrap()
    }

    #[test]
    fn the_scope_says_where_it_runs() {
        let all: Vec<Environment> = (1..=3).map(environment).collect();
        let where_it_runs = |scope: &str, lifecycles: &[Lifecycle]| -> Vec<bool> {
            let runbook = runbook(scope, "Untenanted");
            let each = all.iter().map(|e| runbook.runs_in(&e.id, lifecycles, &all));
            each.collect()
        };
        let none: &[&str] = &[];
        assert_eq!(where_it_runs("All", &[]), [true, true, true]);
        assert_eq!(where_it_runs("Specified", &[]), [true, false, false]);
        assert_eq!(
            where_it_runs(
                "FromProjectLifecycles",
                &[
                    lifecycle(&["Environments-3"]),
                    lifecycle(&["Environments-2"])
                ]
            ),
            [false, true, true]
        );
        assert_eq!(
            where_it_runs("FromProjectLifecycles", &[lifecycle(none)]),
            [true, true, true],
            "a lifecycle without phases leads everywhere"
        );
    }

    #[test]
    fn the_tenancy_mode_says_for_whom() {
        let tenant: Tenant = serde_json::from_value(json!({
            "Id": "Tenants-1", "Name": "Acme", "Slug": "acme", "SpaceId": "Spaces-1",
        }))
        .unwrap();
        let may = |mode: &str| {
            let runbook = runbook("All", mode);
            (
                runbook.runs_for(None).is_ok(),
                runbook.runs_for(Some(&tenant)).is_ok(),
            )
        };
        assert_eq!(may("Untenanted"), (true, false));
        assert_eq!(may("TenantedOrUntenanted"), (true, true));
        assert_eq!(may("Tenanted"), (false, true));
    }

    #[test]
    fn what_is_only_carried_comes_back() {
        let back = serde_json::to_value(runbook("All", "Tenanted")).unwrap();
        assert_eq!(back["RunbookTags"], json!(["a"]));
        assert_eq!(back["Regatta.FailurePolicy"], "FinishBranches");
    }
}
