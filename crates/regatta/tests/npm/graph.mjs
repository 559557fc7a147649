/** A graph that a client sets, and that it saves again with something else changed. */
import { client, deploy, input, octopus, project, scriptStep, tell } from "./client.mjs";

const spaceName = input.space;
const connected = await client();
const after = (...slugs) => ({
  StartTrigger: "StartWithPrevious",
  Properties: { "Regatta.Step.DependsOn": JSON.stringify(slugs) },
});
const steps = [
  scriptStep("ship", "echo shipped", after("build", "test")),
  scriptStep("build", "echo built", after()),
  scriptStep("lint", "echo linted", { StartTrigger: "StartWithPrevious" }),
  scriptStep("test", "echo tested", after("build")),
  scriptStep("tell", "echo told"),
];
const { project: of } = await project(connected, spaceName, steps);
const processes = new octopus.DeploymentProcessRepository(connected, spaceName);
const before = await processes.get(of);

const process = await processes.get(of);
process.Steps[1].Actions[0].Notes = "with a note";
const saved = await processes.update(of, process);
const projects = new octopus.ProjectRepository(connected, spaceName);
const renamed = await projects.modify({ ...(await projects.get(of.Id)), Description: "Renamed" });
const { deployment } = await deploy(connected, spaceName);
tell({ of, before, saved, renamed, deployment });
