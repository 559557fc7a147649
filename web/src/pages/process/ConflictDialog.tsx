/** Two people changed the same: choose, side by side, in the sentences of the server. Nothing is saved and nothing lost before. */
import { Radio } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Owner } from "../../paths.ts";
import { common } from "../../text/common.ts";
import { Action } from "../../ui/Action.tsx";
import { Dialog } from "../../ui/Dialog.tsx";
import { Skeleton } from "../../ui/states.tsx";
import { Differences } from "./Differences.tsx";
import { type Saving, saidOf } from "./EditorBar.tsx";
import type { Conflict } from "./merge.ts";
import type { Process } from "./model.ts";
import { diffOfSide } from "./queries.ts";
import classes from "./Review.module.css";
import { type Chosen, keyOf, type Outcome, type Side } from "./saving.ts";
import { t } from "./text.ts";

interface ConflictProps {
  owner: Owner;
  outcome: Extract<Outcome, { kind: "conflict" }>;
  saving: Saving;
}

export default function ConflictDialog({ owner, outcome, saving }: ConflictProps) {
  const [chosen, setChosen] = useState<Chosen>(new Map());
  const isDecided = outcome.conflicts.every((conflict) => chosen.has(keyOf(conflict)));
  const undecided = isDecided ? undefined : t("chooseAll");
  return (
    <Dialog title={t("conflictTitle")} opened onClose={saving.close} size={720}>
      <div className="stack">
        <p>{t("conflictText", { others: saidOf(outcome) })}</p>
        {outcome.conflicts.map((conflict) => {
          const key = keyOf(conflict);
          const side = { owner, base: outcome.base, conflict };
          return (
            <Radio.Group
              key={key}
              label={conflict.stepName}
              value={chosen.get(key) ?? null}
              onChange={(next) => setChosen(new Map(chosen).set(key, next as Side))}
            >
              <div className={classes.sides}>
                <div>
                  <Radio value="mine" label={t("mine")} />
                  <WhatItDid {...side} side="mine" />
                </div>
                <div>
                  <Radio value="theirs" label={outcome.who ? t("theirsOf", { who: outcome.who }) : t("theirs")} />
                  <WhatItDid {...side} side="theirs" />
                </div>
              </div>
            </Radio.Group>
          );
        })}
        <div className="row" style={{ justifyContent: "flex-end" }}>
          <Action onClick={saving.close}>{common("cancel")}</Action>
          <Action denied={undecided} busy={saving.isBusy} onClick={() => saving.goOn(chosen)}>
            {t("goOnEditing")}
          </Action>
          <Action look="primary" denied={undecided} busy={saving.isBusy} onClick={() => saving.choose(chosen)}>
            {t("keepChosen")}
          </Action>
        </div>
      </div>
    </Dialog>
  );
}

interface SideProps {
  owner: Owner;
  base: Process;
  conflict: Conflict;
  side: Side;
}

/** What one of the two did, in sentences; as it is stored where the server cannot tell it alone. */
function WhatItDid({ owner, base, conflict, side }: SideProps) {
  const { data: diff, error } = useQuery(diffOfSide(owner, base, conflict, side));
  if (diff) return <Differences diff={{ Changes: diff.Changes ?? [] }} />;
  if (!error) return <Skeleton lines={1} />;
  const value = conflict[side];
  return <pre>{typeof value === "string" ? value : JSON.stringify(value)}</pre>;
}
