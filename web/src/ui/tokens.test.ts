/** The colours of every theme, as eyes get them: text can be read, edges be seen, and states be told apart. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

type Tokens = Record<string, string>;
type Rgb = [number, number, number];

const css = readFileSync(join(import.meta.dirname, "tokens.css"), "utf8");

/** What a selector says, as it is written. */
function said(selector: string): Tokens {
  const block = css.split(`\n${selector} {`)[1]?.split("}")[0];
  if (block === undefined) throw new Error(`tokens.css has nothing for ${selector}`);
  return Object.fromEntries([...block.matchAll(/--([\w-]+):\s*([^;]+);/g)].map(([, name, value]) => [name, value]));
}

const light = said(":root");
const dark = { ...light, ...said('[data-mantine-color-scheme="dark"]') };
const more = said('[data-contrast="more"]');
const themes: [string, Tokens][] = [
  ["light", light],
  ["dark", dark],
  ["light, more contrast", { ...light, ...more, ...said('[data-contrast="more"][data-mantine-color-scheme="light"]') }],
  ["dark, more contrast", { ...dark, ...more, ...said('[data-contrast="more"][data-mantine-color-scheme="dark"]') }],
];

function colour(tokens: Tokens, name: string): Rgb {
  const value = tokens[name] ?? "";
  const other = value.match(/^var\(--([\w-]+)\)$/)?.[1];
  if (other) return colour(tokens, other);
  const [, hex] = value.match(/^#([0-9a-f]{6})$/) ?? [];
  if (!hex) throw new Error(`--${name} is no colour: ${value}`);
  return [0, 2, 4].map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255) as Rgb;
}

const linear = (rgb: Rgb) => rgb.map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)) as Rgb;
const times = (matrix: Rgb[], [x, y, z]: Rgb) => matrix.map(([a, b, c]) => a * x + b * y + c * z) as Rgb;

/** WCAG 2.2. */
function contrast(one: Rgb, other: Rgb): number {
  const luminance = (rgb: Rgb) => times([[0.2126, 0.7152, 0.0722]], linear(rgb))[0];
  const [less = 0, greater = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (greater + 0.05) / (less + 0.05);
}

/** How colours reach eyes of each kind (Machado, Oliveira and Fernandes 2009, complete). */
const eyes: Record<string, Rgb[]> = {
  usual: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  protan: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deutan: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  tritan: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
};

const XYZ: Rgb[] = [
  [0.4124, 0.3576, 0.1805],
  [0.2126, 0.7152, 0.0722],
  [0.0193, 0.1192, 0.9505],
];

/** CIE L*a*b* under D65. */
function lab(rgb: Rgb, eye: Rgb[]): Rgb {
  const seen = times(eye, linear(rgb)).map((c) => Math.min(1, Math.max(0, c))) as Rgb;
  const [x, y, z] = times(XYZ, seen);
  const f = (t: number) => (t > 216 / 24_389 ? Math.cbrt(t) : ((24_389 / 27) * t + 16) / 116);
  const [fx, fy, fz] = [f(x / 0.9505), f(y), f(z / 1.089)];
  return [116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)];
}

const surfaces = ["surface-0", "surface-1", "surface-2"];
const states = ["waiting", "running", "succeeded", "warning", "failed", "person"].map((state) => `state-${state}`);

test.each(themes)("what is read stands out from every surface: %s", (_, tokens) => {
  const pairs = ["text", "text-2", "accent", "added", "removed", ...states].flatMap((text) =>
    surfaces.map((surface) => [text, surface] as const),
  );
  const filled = [
    ["accent-text", "accent"],
    ["accent-text", "accent-hover"],
    ["accent", "accent-soft"],
    ["text", "accent-soft"],
    ["state-on-fill", "state-failed"],
    ["state-on-fill", "state-person"],
  ] as const;
  const faint = [...pairs, ...filled]
    .map(([text, under]) => [text, under, contrast(colour(tokens, text), colour(tokens, under))] as const)
    .filter(([, , ratio]) => ratio < 4.5);
  expect(faint).toEqual([]);
});

test.each(themes)("the edges of controls can be seen on every surface: %s", (_, tokens) => {
  for (const surface of surfaces) {
    expect([surface, contrast(colour(tokens, "control-border"), colour(tokens, surface)) >= 3]).toEqual([
      surface,
      true,
    ]);
  }
});

test.each(themes)("no two states look alike, whatever eyes one has: %s", (_, tokens) => {
  const alike = Object.entries(eyes).flatMap(([kind, eye]) =>
    states.flatMap((one, at) =>
      states.slice(at + 1).flatMap((other) => {
        const [a, b] = [lab(colour(tokens, one), eye), lab(colour(tokens, other), eye)];
        const distance = Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
        return distance < 20 ? [`${kind}: ${one} and ${other}, ${distance.toFixed(1)}`] : [];
      }),
    ),
  );
  expect(alike).toEqual([]);
});
