/** Variables that somebody else changed too: to be decided before anything is saved. */
import { Action } from "../../ui/Action.tsx";
import { Banner } from "../../ui/states.tsx";
import type { Conflict } from "./draft.ts";
import { t } from "./text.ts";

interface ConflictsProps {
  conflicts: Conflict[];
  onKeep: (conflict: Conflict) => void;
  onTakeTheirs: (conflict: Conflict) => void;
}

export function Conflicts({ conflicts, onKeep, onTakeTheirs }: ConflictsProps) {
  return conflicts.map((conflict) => {
    const { theirs, name, key } = conflict;
    const value = theirs?.IsSensitive ? t("secretKept") : (theirs?.Value ?? "");
    return (
      <Banner
        key={key}
        tone="warning"
        actions={
          <>
            <Action onClick={() => onTakeTheirs(conflict)}>{t(theirs ? "takeTheirs" : "deleteToo")}</Action>
            <Action onClick={() => onKeep(conflict)}>{t("keepMine")}</Action>
          </>
        }
      >
        {theirs ? t("conflict", { name, value }) : t("conflictDeleted", { name })}
      </Banner>
    );
  });
}
