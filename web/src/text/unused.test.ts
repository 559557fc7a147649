import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { expect, test } from "vitest";

const root = resolve(import.meta.dirname, "..");
const files = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((file) => /\.tsx?$/.test(file));
const sources = new Map(files.map((file) => [join(root, file), readFileSync(join(root, file), "utf8")]));

/** Asked for by a name that comes from elsewhere. */
const computed = ["failure", "always", "variable", "changed", "deleted", "chain", "stack"];

/** The names that texts put together ask for, as in `${kind}About`; of those that have a part that stays. */
function composed(source: string): RegExp[] {
  const found = [...source.matchAll(/\b\w\(`([\w${}.]*\$\{[^`]*)`/g)].map((match) => match[1] ?? "");
  const patterns = found.map((name) => name.replace(/\$\{[^}]*\}/g, "\\w+"));
  return patterns
    .filter((pattern) => pattern.replaceAll("\\w+", "") !== "")
    .map((pattern) => new RegExp(`^${pattern}$`));
}

/** What a file imports, as whole paths. */
function imports(file: string, source: string): string[] {
  const found = [...source.matchAll(/from "(\.[^"]+)"|import\("(\.[^"]+)"\)/g)];
  return found.map((match) => resolve(dirname(file), match[1] ?? match[2] ?? ""));
}

/** The keys of a catalogue that nothing asks for. Those with a capital letter are words of the server. */
function unused(file: string, source: string): string[] {
  const catalogue = source.match(/= messages\(\{([\s\S]*?)\n\}\)/)?.[1];
  if (catalogue === undefined) return [];
  const keys = [...catalogue.matchAll(/^ {2}([a-z]\w*):/gm)].map((match) => match[1] ?? "");
  const users = [...sources].filter(([other, text]) => imports(other, text).includes(file)).map(([, text]) => text);
  const asked = [source.replace(catalogue, ""), ...users].join("\n");
  const names = composed(asked);
  return keys.filter(
    (key) =>
      !computed.includes(key) &&
      !names.some((name) => name.test(key)) &&
      !new RegExp(`["'\`]${key}["'\`]|\\b${key}: |\\.${key}\\b`).test(asked),
  );
}

test("every text of a catalogue is shown somewhere", () => {
  const found = [...sources].flatMap(([file, source]) => unused(file, source).map((key) => `${file}: ${key}`));
  expect(found).toEqual([]);
});
