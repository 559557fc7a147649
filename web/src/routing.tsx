/**
 * How routes are made and how pages read the address. A page module exports `Page`, and `load` if it reads anything
 * before it is shown; both are loaded when the address is first visited.
 */
import {
  type AnyRoute,
  createRoute,
  lazyRouteComponent,
  useLocation,
  useMatch,
  useNavigate,
  useParams,
  useSearch,
} from "@tanstack/react-router";
import { type ComponentType, useCallback, useEffect, useRef, useState } from "react";
import { nameIn, type Owner, ownerIn } from "./paths.ts";

/** What a page may read before it is shown. Fetch with `queryClient.ensureQueryData`, so that the component finds it. */
export interface Loading {
  params: Record<string, string>;
  search: Record<string, string>;
}

export interface PageModule {
  Page: ComponentType;
  load?: (loading: Loading) => Promise<unknown> | unknown;
}

/** A link of the breadcrumbs, and the one before it if no route of its own says it. */
export interface CrumbLink {
  text: string;
  to: string;
  above?: CrumbLink;
}
export type Crumb = (params: Record<string, string>) => CrumbLink;

declare module "@tanstack/react-router" {
  interface StaticDataRouteOption {
    crumb?: Crumb;
  }
}

/** A route whose page is a chunk of its own. */
export function page(parent: () => AnyRoute, path: string, load: () => Promise<PageModule>, crumb?: Crumb): AnyRoute {
  return createRoute({
    getParentRoute: parent,
    path,
    component: lazyRouteComponent(load, "Page"),
    loaderDeps: ({ search }: { search: Record<string, string> }) => search,
    loader: async ({ params, deps }) => {
      const module = await load();
      await module.load?.({
        params: namesIn(params as Record<string, string>),
        search: deps as Record<string, string>,
      });
    },
    ...(crumb && { staticData: { crumb } }),
  }) as unknown as AnyRoute;
}

/** Whose pages the address is about. */
export function useOwner(): Owner {
  return ownerIn(useParams({ strict: false }));
}

type Search = Record<string, string | undefined>;

function namesIn(params: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(params).map(([key, part]) => [key, nameIn(part)]));
}

/** A name in the path. */
export function useParam(name: string): string {
  const params = useParams({ strict: false }) as Record<string, string | undefined>;
  const value = params[name];
  if (value === undefined) throw new Error(`the address of this page has no part called ${name}`);
  return nameIn(value);
}

/**
 * The part of the address after `?` that belongs to what is shown: it follows when everything the page reads for it is
 * there, so it is the one to read with.
 */
export function useSearchValues(): Search {
  return useSearch({ strict: false }) as Search;
}

/**
 * The part of the address after `?` as it was asked for last, even while the page still reads what belongs to it.
 * Controls show this one: what is typed, ticked and chosen answers at once, however slow the server is.
 */
export function useAskedValues(): Search {
  const shown = useSearchValues();
  const path = useMatch({ strict: false, select: (match) => match.pathname });
  const asked = useLocation({
    select: (at) => (bare(at.pathname) === bare(path) ? (at.search as Search) : undefined),
  });
  return asked ?? shown;
}

const bare = (path: string) => path.replace(/\/$/, "");

/**
 * A value kept in the address, as it was asked for last. `push` for what was chosen (Back returns to it); typing,
 * zooming and walking with the keys replace, which the setter's second argument says for once. A value equal to the
 * fallback is left out of the address.
 */
export function useSearchState<T extends string = string>(
  name: string,
  fallback: NoInfer<T>,
  how: "push" | "replace" = "push",
) {
  const navigate = useNavigate();
  const value = (useAskedValues()[name] as T | undefined) ?? fallback;
  const set = (next: T | undefined, now = how) =>
    navigate({
      to: ".",
      search: ((before: Record<string, string>) => {
        const { [name]: _, ...rest } = before;
        return next === undefined || next === fallback ? rest : { ...rest, [name]: next };
      }) as never,
      replace: now === "replace",
      hash: true,
      resetScroll: false,
    });
  return [value, set] as const;
}

/** A hand that types does not rest for as long as this. */
const TYPING_MS = 250;

/**
 * A value kept in the address that one types: it shows at once, and the address, which the whole page looks at, follows
 * when the hand rests.
 */
export function useTypedState(name: string) {
  const [asked, setAsked] = useSearchState(name, "", "replace");
  const [text, setText] = useState(asked);
  /** What was put into the address from here and has not come back from there. */
  const sent = useRef<string[]>([]);
  useEffect(() => {
    const own = sent.current.indexOf(asked);
    if (own >= 0) sent.current.splice(0, own + 1);
    else setText(asked);
  }, [asked]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: only typing makes it wait
  useEffect(() => {
    const timer = setTimeout(() => {
      if (text === (sent.current.at(-1) ?? asked)) return;
      sent.current.push(text);
      setAsked(text);
    }, TYPING_MS);
    return () => clearTimeout(timer);
  }, [text]);
  const type = useCallback((next: string | undefined) => setText(next ?? ""), []);
  return [text, type] as const;
}

/** `?q=a%20b` as plain text, not as JSON: addresses are for people. */
export function parseSearch(text: string): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(text));
}

export function stringifySearch(search: Record<string, unknown>): string {
  const pairs = Object.entries(search).filter(([, value]) => value !== undefined && value !== "");
  const text = new URLSearchParams(pairs.map(([key, value]) => [key, String(value)])).toString();
  return text === "" ? "" : `?${text}`;
}
