//! From a process to a plan: what runs where in one deployment, what does not and why. Decided once, before the first step.
//!
//! Everything looked at is handed in ([`PlanContext`]); nothing is read again later. Run conditions are
//! not decided here: they depend on what happens. Not here either: in which order things really start,
//! that is the engine's.

use crate::deployment::DeploymentChoices;
use crate::engine::plan::{self as out, FailurePolicy, Limits, Plan, PlanStep, StepIx};
use crate::environment::Environment;
use crate::id::{ChannelId, MachineId, TenantId};
use crate::machine::{Machine, WorkerPool};
use crate::process::graph::Graph;
use crate::process::problem::Problem;
use crate::process::{DeploymentProcess, Step};
use crate::project::ConnectivityPolicy;
use crate::template::EvalError;

mod place;
pub mod preview;
mod rules;
mod sketch;
mod skip;
mod target;

pub use preview::{PreviewStep, preview};
pub use sketch::sketch;
pub use target::Exclusion;

/// What a deployment or runbook run is planned with.
pub struct PlanContext<'a> {
    /// `None`: no one in particular. Every step counts whatever environments it is limited to, and every machine.
    pub environment: Option<&'a Environment>,
    /// `None` for a runbook run, which channels do not restrict.
    pub channel: Option<&'a ChannelId>,
    pub tenant: Option<Tenant<'a>>,
    pub choices: &'a DeploymentChoices,
    /// All machines of the space; the planner selects.
    pub machines: &'a [Machine],
    /// All worker pools of the space. Steps that name none use the default one.
    pub pools: &'a [WorkerPool],
    pub connectivity: &'a ConnectivityPolicy,
    /// As decided by [`crate::project::GuidedFailureMode::decide`].
    pub guided_failure: bool,
    pub failure_policy: FailurePolicy,
    pub limits: Limits,
    /// The deployment's variable `OctopusBypassDeploymentMutex`.
    pub bypass_mutex: bool,
    pub evaluate: &'a Evaluate<'a>,
    /// Typical duration of an action by id, in ms, from past runs.
    pub expected_ms: &'a dyn Fn(&str) -> Option<i64>,
}

/// Substitutes variables of the deployment (no step, no machine) in a property. The text given has a `#{`.
pub type Evaluate<'a> = dyn Fn(&str) -> Result<String, Unusable> + 'a;

/// Why a text with variables cannot be used in a plan, which everybody may see who sees the release.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    #[error("uses a sensitive variable, and plans are shown. Use one that is not sensitive")]
    Sensitive,
    #[error("cannot be worked out: {0}")]
    Failed(#[from] EvalError),
}

/// The tenant a deployment is for.
#[derive(Debug, Clone, Copy)]
pub struct Tenant<'a> {
    pub id: &'a TenantId,
    /// Canonical tag names.
    pub tags: &'a [String],
}

/// Why no plan can be made. Each says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    #[error("The process cannot run: {}", .0.iter().map(|p| p.message.as_str()).collect::<Vec<_>>().join(" "))]
    Process(Vec<Problem>),
    #[error("The process has no steps. Add one, and create a new release.")]
    NoSteps,
    #[error("{step} is required and cannot be skipped.")]
    RequiredStep { step: String },
    #[error("`{id}` is no step or action of this release. Remove it from the steps to skip.")]
    UnknownStep { id: String },
    #[error("The machine {machine} cannot take part: {why}.")]
    MachineCannotTakePart { machine: MachineId, why: Exclusion },
    #[error("There is no machine {machine} in this space.")]
    UnknownMachine { machine: MachineId },
    #[error("No machine in {environment} has any of the target tags {}. Add a machine, or allow deployments without targets in the project's settings.", .roles.join(", "))]
    NoTargets {
        environment: String,
        roles: Vec<String>,
    },
    #[error(
        "{step} runs on {on} and also on {off}, which cannot run scripts. Set the step to run on a worker, or separate the tags."
    )]
    MixedTargets {
        step: String,
        on: String,
        off: String,
    },
    #[error("{step} names the worker pool `{pool}`, which does not exist in this space.")]
    UnknownPool { step: String, pool: String },
    #[error(
        "{step} needs a worker, and the space has no default worker pool. Make one the default, or choose a pool in the step."
    )]
    NoPool { step: String },
    #[error("{step}: `{property}` {why}.")]
    BadExpression {
        step: String,
        property: &'static str,
        why: Unusable,
    },
    #[error("{step}: `{property}` is {message}.")]
    BadNumber {
        step: String,
        property: &'static str,
        message: String,
    },
}

/// Makes the plan of one deployment.
///
/// # Errors
/// See [`PlanError`]. A process that [`crate::process::validate::validate`] accepts can still fail here:
/// on what was chosen when deploying, on machines and pools, and on expressions.
pub fn plan(process: &DeploymentProcess, context: &PlanContext<'_>) -> Result<Plan, PlanError> {
    if process.steps.is_empty() {
        return Err(PlanError::NoSteps);
    }
    let problems = crate::process::validate::validate(process);
    if !problems.is_empty() {
        return Err(PlanError::Process(problems));
    }
    let graph = Graph::of(&process.steps).expect("validation has built it already");
    skip::check_choices(process, context)?;
    let pool = target::Targets::select(process, context)?;
    let mut steps = Vec::with_capacity(process.steps.len());
    for (i, step) in process.steps.iter().enumerate() {
        let waits_for = graph.waits_for(i).iter().map(|on| step_ix(*on)).collect();
        steps.push(plan_step(step, waits_for, context, &pool)?);
    }
    Ok(Plan {
        steps,
        targets: pool.plan_targets(),
        failure_policy: context.failure_policy,
        guided_failure: context.guided_failure,
        limits: context.limits,
    })
}

fn step_ix(position: usize) -> StepIx {
    StepIx(u32::try_from(position).expect("a process that fits in memory has fewer steps"))
}

fn plan_step(
    step: &Step,
    waits_for: Vec<StepIx>,
    context: &PlanContext<'_>,
    targets: &target::Targets<'_>,
) -> Result<PlanStep, PlanError> {
    let action_skips: Vec<_> = step
        .actions
        .iter()
        .map(|action| skip::of_action(step, action, context))
        .collect();
    let machines = targets.of_step(step);
    let skip = skip::of_step(step, &action_skips, !machines.is_empty());
    let on = match (&skip, step.target_roles().is_empty()) {
        (Some(_), _) => Vec::new(),
        (None, true) => vec![None],
        (None, false) => machines
            .iter()
            .map(|machine| targets.ix(machine))
            .map(Some)
            .collect(),
    };
    let mut actions = Vec::with_capacity(step.actions.len());
    for (action, action_skip) in step.actions.iter().zip(action_skips) {
        let (kind, worker_pool) = place::of_action(step, action, &machines, context)?;
        actions.push(out::PlanAction {
            id: action.id.clone(),
            slug: action.slug.clone(),
            name: action.name.clone(),
            action_type: action.action_type.clone(),
            kind,
            condition: rules::action_condition(action),
            skip: action_skip,
            required: action.is_required(),
            retry: rules::retry(step, action, context)?,
            timeout_ms: rules::timeout_ms(step, action, context)?,
            worker_pool,
            expected_ms: (context.expected_ms)(&action.id),
        });
    }
    Ok(PlanStep {
        id: step.id.clone(),
        slug: step.slug.clone(),
        name: step.name.clone(),
        waits_for,
        condition: rules::step_condition(step),
        skip,
        window: rules::window(step, on.len(), context)?,
        on,
        machine_lock: rules::machine_lock(step, context),
        actions,
    })
}
