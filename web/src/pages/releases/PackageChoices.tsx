/** The packages of a release to be made, each with the version it would get, its age, and the others there are. */
import { Select, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Age } from "../../ui/Time.tsx";
import { keyOf, packageName, type Versions, versionOf } from "./packages.ts";
import { packageVersionsQuery, type Template, type WantedPackage } from "./queries.ts";
import classes from "./releases.module.css";
import { t } from "./text.ts";

interface ChoicesProps {
  template: Template;
  chosen: Versions;
  onChoose: (chosen: Versions) => void;
}

export function PackageChoices({ template, chosen, onChoose }: ChoicesProps) {
  return (
    <table className="table stacked">
      <thead>
        <tr>
          <th scope="col">{t("package")}</th>
          <th scope="col">{t("ofStep")}</th>
          <th scope="col">{t("version")}</th>
          <th scope="col">{t("published")}</th>
          {template.LastReleaseVersion && <th scope="col">{t("inLast", { version: template.LastReleaseVersion })}</th>}
        </tr>
      </thead>
      <tbody>
        {template.Packages.map((one) => (
          <Choice
            key={keyOf(one)}
            one={one}
            last={template.LastReleaseVersion}
            version={versionOf(one, chosen)}
            onChoose={(version) => onChoose({ ...chosen, [keyOf(one)]: version })}
          />
        ))}
      </tbody>
    </table>
  );
}

interface ChoiceProps {
  one: WantedPackage;
  last: string | null;
  version: string | undefined;
  onChoose: (version: string) => void;
}

function Choice({ one, last, version, onChoose }: ChoiceProps) {
  const { data: known } = useQuery({ ...packageVersionsQuery(one.PackageId), enabled: one.IsResolvable });
  const there = known?.Items ?? [];
  const isByDefault = version === one.VersionSelectedNow;
  const published =
    there.find((other) => other.Version === version)?.Published ??
    (isByDefault ? one.VersionSelectedNowPublished : null);
  const field = {
    "aria-label": t("versionOf", { package: packageName(one) }),
    error: version ? undefined : one.WhyNoVersion,
    className: "mono",
  };
  return (
    <tr>
      <th scope="row">{packageName(one)}</th>
      <td data-label={t("ofStep")}>{one.StepName || one.ActionName}</td>
      <td data-label={t("version")} className={classes.versionChoice}>
        {there.length > 0 ? (
          <Select
            {...field}
            data={[...new Set([...there.map((other) => other.Version), ...(version ? [version] : [])])]}
            value={version ?? null}
            onChange={(next) => next && onChoose(next)}
            allowDeselect={false}
            searchable
            comboboxProps={{ withinPortal: false }}
          />
        ) : (
          <TextInput {...field} value={version ?? ""} onChange={(event) => onChoose(event.currentTarget.value)} />
        )}
      </td>
      <td data-label={t("published")}>{published && <Age at={published} />}</td>
      {last && (
        <td className="mono" data-label={t("inLast", { version: last })}>
          {one.VersionSelectedLastRelease}
        </td>
      )}
    </tr>
  );
}
