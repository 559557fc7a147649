/** Every keyboard shortcut of the portal and of the page that is shown. */
import { Switch } from "@mantine/core";
import { useState } from "react";
import { Dialog } from "../ui/Dialog.tsx";
import { letterShortcuts, shortcutGroups } from "./keys.ts";
import classes from "./shell.module.css";
import { t } from "./text.ts";

const everywhere = [
  { keys: "Ctrl/⌘ K", does: "Search or jump to anything" },
  { keys: "g d", does: "Dashboard" },
  { keys: "g p", does: "Projects" },
  { keys: "g t", does: "Tasks" },
  { keys: "g a", does: "Needs attention" },
  { keys: "/", does: "Filter this page" },
  { keys: "?", does: "This list" },
  { keys: "Esc", does: "Close, or back to what contains it" },
];

export default function Help({ onClose }: { onClose: () => void }) {
  const [areOn, setOn] = useState(letterShortcuts.areOn());
  const groups = [{ title: t("everywhere"), shortcuts: everywhere }, ...shortcutGroups()];
  return (
    <Dialog title={t("helpTitle")} opened onClose={onClose} size={720}>
      <div className="stack">
        <div className={classes.shortcuts}>
          {groups.map((group) => (
            <section key={group.title}>
              <h3>{group.title}</h3>
              <dl>
                {group.shortcuts.map((shortcut) => (
                  <div key={shortcut.keys} style={{ display: "contents" }}>
                    <dt>
                      <kbd>{shortcut.keys}</kbd>
                    </dt>
                    <dd>{shortcut.does}</dd>
                  </div>
                ))}
              </dl>
            </section>
          ))}
        </div>
        <Switch
          checked={areOn}
          label="Single-letter shortcuts"
          onChange={(event) => {
            letterShortcuts.set(event.currentTarget.checked);
            setOn(event.currentTarget.checked);
          }}
        />
      </div>
    </Dialog>
  );
}
