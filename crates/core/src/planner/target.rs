//! Which machines take part: environment ∩ target tags ∩ tenant ∩ enabled ∩ chosen ∩ healthy enough.

use std::collections::BTreeMap;

use super::{PlanContext, PlanError, skip};
use crate::engine::plan::{PlanTarget, TargetIx};
use crate::id::MachineId;
use crate::machine::{HealthStatus, Machine};
use crate::process::{DeploymentProcess, Step};
use crate::project::settings::SkipMachineBehavior;

/// Why a machine with matching tags stays out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error, serde::Serialize)]
pub enum Exclusion {
    #[error("it is not in this environment")]
    Environment,
    #[error("it is disabled")]
    Disabled,
    #[error("it is not for this tenant")]
    Tenant,
    #[error("it was not among the chosen machines")]
    NotChosen,
    #[error("it was excluded by choice")]
    Excluded,
    #[error("it is unhealthy, and the project leaves such machines out")]
    Unhealthy,
    #[error("it is unavailable, and the project skips such machines")]
    Unavailable,
}

/// The machines of a deployment, in name order.
pub(super) struct Targets<'a> {
    eligible: Vec<&'a Machine>,
    /// Those that some step runs on, with their number.
    used: BTreeMap<&'a MachineId, u32>,
}

impl<'a> Targets<'a> {
    /// Selects the machines, and refuses a deployment that would reach none although its steps ask for some (regression case 20).
    pub(super) fn select(
        process: &DeploymentProcess,
        context: &PlanContext<'a>,
    ) -> Result<Self, PlanError> {
        check_chosen(context)?;
        let mut targets = Self {
            eligible: eligible(context),
            used: BTreeMap::new(),
        };
        let wanting: Vec<&Step> = process
            .steps
            .iter()
            .filter(|step| wants_targets(step, context))
            .collect();
        let used: Vec<&Machine> = targets
            .eligible
            .iter()
            .copied()
            .filter(|m| wanting.iter().any(|step| matches(m, step)))
            .collect();
        if used.is_empty()
            && !wanting.is_empty()
            && !context.connectivity.allow_deployments_to_no_targets
        {
            let mut roles: Vec<String> = wanting
                .iter()
                .flat_map(|step| step.target_roles())
                .map(str::to_owned)
                .collect();
            roles.sort_unstable();
            roles.dedup();
            return Err(PlanError::NoTargets {
                environment: context.environment.map_or_else(
                    || "any environment".to_owned(),
                    |found| found.name.to_string(),
                ),
                roles,
            });
        }
        targets.used = used
            .into_iter()
            .zip(0..)
            .map(|(machine, ix)| (&machine.id, ix))
            .collect();
        Ok(targets)
    }

    /// The machines without a word about steps that reach none, or about choices that cannot be followed.
    pub(super) fn lenient(process: &DeploymentProcess, context: &PlanContext<'a>) -> Self {
        let eligible = eligible(context);
        let used = eligible
            .iter()
            .filter(|machine| process.steps.iter().any(|step| matches(machine, step)));
        Self {
            used: used
                .zip(0..)
                .map(|(machine, ix)| (&machine.id, ix))
                .collect(),
            eligible,
        }
    }

    /// The machines a step would run on, when only that is asked.
    pub(super) fn matching(step: &Step, context: &PlanContext<'a>) -> Vec<&'a Machine> {
        eligible(context)
            .into_iter()
            .filter(|machine| matches(machine, step))
            .collect()
    }

    /// The machines a step runs on if it runs; none if it names no tags.
    pub(super) fn of_step(&self, step: &Step) -> Vec<&'a Machine> {
        self.eligible
            .iter()
            .copied()
            .filter(|machine| matches(machine, step))
            .collect()
    }

    pub(super) fn ix(&self, machine: &Machine) -> TargetIx {
        TargetIx(
            *self
                .used
                .get(&machine.id)
                .expect("a step that runs has counted its machines as used"),
        )
    }

    pub(super) fn plan_targets(&self) -> Vec<PlanTarget> {
        let used = self
            .eligible
            .iter()
            .filter(|machine| self.used.contains_key(&machine.id));
        used.map(|machine| PlanTarget {
            id: machine.id.to_string(),
            name: machine.name.to_string(),
        })
        .collect()
    }
}

/// The machines that could take part, in name order.
fn eligible<'a>(context: &PlanContext<'a>) -> Vec<&'a Machine> {
    let mut machines: Vec<&Machine> = context
        .machines
        .iter()
        .filter(|m| exclusion(m, context).is_none())
        .collect();
    machines.sort_by(|a, b| (a.name.key(), &a.id).cmp(&(b.name.key(), &b.id)));
    machines
}

/// Whether a step runs in this deployment, as far as scopes go, and runs on targets.
fn wants_targets(step: &Step, context: &PlanContext<'_>) -> bool {
    let skips = |action| skip::of_action(step, action, context);
    !step.target_roles().is_empty() && step.actions.iter().any(|action| skips(action).is_none())
}

/// Whether the machine has any of the step's tags (in any case of letters).
pub(super) fn matches(machine: &Machine, step: &Step) -> bool {
    step.target_roles().iter().any(|role| {
        machine
            .roles
            .iter()
            .any(|own| own.eq_ignore_ascii_case(role))
    })
}

/// Why a machine takes no part in this deployment.
pub(super) fn exclusion(machine: &Machine, context: &PlanContext<'_>) -> Option<Exclusion> {
    let choices = context.choices;
    let is_elsewhere = |environment: &crate::environment::Environment| {
        !machine.environment_ids.contains(&environment.id)
    };
    if context.environment.is_some_and(is_elsewhere) {
        Some(Exclusion::Environment)
    } else if machine.is_disabled {
        Some(Exclusion::Disabled)
    } else if !serves_tenant(machine, context) {
        Some(Exclusion::Tenant)
    } else if choices.excluded_machine_ids.contains(&machine.id) {
        Some(Exclusion::Excluded)
    } else if !choices.specific_machine_ids.is_empty()
        && !choices.specific_machine_ids.contains(&machine.id)
    {
        Some(Exclusion::NotChosen)
    } else {
        unfit(machine, context)
    }
}

/// The connectivity policy's say.
fn unfit(machine: &Machine, context: &PlanContext<'_>) -> Option<Exclusion> {
    let policy = context.connectivity;
    let may_be_skipped = policy.target_roles.is_empty()
        || policy.target_roles.iter().any(|role| {
            machine
                .roles
                .iter()
                .any(|own| own.eq_ignore_ascii_case(role))
        });
    match machine.health_status {
        HealthStatus::Unavailable
            if policy.skip_machine_behavior == SkipMachineBehavior::SkipUnavailableMachines
                && may_be_skipped =>
        {
            Some(Exclusion::Unavailable)
        }
        HealthStatus::Unhealthy if policy.exclude_unhealthy_targets => Some(Exclusion::Unhealthy),
        _ => None,
    }
}

fn serves_tenant(machine: &Machine, context: &PlanContext<'_>) -> bool {
    let tenant = context.tenant.map(|tenant| (tenant.id, tenant.tags));
    let chosen = (&*machine.tenant_ids, &*machine.tenant_tags);
    machine
        .tenanted_deployment_participation
        .takes_part(chosen, tenant)
}

/// A machine somebody chose by name must be able to take part, else the choice would silently do nothing.
fn check_chosen(context: &PlanContext<'_>) -> Result<(), PlanError> {
    for id in &context.choices.specific_machine_ids {
        let machine = context.machines.iter().find(|machine| machine.id == *id);
        let machine = machine.ok_or_else(|| PlanError::UnknownMachine {
            machine: id.clone(),
        })?;
        if let Some(why) = exclusion(machine, context) {
            return Err(PlanError::MachineCannotTakePart {
                machine: id.clone(),
                why,
            });
        }
    }
    Ok(())
}
