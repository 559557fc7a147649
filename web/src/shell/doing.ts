/** What the keys of every page do that is more than opening something: create, deploy, and go to what contains the page. */
import type { AnyRouter } from "@tanstack/react-router";
import { queryClient } from "../api/queries.ts";
import { progressionQuery } from "../pages/releases/queries.ts";
import { nameIn, paths } from "../paths.ts";
import { crumbsOf } from "./crumbs.ts";
import { destinations } from "./navigation.ts";

function projectOf(router: AnyRouter): string | undefined {
  const params = router.state.matches.at(-1)?.params as Record<string, string> | undefined;
  return params?.project && nameIn(params.project);
}

/** Presses what a page has marked as this. What is denied has the focus then, and says why. */
function press(mark: "create" | "deploy"): boolean {
  const marked = document.querySelector<HTMLElement>(`[data-${mark}]`);
  marked?.focus();
  marked?.click();
  return marked !== null;
}

/** What the list that is shown holds; elsewhere in a project, a release. */
export function c(router: AnyRouter) {
  const project = projectOf(router);
  if (!press("create") && project) router.navigate({ to: paths.newRelease(project) });
}

/** What is shown, or else the newest release of the project. */
export async function d(router: AnyRouter) {
  const project = projectOf(router);
  if (press("deploy") || !project) return;
  const { Releases } = await queryClient.fetchQuery(progressionQuery(project));
  const newest = Releases[0]?.Release.Version;
  router.navigate({ to: newest ? paths.deploy(project, newest) : paths.newRelease(project) });
}

/** The nearest place of the breadcrumbs that is not the page itself; without one, the place in the rail it belongs to. */
export function goUp(router: AnyRouter) {
  const here = router.state.location.pathname;
  const crumb = crumbsOf(router.state.matches)
    .reverse()
    .find(({ to }) => to !== here);
  const place = destinations.find(({ owns, to }) => owns.test(here) && to !== here);
  const to = crumb?.to ?? place?.to;
  if (to) router.navigate({ to });
}
