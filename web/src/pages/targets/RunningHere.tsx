/** What runs on a target or worker now, live. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Section } from "../../ui/Page.tsx";
import { Status } from "../../ui/Status.tsx";
import { ErrorPanel, Skeleton } from "../../ui/states.tsx";
import { Elapsed } from "../../ui/Time.tsx";
import { useTaskLink } from "../tasks/link.ts";
import { type Place, type RunningHere as Running, runningQuery } from "./running.ts";
import { t } from "./text.ts";

export function RunningHere({ place }: { place: Place }) {
  const running = useQuery(runningQuery(place));
  return (
    <Section title={t("runningHere")}>
      {running.error ? (
        <ErrorPanel what={t("runningHere")} error={running.error} retry={() => running.refetch()} />
      ) : running.data === undefined ? (
        <Skeleton lines={2} />
      ) : running.data.length === 0 ? (
        <p className="muted">{t("nothingRuns")}</p>
      ) : (
        <table className="table stacked">
          <thead>
            <tr>
              <th>{t("step")}</th>
              <th>{t("task")}</th>
              <th className="end">{t("since")}</th>
            </tr>
          </thead>
          <tbody>
            {running.data.map((one) => (
              <RunningRow key={`${one.task.Id} ${one.stepSlug}`} one={one} />
            ))}
          </tbody>
        </table>
      )}
    </Section>
  );
}

function RunningRow({ one }: { one: Running }) {
  return (
    <tr>
      <th scope="row">
        <Status state="running" label={one.stepName} />
      </th>
      <td>
        <Link to={useTaskLink(one.task)}>{one.task.Description}</Link>
      </td>
      <td className="end" data-label={t("since")}>
        {one.startedAt && <Elapsed since={one.startedAt} />}
      </td>
    </tr>
  );
}
