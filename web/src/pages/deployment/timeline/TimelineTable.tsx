/** The timeline as a table: the same facts in words and numbers. */
import { exactDuration } from "../../../format.ts";
import type { Timeline, TimelineStep } from "../queries.ts";
import { t } from "./text.ts";

function waited(step: TimelineStep): string {
  const longest = new Map<string, number>();
  for (const segment of step.Segments) {
    if (segment.Kind === "Running") continue;
    longest.set(segment.Kind, Math.max(longest.get(segment.Kind) ?? 0, segment.ToMs - segment.FromMs));
  }
  return [...longest].map(([kind, ms]) => `${t(kind as "Worker")} ${exactDuration(ms)}`).join(", ");
}

function ran(step: TimelineStep): number {
  const runs = step.Segments.filter((segment) => segment.Kind === "Running");
  return runs.length === 0 ? 0 : Math.max(...runs.map((run) => run.ToMs)) - Math.min(...runs.map((run) => run.FromMs));
}

export function TimelineTable({ timeline }: { timeline: Timeline }) {
  const time = (ms: number | undefined) => (ms === undefined ? "" : exactDuration(ms));
  return (
    <table className="table stacked">
      <thead>
        <tr>
          <th scope="col">{t("step")}</th>
          <th scope="col" className="end">
            {t("began")}
          </th>
          <th scope="col" className="end">
            {t("over")}
          </th>
          <th scope="col" className="end">
            {t("ran")}
          </th>
          <th scope="col">{t("waited")}</th>
          <th scope="col" className="end">
            {t("slack")}
          </th>
          <th scope="col">{t("onPath")}</th>
        </tr>
      </thead>
      <tbody>
        {timeline.Steps.map((step) => (
          <tr key={step.StepSlug}>
            <th scope="row">{step.StepName}</th>
            <td className="end" data-label={t("began")}>
              {time(step.BeganMs)}
            </td>
            <td className="end" data-label={t("over")}>
              {time(step.OverMs)}
            </td>
            <td className="end" data-label={t("ran")}>
              {time(ran(step))}
            </td>
            <td data-label={t("waited")}>{waited(step)}</td>
            <td className="end" data-label={t("slack")}>
              {time(step.SlackMs)}
            </td>
            <td data-label={t("onPath")}>{t(timeline.CriticalPath.includes(step.StepSlug) ? "yes" : "no")}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
