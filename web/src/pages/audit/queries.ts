/** What the audit reads. */
import { queryOptions } from "@tanstack/react-query";
import { answerAs, api, inSpace } from "../../api/client.ts";

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
  Category: string;
  Message: string;
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

export const eventsQuery = (search: Record<string, string | undefined>) =>
  queryOptions({
    queryKey: ["events", "list", search],
    queryFn: () => {
      const wanted = {
        take: String(PAGE),
        skip: search.skip,
        users: search.actor,
        eventCategories: search.category,
        documentTypes: search.object,
        projects: search.project,
        environments: search.env,
        regarding: search.about,
        from: search.from && startOf(search.from),
        to: search.to && startOf(search.to, 1),
      };
      const query = Object.fromEntries(Object.entries(wanted).filter(([, value]) => value));
      const call = api.GET("/api/{spaceId}/events", { params: { path: inSpace(), query: query as never } });
      return answerAs<{ Items: Event[]; TotalResults: number }>(call);
    },
  });

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
