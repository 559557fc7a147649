//! A deployment process as people write it: steps, what they do, where, and when they start.
//!
//! The document is Octopus' ([`DeploymentProcess`], [`Step`], [`Action`]) and is kept as sent:
//! nothing is compiled away. [`graph`] turns start rules into "waits for", [`validate`] refuses
//! what cannot run, [`lint`] warns about what will surprise. Not here: what runs in one
//! particular deployment, that is [`crate::planner`].

use serde::{Deserialize, Serialize};

use crate::id::{ProjectId, RunbookId, SpaceId, derived::ProcessId};
use crate::json::{Other, null_as_default};

pub mod action;
pub mod adopt;
pub mod fix;
pub mod graph;
pub mod keys;
pub mod lint;
pub mod number;
pub mod outline;
pub mod output;
pub mod package_feature;
pub mod problem;
pub mod rail;
pub mod start;
pub mod step;
pub mod texts;
pub mod validate;

pub use action::{Action, Container, GitDependency, PackageReference};
pub use start::StartRule;
pub use step::Step;

/// The process of a project or a runbook.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DeploymentProcess {
    pub id: ProcessId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project_id: Option<ProjectId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runbook_id: Option<RunbookId>,
    pub space_id: SpaceId,
    /// Counts saves. A save must name the version it changes.
    #[serde(default)]
    pub version: i32,
    #[serde(default)]
    pub last_snapshot_id: Option<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub steps: Vec<Step>,
    #[serde(flatten)]
    pub other: Other,
}

impl DeploymentProcess {
    /// The process a new project starts with: no steps.
    #[must_use]
    pub fn empty(project: ProjectId, space: SpaceId) -> Self {
        Self {
            id: ProcessId::of_project(&project),
            project_id: Some(project),
            runbook_id: None,
            space_id: space,
            version: 0,
            last_snapshot_id: None,
            steps: Vec::new(),
            other: Other::new(),
        }
    }

    /// The process a new runbook starts with: no steps.
    #[must_use]
    pub fn empty_of_runbook(runbook: RunbookId, project: ProjectId, space: SpaceId) -> Self {
        Self {
            id: ProcessId::of_runbook(&runbook),
            runbook_id: Some(runbook),
            ..Self::empty(project, space)
        }
    }

    /// The step with this slug.
    #[must_use]
    pub fn step_by_slug(&self, slug: &str) -> Option<&Step> {
        self.steps.iter().find(|step| step.slug == slug)
    }

    /// The action with this id, and its step.
    #[must_use]
    pub fn action_by_id(&self, id: &str) -> Option<(&Step, &Action)> {
        self.actions().find(|(_, action)| action.id == id)
    }

    /// All actions in list order, each with its step.
    pub fn actions(&self) -> impl Iterator<Item = (&Step, &Action)> {
        self.steps
            .iter()
            .flat_map(|step| step.actions.iter().map(move |action| (step, action)))
    }

    /// What an API answer may show: the same without the ciphertext of secrets.
    #[must_use]
    pub fn to_public(&self) -> Self {
        let mut public = self.clone();
        for step in &mut public.steps {
            step.properties = step.properties.to_public();
            for action in &mut step.actions {
                action.properties = action.properties.to_public();
            }
        }
        public
    }
}
