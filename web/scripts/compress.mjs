// Compresses what was built as far as it goes, once, so that the server never has to.
import { readdir, readFile, writeFile } from "node:fs/promises";
import { constants, gzipSync } from "node:zlib";

const dist = new URL("../dist/", import.meta.url);
for (const name of await readdir(dist, { recursive: true })) {
  if (!/\.(js|css|html|svg)$/.test(name)) continue;
  const plain = await readFile(new URL(name, dist));
  const small = gzipSync(plain, { level: constants.Z_BEST_COMPRESSION });
  if (small.length < plain.length * 0.9) await writeFile(new URL(`${name}.gz`, dist), small);
}
