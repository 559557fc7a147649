/** Where one is, from the route tree: each route says its own link. */
import type { AnyRouteMatch } from "@tanstack/react-router";
import type { CrumbLink } from "../routing.tsx";

export function crumbsOf(matches: AnyRouteMatch[]) {
  return matches.flatMap((match) => {
    const crumb = match.staticData.crumb?.(match.params as Record<string, string>);
    if (!crumb) return [];
    const named = match.loaderData as { Name?: string } | undefined;
    return chain(named?.Name ? { ...crumb, text: named.Name } : crumb);
  });
}

function chain(link: CrumbLink): CrumbLink[] {
  return link.above ? [...chain(link.above), link] : [link];
}
