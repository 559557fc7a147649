/** Adding a target that a worker acts for. */
import { useNavigate } from "@tanstack/react-router";
import { useDenied } from "../../api/can.ts";
import { environmentsQuery, machinesQuery, queryClient } from "../../api/queries.ts";
import { paths } from "../../paths.ts";
import { useSearchValues } from "../../routing.tsx";
import { Page as Frame, PageHeader } from "../../ui/Page.tsx";
import { Banner } from "../../ui/states.tsx";
import { saveMachine } from "./queries.ts";
import { TargetForm } from "./TargetForm.tsx";
import { t } from "./text.ts";

export const load = () =>
  Promise.all([queryClient.ensureQueryData(environmentsQuery), queryClient.ensureQueryData(machinesQuery)]);

export function Page() {
  const { env } = useSearchValues();
  const navigate = useNavigate();
  const denied = useDenied("MachineCreate", { environmentId: env });
  return (
    <Frame>
      <PageHeader title={t("add")} />
      <Banner>{t("kindsLater")}</Banner>
      <TargetForm
        machine={{ Endpoint: { CommunicationStyle: "None" }, EnvironmentIds: env ? [env] : [] }}
        verb={t("add")}
        denied={denied}
        onSave={async (machine) => {
          const made = await saveMachine(machine);
          await navigate({ to: paths.target(made.Slug ?? made.Id ?? "") });
        }}
      />
    </Frame>
  );
}
