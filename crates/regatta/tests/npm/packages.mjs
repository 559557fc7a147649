/** Packages, small and large, and what is known of their builds. */
import { randomFillSync } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { client, input, octopus, refusal, tell } from "./client.mjs";

const spaceName = "Default";
const connected = await client();
const packages = new octopus.PackageRepository(connected, spaceName);
const folder = await mkdtemp(join(tmpdir(), "regatta-npm-"));
const logger = { debug() {}, info() {}, warn() {}, error() {} };

/** A package as the client makes it; stored as it is, not squeezed. */
async function pack(packageId, version, content) {
  await writeFile(join(folder, "content.bin"), content);
  const made = await new octopus.ZipPackageBuilder().pack({
    packageId,
    version,
    basePath: folder,
    inputFilePatterns: ["content.bin"],
    outputFolder: folder,
    overwrite: true,
    logger,
  });
  return join(folder, made);
}

try {
  const small = [await pack("Shop.Web", "1.0.0", "one"), await pack("Shop.Web", "1.2.0", "two")];
  await packages.push(small);
  const again = await refusal(() => packages.push([small[0]]));
  await packages.push([small[0]], octopus.OverwriteMode.IgnoreIfExists);
  await pack("Shop.Web", "1.0.0", "one, otherwise");
  await packages.push([small[0]], octopus.OverwriteMode.OverwriteExisting);
  await packages.push([await pack("Large", "1.0.0", randomFillSync(Buffer.alloc(input.largeBytes)))]);

  const builds = new octopus.BuildInformationRepository(connected, spaceName);
  const build = {
    spaceName,
    BuildEnvironment: "CI",
    BuildNumber: "42",
    BuildUrl: "https://ci.example/42",
    Branch: "main",
    VcsType: "Git",
    VcsRoot: "https://git.example/shop",
    VcsCommitNumber: "abc123",
    Commits: [{ Id: "abc123", Comment: "Paint it red" }],
    Packages: [{ Id: "Shop.Web", Version: "1.2.0" }],
  };
  await builds.push(build);
  const buildAgain = await refusal(() => builds.push(build));
  const filtered = await packages.list({ filter: "shop.w", take: 1000 });
  const named = await packages.list({ nuGetPackageId: "Shop.Web", latest: true });
  tell({ again, buildAgain, filtered, named, got: await packages.get("packages-Shop.Web.1.2.0") });
} finally {
  await rm(folder, { recursive: true, force: true });
}
