/** The users of the server. Choosing one shows their teams, and what they may do. */
import { useSuspenseQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Plus } from "lucide-react";
import { useState } from "react";
import { useDenied } from "../../api/can.ts";
import { environmentsQuery, permissionsQuery, projectsQuery, queryClient } from "../../api/queries.ts";
import { paths } from "../../paths.ts";
import { useSearchValues, useTypedState } from "../../routing.tsx";
import { matches } from "../../shell/matching.ts";
import { Action } from "../../ui/Action.tsx";
import { Dialog } from "../../ui/Dialog.tsx";
import { Filter } from "../../ui/Form.tsx";
import { Page as Frame, PageHeader } from "../../ui/Page.tsx";
import { Status } from "../../ui/Status.tsx";
import { Empty } from "../../ui/states.tsx";
import { NewUser } from "./NewUser.tsx";
import { givenQuery, rolesQuery, teamsQuery, type User, usersQuery } from "./queries.ts";
import { t } from "./text.ts";
import { UserDetail } from "./UserDetail.tsx";

export const load = () =>
  Promise.all([
    queryClient.ensureQueryData(usersQuery),
    queryClient.ensureQueryData(teamsQuery),
    queryClient.ensureQueryData(rolesQuery),
    queryClient.ensureQueryData(givenQuery),
    queryClient.ensureQueryData(permissionsQuery),
    queryClient.ensureQueryData(projectsQuery),
    queryClient.ensureQueryData(environmentsQuery),
  ]);

export function Page() {
  const { data: users } = useSuspenseQuery(usersQuery);
  const [text, setText] = useTypedState("q");
  const [isAdding, setAdding] = useState(false);
  const denied = useDenied("UserEdit");
  const { user: chosen } = useSearchValues();
  const user = users.find((one) => one.Id === chosen);
  const shown = users.filter((one) => matches(text, `${one.DisplayName} ${one.Username}`));
  return (
    <Frame>
      <PageHeader
        title={t("users")}
        actions={
          <Action
            data-create
            look="primary"
            icon={<Plus size={16} aria-hidden />}
            denied={denied}
            onClick={() => setAdding(true)}
          >
            {t("addUser")}
          </Action>
        }
      />
      <div className="stack">
        {users.length > 1 && <Filter label={t("filter")} value={text} onChange={setText} />}
        {shown.length === 0 ? <Empty text={t("nothing")} /> : <UserTable users={shown} />}
        {users.length === 1 && <p className="muted">{t("onlyYou")}</p>}
      </div>
      {user && <UserDetail key={user.Id} user={user} />}
      <Dialog title={t("addUser")} opened={isAdding} onClose={() => setAdding(false)}>
        <NewUser onDone={() => setAdding(false)} />
      </Dialog>
    </Frame>
  );
}

function UserTable({ users }: { users: User[] }) {
  const { data: teams } = useSuspenseQuery(teamsQuery);
  const { user: chosen } = useSearchValues();
  const teamsOf = (user: User) =>
    teams.filter((team) => team.MemberUserIds?.includes(user.Id ?? "")).map((team) => team.Name ?? "");
  return (
    <table className="table stacked">
      <thead>
        <tr>
          <th>{t("displayName")}</th>
          <th>{t("username")}</th>
          <th>{t("inTeams")}</th>
          <th>{t("state")}</th>
        </tr>
      </thead>
      <tbody>
        {users.map((user) => (
          <tr key={user.Id}>
            <th scope="row">
              <Link
                to={paths.users({ user: user.Id })}
                aria-current={user.Id === chosen ? "true" : undefined}
                resetScroll={false}
              >
                {user.DisplayName || user.Username}
              </Link>
            </th>
            <td data-label={t("username")}>{user.Username}</td>
            <td data-label={t("inTeams")}>
              <ul className="chips">
                {teamsOf(user).map((name) => (
                  <li key={name} className="chip">
                    {name}
                  </li>
                ))}
              </ul>
            </td>
            <td data-label={t("state")}>
              <span className="row">
                <Status
                  state={user.IsActive ? "succeeded" : "cancelled"}
                  label={t(user.IsActive ? "active" : "inactive")}
                  quiet
                />
                {user.IsService && <span className="chip">{t("service")}</span>}
              </span>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
