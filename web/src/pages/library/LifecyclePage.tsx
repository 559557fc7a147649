/** One lifecycle: its path, and changing its phases. */
import { Textarea, TextInput } from "@mantine/core";
import { useSuspenseQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Plus } from "lucide-react";
import { useState } from "react";
import { useDenied } from "../../api/can.ts";
import { environmentsQuery, queryClient } from "../../api/queries.ts";
import { paths } from "../../paths.ts";
import { type Loading, useParam } from "../../routing.tsx";
import { listed } from "../../text/messages.ts";
import { Action } from "../../ui/Action.tsx";
import { Confirm } from "../../ui/Dialog.tsx";
import { useEdited } from "../../ui/edited.ts";
import { Form } from "../../ui/Form.tsx";
import { Newer, undecided } from "../../ui/Newer.tsx";
import { Page as Frame, PageHeader, Section } from "../../ui/Page.tsx";
import { toast } from "../../ui/toast.tsx";
import { useWork } from "../../ui/work.ts";
import classes from "./library.module.css";
import { PhaseFields } from "./PhaseFields.tsx";
import { PhasePath } from "./PhasePath.tsx";
import { deleteLifecycle, type Lifecycle, lifecycleQuery, type Phase, saveLifecycle, usersQuery } from "./queries.ts";
import { t } from "./text.ts";

export const load = async ({ params }: Loading) => {
  const lifecycle = await queryClient.ensureQueryData(lifecycleQuery(params.lifecycle ?? ""));
  await Promise.all([
    queryClient.ensureQueryData(environmentsQuery),
    queryClient.ensureQueryData(usersQuery(lifecycle.Id ?? "")),
  ]);
};

export function Page() {
  const { data: lifecycle } = useSuspenseQuery(lifecycleQuery(useParam("lifecycle")));
  const { data: projects } = useSuspenseQuery(usersQuery(lifecycle.Id ?? ""));
  const [isDeleting, setDeleting] = useState(false);
  const navigate = useNavigate();
  const denied = useDenied("LifecycleDelete");
  const name = lifecycle.Name ?? "";
  const names = listed(projects.map((project) => project.Name));
  return (
    <Frame>
      <PageHeader
        title={name}
        actions={
          <Action look="danger" denied={denied} onClick={() => setDeleting(true)}>
            {t("delete")}
          </Action>
        }
      />
      <p className="muted">
        {t("usedBy", { n: projects.length, names })} {projects.length > 0 && t("usedNote")}
      </p>
      <Editor key={lifecycle.Id} lifecycle={lifecycle} />
      <Confirm
        title={t("deleteTitle", { name })}
        verb={t("deleteVerb")}
        opened={isDeleting}
        onClose={() => setDeleting(false)}
        onConfirm={async () => {
          await deleteLifecycle(lifecycle.Id ?? "");
          toast(t("deleted", { name }));
          await navigate({ to: paths.lifecycles() });
        }}
      >
        {t("deleteText")}
      </Confirm>
    </Frame>
  );
}

function Editor({ lifecycle }: { lifecycle: Lifecycle }) {
  const edited = useEdited(lifecycle);
  const { value, set } = edited;
  const phases = value.Phases ?? [];
  const setPhases = (next: Phase[]) => set({ Phases: next });
  const work = useWork();
  const missing = useDenied("LifecycleEdit");
  const reload = () => queryClient.invalidateQueries({ queryKey: ["lifecycles"] });
  const swap = (from: number, to: number) => {
    const moved = [...phases];
    const [phase] = moved.splice(from, 1);
    if (phase) moved.splice(to, 0, phase);
    setPhases(moved);
  };
  const add = () =>
    setPhases([
      ...phases,
      { Name: "", AutomaticDeploymentTargets: [], OptionalDeploymentTargets: [] } as unknown as Phase,
    ]);
  return (
    <>
      <Section title={t("path")}>
        <PhasePath phases={phases} />
        {phases.length === 0 && <p className="meta">{t("byDefault")}</p>}
      </Section>
      <Section title={t("phases")}>
        <Form
          work={work}
          onSubmit={() => edited.save(saveLifecycle, reload)}
          verb={t("save")}
          denied={missing ?? undecided(edited) ?? (edited.isChanged ? undefined : t("nothingChanged"))}
        >
          <Newer edited={edited} labels={{ Name: t("name"), Description: t("description"), Phases: t("phases") }} />
          <ol className={classes.editor}>
            {phases.map((phase, index) => (
              <PhaseFields
                // biome-ignore lint/suspicious/noArrayIndexKey: phases have no other identity while they are edited
                key={index}
                phase={phase}
                n={index + 1}
                of={phases.length}
                denied={missing}
                onChange={(changed) => setPhases(phases.map((one, at) => (at === index ? changed : one)))}
                onMove={(to) => swap(index, to)}
                onRemove={() => setPhases(phases.filter((_, at) => at !== index))}
              />
            ))}
          </ol>
          <div>
            <Action icon={<Plus size={16} aria-hidden />} denied={missing} onClick={add}>
              {t("addPhase")}
            </Action>
          </div>
          <TextInput
            label={t("name")}
            required
            maxLength={200}
            readOnly={missing !== undefined}
            value={value.Name ?? ""}
            onChange={(event) => set({ Name: event.currentTarget.value })}
          />
          <Textarea
            label={t("description")}
            rows={2}
            readOnly={missing !== undefined}
            value={value.Description ?? ""}
            onChange={(event) => set({ Description: event.currentTarget.value })}
          />
        </Form>
      </Section>
    </>
  );
}
