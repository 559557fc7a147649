/** Every keyboard shortcut of the portal and of the page that is shown. */
import { Switch } from "@mantine/core";
import { useState } from "react";
import { Dialog } from "../ui/Dialog.tsx";
import { t } from "./dialog-text.ts";
import { letterShortcuts, shortcutGroups } from "./keys.ts";
import classes from "./shell.module.css";

const everywhere = {
  title: t("everywhere"),
  shortcuts: [
    { keys: "Ctrl/⌘ K", does: t("keyPalette") },
    { keys: "g d", does: t("keyDashboard") },
    { keys: "g p", does: t("keyProjects") },
    { keys: "g t", does: t("keyTasks") },
    { keys: "g a", does: t("keyAttention") },
    { keys: "/", does: t("keyFilter") },
    { keys: "c", does: t("keyCreate") },
    { keys: "?", does: t("keyHelp") },
    { keys: "Esc", does: t("keyEscape") },
  ],
};
const inProject = {
  title: t("inProject"),
  shortcuts: [
    { keys: "c", does: t("keyRelease") },
    { keys: "d", does: t("keyDeploy") },
  ],
};

export default function Help({ onClose }: { onClose: () => void }) {
  const [areOn, setOn] = useState(letterShortcuts.areOn());
  const groups = [everywhere, inProject, ...shortcutGroups()];
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
          label={t("letters")}
          onChange={(event) => {
            letterShortcuts.set(event.currentTarget.checked);
            setOn(event.currentTarget.checked);
          }}
        />
      </div>
    </Dialog>
  );
}
