/** The bar above the page: where one is, the way to everywhere else, and who one is. */
import { Tooltip } from "@mantine/core";
import { Link, useMatches } from "@tanstack/react-router";
import { ChevronRight, CircleHelp, Search } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { timeOfDay } from "../format.ts";
import { useLive } from "../live/live.ts";
import { common } from "../text/common.ts";
import { Action } from "../ui/Action.tsx";
import { crumbsOf } from "./crumbs.ts";
import type { Opened } from "./Shell.tsx";
import classes from "./shell.module.css";
import { t } from "./text.ts";
import { UserButton } from "./UserButton.tsx";

interface TopBarProps {
  open: (opened: Opened) => void;
  signOut: () => void;
}

export function TopBar({ open, signOut }: TopBarProps) {
  return (
    <header className={classes.top}>
      <Breadcrumbs />
      <button
        type="button"
        className={classes.search}
        onClick={() => open("palette")}
        aria-keyshortcuts="Control+K Meta+K"
      >
        <Search size={15} strokeWidth={1.6} aria-hidden />
        <span>{t("searchOrJump")}</span>
        <kbd aria-hidden>{/Mac|iPhone/.test(navigator.platform) ? "⌘ K" : "Ctrl K"}</kbd>
      </button>
      <LiveDot />
      <Action
        look="quiet"
        label={t("help")}
        icon={<CircleHelp size={18} strokeWidth={1.6} aria-hidden />}
        onClick={() => open("help")}
      />
      <User signOut={signOut} />
    </header>
  );
}

export function useCrumbs() {
  return crumbsOf(useMatches());
}

function Breadcrumbs() {
  const crumbs = useCrumbs();
  return (
    <nav className={classes.crumbs} aria-label={t("breadcrumbs")}>
      <ol>
        {crumbs.map((crumb, index) => (
          <li key={crumb.to}>
            {index > 0 && <ChevronRight size={14} aria-hidden />}
            <Link to={crumb.to} aria-current={index === crumbs.length - 1 ? "page" : undefined}>
              {crumb.text}
            </Link>
          </li>
        ))}
      </ol>
    </nav>
  );
}

function LiveDot() {
  const live = useLive();
  const text =
    live.state === "lost"
      ? t("lost", { age: common("asOf", { time: timeOfDay(live.heardAt) }) })
      : t(live.state === "live" ? "live" : "connecting");
  return (
    <Tooltip label={text}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what the dot says must be reachable by keyboard */}
      <span className={classes.live} data-state={live.state} role="status" tabIndex={0}>
        <span className={classes.dot} aria-hidden />
        <span className={live.state === "lost" ? classes.lostText : "visually-hidden"}>{text}</span>
      </span>
    </Tooltip>
  );
}

/** The menu is as much code as a page, so there is only its button until somebody wants it. */
const UserMenu = lazy(() => import("./UserMenu.tsx"));

function User({ signOut }: { signOut: () => void }) {
  const [isWanted, setWanted] = useState(false);
  const button = <UserButton aria-haspopup="menu" aria-expanded={false} onClick={() => setWanted(true)} />;
  return isWanted ? (
    <Suspense fallback={button}>
      <UserMenu signOut={signOut} />
    </Suspense>
  ) : (
    button
  );
}
