/** Where one is, from the route tree: each route says its own link. */
import type { AnyRouteMatch } from "@tanstack/react-router";

export function crumbsOf(matches: AnyRouteMatch[]) {
  return matches.flatMap((match) => {
    const crumb = match.staticData.crumb?.(match.params as Record<string, string>);
    if (!crumb) return [];
    const named = match.loaderData as { Name?: string } | undefined;
    const own = named?.Name ? { ...crumb, text: named.Name } : crumb;
    return crumb.above ? [crumb.above, own] : [own];
  });
}
