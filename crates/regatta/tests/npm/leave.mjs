/** Stops the queue of a space and deletes it. */
import { client, input, octopus, refusal, tell } from "./client.mjs";

const spaces = new octopus.SpaceRepository(await client());
const space = (await spaces.list({ partialName: input.space })).Items[0];
const refused = await refusal(() => spaces.del(space));
space.TaskQueueStopped = true;
await spaces.modify(space);
await spaces.del(space);
tell({ space, refused });
