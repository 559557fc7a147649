/** The snapshots of a runbook, newest first; any of them can be the one that runs. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useDenied } from "../../api/can.ts";
import { Action } from "../../ui/Action.tsx";
import { Refusal } from "../../ui/Form.tsx";
import { Section } from "../../ui/Page.tsx";
import { Age } from "../../ui/Time.tsx";
import { useWork } from "../../ui/work.ts";
import { publish, type Runbook, SNAPSHOTS, type Snapshot, snapshotsQuery } from "./queries.ts";
import { t } from "./text.ts";

interface SnapshotsProps {
  runbook: Runbook;
  project: { Id?: string; ProjectGroupId?: string };
}

export function Snapshots({ runbook, project }: SnapshotsProps) {
  const [take, setTake] = useState(SNAPSHOTS);
  const { data } = useQuery({ ...snapshotsQuery(runbook.Id ?? "", take), placeholderData: keepPreviousData });
  const denied = useDenied("RunbookEdit", { project });
  const work = useWork();
  const snapshots = data?.Items ?? [];
  if (snapshots.length === 0) return null;
  return (
    <Section title={t("snapshots")}>
      {work.failure !== undefined && <Refusal error={work.failure} />}
      <table className="table stacked">
        <thead>
          <tr>
            <th scope="col">{t("name")}</th>
            <th scope="col">{t("when")}</th>
            <th scope="col" className="end">
              <span className="visually-hidden">{t("publish")}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {snapshots.map((snapshot) => (
            <Row
              key={snapshot.Id}
              snapshot={snapshot}
              isPublished={snapshot.Id === runbook.PublishedRunbookSnapshotId}
              denied={denied}
              onPublish={() => work.run(() => publish(runbook, snapshot.Id ?? ""))}
            />
          ))}
        </tbody>
      </table>
      {data && data.TotalResults > snapshots.length && (
        <div className="row">
          <Action onClick={() => setTake(snapshots.length + SNAPSHOTS)}>{t("more")}</Action>
        </div>
      )}
    </Section>
  );
}

interface RowProps {
  snapshot: Snapshot;
  isPublished: boolean;
  denied: string | undefined;
  onPublish: () => void;
}

function Row({ snapshot, isPublished, denied, onPublish }: RowProps) {
  return (
    <tr>
      <th scope="row">
        <span className="row">
          {snapshot.Name}
          {isPublished && <span className="chip">{t("published")}</span>}
        </span>
      </th>
      <td data-label={t("when")}>{snapshot.Assembled && <Age at={snapshot.Assembled} />}</td>
      <td className="end">
        {!isPublished && (
          <Action denied={denied} onClick={onPublish}>
            {t("publish")}
            <span className="visually-hidden">{` ${snapshot.Name}`}</span>
          </Action>
        )}
      </td>
    </tr>
  );
}
