/**
 * The message catalogue: every text a person reads comes from one of these, never from a component.
 * A page area has a catalogue of its own beside it, so that texts are loaded with the page that shows them.
 *
 * Texts use the small part of the ICU syntax the portal needs: `{name}`, and
 * `{n, plural, =0 {none} one {# step} other {# steps}}`.
 */
export type Values = Record<string, string | number>;

const locale = "en";
const plurals = new Intl.PluralRules(locale);
const numbers = new Intl.NumberFormat(locale);
const lists = new Intl.ListFormat(locale, { style: "long", type: "conjunction" });

/** Makes the function that answers the texts of a catalogue; its keys are checked by the compiler. */
export function messages<T extends Record<string, string>>(catalogue: T) {
  return (key: keyof T & string, values: Values = {}): string => format(catalogue[key] ?? key, values);
}

/** "A, B, and C" as the language writes lists. */
export function listed(items: string[]): string {
  return lists.format(items);
}

export function format(text: string, values: Values): string {
  let out = "";
  for (let at = 0; at < text.length; at++) {
    if (text[at] !== "{") {
      out += text[at];
      continue;
    }
    const end = closing(text, at);
    out += placeholder(text.slice(at + 1, end), values);
    at = end;
  }
  return out;
}

function placeholder(inside: string, values: Values): string {
  const [name = "", kind, ...rest] = inside.split(",").map((part, index) => (index < 2 ? part.trim() : part));
  const value = values[name];
  if (value === undefined) return `{${name}}`;
  if (kind !== "plural") return typeof value === "number" ? numbers.format(value) : value;
  return plural(rest.join(","), Number(value), values);
}

function plural(choices: string, count: number, values: Values): string {
  const found = new Map<string, string>();
  for (let at = 0; at < choices.length; ) {
    const open = choices.indexOf("{", at);
    if (open < 0) break;
    const end = closing(choices, open);
    found.set(choices.slice(at, open).trim(), choices.slice(open + 1, end));
    at = end + 1;
  }
  const chosen = found.get(`=${count}`) ?? found.get(plurals.select(count)) ?? found.get("other") ?? "";
  return format(chosen.replaceAll("#", numbers.format(count)), values);
}

/** Where the brace opened at `open` is closed. */
function closing(text: string, open: number): number {
  let depth = 0;
  for (let at = open; at < text.length; at++) {
    if (text[at] === "{") depth++;
    if (text[at] === "}" && --depth === 0) return at;
  }
  throw new Error(`a brace is not closed in the message: ${text}`);
}
