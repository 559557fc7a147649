/** "What may X do in Y, and through which team": what the server answers for the person, and where it comes from. */
import { Select } from "@mantine/core";
import { useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { can, type Place, reaches } from "../../api/can.ts";
import { environmentsQuery, permissionsQuery, projectsQuery } from "../../api/queries.ts";
import { useSearchState } from "../../routing.tsx";
import { listed } from "../../text/messages.ts";
import { option } from "../../ui/Choice.tsx";
import { Status } from "../../ui/Status.tsx";
import { ErrorPanel, Skeleton } from "../../ui/states.tsx";
import {
  EVERYONE,
  type Given,
  givenQuery,
  type Role,
  rightsOfQuery,
  rolesQuery,
  teamsQuery,
  type User,
} from "./queries.ts";
import { t } from "./text.ts";

export function Tester({ user, name }: { user: User; name: string }) {
  const { data: permissions } = useSuspenseQuery(permissionsQuery);
  const { data: projects } = useSuspenseQuery(projectsQuery);
  const { data: environments } = useSuspenseQuery(environmentsQuery);
  const [permission, setPermission] = useSearchState("can", "DeploymentCreate");
  const [projectId, setProject] = useSearchState("project", "");
  const [environmentId, setEnvironment] = useSearchState("env", "");
  const rights = useQuery(rightsOfQuery(user.Id ?? ""));
  const project = projects.find((known) => known.Id === projectId);
  const select = { allowDeselect: false, searchable: true, comboboxProps: { withinPortal: false } };
  const place = { project, environmentId: environmentId || undefined };
  return (
    <section aria-label={t("tester", { name })} className="stack" style={{ marginBlockStart: 24, gap: 12 }}>
      <h3>{t("tester", { name })}</h3>
      <div className="toolbar">
        <Select
          {...select}
          aria-label={t("permission")}
          w={260}
          data={permissions.map((known) => ({ value: known.Id, label: known.Description || known.Id }))}
          value={permission}
          onChange={(next) => setPermission(next ?? undefined)}
        />
        <Select
          {...select}
          aria-label={t("project")}
          data={[{ value: "", label: t("anyProject") }, ...projects.map(option)]}
          value={projectId}
          onChange={(next) => setProject(next || undefined)}
        />
        <Select
          {...select}
          aria-label={t("environment")}
          data={[{ value: "", label: t("anyEnvironment") }, ...environments.map(option)]}
          value={environmentId}
          onChange={(next) => setEnvironment(next || undefined)}
        />
      </div>
      {rights.error ? (
        <ErrorPanel what={t("permissions")} error={rights.error} retry={() => rights.refetch()} />
      ) : rights.data ? (
        <Verdict
          user={user}
          name={name}
          permission={permission}
          place={place}
          isAllowed={can(rights.data, permission, place)}
        />
      ) : (
        <Skeleton lines={2} />
      )}
    </section>
  );
}

interface VerdictProps {
  user: User;
  name: string;
  permission: string;
  place: Place;
  isAllowed: boolean;
}

function Verdict({ user, name, permission, place, isAllowed }: VerdictProps) {
  const { data: teams } = useSuspenseQuery(teamsQuery);
  const { data: roles } = useSuspenseQuery(rolesQuery);
  const { data: given } = useSuspenseQuery(givenQuery);
  const having = roles.filter((role) => has(role, permission));
  const own = teams.filter((team) => team.Id === EVERYONE || team.MemberUserIds?.includes(user.Id ?? ""));
  const ways = given.filter(
    (one) => own.some((team) => team.Id === one.TeamId) && having.some((role) => role.Id === one.UserRoleId),
  );
  const here = ways.filter((one) => counts(one, place));
  const named = (some: Given[]) => {
    const texts = some.map((one) =>
      t("way", {
        team: teams.find((team) => team.Id === one.TeamId)?.Name ?? "",
        role: roles.find((role) => role.Id === one.UserRoleId)?.Name ?? "",
      }),
    );
    return listed([...new Set(texts)]);
  };
  const rolesText =
    having.length > 0 ? t("rolesWith", { roles: listed(having.map((role) => role.Name ?? "")) }) : t("noRoles");
  if (isAllowed) return <Status state="succeeded" label={t("yes", { ways: named(here.length > 0 ? here : ways) })} />;
  return (
    <div role="status">
      <Status state="cancelled" label={ways.length > 0 ? t("noElsewhere", { ways: named(ways) }) : t("no", { name })} />
      <p className="muted">{rolesText}</p>
    </div>
  );
}

function has(role: Role, permission: string): boolean {
  return [...(role.GrantedSpacePermissions ?? []), ...(role.GrantedSystemPermissions ?? [])].includes(permission);
}

/** Whether what a team was given reaches the place; the verdict itself is the server's. */
function counts(given: Given, place: Place): boolean {
  const { ProjectIds: projects, ProjectGroupIds: groups, EnvironmentIds: environments } = given;
  return reaches({ projects, groups, environments }, place);
}
