/** The runbooks of a project. */
import { Textarea, TextInput } from "@mantine/core";
import { useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { BookOpenCheck, Plus } from "lucide-react";
import { useState } from "react";
import { useDenied } from "../../api/can.ts";
import { projectQuery, queryClient } from "../../api/queries.ts";
import { type Owner, paths, runbookOf } from "../../paths.ts";
import { type Loading, useParam, useTypedState } from "../../routing.tsx";
import { matches } from "../../shell/matching.ts";
import { Action } from "../../ui/Action.tsx";
import { Dialog } from "../../ui/Dialog.tsx";
import { Filter, Form, NoneFits } from "../../ui/Form.tsx";
import { Page as Frame, PageHeader } from "../../ui/Page.tsx";
import { Status, stateOfTask } from "../../ui/Status.tsx";
import { Empty } from "../../ui/states.tsx";
import { Age } from "../../ui/Time.tsx";
import { useWork } from "../../ui/work.ts";
import { taskQuery } from "../deployment/queries.ts";
import { numberOf } from "../releases/queries.ts";
import { createRunbook, type Runbook, runbooksQuery, runsQuery } from "./queries.ts";
import { RunAction } from "./RunAction.tsx";
import { t } from "./text.ts";

export const load = ({ params }: Loading) => queryClient.ensureQueryData(runbooksQuery(params.project ?? ""));

export function Page() {
  const slug = useParam("project");
  const { data: project } = useSuspenseQuery(projectQuery(slug));
  const { data: runbooks } = useSuspenseQuery(runbooksQuery(slug));
  const [text, setText] = useTypedState("q");
  const [isAdding, setAdding] = useState(false);
  const denied = useDenied("RunbookEdit", { project });
  const shown = runbooks.Items.filter((runbook) => matches(text, runbook.Name ?? ""));
  const add = (
    <Action
      data-create
      look="primary"
      icon={<Plus size={16} aria-hidden />}
      denied={denied}
      onClick={() => setAdding(true)}
    >
      {t("add")}
    </Action>
  );
  return (
    <Frame>
      <PageHeader
        title={t("title")}
        windowTitle={`${t("title")} · ${project.Name ?? slug}`}
        actions={runbooks.Items.length > 0 && add}
      />
      {runbooks.Items.length === 0 ? (
        <Empty icon={<BookOpenCheck size={24} strokeWidth={1.5} aria-hidden />} text={t("empty")} action={add} />
      ) : (
        <div className="stack">
          <Filter label={t("filter")} value={text} onChange={setText} />
          {shown.length === 0 ? (
            <NoneFits text={t("nothing", { text })} clear={t("clear")} onClear={() => setText("")} />
          ) : (
            <RunbookTable slug={slug} runbooks={shown} />
          )}
        </div>
      )}
      <Dialog title={t("add")} opened={isAdding} onClose={() => setAdding(false)}>
        <NewRunbook slug={slug} projectId={project.Id ?? ""} onCancel={() => setAdding(false)} />
      </Dialog>
    </Frame>
  );
}

function RunbookTable({ slug, runbooks }: { slug: string; runbooks: Runbook[] }) {
  return (
    <table className="table stacked">
      <thead>
        <tr>
          <th scope="col">{t("name")}</th>
          <th scope="col">{t("description")}</th>
          <th scope="col">{t("lastRun")}</th>
          <th scope="col" className="end">
            <span className="visually-hidden">{t("run")}</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {runbooks.map((runbook) => {
          const owner = runbookOf(slug, runbook.Slug ?? runbook.Id ?? "");
          return (
            <tr key={runbook.Id}>
              <th scope="row">
                <span className="row">
                  <Link to={paths.runbook(owner)}>{runbook.Name}</Link>
                  {!runbook.PublishedRunbookSnapshotId && <span className="chip">{t("notPublished")}</span>}
                </span>
              </th>
              <td className="muted">{runbook.Description}</td>
              <td data-label={t("lastRun")}>
                <LastRun owner={owner} id={runbook.Id ?? ""} />
              </td>
              <td className="end">
                <RunAction owner={owner} runbook={runbook} />
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

function LastRun({ owner, id }: { owner: Owner; id: string }) {
  const { data: runs } = useQuery(runsQuery(id, 1));
  const last = runs?.Items[0];
  const { data: task } = useQuery({ ...taskQuery(last?.TaskId ?? ""), enabled: last !== undefined });
  if (!last || !task) return null;
  return (
    <Link to={paths.deployment(owner, numberOf(last.Id ?? ""))} className="row">
      <Status state={stateOfTask(task)} />
      {last.Created && <Age at={last.Created} />}
    </Link>
  );
}

function NewRunbook({ slug, projectId, onCancel }: { slug: string; projectId: string; onCancel: () => void }) {
  const [name, setName] = useState("");
  const [description, setDescription] = useState("");
  const work = useWork();
  const navigate = useNavigate();
  const create = async () => {
    const made = await createRunbook({ Name: name, Description: description, ProjectId: projectId });
    await navigate({ to: paths.runbook(runbookOf(slug, made.Slug ?? made.Id ?? "")) });
  };
  return (
    <Form work={work} onSubmit={create} verb={t("add")} onCancel={onCancel}>
      <TextInput
        label={t("name")}
        required
        maxLength={200}
        data-autofocus
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <Textarea
        label={t("description")}
        rows={2}
        value={description}
        onChange={(event) => setDescription(event.currentTarget.value)}
      />
    </Form>
  );
}
