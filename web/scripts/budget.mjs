// Fails the build when the JavaScript needed before the first page outgrows its budget.
import { readdir, readFile, rm } from "node:fs/promises";
import { gzipSync } from "node:zlib";

const FIRST_PAGE_KB_MAX = 180;
const LAZY_KB_MAX = 120;

const dist = new URL("../dist/", import.meta.url);
const manifest = JSON.parse(await readFile(new URL(".vite/manifest.json", dist), "utf8"));
const entry = Object.values(manifest).find((chunk) => chunk.isEntry);

/** The chunk's file and everything it imports before it can run. */
function needed(chunk, seen = new Set()) {
  if (seen.has(chunk.file)) return seen;
  seen.add(chunk.file);
  for (const key of chunk.imports ?? []) needed(manifest[key], seen);
  return seen;
}

async function kilobytes(file) {
  return gzipSync(await readFile(new URL(file, dist))).length / 1024;
}

const first = needed(entry);
let total = 0;
for (const file of first) total += await kilobytes(file);
console.log(`JavaScript before the first page: ${total.toFixed(1)} kB gzip of ${FIRST_PAGE_KB_MAX}`);
let failed = total > FIRST_PAGE_KB_MAX;
for (const file of await readdir(new URL("assets/", dist))) {
  if (!file.endsWith(".js") || first.has(`assets/${file}`)) continue;
  const size = await kilobytes(`assets/${file}`);
  if (size > LAZY_KB_MAX) {
    console.error(`${file} is ${size.toFixed(1)} kB gzip; a lazy chunk may be ${LAZY_KB_MAX}`);
    failed = true;
  }
}
if (failed) {
  console.error("The portal is larger than its budget. Load less, or load it later.");
  process.exit(1);
}
// Only the check needs it; what lies in dist is served.
await rm(new URL(".vite", dist), { recursive: true });
