/** Versions, and releases that are there already. */
import { client, input, octopus, project, refusal, scriptStep, tell } from "./client.mjs";

const spaceName = input.space;
const connected = await client();
const { project: of } = await project(connected, spaceName, [scriptStep("greet", "echo hello")]);
const releases = new octopus.ReleaseRepository(connected, spaceName);
const create = (more) => releases.create({ spaceName, ProjectName: "P1", ...more });

const made = [await create(), await create({ ReleaseVersion: "5.0.0", ReleaseNotes: "*Five*" }), await create()];
const same = await create({ ReleaseVersion: "5.0.0", IgnoreIfAlreadyExists: true });
const refused = {
  again: await refusal(() => create({ ReleaseVersion: "5.0.0" })),
  project: await refusal(() => create({ ProjectName: "P2" })),
  channel: await refusal(() => create({ ChannelName: "Nightly" })),
};
const found = await releases.get(made[1].ReleaseId);
const list = await releases.listForProject(of.Id, { skip: 0, take: 2 });
const searched = await releases.listForProject(of.Id, { searchByVersion: "0.0.1" });
tell({ of, made, same, refused, found, list, searched, all: await releases.list({ take: 10 }) });
