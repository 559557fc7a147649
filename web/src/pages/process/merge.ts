/**
 * Brings two people's edits of the same process together, field by field. What only one of them changed is taken over;
 * what both changed differently is a conflict for the person to decide. Whether the result makes sense is for the
 * server: two orders that are fine alone can be a loop together.
 */
import { type Step, slugOf } from "./model.ts";

type Flat = Map<string, unknown>;

export interface Conflict {
  /** Its id. */
  step: string;
  stepName: string;
  /** `STEP` when one of the two deleted it. */
  field: string;
  mine: unknown;
  theirs: unknown;
}

const STEP = "step";

export interface Merged {
  steps: Step[];
  conflicts: Conflict[];
}

/** `choose` answers whose value a conflict takes; theirs until the person has chosen. */
export function merge(
  base: Step[],
  mine: Step[],
  theirs: Step[],
  choose: (conflict: Conflict) => "mine" | "theirs",
): Merged {
  const conflicts: Conflict[] = [];
  const find = (steps: Step[], key: string) => steps.find((step) => keyOf(step) === key);
  const steps: Step[] = [];
  for (const key of order(base, mine, theirs)) {
    const [before, my, their] = [find(base, key), find(mine, key), find(theirs, key)];
    if (my && their) {
      steps.push(before ? mergeStep([before, my, their], conflicts, choose) : my);
      continue;
    }
    const kept = my ?? their;
    if (!kept) continue;
    if (!before) {
      steps.push(kept);
      continue;
    }
    // One deleted it. If the other left it alone, it is gone.
    if (same(kept, before)) continue;
    const conflict = { step: key, stepName: kept.Name, field: STEP, mine: my, theirs: their };
    conflicts.push(conflict);
    if ((choose(conflict) === "mine") === (my !== undefined)) steps.push(kept);
  }
  return { steps, conflicts };
}

/** The steps as both began with them, but for what one of the two made of this: for the server to say what that was. */
export function alone(base: Step[], { step, field, ...sides }: Conflict, side: "mine" | "theirs"): Step[] {
  const value = sides[side];
  return base.flatMap((known) => {
    if (keyOf(known) !== step) return [known];
    if (field === STEP) return value === undefined ? [] : [value as Step];
    const fields = flat(known);
    if (value === undefined) fields.delete(field);
    else fields.set(field, value);
    return [unflat(fields)];
  });
}

function keyOf(step: Step): string {
  return step.Id ?? slugOf(step);
}

/** Mine when I moved something, else theirs; what the other added comes after the step it followed. */
function order(base: Step[], mine: Step[], theirs: Step[]): string[] {
  const [b, m, t] = [base.map(keyOf), mine.map(keyOf), theirs.map(keyOf)];
  const shared = (keys: string[]) => keys.filter((key) => b.includes(key) && m.includes(key) && t.includes(key));
  const haveMoved = !same(shared(m), shared(b));
  const [first, second] = haveMoved ? [m, t] : [t, m];
  const keys = [...first];
  second.forEach((key, index) => {
    if (keys.includes(key)) return;
    const before = second
      .slice(0, index)
      .reverse()
      .find((known) => keys.includes(known));
    keys.splice(before === undefined ? 0 : keys.indexOf(before) + 1, 0, key);
  });
  return keys;
}

function mergeStep(
  [before, my, their]: [Step, Step, Step],
  conflicts: Conflict[],
  choose: (conflict: Conflict) => "mine" | "theirs",
): Step {
  const [b, m, t] = [flat(before), flat(my), flat(their)];
  const result: Flat = new Map();
  for (const field of new Set([...t.keys(), ...m.keys()])) {
    let value = t.get(field);
    if (!same(m.get(field), b.get(field)) && !same(m.get(field), value)) {
      if (same(value, b.get(field))) value = m.get(field);
      else {
        const conflict = { step: keyOf(my), stepName: my.Name, field, mine: m.get(field), theirs: value };
        conflicts.push(conflict);
        if (choose(conflict) === "mine") value = m.get(field);
      }
    }
    if (value !== undefined) result.set(field, value);
  }
  return unflat(result);
}

const SEPARATOR = "\u0000";

/** Fields by place; properties and the fields of actions one by one, other values whole. */
function flat(step: Step): Flat {
  const fields: Flat = new Map();
  const walk = (value: unknown, place: string, depth: number) => {
    const isOpened = typeof value === "object" && value !== null && depth > 0;
    if (!isOpened || Object.keys(value).length === 0) fields.set(place, value);
    else
      for (const [key, below] of Object.entries(value))
        walk(below, place === "" ? key : place + SEPARATOR + key, depth - 1);
  };
  const { Actions, Properties, ...plain } = step;
  walk(plain, "", 1);
  walk(Properties ?? {}, "Properties", 1);
  walk(Object.fromEntries(Actions.map((action, index) => [action.Id ?? `#${index}`, action])), "Actions", 3);
  return fields;
}

function unflat(fields: Flat): Step {
  const root: Record<string, unknown> = {};
  for (const [place, value] of fields) {
    const path = place.split(SEPARATOR);
    const last = path.pop() ?? "";
    let at = root;
    for (const part of path) {
      at[part] ??= {};
      at = at[part] as Record<string, unknown>;
    }
    if (!(typeof value === "object" && value !== null && Object.keys(value).length === 0 && at[last] !== undefined))
      at[last] = value;
  }
  root.Actions = Object.values((root.Actions ?? {}) as Record<string, unknown>);
  return root as unknown as Step;
}

export function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
