//! What does not run, known before the start: scopes, choices of the person deploying, disabled actions.

use super::{PlanContext, PlanError};
use crate::engine::plan::SkipReason;
use crate::process::{Action, DeploymentProcess, Step};
use crate::tag_set;

/// Refuses choices that cannot be followed: skipping what is required, or what does not exist.
pub(super) fn check_choices(
    process: &DeploymentProcess,
    context: &PlanContext<'_>,
) -> Result<(), PlanError> {
    let skipped = &context.choices.skip_actions;
    let unknown = skipped.iter().find(|id| {
        !process
            .steps
            .iter()
            .any(|step| step.id == **id || step.actions.iter().any(|action| action.id == **id))
    });
    if let Some(id) = unknown {
        return Err(PlanError::UnknownStep { id: id.clone() });
    }
    let required = process.actions().find(|(step, action)| {
        action.is_required() && of_action(step, action, context) == Some(SkipReason::ByUser)
    });
    match required {
        Some((_, action)) => Err(PlanError::RequiredStep {
            step: action.name.clone(),
        }),
        None => Ok(()),
    }
}

/// Why an action does not run in this deployment. The first of: disabled, environment, channel, tenant, by choice.
pub(super) fn of_action(
    step: &Step,
    action: &Action,
    context: &PlanContext<'_>,
) -> Option<SkipReason> {
    let environment = context
        .environment
        .map(|environment| environment.id.as_str());
    let names = |list: &[String]| list.iter().any(|id| Some(id.as_str()) == environment);
    let limited = environment.is_some() && !action.environments.is_empty();
    if action.is_disabled {
        Some(SkipReason::Disabled)
    } else if (limited && !names(&action.environments)) || names(&action.excluded_environments) {
        Some(SkipReason::Environment)
    } else if context.channel.is_some_and(|c| {
        !action.channels.is_empty() && !action.channels.iter().any(|id| id == c.as_str())
    }) {
        Some(SkipReason::Channel)
    } else if !tag_set::matches(
        &action.tenant_tags,
        // Without a tenant no tag is met.
        context.tenant.map_or(&[], |tenant| tenant.tags),
    ) {
        Some(SkipReason::TenantTags)
    } else {
        let chosen = &context.choices.skip_actions;
        (chosen.contains(&action.id) || chosen.contains(&step.id)).then_some(SkipReason::ByUser)
    }
}

/// Why a step as a whole does not run: all its actions are skipped, or no machine matches its tags.
pub(super) fn of_step(
    step: &Step,
    actions: &[Option<SkipReason>],
    has_targets: bool,
) -> Option<SkipReason> {
    let mut reasons = actions.iter();
    let first = reasons.next().expect("validated: a step has actions");
    if let Some(first) = first
        .as_ref()
        .filter(|_| actions.iter().all(Option::is_some))
    {
        let same = reasons.all(|reason| reason.as_ref() == Some(first));
        return Some(if same {
            first.clone()
        } else {
            SkipReason::NoActions
        });
    }
    (!step.target_roles().is_empty() && !has_targets).then_some(SkipReason::NoTargets)
}
