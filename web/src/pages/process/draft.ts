/**
 * The one draft of a process, shared by list, graph and step settings and by the tabs of the browser: every
 * edit can be undone, and the draft outlives the page (IndexedDB), bound to the version it started from.
 */
import { useSyncExternalStore } from "react";
import { myId } from "../../api/queries.ts";
import { forgetsWithPerson } from "../../api/session.ts";
import { type Kept, put, recall } from "./draft-storage.ts";
import { same } from "./merge.ts";
import type { Process, Step } from "./model.ts";
import { t } from "./text.ts";

const LEVELS_MAX = 200;

interface Level extends Kept {
  /** What the edit that led here did, for "Undid: …". */
  did: string;
}

/** What one tab tells the others: where the draft is now. */
export interface Word extends Kept {
  /** It was saved or begun anew: there is nothing before it to go back to. */
  isStart: boolean;
  /** More of the same edit, as while somebody types. */
  goesOn: boolean;
}

/** The way to the other tabs; tests bring their own. */
export interface Channel {
  onmessage: ((event: MessageEvent<Word>) => void) | null;
  postMessage(word: Word): void;
  close(): void;
}

export interface DraftView {
  steps: Step[];
  base: Process;
  isChanged: boolean;
  canUndo: boolean;
  canRedo: boolean;
  /** Grows with every change: a key for what the server says of these steps. */
  revision: number;
  /** True when it came back from an earlier visit. */
  isRecalled: boolean;
  /** False when the browser refused to keep it: then it goes with the page. */
  isKept: boolean;
  /** A newer version was saved by somebody else. */
  newer: Process | undefined;
}

const start = (process: Process): Level => ({ base: process, steps: process.Steps ?? [], did: "" });
const isNewer = (one: Process, other: Process) => (one.Version ?? 0) > (other.Version ?? 0);

export class Draft {
  private levels: Level[];
  private at = 0;
  private view: DraftView;
  private listeners = new Set<() => void>();
  private revision = 0;
  private isRecalled = false;
  private isKept = true;
  /** The newest version heard of. */
  private latest: Process;

  constructor(
    process: Process,
    /** Of the person and whose process it is: under it the draft lies between visits. */
    private readonly key: string,
    private tabs?: Channel,
  ) {
    this.latest = process;
    this.levels = [start(process)];
    this.view = this.look();
    if (tabs) tabs.onmessage = ({ data }) => this.follow(data);
  }

  /** Takes up what was left behind by an earlier visit, if there was anything. */
  async recall() {
    const kept = await recall(this.key);
    if (!kept || this.levels.length > 1 || same(kept.steps, kept.base.Steps)) return;
    this.levels = [start(kept.base), { ...kept, did: "" }];
    this.at = 1;
    this.isRecalled = true;
    this.tell();
  }

  /** Typing in one field is one edit, however many keys it took. */
  edit(did: string, change: (steps: Step[]) => Step[], isTyping = false) {
    const { base, steps: before } = this.level;
    const steps = change(before);
    if (steps === before || same(steps, before)) return;
    const goesOn = isTyping && this.at > 0 && this.level.did === did;
    this.push({ base, steps, did }, goesOn);
    this.share({ goesOn });
  }

  /** Answers what was undone. */
  undo(): string | undefined {
    if (this.at === 0) return undefined;
    const { did } = this.level;
    this.at -= 1;
    this.share();
    return did;
  }

  redo(): string | undefined {
    if (this.at >= this.levels.length - 1) return undefined;
    this.at += 1;
    this.share();
    return this.level.did;
  }

  /** Back to what is saved, as an edit that can be undone like any other. */
  discard(did: string) {
    this.push({ ...start(this.latest), did });
    this.share();
  }

  /** After a save. */
  restart(process: Process) {
    this.begin(process);
    this.share({ isStart: true });
  }

  /** What the server holds now. A draft with changes is not moved; it learns that there is something newer. */
  heard(process: Process) {
    if (!isNewer(process, this.latest)) return;
    this.latest = process;
    if (!this.view.isChanged) this.levels[this.at] = { ...start(process), did: this.level.did };
    this.tell();
  }

  /** My changes, brought together with a newer version: from here on they are based on that one. */
  rebase(process: Process, steps: Step[], did: string) {
    this.begin(process);
    this.push({ base: process, steps, did });
    this.share();
  }

  subscribe = (listener: () => void) => {
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
    };
  };

  current = () => this.view;
  state = () => this.view.steps;

  close() {
    this.tabs?.close();
    delete this.tabs;
  }

  private get level(): Level {
    return this.levels[this.at] as Level;
  }

  private begin(process: Process) {
    if (isNewer(process, this.latest)) this.latest = process;
    this.levels = [start(process)];
    this.at = 0;
    this.isRecalled = false;
  }

  private push(level: Level, goesOn = false) {
    const below = this.levels.slice(0, goesOn ? this.at : this.at + 1);
    this.levels = [...below, level].slice(-LEVELS_MAX - 1);
    this.at = this.levels.length - 1;
  }

  /** Another tab went on with the draft: here that is an edit like any other. */
  private follow({ base, steps, isStart, goesOn }: Word) {
    if (isStart) this.begin(base);
    else {
      const did = t("didElsewhere");
      this.push({ base, steps, did }, goesOn && this.at > 0 && this.level.did === did);
    }
    if (isNewer(base, this.latest)) this.latest = base;
    this.tell();
  }

  private look(): DraftView {
    const { base, steps } = this.level;
    return {
      steps,
      base,
      isChanged: !same(steps, base.Steps ?? []),
      canUndo: this.at > 0,
      canRedo: this.at < this.levels.length - 1,
      revision: this.revision,
      isRecalled: this.isRecalled,
      isKept: this.isKept,
      newer: isNewer(this.latest, base) ? this.latest : undefined,
    };
  }

  private tell() {
    this.revision += 1;
    this.show();
  }

  private show() {
    this.view = this.look();
    for (const listener of this.listeners) listener();
  }

  /** Only who changed the draft keeps it, and tells the other tabs when a tab that opens now would find it kept. */
  private async share({ isStart = false, goesOn = false } = {}) {
    this.tell();
    const { base, steps, isChanged, revision } = this.view;
    const isKept = await put(this.key, isChanged ? { base, steps } : undefined);
    this.tabs?.postMessage({ base, steps, isStart, goesOn });
    if (revision !== this.revision || isKept === this.isKept) return;
    this.isKept = isKept;
    this.show();
  }
}

const drafts = new Map<string, Draft>();

forgetsWithPerson(() => {
  for (const draft of drafts.values()) draft.close();
  drafts.clear();
});

addEventListener("beforeunload", (event) => {
  const views = [...drafts.values()].map((draft) => draft.current());
  if (views.some((view) => view.isChanged && !view.isKept)) event.preventDefault();
});

/** The draft of who is signed in of a process; made from the saved one when there is none yet. */
export function draftOf(process: Process): Draft {
  const key = `${myId()} ${process.RunbookId ?? process.ProjectId}`;
  let draft = drafts.get(key);
  if (!draft) {
    draft = new Draft(process, key, new BroadcastChannel(`regatta-draft ${key}`));
    drafts.set(key, draft);
    draft.recall();
  }
  return draft;
}

export function useDraftView(draft: Draft): DraftView {
  return useSyncExternalStore(draft.subscribe, draft.current);
}
