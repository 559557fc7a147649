/** The teams. Choosing one shows its members and roles. */
import { TextInput } from "@mantine/core";
import { useSuspenseQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { Plus } from "lucide-react";
import { useState } from "react";
import { useDenied } from "../../api/can.ts";
import { SPACE } from "../../api/client.ts";
import { environmentsQuery, projectsQuery, queryClient } from "../../api/queries.ts";
import { paths } from "../../paths.ts";
import { useSearchValues } from "../../routing.tsx";
import { Action } from "../../ui/Action.tsx";
import { Dialog } from "../../ui/Dialog.tsx";
import { Form } from "../../ui/Form.tsx";
import { Page as Frame, PageHeader } from "../../ui/Page.tsx";
import { useWork } from "../../ui/work.ts";
import { createTeam, EVERYONE, givenQuery, rolesQuery, type Team, teamsQuery, usersSeenQuery } from "./queries.ts";
import { TeamDetail } from "./TeamDetail.tsx";
import { t } from "./text.ts";

export const load = () =>
  Promise.all([
    queryClient.ensureQueryData(usersSeenQuery),
    queryClient.ensureQueryData(teamsQuery),
    queryClient.ensureQueryData(rolesQuery),
    queryClient.ensureQueryData(givenQuery),
    queryClient.ensureQueryData(projectsQuery),
    queryClient.ensureQueryData(environmentsQuery),
  ]);

export function Page() {
  const { data: teams } = useSuspenseQuery(teamsQuery);
  const [isAdding, setAdding] = useState(false);
  const denied = useDenied("TeamCreate");
  const { team: chosen } = useSearchValues();
  const team = teams.find((one) => one.Id === chosen);
  return (
    <Frame>
      <PageHeader
        title={t("teams")}
        actions={
          <Action
            data-create
            look="primary"
            icon={<Plus size={16} aria-hidden />}
            denied={denied}
            onClick={() => setAdding(true)}
          >
            {t("addTeam")}
          </Action>
        }
      />
      <TeamTable teams={teams} chosen={chosen} />
      {team && <TeamDetail key={team.Id} team={team} />}
      <Dialog title={t("addTeam")} opened={isAdding} onClose={() => setAdding(false)}>
        <NewTeam onDone={() => setAdding(false)} />
      </Dialog>
    </Frame>
  );
}

function TeamTable({ teams, chosen }: { teams: Team[]; chosen: string | undefined }) {
  const { data: roles } = useSuspenseQuery(rolesQuery);
  const { data: given } = useSuspenseQuery(givenQuery);
  const rolesOf = (team: Team) => {
    const ids = new Set(given.filter((one) => one.TeamId === team.Id).map((one) => one.UserRoleId));
    return roles.filter((role) => ids.has(role.Id ?? ""));
  };
  return (
    <table className="table stacked">
      <thead>
        <tr>
          <th>{t("name")}</th>
          <th>{t("members")}</th>
          <th>{t("roles")}</th>
        </tr>
      </thead>
      <tbody>
        {teams.map((team) => (
          <tr key={team.Id}>
            <th scope="row">
              <Link
                to={paths.teams({ team: team.Id })}
                aria-current={team.Id === chosen ? "true" : undefined}
                resetScroll={false}
              >
                {team.Name}
              </Link>
            </th>
            <td data-label={t("members")}>
              {team.Id === EVERYONE ? t("everyUser") : t("memberCount", { n: team.MemberUserIds?.length ?? 0 })}
            </td>
            <td data-label={t("roles")}>
              <ul className="chips">
                {rolesOf(team).map((role) => (
                  <li key={role.Id} className="chip">
                    {role.Name}
                  </li>
                ))}
              </ul>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function NewTeam({ onDone }: { onDone: () => void }) {
  const [name, setName] = useState("");
  const work = useWork();
  const navigate = useNavigate();
  const create = async () => {
    const team = await createTeam({ Name: name, SpaceId: SPACE });
    onDone();
    await navigate({ to: paths.teams({ team: team.Id }), resetScroll: false });
  };
  return (
    <Form work={work} onSubmit={create} verb={t("addTeam")} onCancel={onDone}>
      <TextInput
        label={t("name")}
        required
        data-autofocus
        maxLength={200}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
    </Form>
  );
}
