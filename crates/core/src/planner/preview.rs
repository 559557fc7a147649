//! What would run, for the person about to deploy: Octopus' `StepsToExecute`, with the reasons for what would not.

use serde::Serialize;

use super::target::{self, Exclusion, Targets};
use super::{PlanContext, PlanError, place, skip};
use crate::engine::plan::{ActionKind, SkipReason};
use crate::machine::{HealthStatus, Machine};
use crate::process::{Action, DeploymentProcess, Step};

/// One action of the preview. `Regatta.` keys are ours.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct PreviewStep {
    pub action_id: String,
    pub action_name: String,
    /// `2` for the only action of the second step, `2.1` for the first of several.
    pub action_number: String,
    pub roles: Vec<String>,
    pub machine_names: Vec<String>,
    pub machines: Vec<PreviewMachine>,
    pub can_be_skipped: bool,
    pub is_disabled: bool,
    pub has_no_applicable_machines: bool,
    pub unavailable_machines: Vec<PreviewMachine>,
    pub excluded_machines: Vec<PreviewMachine>,
    #[serde(rename = "Regatta.StepSlug")]
    pub step_slug: String,
    /// Why it would not run.
    #[serde(rename = "Regatta.SkipReason")]
    pub skip_reason: Option<SkipReason>,
    #[serde(rename = "Regatta.RunsOn")]
    pub runs_on: ActionKind,
}

/// A machine as the preview names it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct PreviewMachine {
    pub id: String,
    pub name: String,
    pub has_latest_calamari: bool,
    pub health_status: HealthStatus,
    /// Why it stays out although its tags match.
    #[serde(rename = "Regatta.Reason", skip_serializing_if = "Option::is_none")]
    pub reason: Option<Exclusion>,
}

/// All actions in list order. Disabled ones only on request (Octopus' `includeDisabledSteps`).
///
/// # Errors
/// Only what concerns the process and the machines; choices that cannot be followed are shown, not refused.
pub fn preview(
    process: &DeploymentProcess,
    context: &PlanContext<'_>,
    include_disabled: bool,
) -> Result<Vec<PreviewStep>, PlanError> {
    let mut rows = Vec::new();
    for (i, step) in process.steps.iter().enumerate() {
        let skips: Vec<_> = step
            .actions
            .iter()
            .map(|action| skip::of_action(step, action, context))
            .collect();
        let facts = StepFacts::of(step, context);
        let of_step = skip::of_step(step, &skips, !facts.machines.is_empty());
        for (j, (action, own)) in step.actions.iter().zip(skips).enumerate() {
            if own == Some(SkipReason::Disabled) && !include_disabled {
                continue;
            }
            let number = if step.actions.len() == 1 {
                format!("{}", i + 1)
            } else {
                format!("{}.{}", i + 1, j + 1)
            };
            let kind = place::of_action(step, action, &facts.machines, context)?.0;
            rows.push(facts.row(action, number, own.or_else(|| of_step.clone()), kind));
        }
    }
    Ok(rows)
}

/// What the actions of one step have in common.
struct StepFacts<'a> {
    step: &'a Step,
    machines: Vec<&'a Machine>,
    left_out: Vec<(&'a Machine, Exclusion)>,
}

impl<'a> StepFacts<'a> {
    fn of(step: &'a Step, context: &PlanContext<'a>) -> Self {
        let tagged = context
            .machines
            .iter()
            .filter(|machine| target::matches(machine, step));
        let left_out = tagged
            .filter_map(|machine| target::exclusion(machine, context).map(|why| (machine, why)))
            .collect();
        Self {
            step,
            machines: Targets::matching(step, context),
            left_out,
        }
    }

    fn left_out(&self, wanted: &[Exclusion]) -> Vec<PreviewMachine> {
        let chosen = self.left_out.iter().filter(|(_, why)| wanted.contains(why));
        chosen
            .map(|(machine, why)| PreviewMachine::of(machine, Some(*why)))
            .collect()
    }

    fn row(
        &self,
        action: &Action,
        action_number: String,
        skip_reason: Option<SkipReason>,
        runs_on: ActionKind,
    ) -> PreviewStep {
        let roles: Vec<String> = self
            .step
            .target_roles()
            .into_iter()
            .map(str::to_owned)
            .collect();
        PreviewStep {
            action_id: action.id.clone(),
            action_name: action.name.clone(),
            action_number,
            machine_names: self
                .machines
                .iter()
                .map(|machine| machine.name.to_string())
                .collect(),
            machines: self
                .machines
                .iter()
                .map(|machine| PreviewMachine::of(machine, None))
                .collect(),
            can_be_skipped: !action.is_required(),
            is_disabled: action.is_disabled,
            has_no_applicable_machines: !roles.is_empty() && self.machines.is_empty(),
            unavailable_machines: self.left_out(&[Exclusion::Unavailable, Exclusion::Unhealthy]),
            excluded_machines: self.left_out(&[
                Exclusion::Excluded,
                Exclusion::NotChosen,
                Exclusion::Disabled,
            ]),
            step_slug: self.step.slug.clone(),
            skip_reason,
            runs_on,
            roles,
        }
    }
}

impl PreviewMachine {
    fn of(machine: &Machine, reason: Option<Exclusion>) -> Self {
        Self {
            id: machine.id.to_string(),
            name: machine.name.to_string(),
            has_latest_calamari: true,
            health_status: machine.health_status,
            reason,
        }
    }
}
