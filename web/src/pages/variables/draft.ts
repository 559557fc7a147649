/**
 * The variables of a project as they are being edited: kept while one looks at other pages, never written to the
 * device's storage, because there may be secrets among them. What wins where is the server's business, not ours.
 */
import type { Schemas } from "../../api/client.ts";

export type Variable = Schemas["Variable"];
export type VariableSet = Schemas["VariableSet"];
export type Scope = Schemas["VariableScope"];
export type Dimension = keyof Scope;

export interface Row {
  /** Names the row while it has no id yet. */
  key: string;
  variable: Variable;
  isDeleted: boolean;
  /** A new value was typed for a secret, whose old one nobody gets to see. */
  isReplaced: boolean;
}

export interface Draft {
  base: VariableSet;
  rows: Row[];
  /** Earlier states of the rows, the newest last. */
  past: Row[][];
  future: Row[][];
  /** What somebody else changed under changes of this draft. */
  conflicts: Conflict[];
}

let nextKey = 1;

export function rowOf(variable: Variable): Row {
  return { key: variable.Id || `new-${nextKey++}`, variable, isDeleted: false, isReplaced: false };
}

export function draftOf(base: VariableSet): Draft {
  return { base, rows: base.Variables.map(rowOf), past: [], future: [], conflicts: [] };
}

export function edited(draft: Draft, rows: Row[]): Draft {
  return { ...draft, rows, past: [...draft.past.slice(-99), draft.rows], future: [] };
}

export function undone(draft: Draft): Draft {
  const rows = draft.past.at(-1);
  if (!rows) return draft;
  return { ...draft, rows, past: draft.past.slice(0, -1), future: [draft.rows, ...draft.future] };
}

export function redone(draft: Draft): Draft {
  const [rows, ...future] = draft.future;
  if (!rows) return draft;
  return { ...draft, rows, past: [...draft.past, draft.rows], future };
}

/** Equal for variables that say the same, whatever order their scopes are in. */
function essence(variable: Variable): string {
  const scope = Object.entries(variable.Scope ?? {})
    .filter(([, ids]) => Array.isArray(ids) && ids.length > 0)
    .map(([dimension, ids]) => [dimension, [...(ids as string[])].sort()])
    .sort();
  const { Name, Value, Description, Prompt } = variable;
  return JSON.stringify([Name, Value ?? "", Description ?? "", typeOf(variable), Prompt ?? null, scope]);
}

/** Of a new one nothing is said but whether it is secret. */
export function typeOf(variable: Variable): string {
  return variable.IsSensitive ? "Sensitive" : variable.Type || "String";
}

/** True when its value is the id of an account, a certificate or a worker pool. */
export function isReference(variable: Variable): boolean {
  return !["String", "Sensitive"].includes(typeOf(variable));
}

export type Kind = "added" | "changed" | "deleted";

/** How a row differs from what is saved; nothing if it does not. */
export function kindOf(row: Row, base: VariableSet): Kind | undefined {
  const saved = base.Variables.find((one) => one.Id === row.variable.Id);
  if (!row.variable.Id || !saved) return row.isDeleted ? undefined : "added";
  if (row.isDeleted) return "deleted";
  return row.isReplaced || essence(saved) !== essence(row.variable) ? "changed" : undefined;
}

export function changeCount(draft: Draft): number {
  return draft.rows.filter((row) => kindOf(row, draft.base)).length;
}

/** What is sent to the server. */
export function toSave(draft: Draft): VariableSet {
  const variables = draft.rows.filter((row) => !row.isDeleted).map((row) => row.variable);
  return { ...draft.base, Variables: variables };
}

export interface Conflict {
  /** Of the row in the draft. */
  key: string;
  name: string;
  /** As they saved it; nothing when they deleted it. */
  theirs: Variable | undefined;
  /** The person wants to keep their own. */
  isKept: boolean;
}

/** What is still to be decided. A row that says the same as theirs is no conflict any more. */
export function openConflicts(draft: Draft): Conflict[] {
  const isOpen = (conflict: Conflict) => {
    const row = draft.rows.find((known) => known.key === conflict.key);
    return !conflict.isKept && row !== undefined && kindOf(row, draft.base) !== undefined;
  };
  return draft.conflicts.filter(isOpen);
}

export function keepingMine(draft: Draft, { key }: Conflict): Draft {
  const conflicts = draft.conflicts.map((one) => (one.key === key ? { ...one, isKept: true } : one));
  return { ...draft, conflicts };
}

export function takingTheirs(draft: Draft, { key, theirs }: Conflict): Draft {
  const rows = draft.rows.flatMap((row) => (row.key !== key ? [row] : theirs ? [{ ...rowOf(theirs), key }] : []));
  return edited(draft, rows);
}

/** Back to what is saved, as an edit that can be undone like any other. */
export function discarded(draft: Draft): Draft {
  return edited(draft, draft.base.Variables.map(rowOf));
}

/**
 * Puts my changes on top of what somebody else saved meanwhile. Where both changed the same variable mine stays in the
 * draft, with a conflict that says what theirs is.
 */
export function rebased(draft: Draft, theirs: VariableSet): Draft {
  const conflicts: Conflict[] = [];
  const mine = new Map(draft.rows.map((row) => [row.variable.Id, row]));
  const before = new Map(draft.base.Variables.map((one) => [one.Id, one]));
  const rows = theirs.Variables.map((variable) => {
    const row = mine.get(variable.Id);
    if (!row || !kindOf(row, draft.base)) return rowOf(variable);
    const was = before.get(variable.Id);
    const isOpen = openConflicts(draft).some((one) => one.key === row.key);
    if (was && (isOpen || essence(was) !== essence(variable))) {
      conflicts.push({ key: row.key, name: variable.Name, theirs: variable, isKept: false });
    }
    return row;
  });
  const stillThere = new Set(theirs.Variables.map((one) => one.Id));
  for (const row of draft.rows) {
    const kind = kindOf(row, draft.base);
    if (kind === "added") {
      rows.push(row);
      conflicts.push(...openConflicts(draft).filter((one) => one.key === row.key));
    }
    if (kind === "changed" && !stillThere.has(row.variable.Id)) {
      const { Id: _, ...rest } = row.variable;
      const again = { ...rowOf(rest as Variable), isReplaced: row.isReplaced };
      rows.push(again);
      conflicts.push({ key: again.key, name: row.variable.Name, theirs: undefined, isKept: false });
    }
  }
  return { base: theirs, rows, past: [], future: [], conflicts };
}

/** What was edited while `sent` was being saved stays, as changes to what is saved now. */
export function since(sent: Draft, now: Draft, saved: VariableSet): Draft {
  const before = new Map(sent.rows.map((row) => [row.key, row]));
  const kept = sent.rows.filter((row) => !row.isDeleted);
  const after = new Map(kept.map((row, at) => [row.key, saved.Variables[at]]));
  const rows = now.rows.flatMap((row): Row[] => {
    const is = after.get(row.key);
    if (row === before.get(row.key)) return is ? [rowOf(is)] : [];
    const { Id: _, ...rest } = row.variable;
    return [{ ...row, variable: (is?.Id ? { ...rest, Id: is.Id } : rest) as Variable }];
  });
  return { base: saved, rows, past: [], future: [], conflicts: [] };
}

/** Rows of the same name beside each other, where the first of them is. */
export function grouped(rows: Row[]): Row[][] {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const name = row.variable.Name.toLowerCase() || row.key;
    groups.set(name, [...(groups.get(name) ?? []), row]);
  }
  return [...groups.values()];
}

/** Names and values from a copied table: one variable a line, the value after a tab. */
export function pasted(text: string): Row[] {
  return text
    .split(/\r?\n/)
    .filter((line) => line.trim() !== "")
    .map((line) => {
      const [name = "", value = ""] = line.split("\t");
      return rowOf({ Name: name.trim(), Value: value, Scope: {} } as Variable);
    });
}
