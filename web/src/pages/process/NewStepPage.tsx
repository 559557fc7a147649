/** A new step: what it does and what it is called; everything else is in its settings. */
import { TextInput } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { paths } from "../../paths.ts";
import { useOwner, useSearchValues } from "../../routing.tsx";
import { Action } from "../../ui/Action.tsx";
import { Page as Frame, PageHeader } from "../../ui/Page.tsx";
import { needed } from "./bulk.ts";
import { loadEditor, nameOf, useEditor } from "./editor.ts";
import * as edits from "./edits.ts";
import { k } from "./kinds-text.ts";
import { newSlug, slugOf } from "./model.ts";
import { Radio } from "./Radio.tsx";
import classes from "./settings/fields.module.css";
import { type NewKind, newKinds, newStep } from "./step-kinds.ts";
import { t } from "./text.ts";
import { bySlug } from "./words.ts";

export const load = loadEditor;

export function Page() {
  const editor = useEditor(useOwner());
  const navigate = useNavigate();
  const { after, before } = useSearchValues();
  const [kind, setKind] = useState<NewKind>("script");
  const [name, setName] = useState("");
  const add = (event: React.FormEvent) => {
    event.preventDefault();
    if (editor.denied !== undefined || name.trim() === "") return;
    const slug = newSlug(name, editor.view.steps.map(slugOf));
    const step = newStep(kind, name.trim(), slug);
    const waits = before === undefined ? [] : needed(bySlug(editor.plan?.Steps ?? []), before);
    editor.edit(t("didAdd", { name }), (steps) =>
      after !== undefined && before !== undefined
        ? edits.insert(steps, step, [after, before], waits)
        : edits.add(steps, step, after),
    );
    navigate({ to: paths.step(editor.owner, slug) });
  };
  return (
    <Frame>
      <PageHeader title={t("newStepTitle")} />
      {after !== undefined && before !== undefined && (
        <p>{t("between", { on: nameOf(editor.view.steps, after), name: nameOf(editor.view.steps, before) })}</p>
      )}
      <form className={`stack ${classes.narrow}`} onSubmit={add}>
        <fieldset className={classes.choices}>
          <legend>{t("chooseType")}</legend>
          {newKinds.map((known) => (
            <Radio
              key={known}
              name="kind"
              label={k(known)}
              note={k(`${known}About`)}
              checked={kind === known}
              denied={editor.denied}
              onChoose={() => setKind(known)}
            />
          ))}
        </fieldset>
        <TextInput
          label={t("newStepName")}
          required
          maxLength={200}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <div className="row">
          <Action type="submit" look="primary" denied={editor.denied}>
            {t("add")}
          </Action>
        </div>
      </form>
    </Frame>
  );
}
