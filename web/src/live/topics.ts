/** Which queries a message of the stream makes stale: kinds of documents on the one side, first parts of query keys on the other. */
import type { Change } from "./live.ts";
import type { Message } from "./stream.ts";

/** What shows more than the documents it is named after. A kind that is not here is its own topic, in small letters. */
const TOPICS: Record<string, string[]> = {
  Projects: ["projects", "dashboard"],
  ProjectGroups: ["projectgroups", "dashboard"],
  Environments: ["environments", "dashboard"],
  Lifecycles: ["lifecycles", "releases", "dashboard"],
  Channels: ["channels", "releases"],
  DeploymentProcesses: ["deploymentprocesses", "processes", "process-plan"],
  RunbookProcesses: ["processes", "process-plan", "runbooks"],
  VariableSets: ["variables"],
  ApiKeys: ["me"],
  Releases: ["releases", "deployments", "dashboard"],
  Deployments: ["deployments", "deployment", "releases", "dashboard"],
  Machines: ["machines", "environments", "process-plan"],
  Workers: ["workers", "workerpools"],
  WorkerPools: ["workers", "workerpools"],
  Teams: ["teams", "me"],
  Users: ["users", "me"],
  UserRoles: ["userroles", "me"],
  ScopedUserRoles: ["scopeduserroles", "me"],
};
/** What a task that moves changes: itself, what it deploys, and whether somebody is asked. */
const OF_TASKS = ["tasks", "task", "deployments", "deployment", "releases", "dashboard", "interruptions"];

interface Changed {
  Kind: string;
  Id: string;
  Category: string;
  RelatedDocumentIds?: string[];
}

interface Task {
  Id: string;
  ProjectId?: string;
}

/** What has changed by a message; nothing for those that are about the stream itself. */
export function changesOf(message: Message): Change[] {
  if (message.name === "changed") return ofDocument(message.data as Changed);
  if (message.name !== "task") return [];
  const { Id, ProjectId } = message.data as Task;
  return OF_TASKS.map((topic) => ({ topic, id: Id, ...(ProjectId && { projectId: ProjectId }) }));
}

function ofDocument({ Kind, Id, Category, RelatedDocumentIds }: Changed): Change[] {
  const topics = [...(TOPICS[Kind] ?? [Kind.toLowerCase()]), "events"];
  if (Category.includes("Interruption")) topics.push("interruptions", "tasks");
  const projectId = [Id, ...(RelatedDocumentIds ?? [])].find((id) => /^Projects-\d+$/.test(id));
  return topics.map((topic) => ({ topic, id: Id, ...(projectId && { projectId }) }));
}
