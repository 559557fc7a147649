/** Every page of the portal with something on it, and the people and things that takes. */
import { makeRunbook } from "./runbooks.ts";
import { scriptStep } from "./sample.ts";
import type { Server } from "./server.ts";
import { ended, project, targets, webShop } from "./webshop.ts";

export interface Shown {
  address: string;
  /** Its heading when all is well. */
  title: string | RegExp;
  /** What is one's own needs no permission. */
  isOwn?: true;
}

/** The value of a sensitive variable, which a script writes into its log in every way it can. */
export const SECRET = "canary-7f3a-never-shown";

/** As it would be seen if it got out: as it is, and as scripts and addresses write it. */
export const leaks = [
  SECRET,
  Buffer.from(SECRET).toString("base64").replace(/=+$/, ""),
  Buffer.from(SECRET).toString("hex"),
];

const telling = `echo "it is $(get_octopusvariable Db.Password)"
get_octopusvariable Db.Password | base64
get_octopusvariable Db.Password | od -An -tx1 | tr -d ' \\n'; echo
echo 'and that was all'`;

/** A shop that has been deployed once, with a secret. */
export async function everyPage(server: Server): Promise<Shown[]> {
  const environment = await targets(server);
  const steps = webShop(10);
  steps[2] = { name: "Upload assets", after: ["back-up-database"], script: telling };
  const shop = await project(server, "Web shop", steps, environment);
  const variables = `/api/Spaces-1/variables/variableset-${shop.id}`;
  await server.call("PUT", variables, {
    ...(await server.call<object>("GET", variables)),
    Variables: [
      { Name: "Db.Password", Value: SECRET, Type: "Sensitive", IsSensitive: true, Scope: {} },
      { Name: "Url", Value: "https://shop.example.com/#{Db.Password}", Scope: {} },
    ],
  });
  const { n, task } = await shop.deploy();
  await ended(server, task);
  const dumping = [scriptStep("Dump", []), scriptStep("Upload", ["dump"])];
  const backUp = await makeRunbook(server, { Id: shop.id, Slug: shop.slug }, "Back up", dumping);
  const backedUp = await backUp.run(environment);
  await ended(server, backedUp.task);
  const at = `/projects/${shop.slug}`;
  const run = `${at}/deployments/${n}`;
  const deployment = "Deploy 1.0.1 to Test";
  return [
    { address: "/", title: "Dashboard" },
    { address: "/projects", title: "Projects" },
    { address: at, title: "Web shop" },
    { address: `${at}/process`, title: "Deployment process" },
    { address: `${at}/process?view=graph`, title: "Deployment process" },
    { address: `${at}/process/steps/deploy-web`, title: "Step settings: Deploy web" },
    { address: `${at}/process/versions`, title: "Versions" },
    { address: `${at}/variables`, title: "Variables" },
    { address: `${at}/releases`, title: "Releases" },
    { address: `${at}/releases/1.0.1`, title: "Release 1.0.1" },
    { address: `${at}/releases/new`, title: "New release" },
    { address: `${at}/releases/1.0.1/deploy?env=test`, title: deployment },
    { address: `${at}/deployments`, title: "Deployments" },
    { address: `${at}/settings`, title: /.+/ },
    { address: `${run}/summary`, title: deployment },
    { address: `${run}/graph`, title: deployment },
    { address: `${run}/timeline`, title: deployment },
    { address: `${run}/log`, title: deployment },
    { address: `${at}/runbooks`, title: "Runbooks" },
    { address: backUp.at, title: "Back up" },
    { address: `${backUp.at}/process`, title: "Process of Back up" },
    { address: `${backUp.at}/settings`, title: "Settings" },
    { address: `${backUp.at}/run?env=test`, title: "Run Back up" },
    { address: `${backUp.at}/runs/${backedUp.n}/summary`, title: "Run Back up in Test" },
    { address: "/tasks", title: "Tasks" },
    { address: "/attention", title: "Needs attention" },
    { address: "/targets", title: "Targets" },
    { address: "/targets/web-01", title: "web-01" },
    { address: "/environments", title: "Environments" },
    { address: "/environments/test", title: "Test" },
    { address: "/library/lifecycles", title: /.+/ },
    { address: "/audit", title: "Audit" },
    { address: "/settings/users", title: "Users" },
    { address: "/settings/teams", title: "Teams" },
    { address: "/settings/roles", title: /.+/ },
    { address: "/profile/api-keys", title: "API keys", isOwn: true },
  ];
}
