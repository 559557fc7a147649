/** The snapshot that runs when nobody names another, what the process has become since, and publishing that. */
import { Textarea, TextInput } from "@mantine/core";
import { useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useDenied } from "../../api/can.ts";
import { projectQuery } from "../../api/queries.ts";
import { type Owner, partsOf, paths } from "../../paths.ts";
import { story } from "../../text/story.ts";
import { Action, LinkAction } from "../../ui/Action.tsx";
import { Dialog } from "../../ui/Dialog.tsx";
import { Form } from "../../ui/Form.tsx";
import { Section } from "../../ui/Page.tsx";
import { Prose } from "../../ui/Prose.tsx";
import { Empty, ErrorPanel, Skeleton } from "../../ui/states.tsx";
import { Age } from "../../ui/Time.tsx";
import { useWork } from "../../ui/work.ts";
import { Differences } from "../process/Differences.tsx";
import { diffSinceCopy, processQuery } from "../process/queries.ts";
import { nextNameQuery, publishNow, type Runbook, snapshotQuery } from "./queries.ts";
import { t } from "./text.ts";

interface PublishedProps {
  owner: Owner;
  runbook: Runbook;
}

export function Published({ owner, runbook }: PublishedProps) {
  const { data: project } = useSuspenseQuery(projectQuery(partsOf(owner).project));
  const { data: process } = useSuspenseQuery(processQuery(owner));
  const [isPublishing, setPublishing] = useState(false);
  const denied = useDenied("RunbookEdit", { project });
  const id = runbook.PublishedRunbookSnapshotId;
  const isEmpty = (process.Steps ?? []).length === 0;
  const publish = (
    <Action look={id ? "default" : "primary"} denied={denied} onClick={() => setPublishing(true)}>
      {t("publishNow")}
    </Action>
  );
  return (
    <Section title={t("published")} actions={id && !isEmpty && publish}>
      {id ? (
        <Standing owner={owner} snapshot={id} version={process.Version ?? 0} />
      ) : isEmpty ? (
        <Empty
          text={t("noSteps")}
          action={
            <LinkAction look="primary" to={paths.newStep(owner)} denied={denied}>
              {story.addStep}
            </LinkAction>
          }
        />
      ) : (
        <Empty text={t("nothingPublished")} action={publish} />
      )}
      <Dialog title={t("publishTitle")} opened={isPublishing} onClose={() => setPublishing(false)}>
        <NewSnapshot runbook={runbook} onClose={() => setPublishing(false)} />
      </Dialog>
    </Section>
  );
}

/** What is published, and what has been saved since. */
function Standing({ owner, snapshot: id, version }: { owner: Owner; snapshot: string; version: number }) {
  const { data: snapshot, error, refetch } = useQuery(snapshotQuery(id));
  const copy = snapshot?.FrozenRunbookProcessId ?? "";
  const since = useQuery({ ...diffSinceCopy(owner, copy, version), enabled: copy !== "" });
  if (error) return <ErrorPanel what={t("published")} error={error} retry={refetch} />;
  if (!snapshot) return <Skeleton lines={2} />;
  const hasChanged = (since.data?.Changes ?? []).length > 0;
  return (
    <div className="stack">
      <p>
        <strong>{snapshot.Name}</strong>
        <span className="muted">
          {` · ${t("taken")} `}
          {snapshot.Assembled && <Age at={snapshot.Assembled} />}
        </span>
      </p>
      {snapshot.Notes && <Prose text={snapshot.Notes} />}
      {since.error && <ErrorPanel what={t("hasChanged")} error={since.error} retry={() => since.refetch()} />}
      {since.data && !hasChanged && <p className="muted">{t("notChanged")}</p>}
      {since.data && hasChanged && (
        <>
          <h3>{t("hasChanged")}</h3>
          <Differences diff={since.data} />
        </>
      )}
    </div>
  );
}

function NewSnapshot({ runbook, onClose }: { runbook: Runbook; onClose: () => void }) {
  const { data: next = "" } = useQuery(nextNameQuery(runbook.Id ?? ""));
  const [name, setName] = useState("");
  const [notes, setNotes] = useState("");
  const work = useWork();
  const publish = async () => {
    await publishNow({ RunbookId: runbook.Id ?? "", Name: name, Notes: notes });
    onClose();
  };
  return (
    <Form work={work} onSubmit={publish} verb={t("publishVerb")} onCancel={onClose}>
      <p>{t("publishText")}</p>
      <TextInput
        label={t("name")}
        placeholder={next}
        maxLength={200}
        data-autofocus
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <Textarea label={t("notes")} rows={3} value={notes} onChange={(event) => setNotes(event.currentTarget.value)} />
    </Form>
  );
}
