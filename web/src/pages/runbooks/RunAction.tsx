/** The way to running a runbook; where there is none, why. */
import { useSuspenseQuery } from "@tanstack/react-query";
import { Play } from "lucide-react";
import { useDenied } from "../../api/can.ts";
import { projectQuery } from "../../api/queries.ts";
import { type Owner, partsOf, paths } from "../../paths.ts";
import { LinkAction } from "../../ui/Action.tsx";
import type { Runbook } from "./queries.ts";
import { t } from "./text.ts";

interface RunActionProps {
  owner: Owner;
  runbook: Runbook;
  look?: "primary" | "default";
}

export function RunAction({ owner, runbook, look = "default" }: RunActionProps) {
  const { data: project } = useSuspenseQuery(projectQuery(partsOf(owner).project));
  const denied = useDenied("RunbookRunCreate", { project });
  const first = runbook.PublishedRunbookSnapshotId ? undefined : t("publishFirst");
  return (
    <LinkAction
      look={look}
      mark={look === "primary" ? "deploy" : undefined}
      to={paths.run(owner)}
      denied={denied ?? first}
      icon={<Play size={14} strokeWidth={1.75} aria-hidden />}
    >
      {t("run")}
      <span className="visually-hidden">{` ${runbook.Name}`}</span>
    </LinkAction>
  );
}
