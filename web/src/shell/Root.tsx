/** Around every page: the progress bar, toasts, the overlay of an ended session, and the announcement of a navigation. */
import { Outlet, useRouterState } from "@tanstack/react-router";
import { lazy, Suspense, useEffect, useLayoutEffect, useRef, useSyncExternalStore } from "react";
import { sessionState } from "../api/session.ts";
import { Toasts } from "../ui/toast.tsx";
import classes from "./shell.module.css";

const SessionOverlay = lazy(() => import("./SessionOverlay.tsx"));

export function Root() {
  const hasEnded = useSyncExternalStore(sessionState.subscribe, sessionState.hasEnded);
  return (
    <>
      <Progress />
      <FocusHeading />
      <Outlet />
      <Toasts />
      <Suspense>{hasEnded && <SessionOverlay />}</Suspense>
    </>
  );
}

/** A thin line while a page loads; the old page stays until its data is there. */
function Progress() {
  const isLoading = useRouterState({ select: (state) => state.status === "pending" });
  return <div className={classes.progress} data-active={isLoading || undefined} aria-hidden />;
}

/**
 * After a navigation to another path the page's heading gets the focus, which also has it read out. Not if somebody was
 * quicker and is at work in the new page already.
 */
function FocusHeading() {
  const asked = useRouterState({ select: (state) => state.location.pathname });
  const path = useRouterState({ select: (state) => state.resolvedLocation?.pathname });
  const before = useRef(path);
  const focused = useRef<Element>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: where the focus was when another path was asked for
  useLayoutEffect(() => {
    focused.current = document.activeElement;
  }, [asked]);
  useEffect(() => {
    if (path === undefined || before.current === path) return;
    const isFirst = before.current === undefined;
    before.current = path;
    if (isFirst || location.hash) return;
    const now = document.activeElement;
    if (now !== focused.current && now?.closest("main") && now.tagName !== "MAIN") return;
    document.querySelector<HTMLElement>("h1")?.focus({ preventScroll: true });
  }, [path]);
  return null;
}
