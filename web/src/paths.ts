/** Every address of the portal. Links are made here and nowhere else; the router's patterns are checked against it. */
const e = encodeURIComponent;

type Search = Record<string, string | undefined>;

function withSearch(path: string, search: Search = {}): string {
  const pairs = Object.entries(search).filter((pair): pair is [string, string] => Boolean(pair[1]));
  return pairs.length === 0 ? path : `${path}?${new URLSearchParams(pairs)}`;
}

export type DeploymentTab = "summary" | "graph" | "timeline" | "log" | "variables" | "artifacts" | "history";

export const paths = {
  setup: () => "/setup",
  signIn: (next?: string) => withSearch("/sign-in", { next }),
  dashboard: (search?: Search) => withSearch("/", search),
  projects: () => "/projects",
  newProject: () => "/projects/new",
  project: (p: string) => `/projects/${e(p)}`,
  process: (p: string, search?: { view?: string; step?: string }) => withSearch(`/projects/${e(p)}/process`, search),
  step: (p: string, step: string, section?: string) =>
    `/projects/${e(p)}/process/steps/${e(step)}${section ? `#${section}` : ""}`,
  newStep: (p: string, after?: string) => withSearch(`/projects/${e(p)}/process/new`, { after }),
  processVersions: (p: string) => `/projects/${e(p)}/process/versions`,
  processVersion: (p: string, version: number) => `/projects/${e(p)}/process/versions/${version}`,
  processCompare: (p: string, from: string, to: string) =>
    withSearch(`/projects/${e(p)}/process/compare`, { from, to }),
  variables: (p: string, search?: Search) => withSearch(`/projects/${e(p)}/variables`, search),
  releases: (p: string, search?: Search) => withSearch(`/projects/${e(p)}/releases`, search),
  newRelease: (p: string) => `/projects/${e(p)}/releases/new`,
  release: (p: string, version: string) => `/projects/${e(p)}/releases/${e(version)}`,
  deploy: (p: string, version: string, env?: string, exclude?: string) =>
    withSearch(`/projects/${e(p)}/releases/${e(version)}/deploy`, { env, exclude }),
  deployments: (p: string) => `/projects/${e(p)}/deployments`,
  deployment: (p: string, n: string, tab: DeploymentTab = "summary", search?: Search) =>
    withSearch(`/projects/${e(p)}/deployments/${e(n)}/${tab}`, search),
  logLines: (p: string, n: string, at: { step: string; target: string; attempt: number }, lines?: string) =>
    `/projects/${e(p)}/deployments/${e(n)}/log/${e(at.step)}/${e(at.target)}/${at.attempt}${lines ? `#${lines}` : ""}`,
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
