/** Deleting a project: only after typing its name, because its history goes with it. */
import { TextInput } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useDenied } from "../../api/can.ts";
import { answerAs, api, inSpace, type Schemas } from "../../api/client.ts";
import { queryClient } from "../../api/queries.ts";
import { paths } from "../../paths.ts";
import { common } from "../../text/common.ts";
import { Action } from "../../ui/Action.tsx";
import { Dialog } from "../../ui/Dialog.tsx";
import { Refusal } from "../../ui/Form.tsx";
import { Section } from "../../ui/Page.tsx";
import { toast } from "../../ui/toast.tsx";
import { useWork } from "../../ui/work.ts";
import { t } from "./settings-text.ts";

export function DeleteProject({ project }: { project: Schemas["Project"] }) {
  const [isOpen, setOpen] = useState(false);
  const [typed, setTyped] = useState("");
  const work = useWork();
  const navigate = useNavigate();
  const denied = useDenied("ProjectDelete", { project });
  const name = project.Name ?? "";
  const remove = () =>
    work.run(async () => {
      await answerAs(
        api.DELETE("/api/{spaceId}/projects/{id}", { params: { path: inSpace({ id: project.Id ?? "" }) } }),
      );
      toast(t("deleted", { name }));
      await navigate({ to: paths.projects() });
      for (const topic of ["projects", "dashboard", "tasks"]) queryClient.invalidateQueries({ queryKey: [topic] });
    });
  return (
    <Section title={t("danger")}>
      <div className="stack" style={{ alignItems: "flex-start" }}>
        <p className="muted">{t("deleteText")}</p>
        <Action look="danger" denied={denied} onClick={() => setOpen(true)}>
          {t("delete")}
        </Action>
      </div>
      <Dialog title={t("deleteTitle", { name })} opened={isOpen} onClose={() => setOpen(false)}>
        <div className="stack">
          {work.failure !== undefined && <Refusal error={work.failure} />}
          <p>{t("deleteText")}</p>
          <TextInput
            label={t("typeName", { name })}
            autoComplete="off"
            value={typed}
            onChange={(event) => setTyped(event.currentTarget.value)}
          />
          <div className="row" style={{ justifyContent: "flex-end" }}>
            <Action onClick={() => setOpen(false)} data-autofocus>
              {common("cancel")}
            </Action>
            <Action
              look="danger"
              busy={work.isBusy}
              denied={typed === name ? undefined : t("wrongName")}
              onClick={remove}
            >
              {t("delete")}
            </Action>
          </div>
        </div>
      </Dialog>
    </Section>
  );
}
