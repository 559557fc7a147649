/** Before a runbook is run: where, by which snapshot, with which values, and what it will do there. */
import { MultiSelect, Select } from "@mantine/core";
import { useSuspenseQuery } from "@tanstack/react-query";
import { projectQuery, queryClient } from "../../api/queries.ts";
import { ownerIn, paths } from "../../paths.ts";
import { type Loading, useOwner, useParam, useSearchState } from "../../routing.tsx";
import { LinkAction } from "../../ui/Action.tsx";
import { Page as Frame, PageHeader } from "../../ui/Page.tsx";
import { Empty } from "../../ui/states.tsx";
import { openToQuery, runbookQuery, SNAPSHOTS, snapshotsQuery } from "./queries.ts";
import { Starting } from "./Starting.tsx";
import { t } from "./text.ts";

export const load = async ({ params }: Loading) => {
  const { Id = "" } = await queryClient.ensureQueryData(runbookQuery(ownerIn(params)));
  await Promise.all([
    queryClient.ensureQueryData(openToQuery(Id)),
    queryClient.ensureQueryData(snapshotsQuery(Id, SNAPSHOTS)),
  ]);
};

export function Page() {
  const owner = useOwner();
  const { data: project } = useSuspenseQuery(projectQuery(useParam("project")));
  const { data: runbook } = useSuspenseQuery(runbookQuery(owner));
  const { data: open } = useSuspenseQuery(openToQuery(runbook.Id ?? ""));
  const { data: snapshots } = useSuspenseQuery(snapshotsQuery(runbook.Id ?? "", SNAPSHOTS));
  const [asked, setAsked] = useSearchState("env", "", "replace");
  const published = runbook.PublishedRunbookSnapshotId ?? "";
  const [snapshot, setSnapshot] = useSearchState("snapshot", published, "replace");
  // People write names and slugs into addresses; the portal writes ids.
  const wanted = asked.split(",").map((text) => text.trim().toLowerCase());
  const isWanted = (one: (typeof open)[number]) =>
    [one.Id, one.Slug, one.Name].some((known) => known && wanted.includes(known.toLowerCase()));
  const chosen = open.length === 1 ? open : open.filter(isWanted);
  const obstacle = snapshot === "" ? t("publishFirst") : open.length === 0 ? t("nowhere") : undefined;
  return (
    <Frame wide>
      <PageHeader
        title={t("startTitle", { runbook: runbook.Name ?? "" })}
        windowTitle={`${t("startTitle", { runbook: runbook.Name ?? "" })} · ${project.Name}`}
      />
      {obstacle ? (
        <Empty text={obstacle} action={<LinkAction to={paths.runbook(owner)}>{t("openRunbook")}</LinkAction>} />
      ) : (
        <>
          <div className="toolbar" style={{ alignItems: "flex-end" }}>
            <MultiSelect
              label={t("environments")}
              miw={280}
              searchable
              data={open.map((one) => ({ value: one.Id, label: one.Name }))}
              value={chosen.map((one) => one.Id)}
              onChange={(ids) => setAsked(ids.join(",") || undefined)}
              comboboxProps={{ withinPortal: false }}
            />
            {snapshots.Items.length > 1 && (
              <Select
                label={t("snapshot")}
                w={220}
                data={snapshots.Items.map((one) => ({
                  value: one.Id ?? "",
                  label: one.Id === published ? t("isPublished", { name: one.Name ?? "" }) : (one.Name ?? ""),
                }))}
                value={snapshot}
                onChange={(id) => setSnapshot(id ?? undefined)}
                allowDeselect={false}
                comboboxProps={{ withinPortal: false }}
              />
            )}
          </div>
          {chosen.length === 0 ? (
            <p className="muted">{t("choose")}</p>
          ) : (
            <Starting
              {...{ owner, project, runbook, snapshot }}
              isDraft={snapshot !== published}
              environments={chosen}
            />
          )}
        </>
      )}
    </Frame>
  );
}
