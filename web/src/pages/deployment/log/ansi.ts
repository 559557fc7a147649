/**
 * Makes a line of a log safe and readable: colours become a few that suit the theme, progress shows its last state,
 * everything else a terminal would obey is dropped, and characters that turn the reading order are made visible.
 */
import Anser from "anser";

export interface Piece {
  text: string;
  colour?: Colour;
  isBold?: boolean;
  isDim?: boolean;
  isUnderlined?: boolean;
  href?: string;
}

export type Colour = "red" | "green" | "yellow" | "blue" | "magenta" | "cyan" | "grey";

const ESC = "\u001b";
const LINK = new RegExp(`${ESC}\\]8;[^;]*;([^${ESC}\\u0007]*)(?:\\u0007|${ESC}\\\\)`, "g");
const OSC = new RegExp(`${ESC}[\\]PX^_][^\\u0007${ESC}]*(?:\\u0007|${ESC}\\\\|$)`, "g");
const CSI = new RegExp(`${ESC}\\[[0-9;:?<=>!]*[ -/]*[@-ln-~]`, "g");
const SGR = new RegExp(`${ESC}\\[[0-9;:]*m`, "g");
const OTHER_ESCAPES = new RegExp(`${ESC}(?!\\[[0-9;:]*m)[ -/]*.?`, "g");
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is dropped
const CONTROLS = /[\u0000-\u0008\u000b-\u001a\u001c-\u001f\u007f-\u009f]/g;
const TURNING = /[\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

const visible = (text: string) => text.replace(TURNING, (char) => `⟨${char.charCodeAt(0).toString(16).toUpperCase()}⟩`);

/** What is left of progress that was written over itself. */
function lastState(text: string): string {
  if (!text.includes("\r")) return text;
  return text.split("\r").findLast((part) => part !== "") ?? "";
}

function cleaned(text: string): string {
  return visible(text.replace(OSC, "").replace(CSI, "").replace(OTHER_ESCAPES, "").replace(CONTROLS, ""));
}

/** The line without any colours. */
export function plain(text: string): string {
  return cleaned(lastState(text).replace(LINK, "")).replace(SGR, "");
}

export function pieces(raw: string): Piece[] {
  const text = lastState(raw);
  if (!text.includes(ESC)) return [{ text: cleaned(text) }];
  const parts = text.split(LINK);
  const all: Piece[] = [];
  let href = "";
  parts.forEach((part, at) => {
    if (at % 2 === 1) href = /^https?:\/\//.test(part) ? part : "";
    else all.push(...coloured(cleaned(part), href));
  });
  return all;
}

function coloured(text: string, href: string): Piece[] {
  return Anser.ansiToJson(text, { json: true, remove_empty: true }).map((chunk) => {
    const rgb = chunk.fg_truecolor || chunk.fg;
    const colour = rgb ? nearest(rgb) : undefined;
    const has = (name: string) => chunk.decorations?.includes(name as never);
    return {
      text: chunk.content,
      ...(colour && { colour }),
      ...(has("bold") && { isBold: true }),
      ...(has("dim") && { isDim: true }),
      ...(has("underline") && { isUnderlined: true }),
      ...(href && { href }),
    };
  });
}

/** The colour of the theme that is meant by "12, 34, 56"; none for black and white, which would vanish in one theme. */
function nearest(rgb: string): Colour | undefined {
  const [red = 0, green = 0, blue = 0] = rgb.split(",").map(Number);
  const [max, min] = [Math.max(red, green, blue), Math.min(red, green, blue)];
  if (max - min < 40) return max > 200 || max < 40 ? undefined : "grey";
  const hue = hueOf(red, green, blue, max, max - min);
  if (hue < 25 || hue >= 335) return "red";
  if (hue < 75) return "yellow";
  if (hue < 165) return "green";
  if (hue < 200) return "cyan";
  return hue < 265 ? "blue" : "magenta";
}

function hueOf(red: number, green: number, blue: number, max: number, range: number): number {
  if (max === red) return (((green - blue) / range) * 60 + 360) % 360;
  if (max === green) return ((blue - red) / range) * 60 + 120;
  return ((red - green) / range) * 60 + 240;
}
