/**
 * One connection to the server for all tabs of a browser: the tab that holds a lock reads the event stream and tells the
 * others what it hears. When it closes, the lock goes to another, which reads on after the last message it was told of.
 * Where the browser has no locks (they need HTTPS or localhost), each tab reads for itself while it is looked at: over
 * plain HTTP a browser has six connections to a host, and more tabs than that may be open.
 */
import { spacePath } from "../api/client.ts";
import type { Change, LiveState } from "./live.ts";
import { type Message, openStream, type Stream, type StreamHears } from "./stream.ts";
import { changesOf } from "./topics.ts";

export interface Connection {
  close(): void;
}

export interface Hears {
  state(state: LiveState): void;
  change(change: Change): void;
  /** Everything may have changed. */
  reset(): void;
  /** The server knows the session no longer. */
  ended(): void;
  /** The server answers with this version of itself. */
  version(version: string): void;
}

/** What tabs say to each other. */
type Word =
  | { say: "state"; state: LiveState; id?: string | undefined }
  | { say: "changes"; changes: Change[]; id?: string | undefined }
  | { say: "reset"; id?: string | undefined }
  | { say: "ended" }
  | { say: "version"; version: string }
  /** A tab that has just opened would like to know the state. */
  | { say: "ask" }
  /** The network or a tab came back: try now. */
  | { say: "now" };

export interface Channel {
  onmessage: ((event: MessageEvent<Word>) => void) | null;
  postMessage(word: Word): void;
  close(): void;
}

/** What a tab needs of the browser; tests bring their own. */
export interface Tabs {
  channel: Channel | undefined;
  /** Calls `begin` when this tab is to read the stream, unless the signal says before that it has gone. */
  lead(begin: () => Promise<void>, signal: AbortSignal): void;
  open(after: string | undefined, hears: StreamHears): Stream;
}

const LOCK = "regatta-live";

function tabsOfBrowser(): Tabs {
  const locks = navigator.locks as LockManager | undefined;
  const open: Tabs["open"] = (after, hears) => openStream(spacePath("stream"), after, hears);
  if (!locks || typeof BroadcastChannel === "undefined") return { channel: undefined, lead: (begin) => begin(), open };
  return {
    channel: new BroadcastChannel(LOCK),
    lead: (begin, signal) => locks.request(LOCK, { signal }, begin).catch(() => undefined),
    open,
  };
}

export function connect(hears: Hears, tabs: Tabs = tabsOfBrowser()): Connection {
  const tab = new Tab(hears, tabs);
  const now = () => {
    if (document.visibilityState === "visible") tab.hurry();
    else tab.rest();
  };
  addEventListener("online", now);
  document.addEventListener("visibilitychange", now);
  return {
    close() {
      removeEventListener("online", now);
      document.removeEventListener("visibilitychange", now);
      tab.close();
    },
  };
}

class Tab {
  private stream: Stream | undefined;
  private state: LiveState = "connecting";
  private lastId: string | undefined;
  private hasJoined = false;
  private readonly gone = new AbortController();

  constructor(
    private readonly hears: Hears,
    private readonly tabs: Tabs,
  ) {
    const { channel } = tabs;
    if (channel) channel.onmessage = ({ data }) => this.told(data);
    channel?.postMessage({ say: "ask" });
    tabs.lead(() => this.lead(), this.gone.signal);
  }

  hurry() {
    const { channel } = this.tabs;
    if (this.stream) this.stream.now();
    else if (channel) channel.postMessage({ say: "now" });
    else this.lead();
  }

  /** A hidden tab that reads for nobody else stops, and reads on from there when it is looked at again. */
  rest() {
    if (this.tabs.channel) return;
    this.stream?.close();
    this.stream = undefined;
  }

  close() {
    this.gone.abort();
    this.stream?.close();
    this.stream = undefined;
    this.tabs.channel?.close();
  }

  /** Reads the stream until this tab goes. */
  private lead(): Promise<void> {
    if (this.gone.signal.aborted) return Promise.resolve();
    this.stream = this.tabs.open(this.lastId, {
      state: (state) => this.tell({ say: "state", state, id: this.lastId }),
      message: (message) => this.heard(message),
      ended: () => this.tell({ say: "ended" }),
    });
    return new Promise((resolve) => this.gone.signal.addEventListener("abort", () => resolve()));
  }

  private heard(message: Message) {
    const id = message.id ?? this.lastId;
    if (message.name === "hello") this.tell({ say: "version", version: (message.data as { Version: string }).Version });
    if (message.name === "reset") return this.tell({ say: "reset", id });
    const changes = changesOf(message);
    // Told even when nothing changed, for the place to read on from.
    if (changes.length > 0 || id !== this.lastId) this.tell({ say: "changes", changes, id });
  }

  private tell(word: Word) {
    this.take(word);
    this.tabs.channel?.postMessage(word);
  }

  private told(word: Word) {
    if (word.say === "now") this.stream?.now();
    else if (word.say !== "ask") this.take(word);
    else if (this.stream) this.tabs.channel?.postMessage({ say: "state", state: this.state, id: this.lastId });
  }

  private take(word: Word) {
    if ("id" in word && word.id !== undefined) this.lastId = word.id;
    if (word.say === "changes") for (const change of word.changes) this.hears.change(change);
    else if (word.say === "reset") this.hears.reset();
    else if (word.say === "ended") this.hears.ended();
    else if (word.say === "version") this.hears.version(word.version);
    else if (word.say === "state") this.stands(word.state);
  }

  private stands(state: LiveState) {
    this.state = state;
    this.hears.state(state);
    if (state !== "live" || this.hasJoined) return;
    // What changed after the page was loaded and before the stream was heard was told to nobody.
    this.hasJoined = true;
    this.hears.reset();
  }
}
