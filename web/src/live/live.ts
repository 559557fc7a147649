/**
 * The live connection as pages see it: what its state is, and which queries become stale when something changes.
 * Tabs share one connection; how is the business of `connection.ts`.
 */
import { useSyncExternalStore } from "react";
import { queryClient } from "../api/queries.ts";
import { sessionEnded } from "../api/session.ts";
import { holdTime } from "../ui/Time.tsx";
import { type Connection, connect } from "./connection.ts";

export type LiveState = "connecting" | "live" | "lost";

export interface LiveSnapshot {
  state: LiveState;
  /** Up to when the page shows how things stand, in milliseconds since 1970. */
  heardAt: number;
  /** The server is another version than the one this page came from. */
  isUpgraded: boolean;
}

/** Something changed on the server: what kind of thing, which one, and where it belongs. */
export interface Change {
  /** First part of a query key: `projects`, `tasks`, `deployments`, … */
  topic: string;
  id?: string;
  projectId?: string;
}

let snapshot: LiveSnapshot = { state: "connecting", heardAt: Date.now(), isUpgraded: false };
let firstVersion: string | undefined;
const listeners = new Set<() => void>();
const watchers = new Set<(change: Change) => void>();
let connection: Connection | undefined;

/** Changes that come together make each query stale once, and a busy server is not asked more often than this. */
const GATHER_MS = 100;
const AGAIN_MS = 1_000;
const stale = new Set<string>();
let gathering: ReturnType<typeof setTimeout> | undefined;
let isReading = false;
let readAt = 0;

function gather(topic: string) {
  stale.add(topic);
  if (isReading) return;
  gathering ??= setTimeout(readAgain, Math.max(GATHER_MS, readAt + AGAIN_MS - Date.now()));
}

/** One round at a time: a slow answer would be thrown away by the next round for ever. */
async function readAgain() {
  gathering = undefined;
  const topics = new Set(stale);
  stale.clear();
  isReading = true;
  readAt = Date.now();
  await invalidate((topic) => topics.has(topic));
  isReading = false;
  for (const topic of stale) gather(topic);
}

/** A hidden tab reads nothing before it is looked at; what is stale is then read by itself. */
function invalidate(isStale: (topic: string) => boolean): Promise<void> {
  const refetchType = document.visibilityState === "visible" ? "active" : "none";
  return queryClient.invalidateQueries({ refetchType, predicate: (query) => isStale(String(query.queryKey[0])) });
}

function tell(next: LiveSnapshot) {
  snapshot = next;
  for (const listener of listeners) listener();
}

/** A page that waits longer for the connection is read without it, and again once it is there. */
const PATIENCE_MS = 400;

/** Starts once. Resolves when the connection is there: what is read from then on need not be read again. */
export function startLive(): Promise<void> {
  if (connection) return Promise.resolve();
  connection = connect({
    state(state) {
      // Until it was lost, the connection was silent because nothing happened.
      const heardAt = state === "live" || snapshot.state === "live" ? Date.now() : snapshot.heardAt;
      tell({ ...snapshot, state, heardAt });
      holdTime(state === "lost");
    },
    change(change) {
      gather(change.topic);
      for (const watcher of watchers) watcher(change);
    },
    reset: () => invalidate(() => true),
    ended: sessionEnded,
    version(version) {
      firstVersion ??= version;
      tell({ ...snapshot, isUpgraded: version !== firstVersion });
    },
  });
  return new Promise((resolve) => {
    const look = () => {
      if (snapshot.state === "connecting") return;
      listeners.delete(look);
      resolve();
    };
    listeners.add(look);
    setTimeout(resolve, PATIENCE_MS);
  });
}

export function stopLive() {
  connection?.close();
  connection = undefined;
  clearTimeout(gathering);
  gathering = undefined;
  stale.clear();
  tell({ ...snapshot, state: "connecting" });
}

export function useLive(): LiveSnapshot {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => snapshot,
  );
}

/** Calls back on every change, for what is not a query. Answers with the function that ends it. */
export function onChange(watcher: (change: Change) => void): () => void {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}
