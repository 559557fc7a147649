/** Every address of the portal. Links are made here and nowhere else; the router's patterns are checked against it. */
/**
 * A part of an address that is a name. What is called `new` would be the address of a form: it gets a sign before it that
 * is in no slug.
 */
const e = (name: string) => encodeURIComponent(name === "new" ? "~new" : name);

/** The name in a part of an address. */
export const nameIn = (part: string) => (part === "~new" ? "new" : part);

type Search = Record<string, string | undefined>;

function withSearch(path: string, search: Search = {}): string {
  const pairs = Object.entries(search).filter((pair): pair is [string, string] => Boolean(pair[1]));
  return pairs.length === 0 ? path : `${path}?${new URLSearchParams(pairs)}`;
}

/**
 * Whose process it is, and whose runs: a project by its slug, `web-shop`, or one of its runbooks, `web-shop/back-up`.
 * Slugs hold no slash.
 */
export type Owner = string;

export const runbookOf = (project: string, runbook: string): Owner => `${project}/${runbook}`;

export function partsOf(owner: Owner): { project: string; runbook: string | undefined } {
  const [project = "", runbook] = owner.split("/");
  return { project, runbook };
}

/** Whose pages an address with these parts is about. */
export const ownerIn = ({ project = "", runbook }: Record<string, string | undefined>): Owner =>
  runbook ? runbookOf(nameIn(project), nameIn(runbook)) : nameIn(project);

function home(owner: Owner): string {
  const { project, runbook } = partsOf(owner);
  return runbook ? `/projects/${e(project)}/runbooks/${e(runbook)}` : `/projects/${e(project)}`;
}

/** Below it are the deployments of a project, or the runs of a runbook. */
const runs = (owner: Owner) => `${home(owner)}/${partsOf(owner).runbook ? "runs" : "deployments"}`;

export type DeploymentTab = "summary" | "graph" | "timeline" | "log" | "variables" | "artifacts" | "history";

export const paths = {
  setup: () => "/setup",
  signIn: (next?: string) => withSearch("/sign-in", { next }),
  dashboard: (search?: Search) => withSearch("/", search),
  projects: () => "/projects",
  newProject: () => "/projects/new",
  project: (p: string) => `/projects/${e(p)}`,
  process: (owner: Owner, search?: { view?: string; step?: string }) => withSearch(`${home(owner)}/process`, search),
  step: (owner: Owner, step: string, section?: string) =>
    `${home(owner)}/process/steps/${e(step)}${section ? `#${section}` : ""}`,
  newStep: (owner: Owner, after?: string, before?: string) =>
    withSearch(`${home(owner)}/process/new`, { after, before }),
  processVersions: (owner: Owner) => `${home(owner)}/process/versions`,
  processVersion: (owner: Owner, version: number) => `${home(owner)}/process/versions/${version}`,
  processCompare: (owner: Owner, from: string, to: string) =>
    withSearch(`${home(owner)}/process/compare`, { from, to }),
  variables: (p: string, search?: Search) => withSearch(`/projects/${e(p)}/variables`, search),
  releases: (p: string, search?: Search) => withSearch(`/projects/${e(p)}/releases`, search),
  newRelease: (p: string) => `/projects/${e(p)}/releases/new`,
  release: (p: string, version: string) => `/projects/${e(p)}/releases/${e(version)}`,
  deploy: (p: string, version: string, env?: string, exclude?: string) =>
    withSearch(`/projects/${e(p)}/releases/${e(version)}/deploy`, { env, exclude }),
  deployments: (p: string) => `/projects/${e(p)}/deployments`,
  deployment: (owner: Owner, n: string, tab: DeploymentTab = "summary", search?: Search) =>
    withSearch(`${runs(owner)}/${e(n)}/${tab}`, search),
  logLines: (owner: Owner, n: string, at: { step: string; target: string; attempt: number }, lines?: string) =>
    `${runs(owner)}/${e(n)}/log/${e(at.step)}/${e(at.target)}/${at.attempt}${lines ? `#${lines}` : ""}`,
  runbooks: (p: string) => `/projects/${e(p)}/runbooks`,
  runbook: (owner: Owner) => home(owner),
  runbookSettings: (owner: Owner) => `${home(owner)}/settings`,
  run: (owner: Owner, env?: string) => withSearch(`${home(owner)}/run`, { env }),
  triggers: (p: string) => `/projects/${e(p)}/triggers`,
  projectSettings: (p: string) => `/projects/${e(p)}/settings`,
  tasks: (search?: Search) => withSearch("/tasks", search),
  task: (n: string) => `/tasks/${e(n)}`,
  attention: () => "/attention",
  targets: (search?: Search) => withSearch("/targets", search),
  newTarget: (search?: Search) => withSearch("/targets/new", search),
  target: (t: string) => `/targets/${e(t)}`,
  worker: (w: string) => `/workers/${e(w)}`,
  environments: () => "/environments",
  environment: (env: string) => `/environments/${e(env)}`,
  library: () => "/library",
  lifecycles: () => "/library/lifecycles",
  lifecycle: (l: string) => `/library/lifecycles/${e(l)}`,
  audit: (search?: Search) => withSearch("/audit", search),
  settings: () => "/settings",
  users: (search?: Search) => withSearch("/settings/users", search),
  teams: (search?: Search) => withSearch("/settings/teams", search),
  roles: () => "/settings/roles",
  about: () => "/settings/about",
  preferences: () => "/profile/preferences",
  apiKeys: () => "/profile/api-keys",
  connect: () => "/connect",
} as const;
