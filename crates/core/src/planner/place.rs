//! Who carries an action out: the target, a worker, a person, or the server.

use super::{PlanContext, PlanError};
use crate::engine::plan::ActionKind;
use crate::machine::Machine;
use crate::process::number::is_expression;
use crate::process::{Action, Step, keys};

/// The action's kind, and the pool its workers come from if it needs one.
pub(super) fn of_action(
    step: &Step,
    action: &Action,
    machines: &[&Machine],
    context: &PlanContext<'_>,
) -> Result<(ActionKind, Option<String>), PlanError> {
    if action.action_type == keys::MANUAL {
        return Ok((ActionKind::Manual, None));
    }
    if action.is_in_server() {
        return Ok((ActionKind::InServer, None));
    }
    if !step.target_roles().is_empty()
        && !action.runs_on_server()
        && runs_on_targets(action, machines)?
    {
        return Ok((ActionKind::OnTarget, None));
    }
    pool(action, machines, context).map(|pool| (ActionKind::OnWorker, Some(pool)))
}

/// Whether the step's machines run scripts themselves. Machines without an agent (cloud regions,
/// clusters) are worked on from a worker; a step cannot mix both, as one action has one kind.
fn runs_on_targets(action: &Action, machines: &[&Machine]) -> Result<bool, PlanError> {
    let able = machines
        .iter()
        .find(|machine| machine.endpoint.runs_scripts());
    let unable = machines
        .iter()
        .find(|machine| !machine.endpoint.runs_scripts());
    match (able, unable) {
        (Some(on), Some(off)) => Err(PlanError::MixedTargets {
            step: action.name.clone(),
            on: on.name.to_string(),
            off: off.name.to_string(),
        }),
        (None, Some(_)) => Ok(false),
        (_, None) => Ok(true),
    }
}

/// Octopus' order of choice: the action's pool, its pool variable, the pool all its targets name, the space's default.
fn pool(
    action: &Action,
    machines: &[&Machine],
    context: &PlanContext<'_>,
) -> Result<String, PlanError> {
    let filled = |text: &'_ Option<String>| {
        text.as_deref()
            .map(str::trim)
            .filter(|t| !t.is_empty())
            .map(str::to_owned)
    };
    let evaluated = |property: &'static str, text: &str| {
        (context.evaluate)(text).map_err(|why| PlanError::BadExpression {
            step: action.name.clone(),
            property,
            why,
        })
    };
    let by_variable = || {
        filled(&action.worker_pool_variable)
            .map(|name| evaluated("WorkerPoolVariable", &format!("#{{{name}}}")))
    };
    let by_id = filled(&action.worker_pool_id).map(|id| match is_expression(&id) {
        true => evaluated("WorkerPoolId", &id),
        false => Ok(id),
    });
    if let Some(wanted) = by_id.or_else(by_variable).transpose()? {
        let found = context
            .pools
            .iter()
            .find(|pool| pool.is_meant_by(&wanted))
            .map(|pool| pool.id.to_string());
        return found.ok_or_else(|| PlanError::UnknownPool {
            step: action.name.clone(),
            pool: wanted,
        });
    }
    let mut of_targets = machines
        .iter()
        .map(|machine| machine.endpoint.worker_pool());
    if let Some(Some(first)) = of_targets.next()
        && of_targets.all(|pool| pool == Some(first))
    {
        return Ok(first.to_owned());
    }
    let default = context
        .pools
        .iter()
        .find(|pool| pool.is_default)
        .map(|pool| pool.id.to_string());
    default.ok_or_else(|| PlanError::NoPool {
        step: action.name.clone(),
    })
}
