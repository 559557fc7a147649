/** One target: its state, what runs on it, its settings. */
import { useSuspenseQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useDenied } from "../../api/can.ts";
import { environmentsQuery, machinesQuery, projectsQuery, queryClient } from "../../api/queries.ts";
import { paths } from "../../paths.ts";
import { type Loading, useParam } from "../../routing.tsx";
import { Action } from "../../ui/Action.tsx";
import { Confirm } from "../../ui/Dialog.tsx";
import { Page as Frame, PageHeader, Section } from "../../ui/Page.tsx";
import { Status } from "../../ui/Status.tsx";
import { toast } from "../../ui/toast.tsx";
import { deleteMachine, healthOf, machineQuery, saveMachine } from "./queries.ts";
import { RunningHere } from "./RunningHere.tsx";
import { TargetForm } from "./TargetForm.tsx";
import { t } from "./text.ts";

export const load = ({ params }: Loading) =>
  Promise.all([
    queryClient.ensureQueryData(machineQuery(params.target ?? "")),
    queryClient.ensureQueryData(environmentsQuery),
    queryClient.ensureQueryData(machinesQuery),
    queryClient.ensureQueryData(projectsQuery),
  ]);

export function Page() {
  const { data: machine } = useSuspenseQuery(machineQuery(useParam("target")));
  const [isDeleting, setDeleting] = useState(false);
  const navigate = useNavigate();
  const place = { environmentId: machine.EnvironmentIds?.[0] };
  const cannotEdit = useDenied("MachineEdit", place);
  const cannotDelete = useDenied("MachineDelete", place);
  const name = machine.Name ?? "";
  return (
    <Frame>
      <PageHeader
        title={name}
        meta={<Status {...healthOf(machine)} />}
        actions={
          <Action look="danger" denied={cannotDelete} onClick={() => setDeleting(true)}>
            {t("delete")}
          </Action>
        }
      />
      {machine.StatusSummary && <p className="muted">{machine.StatusSummary}</p>}
      <RunningHere place={{ machineId: machine.Id ?? "" }} />
      <Section title={t("settings")}>
        <TargetForm key={machine.Id} machine={machine} verb={t("save")} denied={cannotEdit} onSave={saveMachine} />
      </Section>
      <Confirm
        title={t("deleteTitle", { name })}
        verb={t("deleteVerb")}
        opened={isDeleting}
        onClose={() => setDeleting(false)}
        onConfirm={async () => {
          await deleteMachine(machine.Id ?? "");
          toast(t("deleted", { name }));
          await navigate({ to: paths.targets() });
        }}
      >
        {t("deleteText")}
      </Confirm>
    </Frame>
  );
}
