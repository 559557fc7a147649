//! Lifecycles: the phases a release goes through, and where it may be deployed now.
//!
//! Octopus' rules: without phases every environment is a phase of its own, in sort order; a phase
//! without environments stands for all that no earlier phase names; what a release has reached it
//! may be deployed to again. Not here: retention, and queueing what is automatic.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::environment::Environment;
use crate::id::{EnvironmentId, LifecycleId, SpaceId};
use crate::json::{Other, api_enum, null_as_default};
use crate::name::{Name, Slug};

/// Octopus' lifecycle document.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Lifecycle {
    pub id: LifecycleId,
    pub name: Name,
    pub slug: Slug,
    pub space_id: SpaceId,
    #[serde(default)]
    pub description: Option<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub phases: Vec<Phase>,
    #[serde(default)]
    pub release_retention_policy: Option<Value>,
    #[serde(default)]
    pub tentacle_retention_policy: Option<Value>,
    #[serde(flatten)]
    pub other: Other,
}

/// One phase of a lifecycle, as written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Phase {
    #[serde(default, deserialize_with = "null_as_default")]
    pub id: String,
    pub name: Name,
    /// Deployed to as soon as the phase is reached.
    #[serde(default, deserialize_with = "null_as_default")]
    pub automatic_deployment_targets: Vec<EnvironmentId>,
    /// Deployed to by hand.
    #[serde(default, deserialize_with = "null_as_default")]
    pub optional_deployment_targets: Vec<EnvironmentId>,
    /// How many environments must have succeeded before the next phase; 0 = all.
    #[serde(default, deserialize_with = "null_as_default")]
    pub minimum_environments_before_promotion: u32,
    #[serde(default, deserialize_with = "null_as_default")]
    pub is_optional_phase: bool,
    #[serde(flatten)]
    pub other: Other,
}

api_enum! {
    /// How far a release is in a phase.
    Progress {
        Pending,
        Current,
        Complete,
    }
}

/// A phase for one release: which environments it means today, and whether it is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhaseState {
    /// The written phase's id; the environment's, where the phase is implied by it.
    pub id: String,
    pub name: String,
    pub automatic: Vec<EnvironmentId>,
    pub by_hand: Vec<EnvironmentId>,
    /// Environments that must succeed before the next phase.
    pub required: usize,
    pub is_optional: bool,
    pub progress: Progress,
    /// Not reached, or held back by a defect.
    pub blocked: bool,
}

/// What is known of a release's deployments; one tenant's, where progress is per tenant.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reached {
    /// Environments with a successful deployment of the release.
    pub succeeded: BTreeSet<EnvironmentId>,
    /// An unresolved defect keeps it out of phases it has not reached.
    pub has_defect: bool,
}

/// Why a release may not be deployed to an environment now.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotNow {
    #[error(
        "The lifecycle {lifecycle} does not contain the environment {environment}. Add it to a phase, or use a channel with another lifecycle."
    )]
    NotInLifecycle {
        lifecycle: String,
        environment: EnvironmentId,
    },
    #[error("The release must first be deployed to {missing} more of the environments of phase {phase}: {}.", list(.candidates))]
    PhaseIncomplete {
        phase: String,
        missing: usize,
        candidates: Vec<EnvironmentId>,
    },
    #[error("The release has an unresolved defect. Resolve it, or deploy another release.")]
    Defect,
}

fn list(ids: &[EnvironmentId]) -> String {
    ids.iter()
        .map(EnvironmentId::as_str)
        .collect::<Vec<_>>()
        .join(", ")
}

impl PhaseState {
    /// All environments of the phase, automatic ones first.
    pub fn environments(&self) -> impl Iterator<Item = &EnvironmentId> {
        self.automatic.iter().chain(&self.by_hand)
    }

    fn missing(&self, reached: &Reached) -> usize {
        let done = self
            .environments()
            .filter(|e| reached.succeeded.contains(*e))
            .count();
        self.required.saturating_sub(done)
    }
}

impl Lifecycle {
    /// The phases for a release, over all `environments` of the space.
    #[must_use]
    pub fn progression(&self, environments: &[Environment], reached: &Reached) -> Vec<PhaseState> {
        let mut phases = self.expanded(environments);
        let mut open = true;
        let touched: Vec<bool> = phases
            .iter()
            .map(|phase| phase.environments().any(|e| reached.succeeded.contains(e)))
            .collect();
        for (i, phase) in phases.iter_mut().enumerate() {
            // A later success means this phase was passed, whatever has been added to it since.
            let was_reached = touched[i..].contains(&true);
            let complete = phase.missing(reached) == 0;
            let reachable = was_reached || (open && !(reached.has_defect && i > 0));
            phase.blocked = !reachable;
            phase.progress = match (reachable, complete) {
                (true, true) => Progress::Complete,
                (true, false) => Progress::Current,
                (false, _) => Progress::Pending,
            };
            open = open && (complete || phase.is_optional);
        }
        phases
    }

    /// Whether the release may be deployed to `environment` now, and why not.
    pub fn may_deploy(
        &self,
        environment: &EnvironmentId,
        environments: &[Environment],
        reached: &Reached,
    ) -> Result<(), NotNow> {
        let phases = self.progression(environments, reached);
        let here = phases
            .iter()
            .position(|phase| phase.environments().any(|e| e == environment));
        let here = here.ok_or_else(|| NotNow::NotInLifecycle {
            lifecycle: self.name.to_string(),
            environment: environment.clone(),
        })?;
        if !phases[here].blocked {
            return Ok(());
        }
        let obstacle = phases[..here]
            .iter()
            .find(|phase| !phase.is_optional && phase.missing(reached) > 0);
        Err(
            obstacle.map_or(NotNow::Defect, |phase| NotNow::PhaseIncomplete {
                phase: phase.name.clone(),
                missing: phase.missing(reached),
                candidates: phase
                    .environments()
                    .filter(|e| !reached.succeeded.contains(*e))
                    .cloned()
                    .collect(),
            }),
        )
    }

    /// Where the release is to be deployed without being asked: the automatic environments of the phases that are open
    /// after something happened and were not before (`None`: the release is new). An optional phase has none.
    #[must_use]
    pub fn automatic(
        &self,
        environments: &[Environment],
        before: Option<&Reached>,
        after: &Reached,
    ) -> Vec<EnvironmentId> {
        let open = |reached: &Reached| -> Vec<bool> {
            let phases = self.progression(environments, reached);
            phases.iter().map(|phase| !phase.blocked).collect()
        };
        let was_open = before.map(open).unwrap_or_default();
        let phases = self.progression(environments, after);
        let opened = phases.into_iter().enumerate().filter(|(i, phase)| {
            let is_new = !was_open.get(*i).copied().unwrap_or(false);
            is_new && !phase.blocked && !phase.is_optional
        });
        opened.flat_map(|(_, phase)| phase.automatic).collect()
    }

    /// The lifecycle as it is for a tenant that gets a project in `connected` only: other environments are not waited
    /// for, and a phase without any of them is no phase (deployment-semantics §1.2).
    #[must_use]
    pub fn for_tenant(&self, connected: &[EnvironmentId]) -> Self {
        let mut own = self.clone();
        for phase in &mut own.phases {
            for environments in [
                &mut phase.automatic_deployment_targets,
                &mut phase.optional_deployment_targets,
            ] {
                environments.retain(|id| connected.contains(id));
            }
        }
        let is_left = |(phase, written): (&Phase, &Phase)| {
            let count = |phase: &Phase| {
                phase.automatic_deployment_targets.len() + phase.optional_deployment_targets.len()
            };
            // One that names nothing stands for all others, also for a tenant.
            count(phase) > 0 || count(written) == 0
        };
        let left = own.phases.iter().zip(&self.phases);
        own.phases = left
            .filter(|pair| is_left(*pair))
            .map(|(phase, _)| phase.clone())
            .collect();
        if own.phases.is_empty() {
            // No phases at all would let it in everywhere.
            own.phases.clone_from(&self.phases);
        }
        own
    }

    /// Every environment it leads to.
    #[must_use]
    pub fn environments(&self, all: &[Environment]) -> Vec<EnvironmentId> {
        let phases = self.expanded(all);
        phases
            .iter()
            .flat_map(PhaseState::environments)
            .cloned()
            .collect()
    }

    /// Phases with their environments spelled out, as if nothing had been deployed.
    fn expanded(&self, environments: &[Environment]) -> Vec<PhaseState> {
        let mut sorted: Vec<&Environment> = environments.iter().collect();
        sorted.sort_by_key(|environment| (environment.sort_order, environment.name.key()));
        if self.phases.is_empty() {
            return sorted.into_iter().map(PhaseState::implied_by).collect();
        }
        let mut named: BTreeSet<&EnvironmentId> = BTreeSet::new();
        let mut phases = Vec::with_capacity(self.phases.len());
        for phase in &self.phases {
            let is_open = phase.automatic_deployment_targets.is_empty()
                && phase.optional_deployment_targets.is_empty();
            let rest = sorted
                .iter()
                .map(|e| &e.id)
                .filter(|id| is_open && !named.contains(id))
                .cloned();
            let by_hand: Vec<EnvironmentId> = phase
                .optional_deployment_targets
                .iter()
                .cloned()
                .chain(rest)
                .collect();
            phases.push(PhaseState::written(phase, by_hand));
            named.extend(
                phase
                    .automatic_deployment_targets
                    .iter()
                    .chain(&phase.optional_deployment_targets),
            );
        }
        phases
    }
}

impl PhaseState {
    fn implied_by(environment: &Environment) -> Self {
        Self {
            id: environment.id.to_string(),
            name: environment.name.to_string(),
            automatic: Vec::new(),
            by_hand: vec![environment.id.clone()],
            required: 1,
            is_optional: false,
            progress: Progress::Pending,
            blocked: true,
        }
    }

    fn written(phase: &Phase, by_hand: Vec<EnvironmentId>) -> Self {
        let all = phase.automatic_deployment_targets.len() + by_hand.len();
        let minimum = phase.minimum_environments_before_promotion as usize;
        Self {
            id: phase.id.clone(),
            name: phase.name.to_string(),
            automatic: phase.automatic_deployment_targets.clone(),
            by_hand,
            required: if minimum == 0 { all } else { minimum.min(all) },
            is_optional: phase.is_optional_phase,
            progress: Progress::Pending,
            blocked: true,
        }
    }
}
