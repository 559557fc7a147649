/** The line that proves the story: how many ran at once, and that the order was kept. */
import { useQuery } from "@tanstack/react-query";
import { Check, OctagonX } from "lucide-react";
import classes from "./deployment.module.css";
import { verdictQuery } from "./queries.ts";
import type { Run } from "./run.ts";
import { t } from "./text.ts";

export function VerdictLine({ run }: { run: Run }) {
  const { data: verdict } = useQuery({ ...verdictQuery(run.Task.Id), enabled: run.AsOf > 0 });
  if (!verdict || verdict.StepsAtOnceMax === 0) return null;
  const isBroken = verdict.Violations.length > 0;
  const n = verdict.StepsAtOnceMax;
  const parallel = !run.Task.IsCompleted ? t("soFar", { n }) : n > 1 ? t("ranInParallel", { n }) : t("ranOneByOne");
  const order = isBroken
    ? t("orderBroken", { n: verdict.Violations.length })
    : t("orderRespected", { ok: verdict.DependenciesRespected, all: verdict.DependenciesTotal });
  const Icon = isBroken ? OctagonX : Check;
  const says = verdict.DependenciesTotal > 0 && (run.Task.IsCompleted || isBroken) ? `${parallel} ${order}` : parallel;
  if (n < 2 && !isBroken && (!run.Task.IsCompleted || verdict.DependenciesTotal === 0)) return null;
  return (
    <p className={classes.verdict} data-broken={isBroken || undefined}>
      <Icon size={16} strokeWidth={1.75} aria-hidden />
      {says}
    </p>
  );
}
