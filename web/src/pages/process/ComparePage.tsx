/** Two versions of the process side by side, in words. */
import { Select } from "@mantine/core";
import { useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { queryClient } from "../../api/queries.ts";
import { ownerIn } from "../../paths.ts";
import { type Loading, useOwner, useSearchState } from "../../routing.tsx";
import { Page as Frame, PageHeader } from "../../ui/Page.tsx";
import { ErrorPanel, Skeleton } from "../../ui/states.tsx";
import { Differences } from "./Differences.tsx";
import { useOwned } from "./editor.ts";
import { diffOfVersions, processQuery, versionsQuery } from "./queries.ts";
import { t } from "./text.ts";

export const load = async ({ params }: Loading) => {
  const owner = ownerIn(params);
  await Promise.all([
    queryClient.ensureQueryData(versionsQuery(owner, 0)),
    queryClient.ensureQueryData(processQuery(owner)),
  ]);
};

export function Page() {
  const owner = useOwner();
  const { name } = useOwned(owner);
  const { data: now } = useSuspenseQuery(processQuery(owner));
  const { data: recent } = useSuspenseQuery(versionsQuery(owner, 0));
  const newest = now.Version ?? 0;
  const [from, setFrom] = useSearchState("from", String(Math.max(0, newest - 1)));
  const [to, setTo] = useSearchState("to", String(newest));
  const diff = useQuery(diffOfVersions(owner, Number(from), Number(to)));
  const known = (recent.Items ?? []).map((version) => String(version.Version));
  const choices = (chosen: string) =>
    [...new Set([...known, chosen])].map((value) => ({ value, label: t("versionTitle", { version: value }) }));
  return (
    <Frame>
      <PageHeader title={t("compare")} windowTitle={`${t("compare")} · ${name}`} />
      <div className="toolbar">
        <Select
          label={t("compareFrom")}
          data={choices(from)}
          value={from}
          onChange={(next) => setFrom(next ?? undefined)}
          allowDeselect={false}
          comboboxProps={{ withinPortal: false }}
        />
        <Select
          label={t("compareTo")}
          data={choices(to)}
          value={to}
          onChange={(next) => setTo(next ?? undefined)}
          allowDeselect={false}
          comboboxProps={{ withinPortal: false }}
        />
      </div>
      {diff.error ? (
        <ErrorPanel what={t("differences")} error={diff.error} retry={() => diff.refetch()} />
      ) : diff.data ? (
        <Differences diff={diff.data} />
      ) : (
        <Skeleton />
      )}
    </Frame>
  );
}
