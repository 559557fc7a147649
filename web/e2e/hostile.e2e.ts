/** Hostile text in everything people and scripts may write: inert and readable on every page, with no violation of the policy. */
import type { Browser } from "playwright-core";
import { expect, test, vi } from "vitest";
import { openPage, signIn } from "./browser.ts";
import { makeProject, manualStep, scriptStep } from "./sample.ts";
import type { Server } from "./server.ts";
import { inWorld } from "./world.ts";

const SPACE = "/api/Spaces-1";
const HTML = `"><script>document.title="owned"</script><img src=x onerror="document.title='owned'">`;
const BIDI = "a\u202Eb\u2066c";
const LONG = "x".repeat(10_000);
const name = (of: string) => `${of} <b onclick=alert(1)>bold</b>`;

let browser: Browser;
let server: Server;

interface Made {
  Id: string;
  Slug: string;
}
interface World {
  project: Made;
  environment: Made;
  machine: Made;
  deployment: string;
  step: string;
}
let world: World;
inWorld(async (given) => {
  ({ browser, server } = given);
  world = await prepared();
});

const post = <T = Made>(path: string, body: object) => server.call<T>("POST", `${SPACE}/${path}`, body);

async function prepared(): Promise<World> {
  const environment = await post("environments", { Name: name("Env"), Description: HTML });
  const machine = await post("machines", {
    Name: name("Host"),
    EnvironmentIds: [environment.Id],
    Roles: ["<i>web</i>"],
    Endpoint: { CommunicationStyle: "None" },
  });
  const said = `printf '\\033[31mred\\033[0m\\033]0;owned\\007\\033]8;;javascript:alert(1)\\007click\\033]8;;\\007 ${BIDI}\\n'`;
  const script = `${said}; echo '${HTML.replaceAll("'", "'\\''")}'; head -c 10000 /dev/zero | tr '\\0' x; echo; echo '${HTML.replaceAll("'", "'\\''")}' >&2; exit 1`;
  const markdown = `# ${HTML}\n\n[click](javascript:alert(1)) ![i](javascript:alert(1)) <iframe src=//example.com></iframe>\n\n${LONG}`;
  const project = await makeProject(server, name("Shop"), [
    scriptStep(name("Build"), [], script),
    manualStep(name("Ask"), markdown),
  ]);
  const process = `${SPACE}/projects/${project.Id}/deploymentprocesses`;
  const stored = await server.call<{ Steps: { Slug: string; Properties: object; StartTrigger: string }[] }>(
    "GET",
    process,
  );
  const [, ask] = stored.Steps;
  if (ask) Object.assign(ask, { StartTrigger: "StartWithPrevious", Properties: { "Regatta.Step.DependsOn": "[]" } });
  await server.call("PUT", process, stored);
  const set = await server.call<object>("GET", `${SPACE}/variables/variableset-${project.Id}`);
  await server.call("PUT", `${SPACE}/variables/variableset-${project.Id}`, {
    ...set,
    Variables: [
      { Name: name("Var"), Value: HTML, Description: HTML, Scope: {} },
      { Name: "Long", Value: LONG, Scope: { Environment: [environment.Id] } },
    ],
  });
  const release = await post("releases", { ProjectId: project.Id, Version: "1.0.0", ReleaseNotes: markdown });
  const deployment = await post<{ Id: string; TaskId: string }>("deployments", {
    ReleaseId: release.Id,
    EnvironmentId: environment.Id,
    Comments: HTML,
  });
  const isHeld = async () => {
    const task = await server.call<{ HasPendingInterruptions: boolean }>("GET", `/api/tasks/${deployment.TaskId}`);
    if (!task.HasPendingInterruptions) throw new Error("nobody is asked yet");
  };
  await vi.waitFor(isHeld, { timeout: 60_000, interval: 200 });
  const n = deployment.Id.replace(/^.*-/, "");
  return { project, environment, machine, deployment: n, step: stored.Steps[0]?.Slug ?? "" };
}

test("a name that would turn the text around it is refused", async () => {
  await expect(post("environments", { Name: `Env ${BIDI}` })).rejects.toThrow("invisible character U+202E");
});

test("every page shows hostile text as text", { timeout: 300_000 }, async () => {
  const { project, environment, machine, deployment } = world;
  const own = `/projects/${project.Slug}`;
  const at = (tab: string) => `${own}/deployments/${deployment}/${tab}`;
  const pages: [string, string | RegExp][] = [
    ["/", "Shop <b"],
    ["/projects", "Shop <b"],
    [own, "1.0.0"],
    [`${own}/process`, "Build <b"],
    [`${own}/process?view=graph`, "Build <b"],
    [`${own}/process/steps/${world.step}`, "Build <b"],
    [`${own}/variables?preview=env:${encodeURIComponent(name("Env"))}`, "Var <b"],
    [`${own}/releases`, "1.0.0"],
    [`${own}/releases/1.0.0`, "<iframe"],
    [`${own}/releases/1.0.0/deploy`, "Build <b"],
    [at("summary"), "Build <b"],
    [at("graph"), "Build <b"],
    [at("timeline"), "Build <b"],
    [at("log"), "<script>"],
    [at("variables"), "Var <b"],
    [at("history"), "was queued"],
    ["/tasks", "Shop <b"],
    ["/attention", "Ask <b"],
    ["/targets", "Host <b"],
    [`/targets/${machine.Slug}`, "Host <b"],
    ["/environments", "Env <b"],
    [`/environments/${environment.Slug}`, "Env <b"],
    ["/audit", "Shop <b"],
  ];
  const wide: string[] = [];
  for (const width of [390, 1440]) {
    const { page, problems } = await openPage(browser, server, { viewport: { width, height: 900 } });
    await page.addInitScript(() => {
      addEventListener("securitypolicyviolation", (event) => console.error(`policy: ${event.violatedDirective}`));
    });
    await signIn(page);
    for (const [address, shown] of pages) {
      await page.goto(address);
      await page.getByText(shown).first().waitFor({ state: "attached" });
      const found = await page.evaluate(() => ({
        title: document.title,
        scripts: document.querySelectorAll("main script, main iframe, main img[src='x'], main [onclick]").length,
        links: document.querySelectorAll("a[href^='javascript' i]").length,
        // What turns the direction of the text around must not reach the page as it is, outside of what isolates it.
        raw: (document.querySelector("main")?.textContent ?? "").includes("owned\u202E"),
      }));
      expect({ address, ...found, title: found.title === "owned" }).toEqual({
        address,
        title: false,
        scripts: 0,
        links: 0,
        raw: false,
      });
      const over = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      if (over > 0) wide.push(`${address} at ${width}: ${over} px`);
    }
    expect(problems).toEqual([]);
  }
  expect(wide).toEqual([]);
});
