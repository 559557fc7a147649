//! The settings of steps and actions as the engine wants them, with variables substituted.

use super::{PlanContext, PlanError};
use crate::engine::plan::{ActionCondition, MachineLock, Retry, StepCondition};
use crate::process::action::ActionCondition as Authored;
use crate::process::number::{self, NumberError, Window};
use crate::process::step::Condition;
use crate::process::{Action, Step, keys};
use crate::property::Properties;

pub(super) fn step_condition(step: &Step) -> StepCondition {
    match step.condition {
        Condition::Success => StepCondition::Success,
        Condition::Failure => StepCondition::Failure,
        Condition::Always => StepCondition::Always,
        Condition::Variable => {
            StepCondition::Variable(step.condition_expression().unwrap_or_default().to_owned())
        }
    }
}

pub(super) fn action_condition(action: &Action) -> ActionCondition {
    match action.condition {
        Authored::Success => ActionCondition::Success,
        Authored::Variable => {
            ActionCondition::Variable(action.condition_expression().unwrap_or_default().to_owned())
        }
    }
}

/// Octopus' bypass opens the machine to other deployments, for a step, an action or the whole deployment.
pub(super) fn machine_lock(step: &Step, context: &PlanContext<'_>) -> MachineLock {
    let is_exclusive = step
        .properties
        .filled(keys::MACHINE_LOCK)
        .is_some_and(|text| text.eq_ignore_ascii_case("exclusive"));
    let bypasses = |properties: &Properties| properties.is_true(keys::BYPASS_MUTEX);
    if is_exclusive {
        MachineLock::Exclusive
    } else if context.bypass_mutex
        || bypasses(&step.properties)
        || step
            .actions
            .iter()
            .any(|action| bypasses(&action.properties))
    {
        MachineLock::Bypass
    } else {
        MachineLock::Deployment
    }
}

pub(super) fn window(
    step: &Step,
    targets: usize,
    context: &PlanContext<'_>,
) -> Result<Option<u32>, PlanError> {
    let Some(text) = value(step, &step.properties, keys::MAX_PARALLELISM, context)? else {
        return Ok(None);
    };
    let window = Window::parse(&text).map_err(|error| bad(step, keys::MAX_PARALLELISM, &error))?;
    Ok(Some(window.of(targets)))
}

/// No retries for what the server or a person does (Octopus' rule).
pub(super) fn retry(
    step: &Step,
    action: &Action,
    context: &PlanContext<'_>,
) -> Result<Retry, PlanError> {
    if action.is_in_server() {
        return Ok(Retry::default());
    }
    let count = value(step, &action.properties, keys::RETRY_COUNT, context)?;
    let backoff = value(step, &action.properties, keys::RETRY_BACKOFF, context)?;
    number::retry(count.as_deref(), backoff.as_deref())
        .map_err(|error| bad(step, keys::RETRY_COUNT, &error))
}

pub(super) fn timeout_ms(
    step: &Step,
    action: &Action,
    context: &PlanContext<'_>,
) -> Result<Option<i64>, PlanError> {
    let Some(text) = value(step, &action.properties, keys::TIMEOUT_MINUTES, context)? else {
        return Ok(None);
    };
    number::timeout_ms(&text).map_err(|error| bad(step, keys::TIMEOUT_MINUTES, &error))
}

/// A property with its variables substituted; `None` when empty. A limit that cannot be worked out is refused: without
/// it, more would run than was asked for.
fn value(
    step: &Step,
    properties: &Properties,
    key: &'static str,
    context: &PlanContext<'_>,
) -> Result<Option<String>, PlanError> {
    let Some(text) = properties.filled(key) else {
        return Ok(None);
    };
    let text = if number::is_expression(text) {
        (context.evaluate)(text).map_err(|why| PlanError::BadExpression {
            step: step.name.clone(),
            property: key,
            why,
        })?
    } else {
        text.to_owned()
    };
    Ok(Some(text).filter(|text| !text.trim().is_empty()))
}

fn bad(step: &Step, property: &'static str, error: &NumberError) -> PlanError {
    let message = format!("`{}`, which is not {}", error.text, error.expected);
    PlanError::BadNumber {
        step: step.name.clone(),
        property,
        message,
    }
}
