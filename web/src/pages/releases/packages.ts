/** The packages of a new release: what the server would take of each, and what somebody chose instead. */
import type { SelectedPackage, WantedPackage } from "./queries.ts";

type Named = Pick<WantedPackage, "ActionName"> & { PackageId?: string; PackageReferenceName?: string };

export const keyOf = (one: Named) => `${one.ActionName}\u0000${one.PackageReferenceName ?? ""}`;

/** What somebody chose, by package. */
export type Versions = Record<string, string>;

/** `Acme.Web`, with the name it is referred to by where it has one. */
export function packageName({ PackageId, PackageReferenceName }: Omit<Named, "ActionName">): string {
  const id = PackageId ?? "";
  return PackageReferenceName ? `${id} (${PackageReferenceName})` : id;
}

/** The version a package would have in the release; `undefined` while nobody has said one. */
export function versionOf(one: WantedPackage, chosen: Versions): string | undefined {
  return chosen[keyOf(one)]?.trim() || one.VersionSelectedNow || undefined;
}

/** What is seen is what the release gets, whatever is pushed in between. */
export function selected(packages: WantedPackage[], chosen: Versions): SelectedPackage[] {
  return packages.flatMap((one) => {
    const version = versionOf(one, chosen);
    const { ActionName, PackageReferenceName } = one;
    return version ? [{ ActionName, PackageReferenceName, Version: version }] : [];
  });
}
