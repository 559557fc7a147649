/** For which releases and tenants a step runs. A runbook has no releases. */
import { useQuery } from "@tanstack/react-query";
import { partsOf } from "../../../paths.ts";
import { channelsQuery } from "../../releases/queries.ts";
import { Checks, named } from "./Checks.tsx";
import { type SectionProps, useAction } from "./property.ts";
import { tagSetsQuery } from "./queries.ts";
import { s } from "./settings-text.ts";

export function Channels(props: SectionProps) {
  const { denied, owner, isRunbook } = props.editor;
  const { data: channels } = useQuery({ ...channelsQuery(partsOf(owner).project), enabled: !isRunbook });
  const { data: sets = [] } = useQuery(tagSetsQuery);
  const [action, set] = useAction(props);
  const tags = sets
    .filter((known) => known.Scopes?.includes("Tenant"))
    .flatMap((known) => (known.Tags ?? []).map((tag) => tag.CanonicalTagName ?? `${known.Name}/${tag.Name}`))
    .map((name) => ({ id: name, name }));
  const [ownChannels, ownTags] = [action?.Channels ?? [], action?.TenantTags ?? []];
  return (
    <>
      {isRunbook && <p className="muted">{s("noChannels")}</p>}
      {(!isRunbook || ownChannels.length > 0) && (
        <Checks
          legend={s("channelsHelp")}
          all={named(channels?.Items ?? [])}
          chosen={ownChannels}
          denied={denied}
          onChange={(Channels) => set({ Channels })}
        />
      )}
      {(tags.length > 0 || ownTags.length > 0) && (
        <Checks
          legend={s("tenantTagsHelp")}
          all={tags}
          chosen={ownTags}
          denied={denied}
          onChange={(TenantTags) => set({ TenantTags })}
        />
      )}
    </>
  );
}
