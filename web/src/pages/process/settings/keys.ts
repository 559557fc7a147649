/** The properties that have fields of their own here; every other one is shown as it is stored. */
import { ACTION_CONDITION, DEPENDS_ON, STEP_CONDITION, TARGET_TAGS } from "../model.ts";

export const SCRIPT = "Octopus.Script";
export const DEPLOY_PACKAGE = "Octopus.TentaclePackage";
export const MANUAL = "Octopus.Manual";

export const key = {
  window: "Octopus.Action.MaxParallelism",
  machineLock: "Regatta.Step.MachineLock",
  bypass: "OctopusBypassDeploymentMutex",
  onWorker: "Octopus.Action.RunOnServer",
  attempts: "Octopus.Action.AutoRetry.MaximumCount",
  pause: "Octopus.Action.AutoRetry.MinimumBackoff",
  timeout: "Octopus.Action.ExecutionTimeout.Minutes",
  source: "Octopus.Action.Script.ScriptSource",
  syntax: "Octopus.Action.Script.Syntax",
  body: "Octopus.Action.Script.ScriptBody",
  file: "Octopus.Action.Script.ScriptFileName",
  parameters: "Octopus.Action.Script.ScriptParameters",
  instructions: "Octopus.Action.Manual.Instructions",
  teams: "Octopus.Action.Manual.ResponsibleTeamIds",
  packageId: "Octopus.Action.Package.PackageId",
  packageFeed: "Octopus.Action.Package.FeedId",
  features: "Octopus.Action.EnabledFeatures",
  templates: "Octopus.Action.SubstituteInFiles.TargetFiles",
  structured: "Octopus.Action.Package.JsonConfigurationVariablesTargets",
  directory: "Octopus.Action.Package.CustomInstallationDirectory",
  purge: "Octopus.Action.Package.CustomInstallationDirectoryShouldBePurgedBeforeDeployment",
} as const;

/** Scripts around a package, in the order they run in. */
export const hooks = ["PreDeploy", "Deploy", "PostDeploy", "DeployFailed"].map((hook) => ({
  hook,
  name: `Octopus.Action.CustomScripts.${hook}.sh`,
}));

export const feature = {
  templates: "Octopus.Features.SubstituteInFiles",
  structured: "Octopus.Features.JsonConfigurationVariables",
} as const;

const ofStep = [TARGET_TAGS, DEPENDS_ON, STEP_CONDITION, ACTION_CONDITION, key.window, key.machineLock, key.bypass];
const ofEveryAction = [ACTION_CONDITION, STEP_CONDITION, key.bypass];
const ofPlace = [key.onWorker, key.attempts, key.pause, key.timeout];
const ofPackage = [key.packageId, key.packageFeed];
const ofType: Record<string, string[]> = {
  [SCRIPT]: [...ofPlace, ...ofPackage, key.source, key.syntax, key.body, key.file, key.parameters],
  [DEPLOY_PACKAGE]: [
    ...ofPlace,
    ...ofPackage,
    key.features,
    key.templates,
    key.structured,
    key.directory,
    key.purge,
    ...hooks.map(({ name }) => name),
  ],
  [MANUAL]: [key.onWorker, key.instructions, key.teams],
};

export function hasField(level: "step" | "action", type: string | undefined, name: string): boolean {
  if (level === "step") return ofStep.includes(name);
  return ofEveryAction.includes(name) || (ofType[type ?? ""] ?? ofPlace).includes(name);
}
