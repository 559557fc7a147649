/** A new step: what it does and what it is called; everything else is in its settings. */
import { TextInput } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { paths } from "../../paths.ts";
import { useOwner, useSearchValues } from "../../routing.tsx";
import { Action } from "../../ui/Action.tsx";
import { Page as Frame, PageHeader } from "../../ui/Page.tsx";
import { loadEditor, useEditor } from "./editor.ts";
import * as edits from "./edits.ts";
import { newSlug, type Step, slugOf } from "./model.ts";
import classes from "./process.module.css";
import { Choice } from "./RunCondition.tsx";
import { t } from "./text.ts";

export const load = loadEditor;

type Kind = "script" | "manual";

function make(kind: Kind, Name: string, Slug: string): Step {
  const Properties: Record<string, string> =
    kind === "manual"
      ? { "Octopus.Action.Manual.Instructions": "Say whether to go on." }
      : {
          "Octopus.Action.RunOnServer": "True",
          "Octopus.Action.Script.ScriptSource": "Inline",
          "Octopus.Action.Script.Syntax": "Bash",
          "Octopus.Action.Script.ScriptBody": 'echo "hello"',
        };
  const ActionType = kind === "manual" ? "Octopus.Manual" : "Octopus.Script";
  return {
    Name,
    Slug,
    StartTrigger: "StartAfterPrevious",
    Condition: "Success",
    Properties: {},
    Actions: [{ Name, ActionType, Properties }],
  };
}

export function Page() {
  const editor = useEditor(useOwner());
  const navigate = useNavigate();
  const { after } = useSearchValues();
  const [kind, setKind] = useState<Kind>("script");
  const [name, setName] = useState("");
  const add = (event: React.FormEvent) => {
    event.preventDefault();
    if (editor.denied !== undefined || name.trim() === "") return;
    const slug = newSlug(name, editor.view.steps.map(slugOf));
    editor.edit(t("didAdd", { name }), (steps) => edits.add(steps, make(kind, name.trim(), slug), after));
    navigate({ to: paths.step(editor.owner, slug) });
  };
  return (
    <Frame>
      <PageHeader title={t("newStepTitle")} />
      <form className={`stack ${classes.narrow}`} onSubmit={add}>
        <fieldset className={classes.choices}>
          <legend>{t("chooseType")}</legend>
          <Choice
            name="kind"
            label={t("typeScript")}
            note={t("scriptAbout")}
            checked={kind === "script"}
            denied={editor.denied}
            onChoose={() => setKind("script")}
          />
          <Choice
            name="kind"
            label={t("typeManual")}
            note={t("manualAbout")}
            checked={kind === "manual"}
            denied={editor.denied}
            onChoose={() => setKind("manual")}
          />
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
