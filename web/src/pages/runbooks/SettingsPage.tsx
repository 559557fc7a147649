/** The settings of a runbook: what it is called, where it may run, what happens after a failure, and deleting it. */
import { MultiSelect, Select, Textarea, TextInput } from "@mantine/core";
import { useSuspenseQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useDenied } from "../../api/can.ts";
import { environmentsQuery, projectQuery, queryClient } from "../../api/queries.ts";
import { ownerIn, paths, runbookOf } from "../../paths.ts";
import { type Loading, useOwner, useParam } from "../../routing.tsx";
import { Action } from "../../ui/Action.tsx";
import { Confirm } from "../../ui/Dialog.tsx";
import { useEdited } from "../../ui/edited.ts";
import { Form } from "../../ui/Form.tsx";
import { Newer, undecided } from "../../ui/Newer.tsx";
import { Page as Frame, PageHeader } from "../../ui/Page.tsx";
import { toast } from "../../ui/toast.tsx";
import { useWork } from "../../ui/work.ts";
import { WhenItFails } from "../projects/WhenItFails.tsx";
import { deleteRunbook, type Runbook, replaceRunbook, runbookQuery } from "./queries.ts";
import { t } from "./text.ts";

export const load = ({ params }: Loading) =>
  Promise.all([
    queryClient.ensureQueryData(runbookQuery(ownerIn(params))),
    queryClient.ensureQueryData(environmentsQuery),
  ]);

export function Page() {
  const slug = useParam("project");
  const { data: project } = useSuspenseQuery(projectQuery(slug));
  const { data: runbook } = useSuspenseQuery(runbookQuery(useOwner()));
  const [isDeleting, setDeleting] = useState(false);
  const navigate = useNavigate();
  const denied = useDenied("RunbookEdit", { project });
  const name = runbook.Name ?? "";
  return (
    <Frame>
      <PageHeader
        title={t("settings")}
        windowTitle={`${t("settings")} · ${name}`}
        actions={
          <Action look="danger" denied={denied} onClick={() => setDeleting(true)}>
            {t("remove")}
          </Action>
        }
      />
      <General key={runbook.Id} slug={slug} runbook={runbook} denied={denied} />
      <Confirm
        title={t("removeTitle", { name })}
        verb={t("remove")}
        opened={isDeleting}
        onClose={() => setDeleting(false)}
        onConfirm={async () => {
          await deleteRunbook(runbook.Id ?? "");
          toast(t("removed", { name }));
          await navigate({ to: paths.runbooks(slug) });
          queryClient.invalidateQueries({ queryKey: ["runbooks"] });
        }}
      >
        {t("removeText")}
      </Confirm>
    </Frame>
  );
}

interface GeneralProps {
  slug: string;
  runbook: Runbook;
  denied: string | undefined;
}

function General({ slug, runbook, denied }: GeneralProps) {
  const edited = useEdited(runbook);
  const { value: next, set } = edited;
  const work = useWork();
  const navigate = useNavigate();
  const isFixed = denied !== undefined;
  const put = async (body: Runbook) => {
    const saved = await replaceRunbook(body);
    toast(t("saved"));
    const owner = runbookOf(slug, saved.Slug ?? saved.Id ?? "");
    await navigate({ to: paths.runbookSettings(owner), replace: true });
  };
  return (
    <Form
      work={work}
      onSubmit={() => edited.save(put, () => queryClient.invalidateQueries({ queryKey: ["runbooks"] }))}
      verb={t("save")}
      denied={denied ?? undecided(edited) ?? (edited.isChanged ? undefined : t("nothingChanged"))}
    >
      <Newer
        edited={edited}
        labels={{
          Name: t("name"),
          Description: t("description"),
          EnvironmentScope: t("where"),
          Environments: t("environments"),
          DefaultGuidedFailureMode: t("guided"),
          "Regatta.FailurePolicy": t("policy"),
        }}
      />
      <TextInput
        label={t("name")}
        required
        maxLength={200}
        readOnly={isFixed}
        value={next.Name ?? ""}
        onChange={(event) => set({ Name: event.currentTarget.value })}
      />
      <Textarea
        label={t("description")}
        rows={2}
        readOnly={isFixed}
        value={next.Description ?? ""}
        onChange={(event) => set({ Description: event.currentTarget.value })}
      />
      <Where value={next} onChange={set} isFixed={isFixed} />
      <WhenItFails value={next} onChange={set} isFixed={isFixed} />
    </Form>
  );
}

interface WhereProps {
  value: Runbook;
  onChange: (part: Partial<Runbook>) => void;
  isFixed: boolean;
}

function Where({ value, onChange, isFixed }: WhereProps) {
  const { data: environments } = useSuspenseQuery(environmentsQuery);
  const shared = { readOnly: isFixed, comboboxProps: { withinPortal: false } };
  return (
    <>
      <Select
        {...shared}
        label={t("where")}
        allowDeselect={false}
        data={[
          { value: "All", label: t("everywhere") },
          { value: "FromProjectLifecycles", label: t("lifecycles") },
          { value: "Specified", label: t("specified") },
        ]}
        value={value.EnvironmentScope ?? "All"}
        onChange={(scope) => onChange({ EnvironmentScope: scope as never })}
      />
      {value.EnvironmentScope === "Specified" && (
        <MultiSelect
          {...shared}
          label={t("environments")}
          searchable
          data={environments.map((one) => ({ value: one.Id ?? "", label: one.Name ?? "" }))}
          value={[...(value.Environments ?? [])]}
          onChange={(ids) => onChange({ Environments: ids })}
        />
      )}
    </>
  );
}
