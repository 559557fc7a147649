/** What can be done with a step, in the list and in the graph alike. */
import { Menu } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { ArrowDown, ArrowUp, Copy, GitFork, ListOrdered, MoveVertical, Power, Settings2, Trash2 } from "lucide-react";
import { lazy, Suspense, useEffect, useRef, useState } from "react";
import { paths } from "../../paths.ts";
import type { Editor } from "./editor.ts";
import * as edits from "./edits.ts";
import { isDisabled, isParallel, type Step, slugOf } from "./model.ts";
import { removeSteps } from "./removing.ts";
import classes from "./StepList.module.css";
import { t } from "./text.ts";

const MoveDialog = lazy(() => import("./BulkDialogs.tsx").then((all) => ({ default: all.MoveDialog })));

export function moveStep(editor: Editor, step: Step, by: number) {
  editor.edit(t("didMove", { name: step.Name }), (steps) => edits.move(steps, slugOf(step), by));
}

/** Opens as soon as it is there: it takes the place of a button that was pressed. */
export function StepMenu({ editor, step }: { editor: Editor; step: Step }) {
  const navigate = useNavigate();
  const [isOpen, setOpen] = useState(false);
  const [isMoving, setMoving] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    // Whatever has the focus when the menu opens gets it back when it closes.
    button.current?.focus();
    setOpen(true);
  }, []);
  const slug = slugOf(step);
  const isOff = editor.denied !== undefined;
  const icon = { size: 16, strokeWidth: 1.6, "aria-hidden": true } as const;
  const parallel = isParallel(step);
  const item = (label: string, left: React.ReactNode, run: () => void) => (
    <Menu.Item key={label} leftSection={left} disabled={isOff} onClick={run}>
      {label}
    </Menu.Item>
  );
  const toggle = () =>
    editor.edit(t(parallel ? "didSequential" : "didParallel", { name: step.Name }), (steps) =>
      edits.setParallel(steps, slug, !parallel),
    );
  const power = () =>
    editor.edit(t(isDisabled(step) ? "didEnable" : "didDisable", { name: step.Name }), (steps) =>
      edits.toggleDisabled(steps, slug),
    );
  const copy = () => editor.edit(t("didDuplicate", { name: step.Name }), (steps) => edits.duplicate(steps, slug));
  const menu = (
    <Menu position="bottom-end" width={260} opened={isOpen} onChange={setOpen}>
      <Menu.Target>
        <button ref={button} type="button" className={classes.more} aria-label={t("actionsOf", { name: step.Name })}>
          <span aria-hidden>⋯</span>
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        {isOff && <Menu.Label>{editor.denied}</Menu.Label>}
        <Menu.Item
          leftSection={<Settings2 {...icon} />}
          onClick={() => navigate({ to: paths.step(editor.owner, slug) })}
        >
          {t("settings")}
        </Menu.Item>
        {item(
          parallel ? t("runAfter") : t("runParallel"),
          parallel ? <ListOrdered {...icon} /> : <GitFork {...icon} />,
          toggle,
        )}
        {item(t("moveUp"), <ArrowUp {...icon} />, () => moveStep(editor, step, -1))}
        {item(t("moveDown"), <ArrowDown {...icon} />, () => moveStep(editor, step, 1))}
        {item(t("moveTo"), <MoveVertical {...icon} />, () => setMoving(true))}
        {item(t("duplicate"), <Copy {...icon} />, copy)}
        {item(isDisabled(step) ? t("enable") : t("disable"), <Power {...icon} />, power)}
        <Menu.Divider />
        {item(t("delete"), <Trash2 {...icon} />, () => removeSteps(editor, [step]))}
      </Menu.Dropdown>
    </Menu>
  );
  return (
    <>
      {menu}
      <Suspense>{isMoving && <MoveDialog editor={editor} step={step} onClose={() => setMoving(false)} />}</Suspense>
    </>
  );
}
