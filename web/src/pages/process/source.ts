/** Where a process is read, asked about and saved: a project's own, or that of one of its runbooks. Addresses only. */
import { request, type Schemas, spacePath } from "../../api/client.ts";
import { queryClient } from "../../api/queries.ts";
import { type Owner, partsOf } from "../../paths.ts";
import { runbookQuery } from "../runbooks/queries.ts";
import type { Paged } from "../tasks/queries.ts";
import type { Process, ProcessPlan } from "./model.ts";

/** Of a runbook the process is found by its id, which the runbook names. */
async function addressOf(owner: Owner): Promise<string> {
  const { project, runbook } = partsOf(owner);
  if (!runbook) return spacePath(`projects/${encodeURIComponent(project)}/deploymentprocesses`);
  const { RunbookProcessId = "" } = await queryClient.ensureQueryData(runbookQuery(owner));
  return spacePath(`runbookprocesses/${RunbookProcessId}`);
}

async function ask<T>(owner: Owner, method: "GET" | "PUT" | "POST", rest: string, body?: object): Promise<T> {
  return request<T>(method, `${await addressOf(owner)}${rest}`, body);
}

export const readProcess = (owner: Owner) => ask<Process>(owner, "GET", "");
export const putProcess = (owner: Owner, process: Process) => ask<Process>(owner, "PUT", "", process);
export const askPlan = (owner: Owner, about: object) => ask<ProcessPlan>(owner, "POST", "/plan", about);
export const askDiff = (owner: Owner, between: object) => ask<Schemas["ProcessDiff"]>(owner, "POST", "/diff", between);
export const readVersions = (owner: Owner, skip: number, take: number) =>
  ask<Paged<Schemas["ProcessVersion"]>>(owner, "GET", `/versions?skip=${skip}&take=${take}`);
export const readVersion = (owner: Owner, number: string) => ask<Process>(owner, "GET", `/versions/${number}`);
