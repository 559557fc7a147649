/**
 * One connection to the server for this tab: asks at intervals whether the server is there, and says that everything
 * which moves by itself may have changed. Lost connections are noticed within three seconds and tried again after
 * 0.5, 1, 2, 4 and 8 seconds, then every ten, and at once when the network or the tab comes back.
 */
import type { Change, LiveState } from "./live.ts";

export interface Connection {
  close(): void;
}

export interface Hears {
  state(state: LiveState): void;
  change(change: Change): void;
}

const ASK_EVERY_MS = 2_500;
const RETRY_MS = [500, 1_000, 2_000, 4_000, 8_000];
const RETRY_LAST_MS = 10_000;
/** What changes without anybody in this tab doing something. */
const TOPICS = ["tasks", "deployments", "interruptions", "dashboard", "machines", "progression"];

export function connect(hears: Hears): Connection {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;
  let isClosed = false;

  const ask = async () => {
    clearTimeout(timer);
    if (isClosed) return;
    const isThere = await answers();
    if (isClosed) return;
    if (isThere) {
      failures = 0;
      hears.state("live");
      if (document.visibilityState === "visible") for (const topic of TOPICS) hears.change({ topic });
    } else {
      failures += 1;
      hears.state("lost");
    }
    timer = setTimeout(ask, isThere ? ASK_EVERY_MS : jittered(RETRY_MS[failures - 1] ?? RETRY_LAST_MS));
  };
  const now = () => {
    if (document.visibilityState === "visible") ask();
  };
  addEventListener("online", now);
  document.addEventListener("visibilitychange", now);
  ask();
  return {
    close() {
      isClosed = true;
      clearTimeout(timer);
      removeEventListener("online", now);
      document.removeEventListener("visibilitychange", now);
    },
  };
}

async function answers(): Promise<boolean> {
  try {
    const response = await fetch("/health", { signal: AbortSignal.timeout(2_500), cache: "no-store" });
    return response.ok;
  } catch {
    return false;
  }
}

function jittered(ms: number): number {
  return ms * (0.8 + Math.random() * 0.4);
}
