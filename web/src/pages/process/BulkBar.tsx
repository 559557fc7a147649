/** What can be done with several steps at once. Everything here is one edit, however many steps it is about. */
import { Copy, GitFork, Link2, Power, Trash2, X } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { Action } from "../../ui/Action.tsx";
import classes from "./BulkBar.module.css";
import * as bulk from "./bulk.ts";
import { b } from "./bulk-text.ts";
import type { Editor } from "./editor.ts";
import { isDisabled, slugOf } from "./model.ts";
import type { Picks } from "./picks.ts";
import { removeSteps } from "./removing.ts";
import { t } from "./text.ts";

const dialogs = () => import("./BulkDialogs.tsx");
const ParallelDialog = lazy(() => dialogs().then((all) => ({ default: all.ParallelDialog })));
const WaitDialog = lazy(() => dialogs().then((all) => ({ default: all.WaitDialog })));

export function BulkBar({ editor, picks }: { editor: Editor; picks: Picks }) {
  const [asked, ask] = useState<"parallel" | "wait">();
  const { slugs } = picks;
  const n = slugs.length;
  const chosen = editor.view.steps.filter((step) => picks.has(slugOf(step)));
  const areOff = chosen.every(isDisabled);
  const icon = { size: 15, "aria-hidden": true } as const;
  const { denied } = editor;
  const power = () =>
    editor.edit(b(areOff ? "didEnable" : "didDisable", { n }), (steps) => bulk.setDisabled(steps, slugs, !areOff));
  const copy = () => editor.edit(b("didDuplicate", { n }), (steps) => bulk.duplicate(steps, slugs));
  const close = () => ask(undefined);
  return (
    <div role="toolbar" aria-label={b("chosenSteps")} className={classes.bulk}>
      <span role="status" className={classes.count}>
        {b("chosen", { n })}
      </span>
      <Action denied={denied} icon={<GitFork {...icon} />} onClick={() => ask("parallel")}>
        {b("runParallel")}
      </Action>
      <Action denied={denied} icon={<Link2 {...icon} />} onClick={() => ask("wait")}>
        {b("addDependency")}
      </Action>
      <Action denied={denied} icon={<Power {...icon} />} onClick={power}>
        {t(areOff ? "enable" : "disable")}
      </Action>
      <Action denied={denied} icon={<Copy {...icon} />} onClick={copy}>
        {t("duplicate")}
      </Action>
      <Action denied={denied} icon={<Trash2 {...icon} />} onClick={() => removeSteps(editor, chosen)}>
        {t("delete")}
      </Action>
      <Action look="quiet" label={b("clear")} icon={<X {...icon} />} onClick={picks.clear} />
      <Suspense>
        {asked === "parallel" && <ParallelDialog editor={editor} slugs={slugs} onClose={close} />}
        {asked === "wait" && <WaitDialog editor={editor} slugs={slugs} onClose={close} />}
      </Suspense>
    </div>
  );
}
