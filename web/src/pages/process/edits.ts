/** Edits of a process: each takes the steps and answers new ones. What they mean for the order is the server's to say. */
import {
  ACTION_CONDITION,
  DEPENDS_ON,
  dependencies,
  isDisabled,
  isParallel,
  newSlug,
  STEP_CONDITION,
  type Step,
  slugOf,
} from "./model.ts";

type Steps = Step[];

export function change(steps: Steps, slug: string, edit: (step: Step) => Step): Steps {
  return steps.map((step) => (slugOf(step) === slug ? edit(step) : step));
}

function withProperty(step: Step, name: string, value: string | undefined): Step {
  const { [name]: _, ...rest } = step.Properties ?? {};
  return { ...step, Properties: value === undefined ? rest : { ...rest, [name]: value } };
}

export function setProperty(steps: Steps, slug: string, name: string, value: string | undefined): Steps {
  return change(steps, slug, (step) => withProperty(step, name, value));
}

export function setActionProperty(steps: Steps, slug: string, name: string, value: string | undefined): Steps {
  return changeAction(steps, slug, (action) => {
    const { [name]: _, ...rest } = action.Properties ?? {};
    return { ...action, Properties: value === undefined ? rest : { ...rest, [name]: value } };
  });
}

export function changeAction(
  steps: Steps,
  slug: string,
  edit: (action: Step["Actions"][number]) => Step["Actions"][number],
): Steps {
  return change(steps, slug, (step) => ({
    ...step,
    Actions: step.Actions.map((action, index) => (index === 0 ? edit(action) : action)),
  }));
}

/** The expression of the condition; from now on under the name that says what it is. */
export function setExpression(steps: Steps, slug: string, value: string): Steps {
  return setProperty(setProperty(steps, slug, ACTION_CONDITION, undefined), slug, STEP_CONDITION, value);
}

const PACKAGE = "Octopus.Action.Package.";

/**
 * The package the action is about: its reference without a name, and the properties by which other clients know it.
 * Without an id there is none.
 */
export function setPackage(steps: Steps, slug: string, { PackageId, FeedId }: { PackageId: string; FeedId: string }) {
  const wanted = setActionProperty(steps, slug, `${PACKAGE}PackageId`, PackageId || undefined);
  return changeAction(setActionProperty(wanted, slug, `${PACKAGE}FeedId`, FeedId || undefined), slug, (action) => {
    const others = (action.Packages ?? []).filter((known) => known.Name);
    const before = action.Packages?.find((known) => !known.Name) ?? { Name: "", AcquisitionLocation: "Server" };
    return { ...action, Packages: PackageId === "" ? others : [{ ...before, PackageId, FeedId }, ...others] };
  });
}

export function setParallel(steps: Steps, slug: string, on: boolean): Steps {
  return change(steps, slug, (step) => ({ ...step, StartTrigger: on ? "StartWithPrevious" : "StartAfterPrevious" }));
}

/** `undefined` = not set. The list is kept in the order of the steps, because its order has no meaning. */
export function setDependencies(steps: Steps, slug: string, list: string[] | undefined): Steps {
  const sorted = list && steps.map(slugOf).filter((known) => list.includes(known));
  return change(steps, slug, (step) => withProperty(step, DEPENDS_ON, sorted && JSON.stringify(sorted)));
}

/** Makes the step wait for exactly these, whatever its rule was. */
export function waitFor(steps: Steps, slug: string, list: string[]): Steps {
  return setDependencies(setParallel(steps, slug, true), slug, list);
}

export function toggleDependency(steps: Steps, slug: string, on: string): Steps {
  const step = steps.find((known) => slugOf(known) === slug);
  const list = (step && dependencies(step)) ?? [];
  return waitFor(steps, slug, list.includes(on) ? list.filter((known) => known !== on) : [...list, on]);
}

/** The first action carries the step's name, as steps with one action always have. */
export function rename(steps: Steps, slug: string, name: string): Steps {
  return change(steps, slug, (step) => ({
    ...step,
    Name: name,
    Actions: step.Actions.map((action, index) => (index === 0 ? { ...action, Name: name } : action)),
  }));
}

export function setDisabled(steps: Steps, slug: string, disabled: boolean): Steps {
  return change(steps, slug, (step) => ({
    ...step,
    Actions: step.Actions.map((action) => ({ ...action, IsDisabled: disabled })),
  }));
}

export function toggleDisabled(steps: Steps, slug: string): Steps {
  const step = steps.find((known) => slugOf(known) === slug);
  return step ? setDisabled(steps, slug, !isDisabled(step)) : steps;
}

export function move(steps: Steps, slug: string, by: number): Steps {
  const from = steps.findIndex((step) => slugOf(step) === slug);
  const to = from + by;
  const step = steps[from];
  if (!step || to < 0 || to >= steps.length) return steps;
  const rest = steps.filter((known) => known !== step);
  return [...rest.slice(0, to), step, ...rest.slice(to)];
}

/** Puts the step right before or after another one. */
export function moveBeside(steps: Steps, slug: string, other: string, where: "before" | "after"): Steps {
  const step = steps.find((known) => slugOf(known) === slug);
  const rest = steps.filter((known) => known !== step);
  const at = rest.findIndex((known) => slugOf(known) === other);
  if (!step || at < 0) return steps;
  const to = where === "before" ? at : at + 1;
  return [...rest.slice(0, to), step, ...rest.slice(to)];
}

/** Whether a dependency list names the step. */
export function isListed(steps: Steps, slug: string): boolean {
  return steps.some((step) => dependencies(step)?.includes(slug));
}

/** Takes the step away. A list that names it gets what it waited for in its place, as the server says it: `waits`. */
export function remove(steps: Steps, slug: string, waits: string[]): Steps {
  const kept = steps.filter((step) => slugOf(step) !== slug);
  return kept
    .filter((step) => dependencies(step)?.includes(slug))
    .reduce((all, step) => {
      const own = slugOf(step);
      const list = [...(dependencies(step) ?? []), ...waits].filter((on) => on !== slug && on !== own);
      return setDependencies(all, own, list);
    }, kept);
}

export function add(steps: Steps, step: Step, after?: string): Steps {
  const at = after === undefined ? -1 : steps.findIndex((known) => slugOf(known) === after);
  return at < 0 ? [...steps, step] : [...steps.slice(0, at + 1), step, ...steps.slice(at + 1)];
}

/**
 * Puts a step between one and another that waits for it. `waits` is what that one waits for, as the server says it: it
 * is written down if its place in the list no longer says the same.
 */
export function insert(steps: Steps, step: Step, [on, to]: [on: string, to: string], waits: string[]): Steps {
  const at = (slug: string) => steps.findIndex((known) => slugOf(known) === slug);
  const next = steps.find((known) => slugOf(known) === to);
  if (!next || at(on) < 0) return add(steps, step);
  const own = slugOf(step);
  const added = moveBeside([...steps, step], own, at(on) < at(to) ? to : on, at(on) < at(to) ? "before" : "after");
  const waiting = waitFor(added, own, [on]);
  if (!isParallel(next)) return waiting;
  return waitFor(waiting, to, [...(dependencies(next) ?? waits).filter((known) => known !== on), own]);
}

export function duplicate(steps: Steps, slug: string): Steps {
  const step = steps.find((known) => slugOf(known) === slug);
  if (!step) return steps;
  const names = steps.map((known) => known.Name);
  let name = `${step.Name} copy`;
  for (let n = 2; names.includes(name); n++) name = `${step.Name} copy ${n}`;
  const { Id: _, ...rest } = structuredClone(step);
  const Actions = rest.Actions.map(({ Id: _id, Slug: _slug, ...action }) => ({ ...action, Name: name }));
  const Slug = newSlug(name, steps.map(slugOf));
  return add(steps, { ...rest, Name: name, Slug, Actions }, slug);
}

/** Applies a fix of the server: new values by place in the step. */
export function applyEdits(steps: Steps, edits: { Step?: string; Set?: Record<string, unknown> }[]): Steps {
  let next = steps;
  for (const edit of edits) {
    next = change(next, edit.Step ?? "", (step) => {
      const copy = structuredClone(step) as unknown as Record<string, unknown>;
      for (const [place, value] of Object.entries(edit.Set ?? {})) put(copy, place, value);
      return copy as unknown as Step;
    });
  }
  return next;
}

/** `Actions[0].Properties[Octopus.Action.Script.ScriptBody]` → its parts. */
function parts(place: string): string[] {
  const found: string[] = [];
  for (const match of place.matchAll(/\[([^\]]*)\]|([^.[]+)/g)) found.push(match[1] ?? match[2] ?? "");
  return found;
}

function put(root: Record<string, unknown>, place: string, value: unknown) {
  const path = parts(place);
  const last = path.pop();
  if (last === undefined) return;
  let at = root;
  for (const part of path) {
    at[part] ??= {};
    at = at[part] as Record<string, unknown>;
  }
  if (value === null) delete at[last];
  else at[last] = value;
}
