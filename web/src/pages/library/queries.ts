/** Lifecycles, who uses them, and changing them. */
import { queryOptions } from "@tanstack/react-query";
import { basedOn } from "../../api/based-on.ts";
import { answer, answerAs, api, inSpace, type Schemas } from "../../api/client.ts";
import { queryClient } from "../../api/queries.ts";

export type Lifecycle = Schemas["Lifecycle"];
export type Phase = Schemas["Phase"];

export const lifecycleQuery = (id: string) =>
  queryOptions({
    queryKey: ["lifecycles", id],
    queryFn: () => answer(api.GET("/api/{spaceId}/lifecycles/{id}", { params: { path: inSpace({ id }) } })),
  });

export const usersQuery = (id: string) =>
  queryOptions({
    queryKey: ["lifecycles", id, "projects"],
    queryFn: () =>
      answerAs<{ Id: string; Name: string }[]>(
        api.GET("/api/{spaceId}/lifecycles/{id}/projects", { params: { path: inSpace({ id }) } }),
      ),
  });

export async function saveLifecycle(lifecycle: Partial<Lifecycle>): Promise<Lifecycle> {
  const body = lifecycle as never;
  const id = lifecycle.Id;
  const saved = id
    ? await answer(
        api.PUT("/api/{spaceId}/lifecycles/{id}", { params: { path: inSpace({ id }) }, body, ...basedOn(lifecycle) }),
      )
    : await answer(api.POST("/api/{spaceId}/lifecycles", { params: { path: inSpace() }, body }));
  await changed();
  return saved as Lifecycle;
}

export async function deleteLifecycle(id: string) {
  await answerAs(api.DELETE("/api/{spaceId}/lifecycles/{id}", { params: { path: inSpace({ id }) } }));
  await changed();
}

async function changed() {
  await Promise.all(["lifecycles", "dashboard"].map((topic) => queryClient.invalidateQueries({ queryKey: [topic] })));
}
