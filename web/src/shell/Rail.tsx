/** The left rail, and on phones the bottom bar. */
import { useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { Link, useRouterState } from "@tanstack/react-router";
import { PanelLeftClose, PanelLeftOpen } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { can } from "../api/can.ts";
import { attentionQuery, rightsQuery } from "../api/queries.ts";
import { paths } from "../paths.ts";
import { type Destination, destinations } from "./navigation.ts";
import classes from "./shell.module.css";
import { t } from "./text.ts";

// Menus are large; the bar is there before them.
const More = lazy(() => import("./More.tsx"));

const REMEMBERED = "regatta.rail";

/** Those the person has anything to see at. */
export function useDestinations(): Destination[] {
  const { data: rights } = useSuspenseQuery(rightsQuery);
  return destinations.filter((place) => place.needs === undefined || can(rights, place.needs));
}

function useIsCurrent() {
  const path = useRouterState({ select: (state) => state.location.pathname });
  return (place: Destination) => (place.owns.test(path) ? ("page" as const) : undefined);
}

/** How many interruptions wait for somebody. */
function AttentionCount({ place }: { place: Destination }) {
  const { data: count = 0 } = useQuery({ ...attentionQuery, enabled: place.to === paths.attention() });
  if (place.to !== paths.attention() || count === 0) return null;
  return <span className={classes.count}>{count}</span>;
}

export function Rail() {
  const [isNarrow, setNarrow] = useState(() => localStorage.getItem(REMEMBERED) === "narrow");
  const places = useDestinations();
  const isCurrent = useIsCurrent();
  const toggle = () => {
    localStorage.setItem(REMEMBERED, isNarrow ? "wide" : "narrow");
    setNarrow(!isNarrow);
  };
  const Icon = isNarrow ? PanelLeftOpen : PanelLeftClose;
  return (
    <nav className={classes.rail} aria-label={t("navigation")} data-narrow={isNarrow || undefined}>
      <Link to={paths.dashboard()} activeOptions={{ exact: true }} className={classes.brand}>
        <img src="/favicon.svg" alt="" width={24} height={24} />
        <span className={classes.railText}>Regatta</span>
      </Link>
      <ul>
        {places.map((place) => (
          <li key={place.to}>
            <Link
              to={place.to}
              activeOptions={{ exact: true }}
              className={classes.railLink}
              aria-current={isCurrent(place)}
              title={place.text}
            >
              <place.icon size={18} strokeWidth={1.6} aria-hidden />
              <span className={classes.railText}>{place.text}</span>
              <AttentionCount place={place} />
            </Link>
          </li>
        ))}
      </ul>
      <button type="button" className={classes.railLink} onClick={toggle} aria-expanded={!isNarrow}>
        <Icon size={18} strokeWidth={1.6} aria-hidden />
        <span className={classes.railText}>{isNarrow ? t("expand") : t("collapse")}</span>
      </button>
    </nav>
  );
}

/** Four of them, and the rest behind "More". */
export function BottomBar() {
  const places = useDestinations();
  const isCurrent = useIsCurrent();
  const shown = [paths.dashboard(), paths.projects(), paths.attention()];
  return (
    <nav className={classes.bottom} aria-label={t("navigation")}>
      {places
        .filter((place) => shown.includes(place.to))
        .map((place) => (
          <Link
            key={place.to}
            to={place.to}
            activeOptions={{ exact: true }}
            className={classes.bottomLink}
            aria-current={isCurrent(place)}
          >
            <place.icon size={20} strokeWidth={1.6} aria-hidden />
            <span>{place.text}</span>
            <AttentionCount place={place} />
          </Link>
        ))}
      <Suspense fallback={<span className={classes.bottomLink} aria-hidden />}>
        <More places={places.filter((place) => !shown.includes(place.to))} />
      </Suspense>
    </nav>
  );
}
