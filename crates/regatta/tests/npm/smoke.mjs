/** From nothing to a deployment that is over, the way everybody begins. */
import { client, deploy, input, octopus, project, scriptStep, tell } from "./client.mjs";

const spaceName = input.space;
const connected = await client();
const made = await project(connected, spaceName, [scriptStep("greet", "echo hello from $(get_octopusvariable Octopus.Project.Name)")]);
const { release, deployment } = await deploy(connected, spaceName);
const waiter = new octopus.ServerTaskWaiter(connected, spaceName);
const polled = new Set();
const [task] = await waiter.waitForServerTasksToComplete([deployment.ServerTaskId], 50, 120_000, (seen) => polled.add(seen.Id));
const tasks = new octopus.SpaceServerTaskRepository(connected, spaceName);
tell({
  made,
  release,
  deployment,
  task,
  polled: [...polled],
  details: await tasks.getDetails(task.Id),
  raw: await tasks.getRaw(task.Id),
});
