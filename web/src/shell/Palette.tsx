/** The command palette: jumps to pages and projects, and does what the current page offers. */
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams } from "@tanstack/react-router";
import { CornerDownLeft, FolderKanban, Rocket } from "lucide-react";
import { type ReactNode, useId, useMemo, useState } from "react";
import { projectsQuery } from "../api/queries.ts";
import { paths } from "../paths.ts";
import { story } from "../text/story.ts";
import { Dialog } from "../ui/Dialog.tsx";
import { matches } from "./matching.ts";
import { destinations } from "./navigation.ts";
import classes from "./shell.module.css";
import { useCrumbs } from "./TopBar.tsx";
import { t } from "./text.ts";

interface Entry {
  group: string;
  text: string;
  to: string;
  icon: ReactNode;
  more?: string;
}

const SHOWN_MAX = 40;

function useEntries(): Entry[] {
  const { data: projects = [] } = useQuery(projectsQuery);
  const { project } = useParams({ strict: false }) as { project?: string };
  const crumbs = useCrumbs();
  return useMemo(() => {
    const entries: Entry[] = [];
    if (project) {
      const icon = <Rocket size={16} strokeWidth={1.6} aria-hidden />;
      entries.push({ group: t("act"), text: story.createRelease, to: paths.newRelease(project), icon, more: "c" });
    }
    for (const crumb of crumbs.slice(0, -1).reverse())
      entries.push({ group: "Go up", ...crumb, icon: <CornerDownLeft size={16} strokeWidth={1.6} aria-hidden /> });
    for (const place of destinations) {
      const icon = <place.icon size={16} strokeWidth={1.6} aria-hidden />;
      entries.push({
        group: t("goTo"),
        text: place.text,
        to: place.to,
        icon,
        ...(place.key && { more: `g ${place.key}` }),
      });
    }
    for (const known of projects) {
      const slug = known.Slug ?? known.Id ?? "";
      const icon = <FolderKanban size={16} strokeWidth={1.6} aria-hidden />;
      entries.push({ group: t("projects"), text: known.Name ?? slug, to: paths.project(slug), icon });
      entries.push({ group: t("projects"), text: `${known.Name} › ${story.process}`, to: paths.process(slug), icon });
    }
    return entries;
  }, [projects, project, crumbs]);
}

export default function Palette({ onClose }: { onClose: () => void }) {
  const navigate = useNavigate();
  const entries = useEntries();
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const listId = useId();
  const found = useMemo(
    () => entries.filter((entry) => matches(text, entry.text)).slice(0, SHOWN_MAX),
    [entries, text],
  );
  const choose = (entry: Entry | undefined) => {
    if (!entry) return;
    onClose();
    navigate({ to: entry.to });
  };
  const press = (event: React.KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined && found.length > 0) {
      event.preventDefault();
      setAt((at + step + found.length) % found.length);
    } else if (event.key === "Enter") {
      event.preventDefault();
      choose(found[at]);
    }
  };
  return (
    <Dialog title={t("palette")} opened onClose={onClose} size={560}>
      <div className={classes.palette}>
        <input
          data-autofocus
          role="combobox"
          aria-expanded
          aria-controls={listId}
          aria-activedescendant={found[at] ? `${listId}-${at}` : undefined}
          aria-label={t("palette")}
          placeholder={t("searchOrJump")}
          value={text}
          onChange={(event) => {
            setText(event.currentTarget.value);
            setAt(0);
          }}
          onKeyDown={press}
        />
        {found.length === 0 && <p className={classes.paletteGroup}>{t("paletteNothing", { text })}</p>}
        <div role="listbox" id={listId} aria-label={t("palette")}>
          {found.map((entry, index) => (
            <div key={`${entry.group} ${entry.to} ${entry.text}`} role="presentation">
              {entry.group !== found[index - 1]?.group && (
                <div className={classes.paletteGroup} role="presentation">
                  {entry.group}
                </div>
              )}
              {/* biome-ignore lint/a11y/useKeyWithClickEvents: the field above handles the keys */}
              <div
                id={`${listId}-${index}`}
                role="option"
                aria-selected={index === at}
                className={classes.paletteOption}
                onClick={() => choose(entry)}
                onMouseMove={() => setAt(index)}
              >
                {entry.icon}
                <span>{entry.text}</span>
                {entry.more && <small>{entry.more}</small>}
              </div>
            </div>
          ))}
        </div>
        <p className="meta">{t("paletteHint")}</p>
      </div>
    </Dialog>
  );
}
