/** Waiting that takes too long, and tasks that nobody knows. */
import { client, deploy, input, octopus, project, refusal, scriptStep, tell } from "./client.mjs";

const spaceName = input.space;
const connected = await client();
await project(connected, spaceName, [scriptStep("never ends", "while true; do sleep 1; done")]);
const { deployment } = await deploy(connected, spaceName);
const id = deployment.ServerTaskId;
const waiter = new octopus.ServerTaskWaiter(connected, spaceName);
const tasks = new octopus.SpaceServerTaskRepository(connected, spaceName);

const late = await waiter.waitForServerTasksToComplete([id], 50, 200);
const unknown = await refusal(() => waiter.waitForServerTasksToComplete(["ServerTasks-99999"], 50, 60_000));
// The client asks for the second 300 with `skip=300`, though their ids are all it wants.
const many = Array.from({ length: 300 }, (_, index) => `ServerTasks-${90_000 + index}`);
const second = await tasks.getByIds([...many, id]);
const canceled = await refusal(() => waiter.waitForServerTaskToComplete(id, 50, 200, undefined, true));
const ended = await waiter.waitForServerTaskToComplete(id, 50, 120_000);
tell({ id, late, unknown, second: second.map((task) => task.Id), canceled, ended });
