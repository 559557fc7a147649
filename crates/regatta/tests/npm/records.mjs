/** Everything else the client has a repository for: what it makes, changes, lists and deletes. */
import { client, input, octopus, project, refusal, scriptStep, tell } from "./client.mjs";

const spaceName = input.space;
const connected = await client();
const script = 'echo "for $(get_octopusvariable Octopus.Deployment.Tenant.Name)"';
const { project: of, environment } = await project(connected, spaceName, [scriptStep("greet", script)]);
const of_kind = (Repository) => new Repository(connected, spaceName);

const projects = of_kind(octopus.ProjectRepository);
await projects.modify({ ...of, TenantedDeploymentMode: "TenantedOrUntenanted" });

const tagSets = of_kind(octopus.TagSetRepository);
const ring = await tagSets.create({ Name: "Ring", Tags: [{ Name: "Early", Color: "#0D80D8" }, { Name: "Late", Color: "#333333" }] });
const other = await tagSets.create({ Name: "Other", Tags: [] });
await tagSets.sort([other.Id, ring.Id]);
await tagSets.modify({ ...(await tagSets.get(ring.Id)), Description: "Who goes first" });

const tenants = of_kind(octopus.TenantRepository);
const tenant = await tenants.create({
  Name: "Acme",
  TenantTags: ["Ring/Early"],
  ProjectEnvironments: { [of.Id]: [environment.Id] },
});
const changed = await tenants.modify({ ...(await tenants.get(tenant.Id)), Description: "The first" });
const gone = await tenants.create({ Name: "Gone", TenantTags: [], ProjectEnvironments: {} });
await tenants.del(gone);

const environments = of_kind(octopus.EnvironmentRepository);
const production = await environments.create({ Name: "Production" });
await environments.modify({ ...production, Description: "The real one" });
await environments.sort([production.Id, environment.Id]);
const second = await of_kind(octopus.EnvironmentV2Repository).list({ ids: [production.Id, environment.Id], take: 2 });

const groups = of_kind(octopus.ProjectGroupRepository);
const group = await groups.create({ Name: "Tools" });
const lifecycles = of_kind(octopus.LifecycleRepository);
const lifecycle = await lifecycles.create({ Name: "Short", Phases: [{ Name: "All", OptionalDeploymentTargets: [environment.Id] }] });
await lifecycles.del(lifecycle);
await groups.del(group);

await of_kind(octopus.ReleaseRepository).create({ spaceName, ProjectName: "P1", ReleaseVersion: "1.0.0" });
const deployments = of_kind(octopus.DeploymentRepository);
const made = await deployments.createTenanted({
  spaceName,
  ProjectName: "P1",
  ReleaseVersion: "1.0.0",
  EnvironmentName: "Dev",
  Tenants: [],
  TenantTags: ["Ring/Early"],
});
const task = made.DeploymentServerTasks[0].ServerTaskId;
const ended = await new octopus.ServerTaskWaiter(connected, spaceName).waitForServerTaskToComplete(task, 50, 120_000);
const ids = made.DeploymentServerTasks.map((one) => one.DeploymentId);
const listed = await deployments.list({ ids, take: ids.length });
const missing = await refusal(() => tenants.get(gone.Id));
const unknownSpace = await refusal(() => new octopus.TenantRepository(connected, "Nowhere").list());
const stranger = await refusal(async () => octopus.userGetCurrent(await client("API-NOBODY")));
tell({ of, environment, production, ring, tenant, changed, gone, group, lifecycle, second, made, ended, listed, missing, unknownSpace, stranger });
