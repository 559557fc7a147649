//! What will run where, frozen before the first step starts. Nothing here is looked up again later.

use serde::{Deserialize, Serialize};

/// Position of a step in [`Plan::steps`], which is the order people see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StepIx(pub u32);

/// Position of an action (child step) in [`PlanStep::actions`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ActionIx(pub u32);

/// Position of a deployment target in [`Plan::targets`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TargetIx(pub u32);

/// Everything the engine needs to know about one deployment or runbook run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// Steps in list order. Disabled and skipped steps are present, with [`PlanStep::skip`] set.
    pub steps: Vec<PlanStep>,
    /// Machines taking part, in name order.
    pub targets: Vec<PlanTarget>,
    /// What happens to unrelated branches after a failure.
    pub failure_policy: FailurePolicy,
    /// Whether a failed action asks a person before it counts as failed.
    pub guided_failure: bool,
    pub limits: Limits,
}

/// A deployment target, frozen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanTarget {
    /// Document id, e.g. `Machines-7`.
    pub id: String,
    pub name: String,
}

/// One step: a node of the graph.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanStep {
    pub id: String,
    pub slug: String,
    pub name: String,
    /// Direct predecessors, computed over the steps as authored (disabled ones included).
    pub waits_for: Vec<StepIx>,
    pub condition: StepCondition,
    /// Known before the run that the step will not run.
    pub skip: Option<SkipReason>,
    /// Where the step's body runs: once per target (ascending), or once (`None` = a worker or the server).
    pub on: Vec<Option<TargetIx>>,
    /// At most this many targets inside the step at any time; `None` = all at once.
    pub window: Option<u32>,
    pub machine_lock: MachineLock,
    /// The body: run one after the other on each place. Never empty.
    pub actions: Vec<PlanAction>,
}

/// One action of a step's body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanAction {
    pub id: String,
    pub slug: String,
    pub name: String,
    /// Octopus' action type, e.g. `Octopus.Script`.
    pub action_type: String,
    pub kind: ActionKind,
    pub condition: ActionCondition,
    pub skip: Option<SkipReason>,
    /// A required action can be neither skipped nor ignored.
    pub required: bool,
    pub retry: Retry,
    /// Limit for one attempt, from start to end.
    pub timeout_ms: Option<i64>,
    /// Pool whose workers may run it; `None` when it runs on the target or in the server.
    pub worker_pool: Option<String>,
    /// Typical duration from past runs: decides what starts first when slots are short,
    /// and feeds the simulator. `None` = no history yet.
    #[serde(default)]
    pub expected_ms: Option<i64>,
}

/// Who carries an action out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ActionKind {
    /// A script on the deployment target itself.
    OnTarget,
    /// A script on a worker, once or on behalf of each target.
    OnWorker,
    /// The deployment waits for a person.
    Manual,
    /// Carried out inside the server.
    InServer,
}

/// When a step may run, once everything it waits for is settled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum StepCondition {
    /// Every step it waits for (through skipped ones) succeeded or was ignored.
    Success,
    /// One of them failed.
    Failure,
    /// Whatever became of them.
    Always,
    /// An expression the shell evaluates when asked to.
    Variable(String),
}

/// When a child action may run, on its place, after the action before it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ActionCondition {
    Success,
    Variable(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum FailurePolicy {
    FinishBranches,
    StartNothingNew,
    CancelRunning,
}

/// How a step shares its machines with other work (DESIGN D6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum MachineLock {
    /// Held by the deployment from its first to its last step there; its own steps overlap.
    Deployment,
    /// The step has the machine to itself, also within its deployment.
    Exclusive,
    /// Takes no lock: other deployments may use the machine at the same time.
    Bypass,
}

/// Automatic further attempts after a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Retry {
    /// Attempts after the first; 0 = none.
    pub retries_max: u32,
    /// Pause before the first retry; doubles with each further one.
    pub backoff_ms: i64,
}

/// Caps on what one deployment runs at once; `None` = no cap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Limits {
    pub running_max: Option<u32>,
    pub per_machine_max: Option<u32>,
}

/// Why something does not run. Shown to people; never a failure by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum SkipReason {
    Disabled,
    /// Asked for when the deployment was created.
    ByUser,
    Environment,
    Channel,
    TenantTags,
    /// Every action of the step is skipped.
    NoActions,
    /// The step names target tags and no machine matches.
    NoTargets,
    /// Its run condition did not hold.
    Condition(String),
    /// A step it waits for failed (or was itself blocked by it). Of several the one listed first,
    /// so that the answer does not depend on timing.
    BlockedBy(StepIx),
    /// The failure policy starts nothing new.
    FailurePolicy,
    Canceled,
    /// The machine was taken out of the deployment.
    TargetExcluded,
    /// An earlier action failed on the same place.
    EarlierActionFailed,
    /// The step is rolling and failed on a target before this one's turn came.
    EarlierTargetFailed,
}
