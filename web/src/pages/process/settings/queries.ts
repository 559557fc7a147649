/** What the fields of a step offer to choose from. Who may not read something sees what is stored, as it is stored. */
import { queryOptions } from "@tanstack/react-query";
import { answer, api, inSpace } from "../../../api/client.ts";

export const feedsQuery = queryOptions({
  queryKey: ["feeds"],
  queryFn: () => answer(api.GET("/api/{spaceId}/feeds/all", { params: { path: inSpace() } })),
});

export const tagSetsQuery = queryOptions({
  queryKey: ["tagsets"],
  queryFn: () => answer(api.GET("/api/{spaceId}/tagsets/all", { params: { path: inSpace() } })),
});
