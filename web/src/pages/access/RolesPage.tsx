/** The roles and the permissions each has. */
import { useSuspenseQuery } from "@tanstack/react-query";
import { queryClient } from "../../api/queries.ts";
import { Page as Frame, PageHeader } from "../../ui/Page.tsx";
import { type Role, rolesQuery } from "./queries.ts";
import { t } from "./text.ts";

export const load = () => queryClient.ensureQueryData(rolesQuery);

export function Page() {
  const { data: roles } = useSuspenseQuery(rolesQuery);
  return (
    <Frame>
      <PageHeader title={t("roles")} meta={t("rolesText")} />
      <table className="table stacked">
        <thead>
          <tr>
            <th>{t("name")}</th>
            <th>{t("description")}</th>
            <th>{t("permissions")}</th>
          </tr>
        </thead>
        <tbody>
          {roles.map((role) => (
            <tr key={role.Id}>
              <th scope="row">{role.Name}</th>
              <td className="muted">{role.Description}</td>
              <td>
                <Permissions role={role} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Frame>
  );
}

function Permissions({ role }: { role: Role }) {
  const space = role.SpacePermissionDescriptions ?? [];
  const system = role.SystemPermissionDescriptions ?? [];
  return (
    <details>
      <summary>{t("permissionCount", { n: space.length + system.length })}</summary>
      <List title={t("inSpace")} items={space} />
      <List title={t("ofSystem")} items={system} />
    </details>
  );
}

function List({ title, items }: { title: string; items: string[] }) {
  if (items.length === 0) return null;
  return (
    <>
      <h2 className="meta" style={{ marginBlock: "8px 4px" }}>
        {title}
      </h2>
      <ul className="chips">
        {items.map((item) => (
          <li key={item} className="chip">
            {item}
          </li>
        ))}
      </ul>
    </>
  );
}
