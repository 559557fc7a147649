/** The routes: which page is at which address. Addresses are made by `paths.ts`; a test compares the two. */
import { useQuery } from "@tanstack/react-query";
import {
  createRootRoute,
  createRoute,
  createRouter,
  type ErrorComponentProps,
  redirect,
  useRouter,
} from "@tanstack/react-router";
import { asApiError } from "./api/errors.ts";
import { meQuery, projectQuery, queryClient, rightsQuery, rootQuery } from "./api/queries.ts";
import { sessionBegan } from "./api/session.ts";
import { startLive, stopLive } from "./live/live.ts";
import { runbookQuery } from "./pages/runbooks/queries.ts";
import { nameIn, ownerIn, paths } from "./paths.ts";
import { type Crumb, page, parseSearch, stringifySearch } from "./routing.tsx";
import { ProjectFrame } from "./shell/ProjectFrame.tsx";
import { Root } from "./shell/Root.tsx";
import { Shell } from "./shell/Shell.tsx";
import { story } from "./text/story.ts";
import { NoTeam, NotFound, PageError, PageSkeleton } from "./ui/states.tsx";

/** Reads the page again on Retry; the boundary alone would only show the same error again. */
function Failed({ error }: ErrorComponentProps) {
  const router = useRouter();
  const { data: rights } = useQuery({ ...rightsQuery, enabled: asApiError(error).status === 404 });
  // Of a space one may see nothing of the server does not even say that it is there.
  if (rights && Object.keys(rights.SpacePermissions).length === 0) return <NoTeam />;
  return <PageError error={error} retry={() => router.invalidate()} />;
}

const root = createRootRoute({ component: Root, notFoundComponent: NotFound });

/** Everything that needs somebody signed in, inside the frame with the rail and the top bar. */
const signedIn = createRoute({
  getParentRoute: () => root,
  id: "signed-in",
  component: Shell,
  beforeLoad: async ({ location }) => {
    // All asked for at once; what became of it is looked at when it is known who asks.
    const live = startLive();
    const rights = queryClient.ensureQueryData(rightsQuery);
    rights.catch(() => undefined);
    try {
      await queryClient.ensureQueryData(meQuery);
    } catch (error) {
      if (asApiError(error).status !== 401) throw error;
      stopLive();
      const server = await queryClient.ensureQueryData(rootQuery);
      if (server.NeedsSetup) throw redirect({ to: "/setup" });
      throw redirect({ to: "/sign-in", search: { next: location.href } as never });
    }
    sessionBegan();
    await Promise.all([rights, live]);
  },
  errorComponent: Failed,
});

/** A project: its tab bar, and the project itself already read. */
const project = createRoute({
  getParentRoute: () => signedIn,
  path: "/projects/$project",
  component: ProjectFrame,
  loader: async ({ params, location }) => {
    const slug = nameIn(params.project);
    const project = await queryClient.ensureQueryData(projectQuery(slug));
    // It may have been called otherwise when the link was made.
    if (project.Slug && project.Slug !== slug) {
      const rest = location.href.slice(`/projects/${params.project}`.length);
      throw redirect({ href: paths.project(project.Slug) + rest, replace: true });
    }
    return project;
  },
  staticData: {
    crumb: (params) => ({
      text: params.project ?? "",
      to: paths.project(params.project ?? ""),
      above: { text: "Projects", to: paths.projects() },
    }),
  },
});

const inFrame = () => signedIn;
const inProject = () => project;
const processCrumb: Crumb = (params) => {
  const above = params.runbook && { above: runbookCrumb(params) };
  return { text: story.process, to: paths.process(ownerIn(params)), ...above };
};
const runbooksCrumb: Crumb = (params) => ({ text: "Runbooks", to: paths.runbooks(params.project ?? "") });
// By its name, which each of its pages has read before it is shown.
const runbookCrumb: Crumb = (params) => ({
  text: queryClient.getQueryData(runbookQuery(ownerIn(params)).queryKey)?.Name ?? params.runbook ?? "",
  to: paths.runbook(ownerIn(params)),
  above: runbooksCrumb(params),
});
const deploymentsCrumb = (params: Record<string, string>) => ({
  text: "Deployments",
  to: paths.deployments(params.project ?? ""),
});
const releasesCrumb = (params: Record<string, string>) => ({
  text: "Releases",
  to: paths.releases(params.project ?? ""),
});

const open = [
  page(
    () => root,
    "/setup",
    () => import("./pages/session/SetupPage.tsx"),
  ),
  page(
    () => root,
    "/sign-in",
    () => import("./pages/session/SignInPage.tsx"),
  ),
];

const framed = [
  page(inFrame, "/tasks/$n", () => import("./pages/deployment/OpenTask.tsx")),
  page(inFrame, "/app", () => import("./pages/elsewhere/OctopusAddress.tsx")),
  page(inFrame, "/", () => import("./pages/dashboard/DashboardPage.tsx")),
  page(
    inFrame,
    "/projects",
    () => import("./pages/projects/ProjectsPage.tsx"),
    () => ({
      text: "Projects",
      to: paths.projects(),
    }),
  ),
  page(
    inFrame,
    "/projects/new",
    () => import("./pages/projects/NewProjectPage.tsx"),
    () => ({ text: "Projects", to: paths.projects() }),
  ),
  page(
    inFrame,
    "/tasks",
    () => import("./pages/tasks/TasksPage.tsx"),
    () => ({ text: "Tasks", to: paths.tasks() }),
  ),
  page(
    inFrame,
    "/attention",
    () => import("./pages/attention/AttentionPage.tsx"),
    () => ({ text: "Needs attention", to: paths.attention() }),
  ),
  page(
    inFrame,
    "/environments",
    () => import("./pages/environments/EnvironmentsPage.tsx"),
    () => ({ text: "Environments", to: paths.environments() }),
  ),
  page(
    inFrame,
    "/environments/$environment",
    () => import("./pages/environments/EnvironmentPage.tsx"),
    () => ({ text: "Environments", to: paths.environments() }),
  ),
  page(
    inFrame,
    "/targets",
    () => import("./pages/targets/TargetsPage.tsx"),
    () => ({ text: "Targets", to: paths.targets() }),
  ),
  page(
    inFrame,
    "/targets/new",
    () => import("./pages/targets/NewTargetPage.tsx"),
    () => ({ text: "Targets", to: paths.targets() }),
  ),
  page(
    inFrame,
    "/targets/$target",
    () => import("./pages/targets/TargetPage.tsx"),
    () => ({ text: "Targets", to: paths.targets() }),
  ),
  page(
    inFrame,
    "/workers/$worker",
    () => import("./pages/targets/WorkerPage.tsx"),
    () => ({ text: "Targets", to: paths.targets() }),
  ),
  page(
    inFrame,
    "/library",
    () => import("./pages/library/LibraryPage.tsx"),
    () => ({ text: "Library", to: paths.library() }),
  ),
  page(
    inFrame,
    "/library/lifecycles",
    () => import("./pages/library/LifecyclesPage.tsx"),
    () => ({ text: "Lifecycles", to: paths.lifecycles() }),
  ),
  page(
    inFrame,
    "/library/lifecycles/$lifecycle",
    () => import("./pages/library/LifecyclePage.tsx"),
    () => ({ text: "Lifecycles", to: paths.lifecycles() }),
  ),
  page(
    inFrame,
    "/audit",
    () => import("./pages/audit/AuditPage.tsx"),
    () => ({ text: "Audit", to: paths.audit() }),
  ),
  page(
    inFrame,
    "/settings",
    () => import("./pages/settings/SettingsPage.tsx"),
    () => ({ text: "Settings", to: paths.settings() }),
  ),
  page(
    inFrame,
    "/settings/users",
    () => import("./pages/access/UsersPage.tsx"),
    () => ({ text: "Users", to: paths.users() }),
  ),
  page(
    inFrame,
    "/settings/teams",
    () => import("./pages/access/TeamsPage.tsx"),
    () => ({ text: "Teams", to: paths.teams() }),
  ),
  page(
    inFrame,
    "/settings/roles",
    () => import("./pages/access/RolesPage.tsx"),
    () => ({ text: "Roles", to: paths.roles() }),
  ),
  page(
    inFrame,
    "/profile/api-keys",
    () => import("./pages/profile/ApiKeysPage.tsx"),
    () => ({ text: "API keys", to: paths.apiKeys() }),
  ),
  page(
    inFrame,
    "/connect",
    () => import("./pages/profile/ConnectPage.tsx"),
    () => ({ text: "Sign in a program", to: paths.connect() }),
  ),
  page(
    inFrame,
    "/profile/preferences",
    () => import("./pages/profile/PreferencesPage.tsx"),
    () => ({
      text: "Preferences",
      to: paths.preferences(),
    }),
  ),
];

const RUNBOOK = "/runbooks/$runbook";
/** A run is looked at in the same views, whatever it is of. */
const RUN_VIEWS = ["", "/$tab", "/log/$step/$target/$attempt"];

const ofProject = [
  page(
    inProject,
    "/settings",
    () => import("./pages/projects/SettingsPage.tsx"),
    (params) => ({ text: "Settings", to: paths.projectSettings(params.project ?? "") }),
  ),
  page(
    inProject,
    "/triggers",
    () => import("./pages/projects/TriggersPage.tsx"),
    (params) => ({ text: "Triggers", to: paths.triggers(params.project ?? "") }),
  ),
  page(inProject, "/", () => import("./pages/projects/OverviewPage.tsx")),
  page(
    inProject,
    "/variables",
    () => import("./pages/variables/VariablesPage.tsx"),
    (params) => ({ text: "Variables", to: paths.variables(params.project ?? "") }),
  ),
  // The editor of the project's own process, and of those of its runbooks.
  ...["/process", `${RUNBOOK}/process`].flatMap((at) => [
    page(inProject, at, () => import("./pages/process/ProcessPage.tsx"), processCrumb),
    page(inProject, `${at}/new`, () => import("./pages/process/NewStepPage.tsx"), processCrumb),
    page(inProject, `${at}/versions`, () => import("./pages/process/VersionsPage.tsx"), processCrumb),
    page(inProject, `${at}/versions/$version`, () => import("./pages/process/VersionPage.tsx"), processCrumb),
    page(inProject, `${at}/compare`, () => import("./pages/process/ComparePage.tsx"), processCrumb),
    page(inProject, `${at}/steps/$step`, () => import("./pages/process/StepPage.tsx"), processCrumb),
  ]),
  page(inProject, "/runbooks", () => import("./pages/runbooks/RunbooksPage.tsx"), runbooksCrumb),
  page(inProject, RUNBOOK, () => import("./pages/runbooks/RunbookPage.tsx"), runbookCrumb),
  page(inProject, `${RUNBOOK}/run`, () => import("./pages/runbooks/StartPage.tsx"), runbookCrumb),
  page(inProject, `${RUNBOOK}/settings`, () => import("./pages/runbooks/SettingsPage.tsx"), runbookCrumb),
  ...RUN_VIEWS.map((rest) =>
    page(inProject, `${RUNBOOK}/runs/$n${rest}`, () => import("./pages/runbooks/RunPage.tsx"), runbookCrumb),
  ),
  page(inProject, "/releases", () => import("./pages/releases/ReleasesPage.tsx"), releasesCrumb),
  page(inProject, "/releases/new", () => import("./pages/releases/NewReleasePage.tsx"), releasesCrumb),
  page(inProject, "/releases/$version", () => import("./pages/releases/ReleasePage.tsx"), releasesCrumb),
  page(inProject, "/releases/$version/deploy", () => import("./pages/releases/DeployPage.tsx"), releasesCrumb),
  page(inProject, "/deployments", () => import("./pages/deployment/DeploymentsPage.tsx"), deploymentsCrumb),
  ...RUN_VIEWS.map((rest) =>
    page(inProject, `/deployments/$n${rest}`, () => import("./pages/deployment/DeploymentPage.tsx"), deploymentsCrumb),
  ),
];

/** An address that leads nowhere: inside the frame, so that there is a way on. */
const nowhere = createRoute({ getParentRoute: inFrame, path: "$", component: NotFound });

const ofSignedIn = [...framed, project.addChildren(ofProject), nowhere];
const routeTree = root.addChildren([...open, signedIn.addChildren(ofSignedIn)]);

export const router = createRouter({
  routeTree,
  parseSearch,
  stringifySearch,
  defaultPreload: "intent",
  defaultPendingMs: 400,
  defaultPendingMinMs: 200,
  defaultPendingComponent: PageSkeleton,
  defaultErrorComponent: Failed,
  defaultNotFoundComponent: NotFound,
  scrollRestoration: true,
});
