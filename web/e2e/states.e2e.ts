/** Every page in the states it must have: with nothing to show, failed, denied, and with the connection lost. */
import type { Browser, Page } from "playwright-core";
import { expect, onTestFinished, test } from "vitest";
import { axeProblems, expectCount, follow, openPage, signIn } from "./browser.ts";
import { PATIENCE_MS } from "./patience.ts";
import { makeEnvironments, makeProject } from "./sample.ts";
import type { Server } from "./server.ts";
import { ended, project, targets, webShop } from "./webshop.ts";
import { wireTo } from "./wire.ts";
import { inWorld } from "./world.ts";

/** In no team at all. */
const outsider = { username: "olga", password: "Correct-Horse-8" };
/** In a team that may see hardly anything. */
const clerk = { username: "carl", password: "Correct-Horse-9" };
let browser: Browser;
let server: Server;
let pages: Shown[];
inWorld(async (world) => {
  ({ browser, server } = world);
  for (const { username, password } of [outsider, clerk]) {
    await server.call("POST", "/api/users", { Username: username, Password: password });
  }
  const role = await server.call<{ Id: string }>("POST", "/api/userroles", {
    Name: "Reader of artifacts",
    GrantedSpacePermissions: ["ArtifactView"],
  });
  const users = await server.call<{ Id: string; Username: string }[]>("GET", "/api/users/all");
  const team = await server.call<{ Id: string }>("POST", "/api/teams", {
    Name: "Readers",
    SpaceId: "Spaces-1",
    MemberUserIds: users.filter((user) => user.Username === clerk.username).map((user) => user.Id),
  });
  await server.call("POST", "/api/scopeduserroles", {
    TeamId: team.Id,
    UserRoleId: role.Id,
    SpaceId: "Spaces-1",
  });
  pages = await all(await targets(server));
});

interface Shown {
  address: string;
  /** Its heading when all is well. */
  title: string | RegExp;
  /** What is one's own needs no permission. */
  isOwn?: true;
}

/** Every page with something on it. */
async function all(environment: string): Promise<Shown[]> {
  const shop = await project(server, "Web shop", webShop(10), environment);
  const { n, task } = await shop.deploy();
  await ended(server, task);
  const at = `/projects/${shop.slug}`;
  const run = `${at}/deployments/${n}`;
  const deployment = "Deploy 1.0.1 to Test";
  return [
    { address: "/", title: "Dashboard" },
    { address: "/projects", title: "Projects" },
    { address: at, title: "Web shop" },
    { address: `${at}/process`, title: "Deployment process" },
    { address: `${at}/process?view=graph`, title: "Deployment process" },
    { address: `${at}/process/steps/deploy-web`, title: "Step settings: Deploy web" },
    { address: `${at}/process/versions`, title: "Versions" },
    { address: `${at}/variables`, title: "Variables" },
    { address: `${at}/releases`, title: "Releases" },
    { address: `${at}/releases/1.0.1`, title: "Release 1.0.1" },
    { address: `${at}/releases/new`, title: "New release" },
    { address: `${at}/releases/1.0.1/deploy?env=test`, title: deployment },
    { address: `${at}/deployments`, title: "Deployments" },
    { address: `${at}/settings`, title: /.+/ },
    { address: `${run}/summary`, title: deployment },
    { address: `${run}/graph`, title: deployment },
    { address: `${run}/timeline`, title: deployment },
    { address: `${run}/log`, title: deployment },
    { address: "/tasks", title: "Tasks" },
    { address: "/attention", title: "Needs attention" },
    { address: "/targets", title: "Targets" },
    { address: "/targets/web-01", title: "web-01" },
    { address: "/environments", title: "Environments" },
    { address: "/environments/test", title: "Test" },
    { address: "/library/lifecycles", title: /.+/ },
    { address: "/audit", title: "Audit" },
    { address: "/settings/users", title: "Users" },
    { address: "/settings/teams", title: "Teams" },
    { address: "/settings/roles", title: /.+/ },
    { address: "/profile/api-keys", title: "API keys", isOwn: true },
  ];
}

const LONG = { timeout: 20 * PATIENCE_MS };
const heading = (page: Page, name: string | RegExp) =>
  page.getByRole("heading", { level: 1, name, exact: true }).first();

test("a page that cannot be read says so, keeps the rest, and is there after Retry", LONG, async () => {
  const { page, problems } = await openPage(browser, server);
  const between = "/profile/preferences";
  await signIn(page, undefined, between);
  await heading(page, "Preferences").waitFor();
  let isBroken = false;
  const body = JSON.stringify({ ErrorMessage: "The disk is full.", Code: "DiskFull" });
  await page.route(
    (url) => url.pathname.startsWith("/api/") && !url.pathname.endsWith("/stream"),
    (route) => (isBroken ? route.fulfill({ status: 500, contentType: "application/json", body }) : route.fallback()),
  );
  for (const { address, title } of pages) {
    // The address is new, so that nothing of an earlier visit is shown instead.
    await page.goto(between);
    await heading(page, "Preferences").waitFor();
    isBroken = true;
    await follow(page, address);
    const retry = page.getByRole("button", { name: "Retry" }).first();
    await retry.waitFor();
    await page.getByText("The disk is full.").first().waitFor();
    await page.getByRole("navigation", { name: "Main" }).waitFor();
    isBroken = false;
    await retry.click();
    await heading(page, title).waitFor();
    await expectCount(page.getByText("The disk is full."), 0, address);
  }
  expect(problems).toEqual([]);
});

test("who may not see a page is told which permission is missing, and whom to ask", LONG, async () => {
  const { page, problems } = await openPage(browser, server);
  await signIn(page, clerk, "/profile/preferences");
  for (const { address, title, isOwn } of pages) {
    await page.goto(address);
    if (isOwn) {
      await heading(page, title).waitFor();
      continue;
    }
    await heading(page, "You may not see this").waitFor();
    // A page that needs more than one says which of them it missed first.
    await page
      .getByText(/You do not have the [A-Z]\w+View permission\. Ask somebody to add you to a team that has it: \w/)
      .waitFor();
    await page.getByRole("link", { name: "Go to the dashboard" }).waitFor();
  }
  expect(await axeProblems(page)).toEqual([]);
  expect(problems).toEqual([]);
});

test("who is in no team is told so on every page, instead of that nothing is there", LONG, async () => {
  const { page, problems } = await openPage(browser, server);
  await signIn(page, outsider, "/profile/preferences");
  for (const { address, isOwn } of pages) {
    if (isOwn) continue;
    await page.goto(address);
    await heading(page, "You may not see this").waitFor();
    await page.getByText("You are in no team yet that may see anything here.").waitFor();
  }
  expect(await axeProblems(page)).toEqual([]);
  expect(problems).toEqual([]);
});

test("while the connection is lost every page keeps what it showed, and says as of when", LONG, async () => {
  const wire = await wireTo(server);
  onTestFinished(() => wire.close());
  const first = await openPage(browser, wire.server);
  await signIn(first.page, undefined, "/profile/preferences");
  const context = first.page.context();
  const dot = (page: Page, state: string) => page.locator(`[role=status][data-state=${state}]`).waitFor();
  const AT_ONCE = 5;
  for (let from = 0; from < pages.length; from += AT_ONCE) {
    const tabs = await Promise.all(
      pages.slice(from, from + AT_ONCE).map(async ({ address, title }) => {
        const page = await context.newPage();
        page.setDefaultTimeout(PATIENCE_MS);
        await page.goto(address);
        await heading(page, title).waitFor();
        await dot(page, "live");
        await expectCount(page.getByRole("status", { name: "Loading" }), 0, address);
        return { page, address, title, before: await page.locator("main").innerText() };
      }),
    );
    wire.cut();
    for (const { page, title, address } of tabs) {
      await dot(page, "lost");
      await page
        .getByText(/as of \d/)
        .first()
        .waitFor();
      await heading(page, title).waitFor();
      await expectCount(page.getByRole("button", { name: "Retry" }), 0, address);
    }
    wire.mend();
    for (const { page } of tabs) {
      await dot(page, "live");
      await page.close();
    }
  }
  expect(first.problems).toEqual([]);
});

test("where there is nothing yet, every list says what goes there and how to begin", LONG, async () => {
  const { page, problems } = await openPage(browser, server);
  await makeEnvironments(server, "Spare");
  const { Slug: slug } = await makeProject(server, "Nothing yet", []);
  await signIn(page, undefined, "/profile/preferences");
  const at = `/projects/${slug}`;
  const nothing: [string, string | RegExp, string | undefined][] = [
    [at, "No releases yet", undefined],
    [`${at}/process`, "A process is the list of steps that deploys this project", "Add step"],
    [`${at}/variables`, "Variables hold what", "Add variable"],
    [`${at}/releases`, "A release freezes the process", undefined],
    [`${at}/releases/new`, "The process has no steps yet", undefined],
    [`${at}/deployments`, "Nothing has been deployed yet", undefined],
    ["/attention", "Nothing is waiting for you", undefined],
    ["/projects?q=qqq", /qqq|fits/, undefined],
    [`/projects/web-shop/process?q=qqq`, "No steps match 'qqq'.", "Clear filter"],
  ];
  for (const [address, text, action] of nothing) {
    await page.goto(address);
    await page.getByText(text).first().waitFor();
    if (action) await page.locator("main").getByText(action, { exact: true }).first().waitFor();
    expect(await axeProblems(page), address).toEqual([]);
  }
  expect(problems).toEqual([]);
});
