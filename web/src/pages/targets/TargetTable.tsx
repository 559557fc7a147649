/** Targets in a table: state, where they belong, what they are tagged with. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { environmentsQuery } from "../../api/queries.ts";
import { paths } from "../../paths.ts";
import { Status } from "../../ui/Status.tsx";
import { healthOf, type Machine } from "./queries.ts";
import { t } from "./text.ts";

export function TargetTable({ machines }: { machines: Machine[] }) {
  return (
    <table className="table stacked">
      <thead>
        <tr>
          <th>{t("name")}</th>
          <th>{t("state")}</th>
          <th>{t("environments")}</th>
          <th>{t("tags")}</th>
        </tr>
      </thead>
      <tbody>
        {machines.map((machine) => (
          <tr key={machine.Id}>
            <th scope="row">
              <Link to={paths.target(machine.Slug ?? machine.Id ?? "")}>{machine.Name}</Link>
            </th>
            <td data-label={t("state")}>
              <Status {...healthOf(machine)} quiet={machine.HealthStatus === "Healthy"} />
            </td>
            <td data-label={t("environments")}>
              <EnvironmentChips ids={machine.EnvironmentIds ?? []} />
            </td>
            <td data-label={t("tags")}>
              <Chips names={machine.Roles ?? []} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

export function EnvironmentChips({ ids }: { ids: string[] }) {
  const { data: environments = [] } = useQuery(environmentsQuery);
  const names = environments.filter((known) => ids.includes(known.Id ?? "")).map((known) => known.Name ?? "");
  return names.length > 0 ? <Chips names={names} /> : <span className="muted">{t("noEnvironment")}</span>;
}

export function Chips({ names }: { names: string[] }) {
  if (names.length === 0) return null;
  return (
    <ul className="chips">
      {names.map((name) => (
        <li key={name} className="chip">
          {name}
        </li>
      ))}
    </ul>
  );
}
