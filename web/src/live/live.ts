/**
 * The live connection as pages see it: what its state is, and which queries become stale when something changes.
 * Tabs share one connection; how is the business of `connection.ts`.
 */
import { useSyncExternalStore } from "react";
import { queryClient } from "../api/queries.ts";
import { type Connection, connect } from "./connection.ts";

export type LiveState = "connecting" | "live" | "lost";

export interface LiveSnapshot {
  state: LiveState;
  /** When the last word of the server came, in milliseconds since 1970. */
  heardAt: number;
}

/** Something changed on the server: what kind of thing, which one, and where it belongs. */
export interface Change {
  /** First part of a query key: `projects`, `tasks`, `deployments`, … */
  topic: string;
  id?: string;
  projectId?: string;
}

let snapshot: LiveSnapshot = { state: "connecting", heardAt: Date.now() };
const listeners = new Set<() => void>();
const watchers = new Set<(change: Change) => void>();
let connection: Connection | undefined;

/** Starts once, after signing in. */
export function startLive() {
  connection ??= connect({
    state(state) {
      snapshot = { state, heardAt: state === "live" ? Date.now() : snapshot.heardAt };
      for (const listener of listeners) listener();
    },
    change(change) {
      snapshot = { ...snapshot, heardAt: Date.now() };
      queryClient.invalidateQueries({ predicate: (query) => query.queryKey[0] === change.topic });
      for (const watcher of watchers) watcher(change);
    },
  });
}

export function stopLive() {
  connection?.close();
  connection = undefined;
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
