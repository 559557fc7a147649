/** Every save of the process: when, by whom, and what it changed. */
import { useSuspenseQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { queryClient } from "../../api/queries.ts";
import { ownerIn, paths } from "../../paths.ts";
import { type Loading, useOwner, useSearchState } from "../../routing.tsx";
import { Page as Frame, PageHeader } from "../../ui/Page.tsx";
import { Pager } from "../../ui/Pager.tsx";
import { Age } from "../../ui/Time.tsx";
import { useOwned } from "./editor.ts";
import { PAGE, versionsQuery } from "./queries.ts";
import { t } from "./text.ts";

export const load = ({ params, search }: Loading) =>
  queryClient.ensureQueryData(versionsQuery(ownerIn(params), Number(search.skip ?? 0)));

export function Page() {
  const owner = useOwner();
  const { name } = useOwned(owner);
  const [skip, setSkip] = useSearchState("skip", "0");
  const { data: versions } = useSuspenseQuery(versionsQuery(owner, Number(skip)));
  return (
    <Frame>
      <PageHeader title={t("versions")} windowTitle={`${t("versions")} · ${name}`} />
      <table className="table stacked">
        <thead>
          <tr>
            <th scope="col">{t("versionColumn")}</th>
            <th scope="col">{t("savedColumn")}</th>
            <th scope="col">{t("byColumn")}</th>
            <th scope="col">{t("differences")}</th>
          </tr>
        </thead>
        <tbody>
          {(versions.Items ?? []).map((version) => (
            <tr key={version.Version}>
              <th scope="row" data-label={t("versionColumn")}>
                <Link to={paths.processVersion(owner, version.Version ?? 0)}>{`v${version.Version}`}</Link>
              </th>
              <td data-label={t("savedColumn")}>{version.SavedOn && <Age at={version.SavedOn} />}</td>
              <td data-label={t("byColumn")}>{version.SavedBy ?? "—"}</td>
              <td data-label={t("differences")}>{version.Summary}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <Pager
        from={Number(skip)}
        size={PAGE}
        total={versions.TotalResults ?? 0}
        onMove={(next) => setSkip(String(next))}
      />
    </Frame>
  );
}
