/** Signing the command line in: the real program shows its code, the page confirms it or sends it away. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { expect, onTestFinished, test } from "vitest";
import { axeProblems, expectFits, openPage, shot, signIn } from "./browser.ts";
import { admin, binary, type Server } from "./server.ts";
import { inWorld } from "./world.ts";

let browser: Browser;
let server: Server;
inWorld((world) => {
  ({ browser, server } = world);
});

interface Command {
  child: ChildProcess;
  home: string;
  /** The code, once the terminal shows it. */
  code: string;
  /** The exit code. */
  ended: Promise<number | null>;
  said(): string;
}

/** `regatta login`, as somebody without a browser beside the terminal runs it. */
async function login(): Promise<Command> {
  const home = await mkdtemp(join(tmpdir(), "regatta-login-"));
  const env = { HOME: home, PATH: process.env.PATH ?? "" };
  const child = spawn(binary, ["login", server.url, "--no-browser"], { env, stdio: ["ignore", "pipe", "pipe"] });
  const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await rm(home, { recursive: true, force: true });
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (said += text));
  const shown = () => said.match(/\b[A-Z]{3}-[A-Z]{3}-[A-Z]{3}\b/)?.[0];
  await expect.poll(shown, { message: said }).toBeDefined();
  return { child, home, code: shown() ?? "", ended, said: () => said };
}

async function type(page: Page, code: string) {
  await page.getByLabel("Code").fill(code);
  await page.getByRole("button", { name: "Continue" }).click();
}

const whoami = (home: string) =>
  new Promise<string>((resolve) => {
    const env = { HOME: home, PATH: process.env.PATH ?? "" };
    const child = spawn(binary, ["whoami", "-o", "json"], { env, stdio: ["ignore", "pipe", "ignore"] });
    let out = "";
    child.stdout.on("data", (text) => (out += text));
    child.once("close", () => resolve(out));
  });

test("the terminal shows a code, the page confirms it, and the terminal is signed in", async () => {
  const { page, problems } = await openPage(browser, server);
  const command = await login();
  expect(command.said()).toContain(`${server.url}/connect`);
  // Nobody is signed in yet: signing in leads on to where one wanted to go.
  await signIn(page, admin, "/connect");
  await type(page, "BCD-FGH-JKM");
  await page.getByRole("alert").getByText("Nothing waits with this code").waitFor();
  expect(await axeProblems(page)).toEqual([]);
  await type(page, command.code.toLowerCase().replaceAll("-", " "));
  await page.getByText("regatta on").waitFor();
  await page.getByText("127.0.0.1").waitFor();
  await page.getByText("do everything that admin may do").waitFor();
  expect(await axeProblems(page)).toEqual([]);
  await page.getByRole("button", { name: "Sign in this program" }).click();
  await page.getByRole("status").getByText("Go back to its terminal").waitFor();
  expect(await command.ended, command.said()).toBe(0);
  expect(command.said()).toContain(`Signed in to ${server.url} as admin`);
  expect(JSON.parse(await whoami(command.home)).Username).toBe("admin");
  const kept = await readFile(join(command.home, ".config/regatta/credentials.toml"), "utf8");
  const key = kept.match(/API-[A-Z0-9]+/)?.[0] ?? "none";
  expect(await page.content()).not.toContain(key);
  expect(command.said()).not.toContain(key);
  await page.getByRole("link", { name: "API keys" }).click();
  await page.getByRole("rowheader", { name: /^regatta on/ }).waitFor();
  expect(problems).toEqual([]);
});

test("what was refused, or given up in the terminal, is not signed in", async () => {
  const { page, problems } = await openPage(browser, server);
  await signIn(page, admin, "/connect");
  const refused = await login();
  await type(page, refused.code);
  await page.getByRole("button", { name: "Refuse" }).click();
  await page.getByRole("status").getByText("was sent away").waitFor();
  expect(await refused.ended, refused.said()).toBe(4);
  await page.getByRole("button", { name: "Another code" }).click();

  const given = await login();
  await type(page, given.code);
  await page.getByText("regatta on").waitFor();
  given.child.kill("SIGINT");
  expect(await given.ended, given.said()).toBe(130);
  await page.getByRole("button", { name: "Sign in this program" }).click();
  await page.getByRole("alert").getByText("Nothing waits with this code").waitFor();
  expect(problems).toEqual([]);
});

test.each(["light", "dark"] as const)("it fits a phone and a desktop: %s", async (colorScheme) => {
  const command = await login();
  for (const width of [390, 1440]) {
    const { page } = await openPage(browser, server, { viewport: { width, height: 900 }, colorScheme });
    await signIn(page, admin, "/connect");
    await page.getByLabel("Code").waitFor();
    await shot(page, `connect-code-${width}-${colorScheme}`);
    await type(page, command.code);
    await page.getByText("regatta on").waitFor();
    await expectFits(page);
    expect(await axeProblems(page)).toEqual([]);
    await shot(page, `connect-${width}-${colorScheme}`);
    await page.context().close();
  }
});
