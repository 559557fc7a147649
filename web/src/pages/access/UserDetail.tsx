/** One user: whether they may sign in, their teams, and what they may do where. */
import { Checkbox, MultiSelect } from "@mantine/core";
import { useSuspenseQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useDenied } from "../../api/can.ts";
import { meQuery } from "../../api/queries.ts";
import { Form } from "../../ui/Form.tsx";
import { Section } from "../../ui/Page.tsx";
import { useWork } from "../../ui/work.ts";
import { EVERYONE, replaceTeams, replaceUser, teamsQuery, type User } from "./queries.ts";
import { Tester } from "./Tester.tsx";
import { t } from "./text.ts";

export function UserDetail({ user }: { user: User }) {
  const { data: teams } = useSuspenseQuery(teamsQuery);
  const { data: me } = useSuspenseQuery(meQuery);
  const id = user.Id ?? "";
  const own = teams.filter((team) => team.MemberUserIds?.includes(id)).map((team) => team.Id ?? "");
  const [chosen, setChosen] = useState(own);
  const [isActive, setActive] = useState(user.IsActive ?? false);
  const work = useWork();
  const cannotTeams = useDenied("TeamEdit");
  const cannotUser = useDenied("UserEdit");
  const name = user.DisplayName || user.Username || "";
  const isSame = isActive === user.IsActive && chosen.length === own.length && chosen.every((one) => own.includes(one));
  const save = async () => {
    if (isActive !== user.IsActive) await replaceUser({ ...user, IsActive: isActive });
    const changed = teams.filter((team) => own.includes(team.Id ?? "") !== chosen.includes(team.Id ?? ""));
    await replaceTeams(
      changed.map((team) => {
        const others = (team.MemberUserIds ?? []).filter((member) => member !== id);
        return { ...team, MemberUserIds: chosen.includes(team.Id ?? "") ? [...others, id] : others };
      }),
    );
  };
  return (
    <Section title={t("userTitle", { name })}>
      <Form
        work={work}
        onSubmit={save}
        verb={t("save")}
        isPrimary={false}
        denied={cannotTeams && cannotUser ? cannotUser : isSame ? t("nothingChanged") : undefined}
      >
        <Checkbox
          label={t("isActive")}
          checked={isActive}
          disabled={cannotUser !== undefined || user.Id === me.Id}
          onChange={(event) => setActive(event.currentTarget.checked)}
        />
        <MultiSelect
          label={t("inTeams")}
          description={t("inTeamsHelp")}
          readOnly={cannotTeams !== undefined}
          data={teams
            .filter((team) => team.Id !== EVERYONE)
            .map((team) => ({ value: team.Id ?? "", label: team.Name ?? "" }))}
          value={chosen}
          onChange={setChosen}
          searchable
          comboboxProps={{ withinPortal: false }}
        />
      </Form>
      <Tester user={user} name={name} />
    </Section>
  );
}
