/** One team: who is in it, and the roles it has, each for some projects and environments or for all. */
import { MultiSelect, Select } from "@mantine/core";
import { useSuspenseQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useDenied } from "../../api/can.ts";
import { SPACE } from "../../api/client.ts";
import { environmentsQuery, projectsQuery } from "../../api/queries.ts";
import { paths } from "../../paths.ts";
import { Action } from "../../ui/Action.tsx";
import { option } from "../../ui/Choice.tsx";
import { Confirm, Dialog } from "../../ui/Dialog.tsx";
import { Form, Refusal } from "../../ui/Form.tsx";
import { Section } from "../../ui/Page.tsx";
import { toast } from "../../ui/toast.tsx";
import { useWork } from "../../ui/work.ts";
import {
  deleteTeam,
  EVERYONE,
  type Given,
  givenQuery,
  giveRole,
  replaceTeams,
  rolesQuery,
  type Team,
  takeRole,
  usersSeenQuery,
} from "./queries.ts";
import { t } from "./text.ts";

export function TeamDetail({ team }: { team: Team }) {
  const [isDeleting, setDeleting] = useState(false);
  const navigate = useNavigate();
  const denied = useDenied("TeamDelete");
  const name = team.Name ?? "";
  return (
    <>
      <Section
        title={name}
        actions={
          team.CanBeDeleted && (
            <Action look="danger" denied={denied} onClick={() => setDeleting(true)}>
              {t("delete")}
            </Action>
          )
        }
      >
        {team.Id === EVERYONE ? <p className="muted">{t("membersFixed")}</p> : <Members team={team} />}
      </Section>
      <Roles team={team} />
      <Confirm
        title={t("deleteTitle", { name })}
        verb={t("delete")}
        opened={isDeleting}
        onClose={() => setDeleting(false)}
        onConfirm={async () => {
          await deleteTeam(team.Id ?? "");
          toast(t("deleted", { name }));
          await navigate({ to: paths.teams(), resetScroll: false });
        }}
      >
        {t("deleteText")}
      </Confirm>
    </>
  );
}

function Members({ team }: { team: Team }) {
  const { data: users } = useSuspenseQuery(usersSeenQuery);
  const own = team.MemberUserIds ?? [];
  const [members, setMembers] = useState(own);
  const work = useWork();
  const missing = useDenied("TeamEdit");
  const denied = missing ?? (users === null ? t("noUsersSeen") : undefined);
  const isSame = members.length === own.length && members.every((id) => own.includes(id));
  return (
    <Form
      work={work}
      onSubmit={() => replaceTeams([{ ...team, MemberUserIds: members }])}
      verb={t("save")}
      isPrimary={false}
      denied={denied ?? (isSame ? t("nothingChanged") : undefined)}
    >
      <MultiSelect
        label={t("members")}
        readOnly={denied !== undefined}
        data={(users ?? []).map((user) => ({ value: user.Id ?? "", label: user.DisplayName || user.Username || "" }))}
        value={members}
        onChange={setMembers}
        searchable
        comboboxProps={{ withinPortal: false }}
      />
    </Form>
  );
}

function Roles({ team }: { team: Team }) {
  const { data: roles } = useSuspenseQuery(rolesQuery);
  const { data: given } = useSuspenseQuery(givenQuery);
  const [isGiving, setGiving] = useState(false);
  const denied = useDenied("TeamEdit");
  const work = useWork();
  const own = given.filter((one) => one.TeamId === team.Id);
  const nameOf = (id: string | undefined) => roles.find((role) => role.Id === id)?.Name ?? id ?? "";
  const take = (one: Given) =>
    work.run(async () => {
      await takeRole(one.Id ?? "");
      const { Id: _, Links: __, ...again } = one;
      toast(t("taken", { role: nameOf(one.UserRoleId) }), { label: t("undo"), run: () => giveRole(again as Given) });
    });
  return (
    <Section
      title={t("teamRoles")}
      actions={
        <Action denied={denied} onClick={() => setGiving(true)}>
          {t("give")}
        </Action>
      }
    >
      {work.failure !== undefined && <Refusal error={work.failure} />}
      {own.length === 0 ? (
        <p className="muted">{t("noTeamRoles")}</p>
      ) : (
        <table className="table stacked">
          <thead>
            <tr>
              <th>{t("role")}</th>
              <th>{t("where")}</th>
              <th>
                <span className="visually-hidden">{t("take")}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {own.map((one) => (
              <tr key={one.Id}>
                <th scope="row">{nameOf(one.UserRoleId)}</th>
                <td data-label={t("where")}>
                  <Where given={one} />
                </td>
                <td className="end">
                  <Action look="quiet" denied={denied} busy={work.isBusy} onClick={() => take(one)}>
                    {t("take")}
                    <span className="visually-hidden">{` ${nameOf(one.UserRoleId)}`}</span>
                  </Action>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <Dialog title={t("giveTitle", { team: team.Name ?? "" })} opened={isGiving} onClose={() => setGiving(false)}>
        <Give team={team} onDone={() => setGiving(false)} />
      </Dialog>
    </Section>
  );
}

function Where({ given }: { given: Given }) {
  const { data: projects } = useSuspenseQuery(projectsQuery);
  const { data: environments } = useSuspenseQuery(environmentsQuery);
  if (!given.SpaceId) return <>{t("system")}</>;
  const named = (ids: string[] | undefined, known: { Id?: string; Name?: string }[]) =>
    (ids ?? []).map((id) => known.find((one) => one.Id === id)?.Name ?? id);
  const places = [
    ...named(given.ProjectIds, projects),
    ...named(given.EnvironmentIds, environments),
    ...(given.ProjectGroupIds ?? []),
  ];
  if (places.length === 0) return <>{t("everywhere")}</>;
  return (
    <ul className="chips">
      {places.map((name) => (
        <li key={name} className="chip">
          {name}
        </li>
      ))}
    </ul>
  );
}

function Give({ team, onDone }: { team: Team; onDone: () => void }) {
  const { data: roles } = useSuspenseQuery(rolesQuery);
  const { data: projects } = useSuspenseQuery(projectsQuery);
  const { data: environments } = useSuspenseQuery(environmentsQuery);
  const [roleId, setRole] = useState<string | null>(null);
  const [projectIds, setProjects] = useState<string[]>([]);
  const [environmentIds, setEnvironments] = useState<string[]>([]);
  const work = useWork();
  const role = roles.find((one) => one.Id === roleId);
  const isSystem = role !== undefined && (role.GrantedSpacePermissions?.length ?? 0) === 0;
  const give = async () => {
    await giveRole({
      TeamId: team.Id ?? "",
      UserRoleId: roleId ?? "",
      ...(isSystem ? {} : { SpaceId: SPACE, ProjectIds: projectIds, EnvironmentIds: environmentIds }),
    } as Given);
    onDone();
  };
  const restrictions = role?.SupportedRestrictions ?? [];
  return (
    <Form work={work} onSubmit={give} verb={t("give")} onCancel={onDone}>
      <Select
        label={t("role")}
        required
        searchable
        data={roles.map(option)}
        value={roleId}
        onChange={setRole}
        {...(role?.Description && { description: role.Description })}
        comboboxProps={{ withinPortal: false }}
      />
      {restrictions.includes("Projects") && (
        <MultiSelect
          label={t("onlyProjects")}
          description={t("all")}
          searchable
          data={projects.map(option)}
          value={projectIds}
          onChange={setProjects}
          comboboxProps={{ withinPortal: false }}
        />
      )}
      {restrictions.includes("Environments") && (
        <MultiSelect
          label={t("onlyEnvironments")}
          description={t("all")}
          searchable
          data={environments.map(option)}
          value={environmentIds}
          onChange={setEnvironments}
          comboboxProps={{ withinPortal: false }}
        />
      )}
    </Form>
  );
}
