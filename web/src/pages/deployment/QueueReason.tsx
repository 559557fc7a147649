/** Why a task has not left the queue: by the names of the tasks it waits for, where they may be known, or by the time. */
import { useQueries } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { answerAs, api, inSpace } from "../../api/client.ts";
import { fullTime } from "../../format.ts";
import { paths } from "../../paths.ts";
import { sentence } from "./look.ts";
import type { Run } from "./run.ts";
import { t } from "./text.ts";

const NAMED_MAX = 3;

export function QueueReason({ queue }: { queue: NonNullable<Run["Queue"]> }) {
  const ids = (queue.HolderTaskIds ?? []).slice(0, NAMED_MAX);
  const found = useQueries({
    queries: ids.map((id) => ({
      queryKey: ["tasks", id, "named"],
      queryFn: () =>
        answerAs<{ Id: string; Description: string }>(
          api.GET("/api/{spaceId}/tasks/{id}", { params: { path: inSpace({ id }) } } as never),
        ),
      retry: false,
    })),
  });
  const tasks = found.flatMap(({ data }) => (data ? [data] : []));
  if (queue.Until) return <>{t("scheduledFor", { time: fullTime(queue.Until) })}</>;
  if (tasks.length === 0) return <>{sentence(queue.Message)}</>;
  return (
    <>
      {t("waitsForTasks")}{" "}
      {tasks.map((task, at) => (
        <span key={task.Id}>
          {at > 0 && ", "}
          <Link to={paths.task(task.Id.replace(/\D/g, ""))}>{task.Description}</Link>
        </span>
      ))}
    </>
  );
}
