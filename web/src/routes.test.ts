import { expect, test } from "vitest";
import { nameIn, paths, runbookOf } from "./paths.ts";
import { router } from "./routes.tsx";

/** The route that answers an address, by its pattern. */
function pattern(address: string): string {
  const pathname = new URL(address, "http://portal").pathname;
  return router.matchRoutes(pathname, {}).at(-1)?.fullPath ?? "none";
}

test("addresses are for people and hold anything safely", () => {
  expect(paths.step("web-shop", "deploy-api", "run-condition")).toBe(
    "/projects/web-shop/process/steps/deploy-api#run-condition",
  );
  expect(paths.step(runbookOf("web-shop", "back-up"), "dump")).toBe(
    "/projects/web-shop/runbooks/back-up/process/steps/dump",
  );
  expect(paths.release("a/b", "1.0+x y")).toBe("/projects/a%2Fb/releases/1.0%2Bx%20y");
  expect(paths.process("p", { view: "graph" })).toBe("/projects/p/process?view=graph");
  expect(paths.signIn("/a?b=c")).toBe("/sign-in?next=%2Fa%3Fb%3Dc");
});

test("what is called new is not taken for the form that makes one", () => {
  expect(pattern(paths.project("new"))).toBe("/projects/$project/");
  expect(pattern(paths.release("web-shop", "new"))).toBe("/projects/$project/releases/$version");
  expect(pattern(paths.target("new"))).toBe("/targets/$target");
  expect(nameIn("~new")).toBe("new");
  expect(nameIn("newer")).toBe("newer");
});

test("routes answer the addresses that are made for them", () => {
  expect(pattern(paths.projects())).toBe("/projects");
  expect(pattern(paths.process("web-shop", { view: "graph" }))).toBe("/projects/$project/process");
  expect(pattern(paths.step("web-shop", "deploy-api", "notes"))).toBe("/projects/$project/process/steps/$step");
  expect(pattern(paths.newStep("web-shop"))).toBe("/projects/$project/process/new");
  expect(pattern(paths.processVersions("web-shop"))).toBe("/projects/$project/process/versions");
  expect(pattern(paths.processVersion("web-shop", 3))).toBe("/projects/$project/process/versions/$version");
  expect(pattern(paths.processCompare("web-shop", "1", "3"))).toBe("/projects/$project/process/compare");
  expect(pattern(paths.dashboard())).toBe("/");
  expect(pattern(paths.releases("web-shop"))).toBe("/projects/$project/releases");
  expect(pattern(paths.newRelease("web-shop"))).toBe("/projects/$project/releases/new");
  expect(pattern(paths.release("web-shop", "1.0.1"))).toBe("/projects/$project/releases/$version");
  expect(pattern(paths.deployment("web-shop", "12"))).toBe("/projects/$project/deployments/$n/$tab");
  expect(pattern(paths.deployments("web-shop"))).toBe("/projects/$project/deployments");
  const backUp = runbookOf("web-shop", "back-up");
  const ofRunbook = "/projects/$project/runbooks/$runbook";
  expect(pattern(paths.runbooks("web-shop"))).toBe("/projects/$project/runbooks");
  expect(pattern(paths.runbook(backUp))).toBe(ofRunbook);
  expect(pattern(paths.runbookSettings(backUp))).toBe(`${ofRunbook}/settings`);
  expect(pattern(paths.run(backUp, "test"))).toBe(`${ofRunbook}/run`);
  expect(pattern(paths.process(backUp, { view: "graph" }))).toBe(`${ofRunbook}/process`);
  expect(pattern(paths.newStep(backUp))).toBe(`${ofRunbook}/process/new`);
  expect(pattern(paths.step(backUp, "dump"))).toBe(`${ofRunbook}/process/steps/$step`);
  expect(pattern(paths.processVersion(backUp, 3))).toBe(`${ofRunbook}/process/versions/$version`);
  expect(pattern(paths.deployment(backUp, "12", "log"))).toBe(`${ofRunbook}/runs/$n/$tab`);
  expect(pattern(paths.logLines(backUp, "12", { step: "dump", target: "db-01", attempt: 1 }))).toBe(
    `${ofRunbook}/runs/$n/log/$step/$target/$attempt`,
  );
  expect(pattern(paths.logLines("web-shop", "12", { step: "api", target: "web-01", attempt: 1 }, "L1-L2"))).toBe(
    "/projects/$project/deployments/$n/log/$step/$target/$attempt",
  );
  expect(pattern(paths.task("12"))).toBe("/tasks/$n");
  expect(pattern(paths.deploy("web-shop", "1.0.1", "test"))).toBe("/projects/$project/releases/$version/deploy");
  for (const path of [
    paths.newProject(),
    paths.tasks(),
    paths.attention(),
    paths.environments(),
    paths.targets(),
    paths.newTarget(),
    paths.library(),
    paths.lifecycles(),
    paths.audit(),
    paths.settings(),
    paths.users(),
    paths.teams(),
    paths.roles(),
    paths.apiKeys(),
    paths.connect(),
  ]) {
    expect(pattern(path)).toBe(path);
  }
  expect(pattern("/nowhere/at/all")).toBe("/$");
  expect(pattern(paths.task("7"))).toBe("/tasks/$n");
  expect(pattern(paths.environment("test"))).toBe("/environments/$environment");
  expect(pattern(paths.target("web-01"))).toBe("/targets/$target");
  expect(pattern(paths.worker("built-in"))).toBe("/workers/$worker");
  expect(pattern(paths.lifecycle("default"))).toBe("/library/lifecycles/$lifecycle");
  expect(pattern(paths.variables("web-shop"))).toBe("/projects/$project/variables");
  expect(pattern(paths.triggers("web-shop"))).toBe("/projects/$project/triggers");
  expect(pattern(paths.projectSettings("web-shop"))).toBe("/projects/$project/settings");
});
