/** What the bottom bar of a phone has no room for. */
import { Menu } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { Ellipsis } from "lucide-react";
import type { Destination } from "./navigation.ts";
import classes from "./shell.module.css";
import { t } from "./text.ts";

export default function More({ places }: { places: Destination[] }) {
  return (
    <Menu position="top-end" width={220}>
      <Menu.Target>
        <button type="button" className={classes.bottomLink}>
          <Ellipsis size={20} strokeWidth={1.6} aria-hidden />
          <span>{t("more")}</span>
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        {places.map((place) => (
          <Menu.Item
            key={place.to}
            component={Link}
            // biome-ignore lint/suspicious/noExplicitAny: the menu does not know the link's own properties
            {...({ to: place.to } as any)}
            leftSection={<place.icon size={16} strokeWidth={1.6} aria-hidden />}
          >
            {place.text}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
