/** Every page: for everybody's eyes and hands, without a secret, and in the states it must have: empty, failed, denied, cut off. */
import type { Browser, Page } from "playwright-core";
import { expect, onTestFinished, test } from "vitest";
import { axeColours, axeProblems, axeTargets, expectCount, expectFocus, follow, openPage, signIn } from "./browser.ts";
import { everyPage, leaks, type Shown } from "./every-page.ts";
import { unseenFocus } from "./hands.ts";
import { PATIENCE_MS } from "./patience.ts";
import { makeEnvironments, makeProject } from "./sample.ts";
import type { Server } from "./server.ts";
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
  pages = await everyPage(server);
});

const LONG = { timeout: 20 * PATIENCE_MS };
const heading = (page: Page, name: string | RegExp) =>
  page.getByRole("heading", { level: 1, name, exact: true }).first();

/** Everything the server answers to a page, as text; `all` resolves when it is there. */
function answersOf(page: Page) {
  const bodies: Promise<string>[] = [];
  page.on("response", (response) => {
    // The stream of what changes never ends, and an answer nobody waited for is gone.
    if (response.url().endsWith("/stream")) return;
    const body = response.text().catch(() => "");
    bodies.push(body.then((text) => `${response.url()}\n${text}`));
  });
  return { all: () => Promise.all(bodies) };
}

const leaking = (texts: string[]) => texts.filter((text) => leaks.some((leak) => text.includes(leak)));

test("every page is readable in every theme, easy to hit, shows the focus, and holds no secret", LONG, async () => {
  const { page, problems } = await openPage(browser, server);
  const answers = answersOf(page);
  await signIn(page, undefined, "/profile/preferences");
  const run = pages.find(({ address }) => address.endsWith("/summary"))?.address.replace("/summary", "") ?? "";
  const more = { address: `${run}/variables`, title: "Deploy 1.0.1 to Test" };
  for (const { address, title } of [...pages, more]) {
    await page.emulateMedia({ colorScheme: "light", contrast: "no-preference" });
    await page.goto(address);
    await heading(page, title).waitFor();
    expect(await axeProblems(page), address).toEqual([]);
    expect(await axeTargets(page), address).toEqual([]);
    for (const theme of [{ colorScheme: "dark" }, { contrast: "more" }] as const) {
      await page.emulateMedia(theme);
      expect(await axeColours(page), `${address} with ${Object.values(theme)}`).toEqual([]);
    }
    expect(await unseenFocus(page), address).toEqual([]);
    expect(leaking([await page.content()]), address).toEqual([]);
  }
  const seen = await answers.all();
  // Else nothing was looked at: the masked line is there, and the set with the variable.
  expect(seen.some((text) => text.includes("and that was all"))).toBe(true);
  expect(seen.some((text) => text.includes('"Db.Password"'))).toBe(true);
  expect(leaking(seen)).toEqual([]);
  expect(problems).toEqual([]);
});

test("nothing that can be taken away holds a secret", async () => {
  const [task] = (await server.call<{ Items: { Id: string }[] }>("GET", "/api/Spaces-1/tasks?name=Deploy&take=1"))
    .Items;
  const { page } = await openPage(browser, server);
  await signIn(page, undefined, "/profile/preferences");
  const taken = [
    `/api/Spaces-1/tasks/${task?.Id}/raw`,
    `/api/Spaces-1/tasks/${task?.Id}/raw?format=jsonl`,
    `/api/Spaces-1/tasks/${task?.Id}/events`,
    `/api/Spaces-1/tasks/${task?.Id}/run`,
    `/api/Spaces-1/tasks/${task?.Id}/log/search?text=it%20is`,
    "/api/Spaces-1/events?take=100",
    "/api/Spaces-1/projects/web-shop/variables",
  ];
  const texts = await page.evaluate(
    (addresses) => Promise.all(addresses.map(async (address) => (await fetch(address)).text())),
    taken,
  );
  expect(texts[0]).toContain("and that was all");
  expect(leaking(texts)).toEqual([]);
});

test("by keyboard: past the rail at once, to the heading of the new page, and back from every dialog", async () => {
  const { page, problems } = await openPage(browser, server);
  await signIn(page, undefined, "/projects");
  await heading(page, "Projects").waitFor();
  await page.reload();
  await heading(page, "Projects").waitFor();
  await page.keyboard.press("Tab");
  await expectFocus(page, "Skip to the content");
  await page.keyboard.press("Enter");
  await expect.poll(() => page.evaluate(() => document.activeElement?.id)).toBe("content");
  const dialogs = [
    ["/projects/web-shop/settings", "Delete project"],
    ["/projects/web-shop/variables", "Add variable"],
    ["/projects/web-shop/runbooks", "Add runbook"],
    ["/environments", "Add environment"],
    ["/library/lifecycles", "Add lifecycle"],
    ["/settings/users", "Add user"],
    ["/settings/teams", "Add team"],
    ["/profile/api-keys", "New key"],
  ] as const;
  for (const [address, name] of dialogs) {
    await page.goto(address);
    const button = page.getByRole("button", { name, exact: true });
    const isAtButton = () => button.evaluate((it) => it === document.activeElement);
    await button.focus();
    await page.keyboard.press("Enter");
    const dialog = page.getByRole("dialog");
    await dialog.waitFor();
    const isInside = () => dialog.evaluate((it) => it.contains(document.activeElement));
    await expect.poll(isInside, { message: name }).toBe(true);
    for (let tabs = 0; tabs < 12; tabs++) await page.keyboard.press("Tab");
    expect(await isInside(), name).toBe(true);
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
    await expect.poll(isAtButton, { message: name }).toBe(true);
  }
  expect(problems).toEqual([]);
});

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
    [`${at}/runbooks`, "A runbook is operations work of this project", "Add runbook"],
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
