//! The property keys of steps and actions that mean something to us. Octopus' own, and ours under `Regatta.`.

/// Step: JSON array of step slugs; `[]` = waits for nothing; absent = not set. Ours.
pub const DEPENDS_ON: &str = "Regatta.Step.DependsOn";
/// Step: `deployment` (default) or `exclusive`. Ours.
pub const MACHINE_LOCK: &str = "Regatta.Step.MachineLock";
/// Step: JSON array of lint kinds the author has marked as intended. Ours.
pub const INTENDED: &str = "Regatta.Step.Intended";
/// Step or action: `True` = other deployments may use the machine meanwhile. Octopus' (a variable there, too).
pub const BYPASS_MUTEX: &str = "OctopusBypassDeploymentMutex";
/// Step: target tags, comma-separated; a machine with any of them takes part.
pub const TARGET_ROLES: &str = "Octopus.Action.TargetRoles";
/// Step: how many targets are inside the step at a time.
pub const MAX_PARALLELISM: &str = "Octopus.Action.MaxParallelism";
/// Step: the expression of condition `Variable`.
pub const STEP_CONDITION: &str = "Octopus.Step.ConditionVariableExpression";
/// The same under the key older exports use, on steps and on actions.
pub const ACTION_CONDITION: &str = "Octopus.Action.ConditionVariableExpression";
/// Action: `True` = on a worker, not on the target.
pub const RUN_ON_SERVER: &str = "Octopus.Action.RunOnServer";
/// Action: further attempts after a failure.
pub const RETRY_COUNT: &str = "Octopus.Action.AutoRetry.MaximumCount";
/// Action: seconds before the first further attempt.
pub const RETRY_BACKOFF: &str = "Octopus.Action.AutoRetry.MinimumBackoff";
/// Action: minutes one attempt may take; fractions allowed.
pub const TIMEOUT_MINUTES: &str = "Octopus.Action.ExecutionTimeout.Minutes";
pub const SCRIPT_SOURCE: &str = "Octopus.Action.Script.ScriptSource";
pub const SCRIPT_SYNTAX: &str = "Octopus.Action.Script.Syntax";
pub const SCRIPT_BODY: &str = "Octopus.Action.Script.ScriptBody";
pub const SCRIPT_FILE: &str = "Octopus.Action.Script.ScriptFileName";
/// Words of the script's language behind the file of a package.
pub const SCRIPT_PARAMETERS: &str = "Octopus.Action.Script.ScriptParameters";
/// What a step that deploys a package does besides, separated by commas.
pub const ENABLED_FEATURES: &str = "Octopus.Action.EnabledFeatures";
/// Files of the package in which variables are replaced: one pattern a line.
pub const SUBSTITUTE_TARGETS: &str = "Octopus.Action.SubstituteInFiles.TargetFiles";
/// Configuration files of the package into which values are put by the place they name: one pattern a line.
pub const STRUCTURED_TARGETS: &str = "Octopus.Action.Package.JsonConfigurationVariablesTargets";
/// Which files of the package transform which, besides those that their names say: one rule a line.
pub const TRANSFORMS: &str = "Octopus.Action.Package.AdditionalXmlConfigurationTransforms";
pub const MANUAL_INSTRUCTIONS: &str = "Octopus.Action.Manual.Instructions";
pub const MANUAL_TEAMS: &str = "Octopus.Action.Manual.ResponsibleTeamIds";
pub const PACKAGE_ID: &str = "Octopus.Action.Package.PackageId";
pub const PACKAGE_FEED: &str = "Octopus.Action.Package.FeedId";

/// Action types the server carries out itself.
pub const IN_SERVER: &[&str] = &[
    "Octopus.Manual",
    "Octopus.Email",
    "Octopus.DeployRelease",
    "Octopus.HealthCheck",
    "Octopus.Certificate.Import",
];
pub const MANUAL: &str = "Octopus.Manual";
pub const SCRIPT: &str = "Octopus.Script";
/// Unpacks a package and runs the scripts in it.
pub const DEPLOY_PACKAGE: &str = "Octopus.TentaclePackage";
