/** What somebody can do about themselves: how the portal looks, their keys, and leaving. */
import { Menu } from "@mantine/core";
import { useSuspenseQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { KeyRound, LogOut, SunMoon } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { meQuery } from "../api/queries.ts";
import { paths } from "../paths.ts";
import { t } from "./dialog-text.ts";
import { UserButton } from "./UserButton.tsx";

/** Opens as soon as it is there: it takes the place of a button that was pressed. */
export default function UserMenu({ signOut }: { signOut: () => void }) {
  const { data: me } = useSuspenseQuery(meQuery);
  const navigate = useNavigate();
  const [isOpen, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    // Whatever has the focus when the menu opens gets it back when it closes.
    button.current?.focus();
    setOpen(true);
  }, []);
  return (
    <Menu position="bottom-end" width={220} opened={isOpen} onChange={setOpen}>
      <Menu.Target>
        <UserButton ref={button} />
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{me.DisplayName || me.Username || ""}</Menu.Label>
        <Menu.Item
          leftSection={<SunMoon size={16} strokeWidth={1.6} />}
          onClick={() => navigate({ to: paths.preferences() })}
        >
          {t("preferences")}
        </Menu.Item>
        <Menu.Item
          leftSection={<KeyRound size={16} strokeWidth={1.6} />}
          onClick={() => navigate({ to: paths.apiKeys() })}
        >
          {t("apiKeys")}
        </Menu.Item>
        <Menu.Divider />
        <Menu.Item leftSection={<LogOut size={16} strokeWidth={1.6} />} onClick={signOut}>
          {t("signOut")}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
