/** What happened to a run while the connection was lost: said once, when it is back. */
import { useEffect, useRef } from "react";
import { queryClient } from "../../api/queries.ts";
import { useLive } from "../../live/live.ts";
import { toast } from "../../ui/toast.tsx";
import { runQuery } from "./queries.ts";
import { isSettled, type Run } from "./run.ts";
import { t } from "./text.ts";

/** What to say about the time between two snapshots. */
export function whileOffline(before: Run, now: Run): string {
  const over = new Set(before.Steps.filter((step) => isSettled(step.State)).map((step) => step.StepSlug));
  const n = now.Steps.filter((step) => isSettled(step.State) && !over.has(step.StepSlug)).length;
  return t("whileOffline", { n });
}

export function useWhileOffline(run: Run) {
  const { state } = useLive();
  const shown = useRef(run);
  shown.current = run;
  /** As the page showed it when the connection was lost. */
  const lost = useRef<Run>(undefined);
  useEffect(() => {
    if (state === "lost") lost.current ??= shown.current;
    const before = lost.current;
    if (state !== "live" || !before) return;
    lost.current = undefined;
    const say = (now: Run) => toast(whileOffline(before, now));
    queryClient
      .fetchQuery({ ...runQuery(before.Task.Id), staleTime: 0 })
      // Lost again at once: then the next time.
      .then(say, () => {
        lost.current ??= before;
      });
  }, [state]);
}
