/**
 * The one draft of a project's process, shared by list, graph and step settings: every edit can be undone, and the
 * draft outlives the page (IndexedDB), bound to the version it started from.
 */
import { useSyncExternalStore } from "react";
import { myId } from "../../api/queries.ts";
import { forgetsWithPerson } from "../../api/session.ts";
import { forget, keep, recall } from "./draft-storage.ts";
import { same } from "./merge.ts";
import type { Process, Step } from "./model.ts";

const LEVELS_MAX = 200;

interface Level {
  steps: Step[];
  /** What the edit that led here did, for "Undid: …". */
  did: string;
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
  /** A newer version was saved by somebody else. */
  newer: Process | undefined;
}

export class Draft {
  private levels: Level[];
  private at = 0;
  private view: DraftView;
  private listeners = new Set<() => void>();
  private revision = 0;
  private isRecalled = false;
  private newer: Process | undefined;

  constructor(
    private base: Process,
    /** Of the person and the project: under it the draft lies between visits. */
    private readonly key: string,
  ) {
    this.levels = [{ steps: base.Steps ?? [], did: "" }];
    this.view = this.look();
  }

  /** Takes up what was left behind by an earlier visit, if there was anything. */
  async recall() {
    const kept = await recall(this.key);
    if (!kept || this.levels.length > 1) return;
    if (same(kept.steps, kept.base.Steps)) return forget(this.key);
    this.newer = kept.base.Version === this.base.Version ? undefined : this.base;
    this.base = kept.base;
    this.levels = [
      { steps: kept.base.Steps ?? [], did: "" },
      { steps: kept.steps, did: "" },
    ];
    this.at = 1;
    this.isRecalled = true;
    this.tell();
  }

  /** Typing in one field is one edit, however many keys it took. */
  edit(did: string, change: (steps: Step[]) => Step[], isTyping = false) {
    const before = this.levels[this.at]?.steps ?? [];
    const steps = change(before);
    if (steps === before || same(steps, before)) return;
    const goesOn = isTyping && this.at > 0 && this.levels[this.at]?.did === did;
    const below = this.levels.slice(0, goesOn ? this.at : this.at + 1);
    this.levels = [...below, { steps, did }].slice(-LEVELS_MAX - 1);
    this.at = this.levels.length - 1;
    this.tell();
  }

  /** Answers what was undone. */
  undo(): string | undefined {
    if (this.at === 0) return undefined;
    const did = this.levels[this.at]?.did;
    this.at -= 1;
    this.tell();
    return did;
  }

  redo(): string | undefined {
    if (this.at >= this.levels.length - 1) return undefined;
    this.at += 1;
    this.tell();
    return this.levels[this.at]?.did;
  }

  discard() {
    this.restart(this.newer ?? this.base);
  }

  /** After a save, or to follow what was saved elsewhere while nothing is changed here. */
  restart(process: Process) {
    this.base = process;
    this.levels = [{ steps: process.Steps ?? [], did: "" }];
    this.at = 0;
    this.newer = undefined;
    this.isRecalled = false;
    this.tell();
  }

  /** What the server holds now. A draft with changes is not moved; it learns that there is something newer. */
  heard(process: Process) {
    if (process.Version === this.base.Version || process.Version === this.newer?.Version) return;
    if (!this.view.isChanged) this.restart(process);
    else {
      this.newer = process;
      this.tell();
    }
  }

  /** My changes, brought together with a newer version: from here on they are based on that one. */
  rebase(process: Process, steps: Step[], did: string) {
    this.base = process;
    this.levels = [
      { steps: process.Steps ?? [], did: "" },
      { steps, did },
    ];
    this.at = 1;
    this.newer = undefined;
    this.tell();
  }

  subscribe = (listener: () => void) => {
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
    };
  };

  current = () => this.view;

  private look(): DraftView {
    const steps = this.levels[this.at]?.steps ?? [];
    return {
      steps,
      base: this.base,
      isChanged: !same(steps, this.base.Steps ?? []),
      canUndo: this.at > 0,
      canRedo: this.at < this.levels.length - 1,
      revision: this.revision,
      isRecalled: this.isRecalled,
      newer: this.newer,
    };
  }

  private tell() {
    this.revision += 1;
    this.view = this.look();
    if (this.view.isChanged) keep(this.key, { base: this.base, steps: this.view.steps });
    else forget(this.key);
    for (const listener of this.listeners) listener();
  }
}

const drafts = new Map<string, Draft>();

forgetsWithPerson(() => drafts.clear());

/** The draft of who is signed in of a project; made from the saved process when there is none yet. */
export function draftOf(process: Process): Draft {
  const key = `${myId()} ${process.ProjectId}`;
  let draft = drafts.get(key);
  if (!draft) {
    draft = new Draft(process, key);
    drafts.set(key, draft);
    draft.recall();
  }
  return draft;
}

export function useDraftView(draft: Draft): DraftView {
  return useSyncExternalStore(draft.subscribe, draft.current);
}
