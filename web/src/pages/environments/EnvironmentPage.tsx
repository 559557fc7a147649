/** One environment: its settings and the targets in it. */
import { useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useDenied } from "../../api/can.ts";
import { answer, api, inSpace } from "../../api/client.ts";
import { machinesQuery, queryClient } from "../../api/queries.ts";
import { paths } from "../../paths.ts";
import { type Loading, useParam } from "../../routing.tsx";
import { Action, LinkAction } from "../../ui/Action.tsx";
import { Confirm } from "../../ui/Dialog.tsx";
import { Page as Frame, PageHeader, Section } from "../../ui/Page.tsx";
import { Empty, ErrorPanel, Skeleton } from "../../ui/states.tsx";
import { toast } from "../../ui/toast.tsx";
import { TargetTable } from "../targets/TargetTable.tsx";
import { EnvironmentForm } from "./EnvironmentForm.tsx";
import { deleteEnvironment, replaceEnvironment } from "./queries.ts";
import { t } from "./text.ts";

const environmentQuery = (id: string) => ({
  queryKey: ["environments", "one", id],
  queryFn: () => answer(api.GET("/api/{spaceId}/environments/{id}", { params: { path: inSpace({ id }) } })),
});

export const load = ({ params }: Loading) => queryClient.ensureQueryData(environmentQuery(params.environment ?? ""));

export function Page() {
  const slug = useParam("environment");
  const { data: environment } = useSuspenseQuery(environmentQuery(slug));
  const [isDeleting, setDeleting] = useState(false);
  const navigate = useNavigate();
  const place = { environmentId: environment.Id };
  const cannotEdit = useDenied("EnvironmentEdit", place);
  const cannotDelete = useDenied("EnvironmentDelete", place);
  const name = environment.Name ?? "";
  return (
    <Frame>
      <PageHeader
        title={name}
        actions={
          <Action look="danger" denied={cannotDelete} onClick={() => setDeleting(true)}>
            {t("delete")}
          </Action>
        }
      />
      <EnvironmentForm
        key={environment.Id}
        environment={environment}
        verb={t("save")}
        denied={cannotEdit}
        onSave={replaceEnvironment}
      />
      <Targets environmentId={environment.Id ?? ""} />
      <Confirm
        title={t("deleteTitle", { name })}
        verb={t("deleteVerb")}
        opened={isDeleting}
        onClose={() => setDeleting(false)}
        onConfirm={async () => {
          await deleteEnvironment(environment.Id ?? "");
          toast(t("deleted", { name }));
          await navigate({ to: paths.environments() });
        }}
      >
        {t("deleteText")}
      </Confirm>
    </Frame>
  );
}

function Targets({ environmentId }: { environmentId: string }) {
  const machines = useQuery(machinesQuery);
  const own = (machines.data ?? []).filter((machine) => machine.EnvironmentIds?.includes(environmentId));
  return (
    <Section
      title={t("targetsOf")}
      actions={<LinkAction to={paths.newTarget({ env: environmentId })}>{t("addTarget")}</LinkAction>}
    >
      {machines.error ? (
        <ErrorPanel what={t("targetsOf")} error={machines.error} retry={() => machines.refetch()} />
      ) : machines.data === undefined ? (
        <Skeleton lines={3} />
      ) : own.length === 0 ? (
        <Empty text={t("noTargets")} />
      ) : (
        <TargetTable machines={own} />
      )}
    </Section>
  );
}
