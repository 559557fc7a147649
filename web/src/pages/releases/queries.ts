/** What the pages about releases read. */
import { queryOptions } from "@tanstack/react-query";
import { answer, answerAs, api, inSpace, type Schemas } from "../../api/client.ts";
import { planSaved } from "../process/queries.ts";

export type Release = Schemas["Release"];

/** A deployment of a release in an environment, as dashboards show it. */
export interface Item {
  DeploymentId: string;
  TaskId: string;
  EnvironmentId: string;
  State: string;
  HasPendingInterruptions: boolean;
  HasWarningsOrErrors: boolean;
  Created: string;
  CompletedTime?: string | null;
  Duration?: string | null;
}

export interface Progression {
  Environments: { Id: string; Name: string }[];
  Releases: {
    Release: Release;
    Channel: { Id: string; Name: string } | null;
    Deployments: Record<string, Item[]>;
    NextDeployments: string[];
  }[];
}

export const progressionQuery = (project: string) =>
  queryOptions({
    queryKey: ["releases", "progression", project],
    queryFn: () =>
      answerAs<Progression>(
        api.GET("/api/{spaceId}/projects/{project}/progression", { params: { path: inSpace({ project }) } }),
      ),
  });

export const releaseQuery = (project: string, version: string) =>
  queryOptions({
    queryKey: ["releases", project, version],
    queryFn: () =>
      answer(
        api.GET("/api/{spaceId}/projects/{project}/releases/{version}", {
          params: { path: inSpace({ project, version }) },
        }),
      ),
  });

export interface Task {
  Id: string;
  State: string;
  HasPendingInterruptions?: boolean;
  HasWarningsOrErrors?: boolean;
  QueueTime?: string;
  StartTime?: string | null;
  CompletedTime?: string | null;
  Duration?: string;
}

export interface Phase {
  Id: string;
  Name: string;
  Blocked: boolean;
  Progress: "Pending" | "Current" | "Complete";
  IsOptionalPhase: boolean;
  AutomaticDeploymentTargets: string[];
  OptionalDeploymentTargets: string[];
  MinimumEnvironmentsBeforePromotion: number;
  Deployments: { Task: Task; Deployment: { Id: string; EnvironmentId: string } }[];
}

export const standingQuery = (releaseId: string) =>
  queryOptions({
    queryKey: ["deployments", "standing", releaseId],
    queryFn: () =>
      answerAs<{ Phases: Phase[]; NextDeployments: string[] }>(
        api.GET("/api/{spaceId}/releases/{id}/progression", { params: { path: inSpace({ id: releaseId }) } }),
      ),
  });

/** Where the release may go now. */
export const openQuery = (releaseId: string) =>
  queryOptions({
    queryKey: ["deployments", "open", releaseId],
    queryFn: () =>
      answerAs<{ PromoteTo: { Id: string; Name: string }[] }>(
        api.GET("/api/{spaceId}/releases/{id}/deployments/template", { params: { path: inSpace({ id: releaseId }) } }),
      ),
  });

/** The process of a release, frozen; or the living one by its own id. */
export const processQuery = (id: string) =>
  queryOptions({
    queryKey: ["deploymentprocesses", id],
    queryFn: () => answer(api.GET("/api/{spaceId}/deploymentprocesses/{id}", { params: { path: inSpace({ id }) } })),
  });

export const channelsQuery = (project: string) =>
  queryOptions({
    queryKey: ["channels", project],
    queryFn: () =>
      answer(api.GET("/api/{spaceId}/projects/{project}/channels", { params: { path: inSpace({ project }) } })),
  });

/** A package of the process: what a release made now would get, and what the last one has. */
export interface WantedPackage {
  ActionName: string;
  StepName: string;
  PackageId: string;
  PackageReferenceName: string;
  IsResolvable: boolean;
  VersionSelectedLastRelease: string | null;
  VersionSelectedNow: string | null;
  VersionSelectedNowPublished: string | null;
  /** Why no version can be chosen for it. */
  WhyNoVersion: string | null;
}

export interface Template {
  LastReleaseVersion: string | null;
  /** `null` when a package gives releases their version. */
  NextVersionIncrement: string | null;
  Packages: WantedPackage[];
  /** `null` when there is no release yet, or its reader may see no variables. */
  VariablesChangedSinceLastRelease: string[] | null;
}

/** A package as a release keeps it. */
export interface SelectedPackage {
  ActionName: string;
  StepName?: string;
  PackageReferenceName?: string;
  PackageId?: string;
  Version: string;
}

/** What a new release of this channel would get; the default one when it is left out. */
export const templateQuery = (project: string, channel = "") =>
  queryOptions({
    queryKey: ["deploymentprocesses", "template", project, channel],
    queryFn: () =>
      answerAs<Template>(
        api.GET("/api/{spaceId}/projects/{project}/deploymentprocesses/template", {
          params: { path: inSpace({ project }), query: channel ? { channel } : {} },
        }),
      ),
    staleTime: 0,
  });

export interface PackageVersion {
  Version: string;
  Published: string;
}

/** The versions of a package in the built-in feed, the newest first. */
export const packageVersionsQuery = (id: string) =>
  queryOptions({
    queryKey: ["packages", id],
    queryFn: () =>
      answerAs<{ Items: PackageVersion[] }>(
        api.GET("/api/{spaceId}/packages", {
          params: { path: inSpace(), query: { nuGetPackageId: id, take: "100" } },
        }),
      ),
  });

/** What is wrong with the process as it is saved. */
export const problemsQuery = (project: string) =>
  queryOptions({
    queryKey: ["deploymentprocesses", "problems", project],
    queryFn: () => planSaved(project),
    staleTime: 0,
  });

export interface PlanStep {
  StepId: string;
  StepSlug: string;
  StepName: string;
  WaitsFor: string[];
  MachineIds: string[];
  Actions: { ActionId: string; ActionName: string; IsRequired: boolean; ExpectedMs?: number | null }[];
  Skip?: string | null;
  StartsAfterMs?: number | null;
  EndsAfterMs?: number | null;
  SlackMs?: number | null;
}

export interface Plan {
  Steps: PlanStep[];
  Machines: { Id: string; Name: string }[];
  ExpectedMs?: number | null;
  OneByOneMs?: number | null;
  BestPossibleMs?: number | null;
  SavedMs?: number | null;
  AtOnceMax?: number | null;
  CriticalPath?: string[];
  /** The least number of past runs a step's time is based on. */
  Runs: number;
  Expected?: { FromMs: number; ToMs: number } | null;
  OfflineTargets: { MachineId: string; MachineName: string; IsLeftOut: boolean; StepSlugs: string[] }[];
  /** Why steps set to run in parallel would run one after the other, a sentence each. */
  TakesTurns: string[];
  /** Why it would not leave the queue at once. */
  Queue?: { Reason: string; Message: string } | null;
  TasksAhead: { TaskId: string; Description: string }[];
  TasksAheadHidden: number;
  LockHolders: { MachineId: string; MachineName: string; TaskId: string | null; Description: string | null }[];
}

/** What a deployment would do; `exclude` lists the slugs of steps left out. */
export const planQuery = (releaseId: string, environment: string, skip: string[]) =>
  queryOptions({
    queryKey: ["deployments", "plan", releaseId, environment, skip.join(",")],
    queryFn: () =>
      answerAs<Plan>(
        api.GET("/api/{spaceId}/releases/{id}/plan/{environment}", {
          params: {
            path: inSpace({ id: releaseId, environment }),
            query: skip.length > 0 ? { skip: skip.join(",") } : {},
          },
        }),
      ),
    staleTime: 0,
  });

export interface Prompt {
  Name: string;
  Control: { Name: string; Label: string; Description: string; Required: boolean; IsSecure?: boolean };
}

export interface Preview {
  Form: { Values: Record<string, string>; Elements: Prompt[] };
  UseGuidedFailureModeByDefault: boolean;
}

/** What a deployment asks for. */
export const previewQuery = (releaseId: string, environment: string) =>
  queryOptions({
    queryKey: ["deployments", "preview", releaseId, environment],
    queryFn: () =>
      answerAs<Preview>(
        api.GET("/api/{spaceId}/releases/{id}/deployments/preview/{environment}", {
          params: { path: inSpace({ id: releaseId, environment }) },
        }),
      ),
  });

/** The number a deployment is addressed by. */
export function numberOf(deploymentId: string): string {
  return deploymentId.replace(/^.*-/, "");
}
