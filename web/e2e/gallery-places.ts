/** What the gallery shows: each page of the portal in the states that matter, and what to wait for before the picture. */
import type { Page } from "playwright-core";

export interface Shown {
  name: string;
  address: string;
  /** Nobody signed in, or somebody who may only look. */
  as?: "nobody" | "viewer";
  /** What must be there. */
  ready: (page: Page) => Promise<unknown>;
  /** What of the server is slow (`loading`) or broken (`error`). */
  spoils?: { path: RegExp; how: "loading" | "error" };
  /** What one does before the picture. */
  act?: (page: Page) => Promise<unknown>;
}

/** Numbers of deployments of the sample, by the state they are in. */
export interface Deployments {
  finished: string;
  running: string;
  failed: string;
  waiting: { n: string; slug: string };
  queued: string;
  /** Runs of the runbooks Back up and Restore. */
  backedUp: string;
  restoring: string;
}

const heading = (name: string | RegExp) => (page: Page) =>
  page.getByRole("heading", { level: 1, name }).first().waitFor();
// What a phone does not show has to be there all the same.
const text = (what: string | RegExp) => (page: Page) => page.getByText(what).first().waitFor({ state: "attached" });

/** A server that nobody has used yet but its administrator. */
export const empty: Shown[] = [
  { name: "dashboard-empty", address: "/", ready: heading("Dashboard") },
  { name: "projects-empty", address: "/projects", ready: heading("Projects") },
  { name: "targets-empty", address: "/targets", ready: heading("Targets") },
  { name: "environments-empty", address: "/environments", ready: heading("Environments") },
  { name: "tasks-empty", address: "/tasks", ready: heading("Tasks") },
  { name: "attention-empty", address: "/attention", ready: heading("Needs attention") },
];

/** Pages of a project without anything in it. */
export const emptyProject = (slug: string): Shown[] => [
  { name: "overview-empty", address: `/projects/${slug}`, ready: text("No releases yet") },
  { name: "process-empty", address: `/projects/${slug}/process`, ready: text("A process is the list") },
  { name: "variables-empty", address: `/projects/${slug}/variables`, ready: text("Variables hold what") },
  { name: "runbooks-empty", address: `/projects/${slug}/runbooks`, ready: text("A runbook is operations work") },
  { name: "releases-empty", address: `/projects/${slug}/releases`, ready: text("A release freezes") },
];

export function full(n: Deployments): Shown[] {
  const shop = "/projects/web-shop";
  const backUp = `${shop}/runbooks/back-up`;
  const at = (number: string, tab = "summary") => `${shop}/deployments/${number}/${tab}`;
  const rows = (page: Page) => page.getByRole("treegrid").getByRole("row").nth(2).waitFor();
  return [
    { name: "sign-in", address: "/sign-in", as: "nobody", ready: (page) => page.getByLabel("Username").waitFor() },
    { name: "dashboard", address: "/", ready: text("Web shop") },
    { name: "projects", address: "/projects", ready: text("Web shop") },
    { name: "overview", address: shop, ready: text("2.4.0") },
    { name: "process", address: `${shop}/process?step=deploy-api`, ready: text("Smoke test") },
    {
      name: "process-graph",
      address: `${shop}/process?view=graph`,
      ready: (page) => page.getByRole("option").nth(6).waitFor(),
    },
    {
      name: "process-big-graph",
      address: "/projects/web-shop-complete/process?view=graph",
      ready: (page) => page.getByRole("option").nth(20).waitFor(),
    },
    {
      name: "process-split",
      address: `${shop}/process?view=split&step=deploy-web`,
      ready: (page) => page.getByRole("option").nth(6).waitFor(),
    },
    { name: "process-denied", address: `${shop}/process`, as: "viewer", ready: text("You can look at this process") },
    {
      name: "process-loading",
      address: `${shop}/process`,
      ready: (page) => page.getByRole("status", { name: "Loading" }).first().waitFor(),
      spoils: { path: /deploymentprocesses/, how: "loading" },
    },
    {
      name: "process-error",
      address: `${shop}/process`,
      ready: (page) => page.getByRole("button", { name: "Retry" }).first().waitFor(),
      spoils: { path: /deploymentprocesses\/plan/, how: "error" },
    },
    { name: "step", address: `${shop}/process/steps/deploy-web`, ready: text("Required by") },
    {
      name: "step-loop",
      address: `${shop}/process/steps/migrate-database`,
      ready: text("Required by"),
      act: (page) => page.getByRole("combobox", { name: "Add step" }).click(),
    },
    { name: "step-new", address: `${shop}/process/new`, ready: text("What should the step do?") },
    { name: "versions", address: `${shop}/process/versions`, ready: heading("Versions") },
    { name: "variables", address: `${shop}/variables?preview=env:Test`, ready: text("Used here.") },
    { name: "releases", address: `${shop}/releases`, ready: text("2.4.0") },
    { name: "release", address: `${shop}/releases/2.4.0`, ready: heading("Release 2.4.0") },
    { name: "release-new", address: `${shop}/releases/new`, ready: heading("New release") },
    { name: "deploy", address: `${shop}/releases/2.4.0/deploy?env=test`, ready: text(/^7 steps on/) },
    { name: "running", address: at(n.running), ready: rows },
    { name: "running-graph", address: at(n.running, "graph"), ready: (page) => page.getByText("Smoke test").waitFor() },
    {
      name: "running-timeline",
      address: at(n.running, "timeline"),
      ready: (page) => page.getByRole("figure").waitFor(),
    },
    { name: "running-log", address: at(n.running, "log"), ready: (page) => page.getByRole("log").waitFor() },
    { name: "queued", address: at(n.queued), ready: heading(/Deploy/) },
    {
      name: "waiting",
      address: `/projects/${n.waiting.slug}/deployments/${n.waiting.n}/summary`,
      ready: (page) => page.getByRole("article", { name: /waits for a person/ }).waitFor(),
    },
    { name: "failed", address: at(n.failed), ready: rows },
    { name: "failed-log", address: at(n.failed, "log"), ready: text("port 8080 in use") },
    { name: "finished", address: at(n.finished), ready: text("Order respected") },
    { name: "finished-timeline", address: at(n.finished, "timeline"), ready: heading(/Deploy/) },
    {
      name: "cancel-dialog",
      address: at(n.running),
      ready: rows,
      act: async (page) => {
        await page.getByRole("button", { name: "Cancel", exact: true }).click();
        await page.getByRole("dialog").waitFor();
      },
    },
    { name: "runbooks", address: `${shop}/runbooks`, ready: text("Back up") },
    { name: "runbook", address: backUp, ready: text("Added the step Report") },
    { name: "runbook-denied", address: backUp, as: "viewer", ready: text("Added the step Report") },
    {
      name: "runbook-publish",
      address: backUp,
      ready: text("Added the step Report"),
      act: async (page) => {
        await page.getByRole("button", { name: "Publish now…" }).click();
        await page.getByRole("dialog").getByPlaceholder("Snapshot 2").waitFor();
      },
    },
    { name: "runbook-settings", address: `${backUp}/settings`, ready: heading("Settings") },
    { name: "runbook-process", address: `${backUp}/process?view=split`, ready: text("Upload") },
    { name: "runbook-start", address: `${backUp}/run?env=test,production`, ready: text("Plan in Production") },
    { name: "runbook-run", address: `${backUp}/runs/${n.backedUp}/summary`, ready: text("Order respected") },
    {
      name: "runbook-waiting",
      address: `${shop}/runbooks/restore/runs/${n.restoring}/summary`,
      ready: (page) => page.getByRole("article", { name: /waits for a person/ }).waitFor(),
    },
    { name: "tasks", address: "/tasks", ready: (page) => page.getByRole("row").nth(2).waitFor() },
    { name: "attention", address: "/attention", ready: text("Held shop") },
    { name: "targets", address: "/targets", ready: text("web-01") },
    { name: "target", address: "/targets/web-01", ready: heading("web-01") },
    { name: "environments", address: "/environments", ready: text("Production") },
    { name: "lifecycle", address: "/library/lifecycles", ready: heading(/Lifecycles|Library/) },
    { name: "audit", address: "/audit", ready: heading("Audit") },
    { name: "variables-denied", address: `${shop}/variables`, as: "viewer", ready: text("You do not have") },
    { name: "teams", address: "/settings/teams", ready: heading(/Teams/) },
    { name: "users", address: "/settings/users", ready: heading(/Users/) },
    { name: "api-keys", address: "/profile/api-keys", ready: heading(/API keys/) },
    { name: "not-found", address: "/projects/nowhere", ready: heading("Nothing was found here") },
    {
      name: "dashboard-error",
      address: "/",
      ready: (page) => page.getByRole("button", { name: "Retry" }).first().waitFor(),
      spoils: { path: /\/dashboard/, how: "error" },
    },
  ];
}
