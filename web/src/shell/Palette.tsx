/** The command palette: jumps to pages, projects and what the server finds by the same words, and deploys. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useNavigate, useParams } from "@tanstack/react-router";
import { CornerDownLeft, FolderKanban, Layers, ListChecks, ListTree, Package, Rocket, Server } from "lucide-react";
import { type ReactNode, useEffect, useId, useMemo, useState } from "react";
import { answer, api, inSpace, type Schemas } from "../api/client.ts";
import { asApiError } from "../api/errors.ts";
import { projectsQuery } from "../api/queries.ts";
import { processQuery } from "../pages/process/queries.ts";
import { numberOf } from "../pages/releases/queries.ts";
import { nameIn, paths } from "../paths.ts";
import { common } from "../text/common.ts";
import { listed } from "../text/messages.ts";
import { story } from "../text/story.ts";
import { Dialog } from "../ui/Dialog.tsx";
import { t } from "./dialog-text.ts";
import { matches } from "./matching.ts";
import { useDestinations } from "./Rail.tsx";
import classes from "./shell.module.css";
import { useCrumbs } from "./TopBar.tsx";

interface Entry {
  group: string;
  text: string;
  to: string;
  icon: ReactNode;
  more?: string | undefined;
  /** Why it cannot be done, and whom to ask. */
  denied?: string | undefined;
}

const SHOWN_MAX = 40;
const icon = (Icon: typeof Rocket) => <Icon size={16} strokeWidth={1.6} aria-hidden />;

/** What the portal knows by itself: what the page offers, where it is, the pages, the projects, and the steps of this one. */
function useOwnEntries(): Entry[] {
  const { data: projects = [] } = useQuery(projectsQuery);
  const { project: part } = useParams({ strict: false }) as { project?: string };
  const project = part && nameIn(part);
  const { data: process } = useQuery({ ...processQuery(project ?? ""), enabled: project !== undefined });
  const crumbs = useCrumbs();
  const places = useDestinations();
  return useMemo(() => {
    const entries: Entry[] = [];
    if (project) {
      const to = paths.newRelease(project);
      entries.push({ group: t("act"), text: story.createRelease, to, icon: icon(Rocket), more: "c" });
    }
    for (const crumb of crumbs.slice(0, -1).reverse())
      entries.push({ group: t("goUp"), ...crumb, icon: icon(CornerDownLeft) });
    for (const place of places) {
      const more = place.key && `g ${place.key}`;
      entries.push({ group: t("goTo"), text: place.text, to: place.to, icon: icon(place.icon), more });
    }
    if (project) {
      for (const step of process?.Steps ?? []) {
        const to = paths.step(project, step.Slug ?? "");
        entries.push({ group: t("steps"), text: step.Name, to, icon: icon(ListTree) });
      }
    }
    for (const known of projects) {
      const slug = known.Slug ?? known.Id ?? "";
      const shared = { group: t("projects"), icon: icon(FolderKanban) };
      entries.push({ ...shared, text: known.Name ?? slug, to: paths.project(slug) });
      entries.push({ ...shared, text: t("processOf", { project: known.Name ?? slug }), to: paths.process(slug) });
    }
    return entries;
  }, [projects, project, process, crumbs, places]);
}

/** A hand that types rests as long as this before the server is asked. */
const TYPING_MS = 150;

function useRested(text: string): string {
  const [rested, setRested] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setRested(text), TYPING_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return rested;
}

/** What the server finds by the same words. What it found last stays while it looks again, as far as it still fits. */
function useFound(text: string) {
  const wanted = useRested(text).trim();
  const { data, error, isFetching } = useQuery({
    queryKey: ["search", wanted],
    queryFn: () => answer(api.GET("/api/{spaceId}/search", { params: { path: inSpace(), query: { text: wanted } } })),
    enabled: wanted !== "",
    placeholderData: keepPreviousData,
    retry: false,
  });
  const entries = useMemo(() => (data?.Items ?? []).flatMap(entryOf), [data]);
  return { entries: wanted === "" ? [] : entries, error, isSearching: isFetching || wanted !== text.trim() };
}

function entryOf(found: Schemas["SearchFound"]): Entry[] {
  const { Name: name = "", Slug: slug, Id: id = "", ProjectSlug: project = "", Version: version = "" } = found;
  const of = { project: found.ProjectName ?? "", version, environment: found.EnvironmentName ?? "" };
  switch (found.Kind) {
    case "Deploy": {
      const ask = found.Teams?.length ? common("askTeams", { teams: listed(found.Teams) }) : common("askAdmin");
      const denied = found.IsAllowed ? undefined : common("needs", { permission: found.Permission ?? "", ask });
      const to = paths.deploy(project, version, found.EnvironmentId);
      return [{ group: t("act"), text: t("deployTo", of), to, icon: icon(Rocket), denied }];
    }
    case "Deployment": {
      const more = `#${numberOf(id)}`;
      const to = paths.deployment(project, numberOf(id));
      return [{ group: t("deployments"), text: t("deploymentTo", of), to, icon: icon(ListChecks), more }];
    }
    case "Release":
      return [
        { group: t("releases"), text: t("releaseOf", of), to: paths.release(project, version), icon: icon(Package) },
      ];
    case "Machine":
      return [{ group: t("targets"), text: name, to: paths.target(slug ?? id), icon: icon(Server) }];
    case "Environment":
      return [{ group: t("environments"), text: name, to: paths.environment(slug ?? id), icon: icon(Layers) }];
    default:
      return [];
  }
}

export default function Palette({ onClose }: { onClose: () => void }) {
  const navigate = useNavigate();
  const own = useOwnEntries();
  const [text, setText] = useState("");
  const search = useFound(text);
  const [at, setAt] = useState(0);
  const listId = useId();
  const found = useMemo(() => {
    const fits = own.filter((entry) => matches(text, entry.text));
    const [acts, rest] = [true, false].map((isAct) =>
      [...search.entries, ...fits].filter((entry) => (entry.group === t("act")) === isAct),
    );
    return [...(acts ?? []), ...(rest ?? [])].slice(0, SHOWN_MAX);
  }, [own, search.entries, text]);
  const choose = (entry: Entry | undefined) => {
    if (!entry || entry.denied) return;
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
        {found.length === 0 && (
          <p className={classes.paletteGroup}>
            {search.isSearching ? t("paletteSearching") : t("paletteNothing", { text })}
          </p>
        )}
        {search.error && (
          <p className={classes.paletteGroup} role="alert">
            {t("paletteFailed", { why: asApiError(search.error).message })}
          </p>
        )}
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
                aria-disabled={entry.denied ? true : undefined}
                className={classes.paletteOption}
                onClick={() => choose(entry)}
                onMouseMove={() => setAt(index)}
              >
                {entry.icon}
                <span>{entry.text}</span>
                {(entry.denied ?? entry.more) && <small>{entry.denied ?? entry.more}</small>}
              </div>
            </div>
          ))}
        </div>
        <p className="meta">{t("paletteHint")}</p>
      </div>
    </Dialog>
  );
}
