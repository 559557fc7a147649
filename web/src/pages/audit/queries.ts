/** What the audit reads. */
import { queryOptions } from "@tanstack/react-query";
import { answerAs, api, inSpace, spacePath } from "../../api/client.ts";

export interface Difference {
  path: string;
  oldValue: unknown;
  newValue: unknown;
}

export interface Event {
  Id: string;
  Occurred: string;
  Username: string;
  IdentityEstablishedWith: string;
  IpAddress: string;
  Category: string;
  Message: string;
  /** The first is what it is about. */
  RelatedDocumentIds: string[];
  MessageReferences: { ReferencedDocumentId: string; StartIndex: number; Length: number }[];
  Details: string[];
  ChangeDetails: { Differences: Difference[] };
}

export const PAGE = 50;

/** Days are whole days where the person is. */
function startOf(day: string, plusDays = 0): string | undefined {
  const date = new Date(`${day}T00:00:00`);
  if (Number.isNaN(date.getTime())) return undefined;
  date.setDate(date.getDate() + plusDays);
  return date.toISOString();
}

type Search = Record<string, string | undefined>;

/** The filters of the address, as the server calls them. */
function filters(search: Search): Record<string, string> {
  const wanted = {
    users: search.actor,
    eventCategories: search.category,
    documentTypes: search.object,
    projects: search.project,
    environments: search.env,
    regarding: search.about,
    from: search.from && startOf(search.from),
    to: search.to && startOf(search.to, 1),
  };
  return Object.fromEntries(Object.entries(wanted).filter((pair): pair is [string, string] => Boolean(pair[1])));
}

export const eventsQuery = (search: Search) =>
  queryOptions({
    queryKey: ["events", "list", search],
    queryFn: () => {
      const query = { ...filters(search), take: String(PAGE), ...(search.skip && { skip: search.skip }) };
      const call = api.GET("/api/{spaceId}/events", { params: { path: inSpace(), query: query as never } });
      return answerAs<{ Items: Event[]; TotalResults: number }>(call);
    },
  });

/** The address of the file with all that fits the filters. */
export function exportPath(search: Search, format: "csv" | "jsonl"): string {
  return `${spacePath("events/export")}?${new URLSearchParams({ format, ...filters(search) })}`;
}

interface Named {
  Id: string;
  Name: string;
}

export const categoriesQuery = queryOptions({
  queryKey: ["event-categories"],
  queryFn: () => answerAs<Named[]>(api.GET("/api/events/categories")),
  staleTime: Number.POSITIVE_INFINITY,
});

export const documentTypesQuery = queryOptions({
  queryKey: ["event-document-types"],
  queryFn: () => answerAs<Named[]>(api.GET("/api/events/documenttypes")),
  staleTime: Number.POSITIVE_INFINITY,
});
