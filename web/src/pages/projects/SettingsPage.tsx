/** The settings of a project: what it is called, where its releases go, how it deploys, and deleting it. */
import { Checkbox, NumberInput, Select, Textarea, TextInput } from "@mantine/core";
import { queryOptions, useSuspenseQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { basedOn } from "../../api/based-on.ts";
import { useDenied } from "../../api/can.ts";
import { answer, api, inSpace, type Schemas } from "../../api/client.ts";
import { lifecyclesQuery, projectGroupsQuery, projectQuery, queryClient } from "../../api/queries.ts";
import { paths } from "../../paths.ts";
import { type Loading, useParam } from "../../routing.tsx";
import { option } from "../../ui/Choice.tsx";
import { useEdited } from "../../ui/edited.ts";
import { Form } from "../../ui/Form.tsx";
import { Newer, undecided } from "../../ui/Newer.tsx";
import { Page as Frame, PageHeader, Section } from "../../ui/Page.tsx";
import { toast } from "../../ui/toast.tsx";
import { useWork } from "../../ui/work.ts";
import { DeleteProject } from "./DeleteProject.tsx";
import { t } from "./settings-text.ts";
import { WhenItFails } from "./WhenItFails.tsx";

type Project = Schemas["Project"];
type Settings = Schemas["DeploymentSettings"];

const settingsQuery = (project: string) =>
  queryOptions({
    queryKey: ["deploymentsettings", project],
    queryFn: () =>
      answer(
        api.GET("/api/{spaceId}/projects/{project}/deploymentsettings", { params: { path: inSpace({ project }) } }),
      ),
  });

export const load = ({ params }: Loading) =>
  Promise.all([
    queryClient.ensureQueryData(settingsQuery(params.project ?? "")),
    queryClient.ensureQueryData(projectGroupsQuery),
    queryClient.ensureQueryData(lifecyclesQuery),
  ]);

export function Page() {
  const slug = useParam("project");
  const { data: project } = useSuspenseQuery(projectQuery(slug));
  const { data: settings } = useSuspenseQuery(settingsQuery(slug));
  return (
    <Frame>
      <PageHeader title={t("title")} windowTitle={`${t("title")} · ${project.Name ?? slug}`} />
      <General key={project.Id} project={project} />
      <Section title={t("deploying")}>
        <Deploying key={project.Id} project={project} settings={settings} />
      </Section>
      <DeleteProject project={project} />
    </Frame>
  );
}

function General({ project }: { project: Project }) {
  const { data: groups } = useSuspenseQuery(projectGroupsQuery);
  const { data: lifecycles } = useSuspenseQuery(lifecyclesQuery);
  const edited = useEdited(project);
  const { value: next, set } = edited;
  const work = useWork();
  const navigate = useNavigate();
  const missing = useDenied("ProjectEdit", { project });
  const isFixed = missing !== undefined;
  const put = async (body: Project) => {
    const path = inSpace({ id: project.Id ?? "" });
    const saved = await answer(
      api.PUT("/api/{spaceId}/projects/{id}", { params: { path }, body: body as never, ...basedOn(body) }),
    );
    await Promise.all(
      // How it deploys is part of the same document: what is typed there must not be taken for older than this.
      ["projects", "deploymentsettings", "dashboard", "releases"].map((topic) =>
        queryClient.invalidateQueries({ queryKey: [topic] }),
      ),
    );
    toast(t("saved"));
    await navigate({ to: paths.projectSettings(saved.Slug ?? saved.Id ?? ""), replace: true });
  };
  const select = { allowDeselect: false, readOnly: isFixed, comboboxProps: { withinPortal: false } };
  return (
    <Form
      work={work}
      onSubmit={() => edited.save(put, () => queryClient.invalidateQueries({ queryKey: ["projects"] }))}
      verb={t("save")}
      denied={missing ?? undecided(edited) ?? (edited.isChanged ? undefined : t("nothingChanged"))}
    >
      <Newer
        edited={edited}
        labels={{
          Name: t("name"),
          Description: t("description"),
          ProjectGroupId: t("group"),
          LifecycleId: t("lifecycle"),
          IsDisabled: t("disabled"),
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
      <Select
        {...select}
        label={t("group")}
        data={groups.map(option)}
        value={next.ProjectGroupId ?? ""}
        onChange={(id) => set({ ProjectGroupId: id ?? "" })}
      />
      <Select
        {...select}
        label={t("lifecycle")}
        description={t("lifecycleHelp")}
        data={lifecycles.map(option)}
        value={next.LifecycleId ?? ""}
        onChange={(id) => set({ LifecycleId: id ?? "" })}
      />
      <Checkbox
        label={t("disabled")}
        description={t("disabledHelp")}
        disabled={isFixed}
        checked={next.IsDisabled ?? false}
        onChange={(event) => set({ IsDisabled: event.currentTarget.checked })}
      />
    </Form>
  );
}

function Deploying({ project, settings }: { project: Project; settings: Settings }) {
  const edited = useEdited(settings);
  const { value: next, set } = edited;
  const work = useWork();
  const missing = useDenied("ProcessEdit", { project });
  const isFixed = missing !== undefined;
  const put = async (body: Settings) => {
    const path = inSpace({ project: project.Id ?? "" });
    await answer(
      api.PUT("/api/{spaceId}/projects/{project}/deploymentsettings", {
        params: { path },
        body: body as never,
        ...basedOn(body),
      }),
    );
    await Promise.all(
      ["deploymentsettings", "projects", "deploymentprocesses"].map((topic) =>
        queryClient.invalidateQueries({ queryKey: [topic] }),
      ),
    );
    toast(t("saved"));
  };
  const limit = (name: "Regatta.MaxRunning" | "Regatta.MaxRunningPerMachine", label: string) => (
    <NumberInput
      label={label}
      description={t("noLimit")}
      min={1}
      allowDecimal={false}
      readOnly={isFixed}
      w={280}
      value={next[name] ?? ""}
      onChange={(value) => set({ [name]: value === "" ? null : Number(value) } as never)}
    />
  );
  return (
    <Form
      work={work}
      onSubmit={() => edited.save(put, () => queryClient.invalidateQueries({ queryKey: ["deploymentsettings"] }))}
      verb={t("saveDeploying")}
      isPrimary={false}
      denied={missing ?? undecided(edited) ?? (edited.isChanged ? undefined : t("nothingChanged"))}
    >
      <Newer
        edited={edited}
        labels={{
          DefaultGuidedFailureMode: t("guided"),
          "Regatta.FailurePolicy": t("policy"),
          "Regatta.MaxRunning": t("maxRunning"),
          "Regatta.MaxRunningPerMachine": t("maxPerMachine"),
        }}
      />
      <WhenItFails value={next} onChange={set} isFixed={isFixed} />
      {limit("Regatta.MaxRunning", t("maxRunning"))}
      {limit("Regatta.MaxRunningPerMachine", t("maxPerMachine"))}
    </Form>
  );
}
