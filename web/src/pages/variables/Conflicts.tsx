/** Variables that somebody else changed too: mine stays unless theirs is taken. */
import { Action } from "../../ui/Action.tsx";
import { Banner } from "../../ui/states.tsx";
import type { Conflict, Variable } from "./draft.ts";
import { t } from "./text.ts";

interface ConflictsProps {
  conflicts: Conflict[];
  onKeep: (conflict: Conflict) => void;
  onTakeTheirs: (conflict: Conflict, theirs: Variable) => void;
}

export function Conflicts({ conflicts, onKeep, onTakeTheirs }: ConflictsProps) {
  return conflicts.map((conflict) => {
    const { theirs, name } = conflict;
    const value = theirs?.IsSensitive ? t("secretKept") : (theirs?.Value ?? "");
    return (
      <Banner
        key={conflict.mine.key}
        tone="warning"
        actions={
          <>
            {theirs && <Action onClick={() => onTakeTheirs(conflict, theirs)}>{t("takeTheirs")}</Action>}
            <Action onClick={() => onKeep(conflict)}>{t("keepMine")}</Action>
          </>
        }
      >
        {theirs ? t("conflict", { name, value }) : t("conflictDeleted", { name })}
      </Banner>
    );
  });
}
