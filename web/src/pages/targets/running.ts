/** What runs on a machine or worker at this moment, from the runs of the tasks that are under way. */
import { queryOptions } from "@tanstack/react-query";
import { answerAs, api, inSpace } from "../../api/client.ts";
import type { Paged, Task } from "../tasks/queries.ts";

interface Run {
  Task: Task;
  Steps?: {
    StepSlug: string;
    StepName: string;
    ActionRuns?: {
      ActionSlug: string;
      MachineId?: string;
      State: string;
      StartedAt?: string;
      Attempts?: { WorkerId?: string }[];
    }[];
  }[];
}

export interface RunningHere {
  task: Task;
  stepSlug: string;
  stepName: string;
  startedAt: string | undefined;
}

/** Where: a target, or a worker. */
export interface Place {
  machineId?: string;
  workerId?: string;
}

const TASKS_MAX = 30;

export const runningQuery = (place: Place) =>
  queryOptions({
    queryKey: ["tasks", "running-on", place],
    queryFn: async () => {
      const query = { states: "Executing", take: String(TASKS_MAX) } as never;
      const call = api.GET("/api/{spaceId}/tasks", { params: { path: inSpace(), query } });
      const tasks = await answerAs<Paged<Task>>(call);
      const runs = await Promise.all(tasks.Items.map((task) => runOf(task.Id)));
      return runs.flatMap((run) => startedIn(run, place));
    },
  });

function runOf(id: string): Promise<Run> {
  return answerAs<Run>(api.GET("/api/{spaceId}/tasks/{id}/run", { params: { path: inSpace({ id }) } }));
}

function startedIn(run: Run, place: Place): RunningHere[] {
  return (run.Steps ?? []).flatMap((step) =>
    (step.ActionRuns ?? [])
      .filter((action) => action.State === "Running")
      .filter((action) =>
        place.machineId ? action.MachineId === place.machineId : action.Attempts?.at(-1)?.WorkerId === place.workerId,
      )
      .map((action) => ({
        task: run.Task,
        stepSlug: step.StepSlug,
        stepName: step.StepName,
        startedAt: action.StartedAt,
      })),
  );
}
