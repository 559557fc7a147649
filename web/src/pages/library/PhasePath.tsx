/** The phases of a lifecycle as a path, one after the other. */
import { useSuspenseQuery } from "@tanstack/react-query";
import { environmentsQuery } from "../../api/queries.ts";
import classes from "./library.module.css";
import type { Phase } from "./queries.ts";
import { t } from "./text.ts";

export function PhasePath({ phases }: { phases: Phase[] }) {
  const { data: environments } = useSuspenseQuery(environmentsQuery);
  const nameOf = (id: string) => environments.find((known) => known.Id === id)?.Name ?? id;
  if (phases.length === 0) {
    return (
      <ol className={classes.path} data-default>
        {environments.map((environment) => (
          <li key={environment.Id} className={classes.phase}>
            <strong>{environment.Name}</strong>
          </li>
        ))}
      </ol>
    );
  }
  return (
    <ol className={classes.path}>
      {phases.map((phase, index) => {
        const automatic = (phase.AutomaticDeploymentTargets ?? []).map(nameOf);
        const byHand = (phase.OptionalDeploymentTargets ?? []).map(nameOf);
        const minimum = phase.MinimumEnvironmentsBeforePromotion ?? 0;
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: phases have no other identity while they are edited
          <li key={index} className={classes.phase} data-optional={phase.IsOptionalPhase || undefined}>
            <strong>{phase.Name || t("phase", { n: index + 1 })}</strong>
            {automatic.map((name) => (
              <span key={name}>{`${name} · ${t("auto")}`}</span>
            ))}
            {byHand.map((name) => (
              <span key={name}>{name}</span>
            ))}
            {automatic.length + byHand.length === 0 && <span className="muted">{t("any")}</span>}
            {minimum > 0 && <span className="meta">{t("enough", { n: minimum })}</span>}
            {phase.IsOptionalPhase && <span className="meta">{t("skippable")}</span>}
          </li>
        );
      })}
    </ol>
  );
}
