/** What a step does: a script, wherever that comes from, the deployment of a package, or a question to a person. */
import { Select, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { teamNamesQuery } from "../../tasks/queries.ts";
import { text } from "../model.ts";
import { Checks } from "./Checks.tsx";
import { DeployPackage } from "./DeployPackage.tsx";
import { DEPLOY_PACKAGE, key, MANUAL, SCRIPT } from "./keys.ts";
import { PackageFields } from "./PackageFields.tsx";
import { PropertyField } from "./PropertyField.tsx";
import { type SectionProps, useAction, useProperty } from "./property.ts";
import { s } from "./settings-text.ts";

export function Script(props: SectionProps) {
  switch (props.step.Actions[0]?.ActionType) {
    case MANUAL:
      return <Question {...props} />;
    case DEPLOY_PACKAGE:
      return <DeployPackage {...props} />;
    case SCRIPT:
      return <AnyScript {...props} />;
    default:
      return <p className="muted">{s("unknownType")}</p>;
  }
}

/** What that section is called for a step. */
export function scriptTitle(step: SectionProps["step"]): string {
  const type = step.Actions[0]?.ActionType;
  if (type === MANUAL) return s("instructions");
  return type === DEPLOY_PACKAGE ? s("package") : s("script");
}

const sources = ["Inline", "Package", "GitRepository"] as const;

/** As one of those known, whatever its case; an expression stays what it is. */
function sourceOf(step: SectionProps["step"]): string {
  const stored = text(step.Actions[0]?.Properties, key.source) || "Inline";
  return sources.find((known) => known.toLowerCase() === stored.toLowerCase()) ?? stored;
}

function AnyScript(props: SectionProps) {
  const [, setSource] = useProperty(props, key.source);
  const source = sourceOf(props.step);
  const data: { value: string; label: string }[] = sources.map((value) => ({ value, label: s(`source${value}`) }));
  if (!data.some(({ value }) => value === source)) data.push({ value: source, label: source });
  return (
    <>
      <Select
        label={s("source")}
        data={data}
        value={source}
        allowDeselect={false}
        readOnly={props.editor.denied !== undefined}
        comboboxProps={{ withinPortal: false }}
        onChange={(value) => value && setSource(value)}
      />
      {source === "Package" && <PackageFields {...props} />}
      {source === "GitRepository" && <Repository {...props} />}
      {source === "Inline" ? (
        <>
          <Language {...props} unset={s("syntaxDefault")} />
          <PropertyField {...props} name={key.body} label={s("scriptBody")} lines={5} isCode />
        </>
      ) : (
        <>
          <PropertyField {...props} name={key.file} label={s("file")} help={s("fileHelp")} />
          <PropertyField {...props} name={key.parameters} label={s("parameters")} help={s("parametersHelp")} />
          <Language {...props} unset={s("syntaxByFile")} />
        </>
      )}
    </>
  );
}

function Language(props: SectionProps & { unset: string }) {
  const [syntax, setSyntax] = useProperty(props, key.syntax);
  const known = ["Bash", "PowerShell", "Python"];
  const all = syntax === "" || known.includes(syntax) ? known : [...known, syntax];
  const data = [{ value: "", label: props.unset }, ...all.map((value) => ({ value, label: value }))];
  return (
    <Select
      label={s("syntax")}
      data={data}
      value={syntax}
      allowDeselect={false}
      readOnly={props.editor.denied !== undefined}
      comboboxProps={{ withinPortal: false }}
      onChange={(value) => value !== null && setSyntax(value)}
    />
  );
}

interface GitDependency {
  Name?: string;
  RepositoryUri?: string;
  DefaultBranch?: string;
  GitCredentialType?: string;
}

/** Where a script in git lies; the dependency without a name is the action's own. */
function Repository(props: SectionProps) {
  const [action, set] = useAction(props);
  const all = (action?.GitDependencies ?? []) as GitDependency[];
  const at = all.findIndex((known) => !known.Name);
  const own: GitDependency = all[at] ?? { Name: "", GitCredentialType: "Anonymous" };
  const change = (next: GitDependency) => {
    const GitDependencies = at < 0 ? [{ ...own, ...next }, ...all] : all.with(at, { ...own, ...next });
    set({ GitDependencies } as never, true);
  };
  const isReadOnly = props.editor.denied !== undefined;
  return (
    <>
      <p className="muted">{s("gitNote")}</p>
      <TextInput
        label={s("repository")}
        value={own.RepositoryUri ?? ""}
        readOnly={isReadOnly}
        onChange={(event) => change({ RepositoryUri: event.currentTarget.value })}
      />
      <TextInput
        label={s("branch")}
        value={own.DefaultBranch ?? ""}
        readOnly={isReadOnly}
        onChange={(event) => change({ DefaultBranch: event.currentTarget.value })}
      />
    </>
  );
}

function Question(props: SectionProps) {
  const { data: teams } = useQuery(teamNamesQuery);
  const [responsible, setResponsible] = useProperty(props, key.teams);
  const chosen = responsible
    .split(",")
    .map((id) => id.trim())
    .filter(Boolean);
  const all = [...(teams ?? [])].map(([id, name]) => ({ id, name }));
  return (
    <>
      <PropertyField
        {...props}
        name={key.instructions}
        label={s("instructions")}
        help={s("instructionsHelp")}
        lines={4}
      />
      <Checks
        legend={s("teams")}
        all={all}
        chosen={chosen}
        denied={props.editor.denied}
        onChange={(next) => setResponsible(next.join(","))}
      />
    </>
  );
}
