/** What a release made now would have otherwise than the last one: process, packages, and the names of variables. */
import { useQuery } from "@tanstack/react-query";
import { Section } from "../../ui/Page.tsx";
import { ErrorPanel, Skeleton } from "../../ui/states.tsx";
import { Differences } from "../process/Differences.tsx";
import { diffSinceCopy } from "../process/queries.ts";
import { keyOf, packageName, type Versions, versionOf } from "./packages.ts";
import { releaseQuery, type Template } from "./queries.ts";
import classes from "./releases.module.css";
import { t } from "./text.ts";

interface SinceProps {
  project: string;
  processVersion: number;
  /** The last release. */
  last: string;
  template: Template;
  chosen: Versions;
}

function changedPackages({ Packages }: Template, chosen: Versions) {
  return Packages.flatMap((one) => {
    const [from, to] = [one.VersionSelectedLastRelease, versionOf(one, chosen)];
    if (!to || to === from) return [];
    const what = { package: packageName(one), step: one.StepName || one.ActionName, to };
    return [{ key: keyOf(one), text: from ? t("packageChanged", { ...what, from }) : t("packageNew", what) }];
  });
}

export function SinceLast({ project, processVersion, last, template, chosen }: SinceProps) {
  const release = useQuery(releaseQuery(project, last));
  const copy = release.data?.ProjectDeploymentProcessSnapshotId ?? "";
  const diff = useQuery({ ...diffSinceCopy(project, copy, processVersion), enabled: copy !== "" });
  const error = release.error ?? diff.error;
  const packages = changedPackages(template, chosen);
  const variables = template.VariablesChangedSinceLastRelease ?? [];
  const isSame = diff.data?.Changes?.length === 0 && packages.length + variables.length === 0;
  return (
    <Section title={t("since", { version: last })}>
      {isSame ? (
        <p className="muted">{t("sinceNothing", { version: last })}</p>
      ) : (
        <div className="stack">
          <h3>{t("sinceProcess")}</h3>
          {error ? (
            <ErrorPanel what={t("since", { version: last })} error={error} retry={() => diff.refetch()} />
          ) : diff.data ? (
            <Differences diff={diff.data} />
          ) : (
            <Skeleton lines={3} />
          )}
          {packages.length > 0 && (
            <>
              <h3>{t("packages")}</h3>
              <ul className={classes.changed}>
                {packages.map(({ key, text }) => (
                  <li key={key}>{text}</li>
                ))}
              </ul>
            </>
          )}
          {template.VariablesChangedSinceLastRelease && (
            <>
              <h3>{t("sinceVariables")}</h3>
              <Names names={variables} />
            </>
          )}
        </div>
      )}
    </Section>
  );
}

function Names({ names }: { names: string[] }) {
  if (names.length === 0) return <p className="muted">{t("sinceNoVariable")}</p>;
  return (
    <ul className={classes.changed}>
      {names.map((name) => (
        <li key={name} className="mono">
          {name}
        </li>
      ))}
    </ul>
  );
}
