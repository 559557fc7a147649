/** The settings of the space and the server: where they are, and what has no page yet. */
import { useSuspenseQuery } from "@tanstack/react-query";
import { queryClient, rootQuery } from "../../api/queries.ts";
import { paths } from "../../paths.ts";
import { messages } from "../../text/messages.ts";
import { Links } from "../../ui/Links.tsx";
import { Page as Frame, PageHeader, Section } from "../../ui/Page.tsx";
import { spaceQuery } from "../tasks/queries.ts";
import { TaskQueue } from "../tasks/TaskQueue.tsx";

const t = messages({
  title: "Settings",
  users: "Users",
  usersText: "Who may sign in, their teams, and what they may do.",
  teams: "Teams",
  teamsText: "People with the same roles, each for some projects and environments or for all.",
  roles: "Roles",
  rolesText: "Sets of permissions, as teams have them.",
  preferences: "Preferences",
  preferencesText: "Theme, density and keyboard on this device.",
  keys: "API keys",
  keysText: "Keys with which programs act for you.",
  about: "About",
  version: "Regatta {version}",
  later:
    "Sign-in providers, retention and backups are set where the server is started; see the guide on operating it. They have no page here yet.",
});

export const load = () =>
  // What somebody may not know of their space keeps them from nothing else here.
  Promise.all([queryClient.ensureQueryData(rootQuery), queryClient.prefetchQuery(spaceQuery)]);

export function Page() {
  const { data: server } = useSuspenseQuery(rootQuery);
  return (
    <Frame>
      <PageHeader title={t("title")} />
      <Links
        places={[
          { title: t("users"), text: t("usersText"), to: paths.users() },
          { title: t("teams"), text: t("teamsText"), to: paths.teams() },
          { title: t("roles"), text: t("rolesText"), to: paths.roles() },
          { title: t("preferences"), text: t("preferencesText"), to: paths.preferences() },
          { title: t("keys"), text: t("keysText"), to: paths.apiKeys() },
        ]}
      />
      <TaskQueue />
      <Section title={t("about")}>
        <p>{t("version", { version: server.ProductVersion ?? "" })}</p>
        <p className="muted">{t("later")}</p>
      </Section>
    </Frame>
  );
}
