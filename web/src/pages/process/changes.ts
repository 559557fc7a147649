/** What differs between two states of a process, in plain language: for the count, and for the review before saving. */
import { fieldName, same } from "./merge.ts";
import { dependencies, isDisabled, isParallel, type Step, slugOf } from "./model.ts";

export interface Difference {
  slug: string;
  text: string;
  /** For long texts such as scripts. */
  before?: string | undefined;
  after?: string | undefined;
}

const key = (step: Step) => step.Id ?? slugOf(step);

export function changes(before: Step[], after: Step[]): Difference[] {
  const found: Difference[] = [];
  for (const step of before)
    if (!after.some((known) => key(known) === key(step)))
      found.push({ slug: slugOf(step), text: `${step.Name}: deleted` });
  for (const step of after) {
    const old = before.find((known) => key(known) === key(step));
    if (!old) found.push({ slug: slugOf(step), text: `${step.Name}: added, ${starts(step, after)}` });
    else found.push(...ofStep(old, step, before, after));
  }
  const shared = (steps: Step[], others: Step[]) =>
    steps.map(key).filter((known) => others.some((other) => key(other) === known));
  if (!same(shared(before, after), shared(after, before))) {
    found.push({ slug: "", text: `The order of the list: ${after.map((step) => step.Name).join(", ")}` });
  }
  return found;
}

function ofStep(old: Step, step: Step, before: Step[], after: Step[]): Difference[] {
  const slug = slugOf(step);
  const found: Difference[] = [];
  const say = (text: string, values: Partial<Difference> = {}) =>
    found.push({ slug, text: `${step.Name}: ${text}`, ...values });
  if (old.Name !== step.Name) say(`renamed (was: ${old.Name})`);
  const [was, is] = [starts(old, before), starts(step, after)];
  if (!same(rule(old), rule(step))) say(`${is} (was: ${was})`);
  if (old.Condition !== step.Condition) say(`runs only when ${step.Condition} (was: ${old.Condition})`);
  if (isDisabled(old) !== isDisabled(step)) say(isDisabled(step) ? "disabled" : "enabled");
  for (const [field, from, to] of otherFields(old, step))
    say(fieldText(field), { before: show(from), after: show(to) });
  return found;
}

/** The start rule as authored: also a list that has no say right now counts as a change when it changes. */
function rule(step: Step) {
  return [isParallel(step), dependencies(step)];
}

/** The authored rule in words. Whom it makes the step wait for is the server's to say. */
export function starts(step: Step, steps: Step[]): string {
  if (!isParallel(step)) return "runs after previous steps";
  const list = dependencies(step);
  if (list === undefined) return "runs in parallel, together with the step before it";
  if (list.length === 0) return "runs in parallel, from the start";
  const numbers = list.map((slug) => steps.findIndex((known) => slugOf(known) === slug) + 1 || slug);
  return `runs in parallel, after ${numbers.join(", ")}`;
}

function otherFields(old: Step, step: Step): [string, unknown, unknown][] {
  const [a, b] = [leaves(old), leaves(step)];
  const fields = new Set([...a.keys(), ...b.keys()]);
  return [...fields]
    .filter((field) => !same(a.get(field), b.get(field)))
    .map((field) => [field, a.get(field), b.get(field)]);
}

const TOLD_ELSEWHERE =
  /^(Id|Slug|Name|StartTrigger|Condition|Properties\.Regatta\.Step\.DependsOn|Actions\.0\.(Id|Name|Slug|IsDisabled))$/;

function leaves(step: Step): Map<string, unknown> {
  const found = new Map<string, unknown>();
  const walk = (value: unknown, place: string, depth: number) => {
    if (typeof value === "object" && value !== null && depth > 0) {
      for (const [name, below] of Object.entries(value))
        walk(below, place === "" ? name : `${place}.${name}`, depth - 1);
    } else if (!TOLD_ELSEWHERE.test(place)) found.set(place, value);
  };
  walk(step, "", 4);
  return found;
}

function fieldText(place: string): string {
  return fieldName(place.replace(/^Actions\.\d+\./, "").replace(/^Properties\./, ""));
}

function show(value: unknown): string {
  if (value === undefined || value === null || value === "") return "";
  if (typeof value === "string") return value;
  if (typeof value === "object" && "HasValue" in (value as object)) return "••••••";
  return JSON.stringify(value);
}
