/** A run looked at closely: two who answer at once, following in pixels, playing it again, and taking longer than usual. */
import type { Browser, Locator, Page } from "playwright-core";
import { expect, test } from "vitest";
import { axeProblems, expectCount, openPage, signIn } from "./browser.ts";
import { recorded } from "./recorded.ts";
import { admin, type Server } from "./server.ts";
import { approval, gate, project, targets, webShop } from "./webshop.ts";
import { inWorld } from "./world.ts";

const SPACE = "/api/Spaces-1";
const priya = { username: "priya", password: "Correct-Horse-9" };
let browser: Browser;
let server: Server;
let environment: string;
inWorld(async (world) => {
  ({ browser, server } = world);
  environment = await targets(server);
  const user = await server.call<{ Id: string }>("POST", "/api/users", {
    Username: priya.username,
    DisplayName: "Priya",
    Password: priya.password,
  });
  const team = await server.call<{ Id: string }>("POST", "/api/teams", {
    Name: "Deployers",
    SpaceId: "Spaces-1",
    MemberUserIds: [user.Id],
  });
  for (const UserRoleId of ["userroles-projectdeployer", "userroles-environmentviewer"]) {
    await server.call("POST", "/api/scopeduserroles", { TeamId: team.Id, UserRoleId, SpaceId: "Spaces-1" });
  }
});

const isOver = async (task: string) =>
  (await server.call<{ IsCompleted: boolean }>("GET", `/api/tasks/${task}`)).IsCompleted;

/** Resolves for everybody when this many have come. */
function meeting(of: number): () => Promise<void> {
  let meet = () => {};
  const met = new Promise<void>((resolve) => {
    meet = resolve;
  });
  let here = 0;
  return () => {
    here += 1;
    if (here === of) meet();
    return met;
  };
}

test("two people answer at once: one of them wins, and the other is told by whom", async () => {
  const shop = await project(
    server,
    "Race shop",
    [{ name: "Approve", action: approval }, { name: "Then" }],
    environment,
  );
  const { n, task } = await shop.deploy();
  const together = meeting(2);
  const people = [admin, priya];
  const pages: Page[] = [];
  const all: string[][] = [];
  /** Whose answer the server took. */
  const answered: string[] = [];
  for (const person of people) {
    const { page, problems } = await openPage(browser, server);
    all.push(problems);
    pages.push(page);
    await signIn(page, person, `/projects/${shop.slug}/deployments/${n}/summary`);
    const card = page.getByRole("article", { name: "Approve waits for a person" });
    await card.getByRole("radio", { name: "Proceed" }).check();
    page.on("response", (response) => {
      if (response.url().endsWith("/submit") && response.ok()) answered.push(person.username);
    });
    // Both requests leave in the same moment.
    await page.route("**/responsible", async (route) => {
      await together();
      await route.continue();
    });
  }
  await Promise.all(pages.map((page) => page.getByRole("button", { name: "Proceed", exact: true }).click()));
  const told = (page: Page) => page.getByText("Somebody else was first.").count();
  const counts = async () => Promise.all(pages.map(told));
  await expect.poll(async () => (await counts()).filter((count) => count > 0).length).toBe(1);
  const loser = (await counts()).findIndex((count) => count > 0);
  const winner = people[1 - loser]?.username ?? "";
  await pages[loser]
    ?.getByText(new RegExp(`Somebody else was first.*${winner}`, "i"))
    .first()
    .waitFor();
  await expect.poll(() => isOver(task)).toBe(true);
  expect(answered).toEqual([winner]);
  for (const page of pages) await page.getByText("Succeeded", { exact: true }).first().waitFor();
  expect(all).toEqual([[], []]);
});

/** The first line in view, and how far below the upper edge it begins. */
const place = (log: Locator) =>
  log.evaluate((box) => {
    const top = box.getBoundingClientRect().top;
    const row = [...box.querySelectorAll("[data-index]")].find((one) => one.getBoundingClientRect().top >= top);
    return [row?.querySelector("a")?.textContent, (row?.getBoundingClientRect().top ?? 0) - top];
  });

/** How far the end of the last line lies from the lower edge. */
const fromEnd = (log: Locator) => log.evaluate((box) => box.scrollHeight - box.scrollTop - box.clientHeight);

test("the log follows at its end to the pixel, and stays put where one reads", async () => {
  const holds = [gate(server), gate(server), gate(server)];
  const until = (at: number) => `until [ -e '${holds[at]?.file}' ]; do sleep 0.05; done`;
  const script = `seq -f 'first %.0f' 1 900; ${until(0)}; seq -f 'second %.0f' 1 300; ${until(1)}; seq -f 'third %.0f' 1 10000; ${until(2)}`;
  const shop = await project(server, "Follow shop", [{ name: "Talk", script }], environment);
  const { n } = await shop.deploy();
  const { page, problems } = await openPage(browser, server);
  await signIn(page, undefined, `/projects/${shop.slug}/deployments/${n}/log`);
  const log = page.getByRole("log", { name: "Task log" });
  const follow = page.getByRole("checkbox", { name: "Follow" });
  await log.getByText("first 900", { exact: true }).waitFor();
  await expect.poll(() => fromEnd(log)).toBeLessThanOrEqual(1);
  await holds[0]?.open();
  // At the end it stays at the end.
  await log.getByText("second 300", { exact: true }).waitFor();
  await expect.poll(() => fromEnd(log)).toBeLessThanOrEqual(1);
  await expect.poll(() => follow.isChecked()).toBe(true);
  // Scrolled up it stays where it is, whatever comes.
  await log.hover();
  await page.mouse.wheel(0, -2_000);
  await expect.poll(() => follow.isChecked()).toBe(false);
  const resting = async () => {
    const before = await place(log);
    await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
    return JSON.stringify(before) === JSON.stringify(await place(log));
  };
  await expect.poll(resting).toBe(true);
  const read = await place(log);
  await holds[1]?.open();
  await page.getByRole("button", { name: /new lines?$|To the end/ }).waitFor();
  const written = async () => {
    const { Total } = await server.call<{ Total: number }>(
      "GET",
      `${SPACE}/tasks/${await taskOf(n)}/log/search?text=third`,
    );
    return Total;
  };
  await expect.poll(written).toBe(10_000);
  await expect.poll(() => page.getByRole("button", { name: /new lines?$|To the end/ }).textContent()).toMatch(/\d|end/);
  expect(await place(log)).toEqual(read);
  // End goes on following.
  await log.focus();
  await page.keyboard.press("End");
  await log.getByText("third 10000", { exact: true }).waitFor();
  await expect.poll(() => fromEnd(log)).toBeLessThanOrEqual(1);
  await expect.poll(() => follow.isChecked()).toBe(true);
  await holds[2]?.open();
  await page.getByText("Succeeded", { exact: true }).first().waitFor();
  expect(problems).toEqual([]);
});

const taskOf = async (n: string) =>
  (await server.call<{ TaskId: string }>("GET", `${SPACE}/deployments/Deployments-${n}`)).TaskId;

test("a link to a line stays on it while ten thousand more are written", async () => {
  const hold = gate(server);
  const end = gate(server);
  const wait = (file: string) => `until [ -e '${file}' ]; do sleep 0.05; done`;
  const script = `seq -f 'first %.0f' 1 900; ${wait(hold.file)}; seq -f 'more %.0f' 1 10000; ${wait(end.file)}`;
  const shop = await project(server, "Link shop", [{ name: "Talk", script }], environment);
  const { n, task } = await shop.deploy();
  const { page, problems } = await openPage(browser, server);
  const total = async (text: string) =>
    (await server.call<{ Total: number }>("GET", `${SPACE}/tasks/${task}/log/search?text=${text}`)).Total;
  await expect.poll(() => total("first")).toBe(900);
  await signIn(page, undefined, `/projects/${shop.slug}/deployments/${n}/log#L400`);
  const log = page.getByRole("log", { name: "Task log" });
  const line = log.locator("[data-selected]").first();
  await line.waitFor();
  const at = () => line.evaluate((row) => row.getBoundingClientRect().top);
  await expect.poll(at).toBeGreaterThan(0);
  const before = await at();
  await hold.open();
  await expect.poll(() => total("more")).toBe(10_000);
  // What came has been told to the page.
  await page.getByRole("button", { name: /new lines?$|To the end/ }).waitFor();
  expect(await at()).toBe(before);
  await end.open();
  await page.getByText("Succeeded", { exact: true }).first().waitFor();
  expect(await at()).toBe(before);
  expect(problems).toEqual([]);
});

test("played again with one script at once it takes the sum, without limits and locks the longest chain", async () => {
  const shop = await project(server, "Again shop", webShop(600), environment);
  const { n, task } = await shop.deploy();
  await expect.poll(() => isOver(task)).toBe(true);
  const { page, problems } = await openPage(browser, server);
  await signIn(page, undefined, `/projects/${shop.slug}/deployments/${n}/timeline`);
  const verdict = await server.call<{ OneByOneMs: number; BestPossibleMs: number }>(
    "GET",
    `${SPACE}/tasks/${task}/verdict`,
  );
  const whatIf = page.getByRole("region", { name: "What if" });
  /** What the page says the run takes with the changes, in milliseconds. */
  const played = async () => {
    const answered = page.waitForResponse((response) => response.url().endsWith("/whatif"));
    await whatIf.getByRole("button", { name: "Play again" }).click();
    const { After } = (await (await answered).json()) as { After: { TakesMs: number } };
    const shown =
      After.TakesMs < 10_000 ? `${(After.TakesMs / 1_000).toFixed(1)}s` : `${Math.round(After.TakesMs / 1_000)}s`;
    await whatIf.getByText(`Takes ${shown} instead of`).waitFor();
    return After.TakesMs;
  };
  await whatIf.getByLabel("Scripts at once").fill("1");
  // Targets of a step overlap in the sum, and do not when only one script runs.
  expect(await played()).toBeGreaterThanOrEqual(verdict.OneByOneMs - 1_000);
  await whatIf.getByLabel("Scripts at once").fill("");
  await whatIf.getByRole("checkbox", { name: "Without limits" }).check();
  await whatIf.getByRole("checkbox", { name: "Without waiting for targets" }).check();
  expect(Math.abs((await played()) - verdict.BestPossibleMs)).toBeLessThanOrEqual(1_000);
  expect(await axeProblems(page)).toEqual([]);
  expect(problems).toEqual([]);
});

/** The order in which steps begin, by where their bars begin from the left. */
const orderOf = (bars: [string, number][]) => bars.toSorted(([, a], [, b]) => a - b).map(([name]) => name);

test("the plan shows the steps in the order in which they then run", async () => {
  const second = gate(server);
  // Each of the three ends after the next of them has begun: however slow the machine is, the order is the same in every run.
  const steps = [
    { name: "Report", after: ["long"], script: "sleep 0.1" },
    { name: "Check", after: ["short"], script: `touch '${second.file}'; sleep 0.3` },
    {
      name: "Long",
      after: ["begin"],
      script: `until [ -e '${second.file}' ]; do sleep 0.05; done; sleep 0.4; rm '${second.file}'`,
    },
    { name: "Short", after: ["begin"], script: "sleep 0.3" },
    { name: "Begin", after: [], script: "sleep 0.2" },
    { name: "End", script: "echo done" },
  ];
  const shop = await project(server, "Ordered shop", steps, environment);
  for (let runs = 0; runs < 3; runs++) {
    const { task } = await shop.deploy();
    await expect.poll(() => isOver(task)).toBe(true);
  }
  await server.call("POST", `${SPACE}/releases`, { ProjectId: shop.id, Version: "2.0.0" });
  const { page, problems } = await openPage(browser, server);
  await signIn(page, undefined, `/projects/${shop.slug}/releases/2.0.0/deploy?env=test`);
  const rows = page.getByRole("list", { name: "When each step is expected to run" }).getByRole("listitem");
  await expectCount(rows.locator("rect"), steps.length, "bars of the plan");
  const planned = await rows.evaluateAll((all) =>
    all.map((row): [string, number] => [
      (row.querySelector("span")?.textContent ?? "").replace(/^\d+ /, ""),
      row.querySelector("rect")?.getBoundingClientRect().left ?? Number.NaN,
    ]),
  );
  await page.getByRole("button", { name: "Deploy", exact: true }).click();
  await page.getByText("Order respected", { exact: false }).waitFor();
  const n = new URL(page.url()).pathname.split("/").at(-2) ?? "";
  const { Steps } = await recorded(server, await taskOf(n));
  const real = Steps.map((step): [string, number] => [step.StepName, Date.parse(step.StartedAt)]);
  // Two that begin together have no order of their own.
  const together = ["Long", "Short"];
  const one = (order: string[]) => order.map((name) => (together.includes(name) ? "Long or Short" : name));
  expect(one(orderOf(planned))).toEqual(one(orderOf(real)));
  expect(orderOf(planned).at(0)).toBe("Begin");
  expect(new Set(planned.map(([, left]) => left)).size).toBe(steps.length - 1);
  expect(problems).toEqual([]);
});

test("what takes longer than it ever did says so, and promises no end", async () => {
  const [slow, hold] = [gate(server), gate(server)];
  const held = `if [ -e '${slow.file}' ]; then until [ -e '${hold.file}' ]; do sleep 0.05; done; fi`;
  const shop = await project(server, "Late shop", [{ name: "Work", script: held }, { name: "Then" }], environment);
  for (let runs = 0; runs < 3; runs++) {
    const { task } = await shop.deploy();
    await expect.poll(() => isOver(task)).toBe(true);
  }
  await slow.open();
  const { n } = await shop.deploy();
  // One more waits behind it: the dashboard shows what runs.
  await shop.deploy();
  const { page, problems } = await openPage(browser, server);
  await signIn(page, undefined, `/projects/${shop.slug}/deployments/${n}/summary`);
  await page.getByRole("heading", { level: 1 }).waitFor();
  await page.getByText(/^longer than usual by \d+s$/).waitFor();
  const row = page.getByRole("treegrid").getByRole("row").filter({ hasText: "Work" }).first();
  await row.getByText(/Longer than usual by \d+s/).waitFor();
  await expectCount(page.getByText(/left$/), 0, "how much is left");
  expect(await axeProblems(page)).toEqual([]);
  // It still runs, and is drawn so.
  await page.getByRole("link", { name: "Timeline", exact: true }).click();
  const bar = page.locator("figure [data-step=work][data-look=running]");
  await bar.waitFor();
  await page.goto("/");
  const cell = page.getByRole("row").filter({ hasText: "Late shop" });
  await cell.getByRole("link", { name: /1\.0\.4.*Running/ }).waitFor();
  await cell.getByText(/longer than usual/).waitFor();
  await cell.getByText("1 newer deployment waits in the queue").waitFor();
  expect(await axeProblems(page)).toEqual([]);
  await hold.open();
  await cell.getByRole("link", { name: /1\.0\.5.*Succeeded/ }).waitFor();
  expect(problems).toEqual([]);
});
