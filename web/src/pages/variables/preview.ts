/** What the server says of variables: which value holds at a place and why, and where each name is used. */
import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { answer, api, inSpace, type Schemas } from "../../api/client.ts";
import type { ScopeValues } from "./store.ts";

export type PreviewName = Schemas["VariablePreviewName"];
export type PreviewValue = Schemas["VariablePreviewValue"];
export type Use = Schemas["VariableUse"];
export type Problem = Schemas["VariableProblem"];

/** What a place is made of: the word in the address, the key of the API, and the list to choose from. */
export const places = [
  { word: "env", key: "environment", list: "Environments", label: "Environment" },
  { word: "target", key: "machine", list: "Machines", label: "Machine" },
  { word: "step", key: "action", list: "Actions", label: "Action" },
  { word: "channel", key: "channel", list: "Channels", label: "Channel" },
] as const;

export type Word = (typeof places)[number]["word"];
/** Names of things, as the address has them. */
export type Place = Partial<Record<Word, string>>;

/** `env:Test,target:web-01` of the address. */
export function placeOf(text: string): Place {
  const place: Place = {};
  for (const part of text.split(",")) {
    const at = part.indexOf(":");
    const known = places.find(({ word }) => word === part.slice(0, at));
    if (known) place[known.word] = decodeURIComponent(part.slice(at + 1));
  }
  return place;
}

export function textOf(place: Place): string | undefined {
  const named = places.filter(({ word }) => place[word]);
  // Commas and colons of names are not those between them.
  const part = (word: Word) => `${word}:${(place[word] ?? "").replace(/[%,:]/g, encodeURIComponent)}`;
  return named.map(({ word }) => part(word)).join(",") || undefined;
}

/** Query of the API for a place; names that no longer exist are left as they are, so that the server says so. */
function queryOf(place: Place, values: ScopeValues): Record<string, string> {
  const pairs = places.flatMap(({ word, key, list }) => {
    const name = place[word];
    const known = values[list].find((one) => one.Name === name || one.Id === name);
    return name ? [[key, known?.Id ?? name] as const] : [];
  });
  return Object.fromEntries(pairs);
}

export const previewQuery = (project: string, version: number, place: Place, values: ScopeValues) => {
  const query = { project, ...queryOf(place, values) };
  return queryOptions({
    queryKey: ["variables", project, "preview", version, query],
    queryFn: () => answer(api.GET("/api/{spaceId}/variables/preview", { params: { path: inSpace(), query } })),
    placeholderData: keepPreviousData,
  });
};

export const usagesQuery = (project: string) =>
  queryOptions({
    queryKey: ["variables", project, "usages"],
    queryFn: () =>
      answer(api.GET("/api/{spaceId}/projects/{project}/variables/usages", { params: { path: inSpace({ project }) } })),
  });
