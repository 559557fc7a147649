/** Two people changed the same field: choose, side by side. Nothing is saved and nothing lost before. */
import { Radio } from "@mantine/core";
import { useState } from "react";
import { common } from "../../text/common.ts";
import { Action } from "../../ui/Action.tsx";
import { Dialog } from "../../ui/Dialog.tsx";
import { fieldName } from "./merge.ts";
import classes from "./Review.module.css";
import { type Chosen, keyOf, type Outcome, type Side } from "./saving.ts";
import { t } from "./text.ts";

interface ConflictProps {
  outcome: Extract<Outcome, { kind: "conflict" }>;
  onClose: () => void;
  onChoose: (chosen: Chosen) => void;
}

function show(value: unknown): string {
  return value === undefined || value === null || value === ""
    ? "–"
    : typeof value === "string"
      ? value
      : JSON.stringify(value);
}

export default function ConflictDialog({ outcome, onClose, onChoose }: ConflictProps) {
  const [chosen, setChosen] = useState<Chosen>(new Map());
  const isDecided = outcome.conflicts.every((conflict) => chosen.has(keyOf(conflict)));
  return (
    <Dialog title={t("conflictTitle")} opened onClose={onClose} size={720}>
      <div className="stack">
        <p>{t("conflictText", { version: outcome.theirs.Version ?? 0 })}</p>
        {outcome.conflicts.map((conflict) => {
          const key = keyOf(conflict);
          return (
            <Radio.Group
              key={key}
              label={`${conflict.stepName}: ${fieldName(conflict.field)}`}
              value={chosen.get(key) ?? null}
              onChange={(side) => setChosen(new Map(chosen).set(key, side as Side))}
            >
              <div className={classes.sides}>
                <div>
                  <Radio value="mine" label={t("mine")} />
                  <pre>{show(conflict.mine)}</pre>
                </div>
                <div>
                  <Radio value="theirs" label={t("theirs")} />
                  <pre>{show(conflict.theirs)}</pre>
                </div>
              </div>
            </Radio.Group>
          );
        })}
        <div className="row" style={{ justifyContent: "flex-end" }}>
          <Action onClick={onClose}>{common("cancel")}</Action>
          <Action look="primary" denied={isDecided ? undefined : t("chooseAll")} onClick={() => onChoose(chosen)}>
            {t("keepChosen")}
          </Action>
        </div>
      </div>
    </Dialog>
  );
}
