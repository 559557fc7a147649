/** Whatever a run waits for, the page says it: every kind of reason there is, in words, and never only that it waits. */
import type { Browser, Page } from "playwright-core";
import { expect, test } from "vitest";
import { axeProblems, openPage, signIn } from "./browser.ts";
import type { Server } from "./server.ts";
import { approval, type Gate, gate, project, type ShopStep, targets } from "./webshop.ts";
import { inWorld } from "./world.ts";

const SPACE = "/api/Spaces-1";
const HOUR_MS = 3_600_000;
let browser: Browser;
let server: Server;
let environment: string;
inWorld(
  async (world) => {
    ({ browser, server } = world);
    environment = await targets(server);
    // Nothing reaches it: what is to run there fails, and the deployment keeps the machine until somebody decides.
    await server.call("POST", `${SPACE}/machines`, {
      Name: "far-01",
      EnvironmentIds: [environment],
      Roles: ["far"],
      Endpoint: { CommunicationStyle: "TentaclePassive", Uri: "https://far.example:10933/", Thumbprint: "AABBCC" },
    });
  },
  { extra: ["--worker-slots", "3"] },
);

const heldBy = (until: Gate) => `until [ -e '${until.file}' ]; do sleep 0.05; done`;
const failing = { "Octopus.Action.AutoRetry.MaximumCount": "3", "Octopus.Action.AutoRetry.MinimumBackoff": "3600" };

/** A script step with more said of its action. */
function scripted(
  name: string,
  script: string,
  more: { properties?: Record<string, string>; pool?: string },
): ShopStep {
  const Properties = {
    "Octopus.Action.RunOnServer": "True",
    "Octopus.Action.Script.Syntax": "Bash",
    "Octopus.Action.Script.ScriptBody": script,
    ...more.properties,
  };
  return { name, after: [], action: { Properties, ...(more.pool && { WorkerPoolId: more.pool }) } };
}

async function pool(Name: string): Promise<string> {
  const body = { Name, WorkerPoolType: "StaticWorkerPool" };
  return (await server.call<{ Id: string }>("POST", `${SPACE}/workerpools`, body)).Id;
}

/** Shows the targets of a step. */
async function opened(page: Page, step: string) {
  await page.getByRole("button", { name: `Show targets of ${step}` }).click();
}

test("each kind of waiting says what for", async () => {
  const hold = gate(server);
  const nobody = await pool("Nobody");
  const shop = await project(
    server,
    "Waiting shop",
    [
      { name: "Hold", on: "db", after: [], script: heldBy(hold) },
      { name: "After", after: ["hold"] },
      {
        name: "Roll",
        on: "web",
        after: [],
        script: heldBy(hold),
        properties: { "Octopus.Action.MaxParallelism": "1" },
      },
      scripted("Retry", "exit 1", { properties: failing }),
      { name: "Approve", after: [], action: approval },
      scripted("Nowhere", "echo never", { pool: nobody }),
      { name: "Touch", on: "far", after: [] },
    ],
    environment,
  );
  const { n } = await shop.deploy({ UseGuidedFailure: true });
  const { page, problems } = await openPage(browser, server);
  await signIn(page, undefined, `/projects/${shop.slug}/deployments/${n}/summary`);
  const rows = page.getByRole("treegrid").getByRole("row");
  const says = (step: string, reason: string) => rows.filter({ hasText: step }).getByText(reason).first().waitFor();
  await says("After", "Waiting for Hold (running)");
  await says("Retry", "Pausing before attempt 2");
  await says("Approve", "Waiting for a person to approve");
  await says("Touch", "Failed; waiting for a person to decide");
  await says("Nowhere", "Worker pool Nobody has no worker; choose another pool");
  await opened(page, "Roll");
  await rows.getByText("1 of 1 targets at once are inside the step").first().waitFor();
  expect(await axeProblems(page)).toEqual([]);

  // Behind it: one of the same project, one that wants its machine, and one that must not start yet.
  const next = await shop.deploy();
  await page.goto(`/projects/${shop.slug}/deployments/${next.n}/summary`);
  await page.getByText("Starts when this has ended:").waitFor();
  await page.getByRole("link", { name: "Deploy Waiting shop release 1.0.1 to Test" }).waitFor();
  const other = await project(server, "Other shop", [{ name: "Also", on: "far", after: [] }], environment);
  const held = await other.deploy();
  await page.goto(`/projects/${other.slug}/deployments/${held.n}/summary`);
  await says("Also", "far-01 is used by");
  const QueueTime = new Date(Date.now() + HOUR_MS).toISOString();
  const late = await project(server, "Late shop", [{ name: "Later" }], environment);
  const scheduled = await late.deploy({ QueueTime });
  await page.goto(`/projects/${late.slug}/deployments/${scheduled.n}/summary`);
  await page
    .getByText(`Starts on`)
    .filter({ hasText: QueueTime.slice(0, 16) })
    .waitFor();

  // One script may run of two, and with it no place is left at the worker.
  const busy = ["One", "Two"].map((name) => ({ name, after: [], script: heldBy(hold) }));
  const narrow = await project(server, "Narrow shop", busy, environment);
  const settings = `${SPACE}/projects/${narrow.id}/deploymentsettings`;
  await server.call("PUT", settings, { ...(await server.call<object>("GET", settings)), "Regatta.MaxRunning": 1 });
  const one = await narrow.deploy();
  await page.goto(`/projects/${narrow.slug}/deployments/${one.n}/summary`);
  await rows.getByText("1 of 1 actions at once are running").first().waitFor();
  const full = await project(server, "Busy shop", busy, environment);
  const more = await full.deploy();
  await page.goto(`/projects/${full.slug}/deployments/${more.n}/summary`);
  await rows
    .getByText(/^Queued at worker/)
    .first()
    .waitFor();
  await hold.open();
  expect(problems).toEqual([]);
});

test("a stopped task queue says so wherever somebody waits for it, and is started from there", async () => {
  const { page, problems } = await openPage(browser, server);
  await signIn(page, undefined, "/settings");
  const switchOff = page.getByRole("button", { name: "Stop the task queue" });
  await switchOff.click();
  const banner = page.getByText("The task queue of this space is stopped.");
  await banner.waitFor();
  expect(await axeProblems(page)).toEqual([]);
  const shop = await project(server, "Stopped shop", [{ name: "Wait" }], environment);
  const { n } = await shop.deploy();
  for (const address of ["/", "/tasks", `/projects/${shop.slug}/releases/1.0.1/deploy?env=test`]) {
    await page.goto(address);
    await banner.waitFor();
  }
  await page.goto(`/projects/${shop.slug}/deployments/${n}/summary`);
  await banner.waitFor();
  await page.getByText("The task queue of its space is stopped, and nothing leaves it").waitFor();
  const watching = await page.context().newPage();
  await watching.goto("/tasks");
  await watching.getByText("The task queue of this space is stopped.").waitFor();
  await page.getByRole("button", { name: "Start the task queue" }).click();
  await page.getByText("Succeeded", { exact: true }).first().waitFor();
  await banner.waitFor({ state: "detached" });
  await watching.getByText("The task queue of this space is stopped.").waitFor({ state: "detached" });
  expect(problems).toEqual([]);
});
