/** Making a project, empty or as a copy of another. */
import { Select, Textarea, TextInput } from "@mantine/core";
import { useSuspenseQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useDenied } from "../../api/can.ts";
import { answer, api, inSpace } from "../../api/client.ts";
import { lifecyclesQuery, projectGroupsQuery, projectsQuery, queryClient } from "../../api/queries.ts";
import { paths } from "../../paths.ts";
import { option } from "../../ui/Choice.tsx";
import { Form } from "../../ui/Form.tsx";
import { Page as Frame, PageHeader } from "../../ui/Page.tsx";
import { useWork } from "../../ui/work.ts";
import { t } from "./text.ts";

export const load = () =>
  Promise.all([
    queryClient.ensureQueryData(projectsQuery),
    queryClient.ensureQueryData(projectGroupsQuery),
    queryClient.ensureQueryData(lifecyclesQuery),
  ]);

const NEW_GROUP = "new";

export function Page() {
  const { data: projects } = useSuspenseQuery(projectsQuery);
  const { data: groups } = useSuspenseQuery(projectGroupsQuery);
  const { data: lifecycles } = useSuspenseQuery(lifecyclesQuery);
  const [name, setName] = useState("");
  const [description, setDescription] = useState("");
  const [groupId, setGroup] = useState(groups[0]?.Id ?? NEW_GROUP);
  const [groupName, setGroupName] = useState("");
  const [lifecycleId, setLifecycle] = useState(lifecycles[0]?.Id ?? "");
  const [clone, setClone] = useState("");
  const work = useWork();
  const navigate = useNavigate();
  const denied = useDenied("ProjectCreate", groupId === NEW_GROUP ? {} : { project: { ProjectGroupId: groupId } });

  const create = async () => {
    const group = groupId === NEW_GROUP ? await createGroup(groupName) : groupId;
    setGroup(group);
    const body = { Name: name, Description: description, ProjectGroupId: group, LifecycleId: lifecycleId };
    const made = await answer(
      api.POST("/api/{spaceId}/projects", {
        params: { path: inSpace(), query: clone ? { clone } : {} },
        body: body as never,
      }),
    );
    for (const topic of ["projects", "dashboard"]) queryClient.invalidateQueries({ queryKey: [topic] });
    await navigate({ to: paths.process(made.Slug ?? made.Id ?? "") });
  };
  return (
    <Frame>
      <PageHeader title={t("newProject")} />
      <Form work={work} onSubmit={create} verb={t("createProject")} denied={denied}>
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
          description={t("optional")}
          rows={2}
          value={description}
          onChange={(event) => setDescription(event.currentTarget.value)}
        />
        <Select
          label={t("group")}
          data={[...groups.map(option), { value: NEW_GROUP, label: t("newGroup") }]}
          value={groupId}
          onChange={(next) => setGroup(next ?? "")}
          allowDeselect={false}
          comboboxProps={{ withinPortal: false }}
        />
        {groupId === NEW_GROUP && (
          <TextInput
            label={t("groupOfNew")}
            required
            maxLength={200}
            value={groupName}
            onChange={(event) => setGroupName(event.currentTarget.value)}
          />
        )}
        <Select
          label={t("lifecycle")}
          description={t("lifecycleHelp")}
          data={lifecycles.map(option)}
          value={lifecycleId}
          onChange={(next) => setLifecycle(next ?? "")}
          allowDeselect={false}
          comboboxProps={{ withinPortal: false }}
        />
        {projects.length > 0 && (
          <Select
            label={t("clone")}
            description={t("cloneHelp")}
            data={[
              { value: "", label: t("cloneNothing") },
              ...projects.map((one) => ({ value: one.Id ?? "", label: t("cloneOf", { name: one.Name ?? "" }) })),
            ]}
            value={clone}
            onChange={(next) => setClone(next ?? "")}
            allowDeselect={false}
            searchable={projects.length > 8}
            comboboxProps={{ withinPortal: false }}
          />
        )}
      </Form>
    </Frame>
  );
}

/** The group's id. When the project is refused afterwards the group stays, and the next try uses it. */
async function createGroup(name: string): Promise<string> {
  const made = await answer(
    api.POST("/api/{spaceId}/projectgroups", { params: { path: inSpace() }, body: { Name: name } as never }),
  );
  await queryClient.invalidateQueries({ queryKey: ["projectgroups"] });
  return made.Id ?? "";
}
