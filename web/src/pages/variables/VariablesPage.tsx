/** The variables of a project: edited as one draft, saved when one says so. */
import { Select } from "@mantine/core";
import { useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { Plus, Redo2, Undo2, Variable as VariableIcon } from "lucide-react";
import { useMemo, useState } from "react";
import { useDenied } from "../../api/can.ts";
import { asApiError } from "../../api/errors.ts";
import { projectQuery, queryClient } from "../../api/queries.ts";
import { type Loading, useParam, useSearchState } from "../../routing.tsx";
import { hasOwnUndo, useKeys, useShortcutList } from "../../shell/keys.ts";
import { matches } from "../../shell/matching.ts";
import { story } from "../../text/story.ts";
import { Action } from "../../ui/Action.tsx";
import { Filter, Refusal } from "../../ui/Form.tsx";
import { Page as Frame, PageHeader } from "../../ui/Page.tsx";
import { Banner, Empty } from "../../ui/states.tsx";
import { sayUndoable } from "../../ui/undoable.ts";
import { useWork } from "../../ui/work.ts";
import { Conflicts } from "./Conflicts.tsx";
import {
  changeCount,
  discarded,
  edited,
  keepingMine,
  openConflicts,
  pasted,
  type Row,
  rebased,
  redone,
  rowOf,
  since,
  takingTheirs,
  toSave,
  undone,
  type Variable,
} from "./draft.ts";
import { Findings, FromElsewhere } from "./Findings.tsx";
import { PreviewBar } from "./PreviewBar.tsx";
import { placeOf, previewQuery, textOf, usagesQuery } from "./preview.ts";
import { useReferences } from "./references.ts";
import { keptDraft, type ScopeValues, saveSet, setDraft, subscribe, useDraft, variablesQuery } from "./store.ts";
import { t } from "./text.ts";
import { VariableDialog } from "./VariableDialog.tsx";
import { VariableTable } from "./VariableTable.tsx";
import classes from "./variables.module.css";

export const load = async ({ params }: Loading) => {
  const slug = params.project ?? "";
  // Who uses what is shown as soon as it is known, and to those who may know.
  queryClient.prefetchQuery(usagesQuery(slug));
  await queryClient.fetchQuery(variablesQuery(slug));
};

const shortcuts = [
  { keys: "← ↑ → ↓", does: t("keyMove") },
  { keys: "Enter", does: t("keyEdit") },
  { keys: "Ctrl V", does: t("keyPaste") },
];

export function Page() {
  const slug = useParam("project");
  const { data: project } = useSuspenseQuery(projectQuery(slug));
  const { data: saved } = useSuspenseQuery(variablesQuery(slug));
  const draft = useDraft(slug, saved);
  const values = saved.ScopeValues as ScopeValues;
  const denied = useDenied("VariableEdit", { project });
  const [opened, setOpened] = useState<Row>();
  const [said, setSaid] = useState("");
  const [isMerged, setMerged] = useState(false);
  const work = useWork();
  const changes = changeCount(draft);
  const conflicts = openConflicts(draft);
  const references = useReferences(draft.rows.map((row) => row.variable));
  useShortcutList(t("keysTitle"), shortcuts);

  const setRows = (rows: Row[]) => {
    setSaid("");
    setDraft(slug, edited(draft, rows));
  };
  const put = (row: Row) => {
    const isKnown = draft.rows.some((one) => one.key === row.key);
    setRows(isKnown ? draft.rows.map((one) => (one.key === row.key ? row : one)) : [...draft.rows, row]);
  };
  const looking = useLooking(slug, saved.Version ?? 0, values);
  const addNamed = (Name: string) => setOpened(rowOf({ Name, Value: "", Scope: {} } as Variable));
  const [, setText] = useSearchState("q", "", "replace");
  const addValue = (row: Row) => addNamed(row.variable.Name);
  const undo = () => setDraft(slug, undone(draft));
  const redo = () => setDraft(slug, redone(draft));
  const discard = () => {
    setDraft(slug, discarded(draft));
    work.reset();
    sayUndoable(t("discarded"), {
      state: () => keptDraft(slug)?.rows,
      subscribe,
      undo: () => setDraft(slug, undone(keptDraft(slug) ?? draft)),
    });
  };
  const save = async () => {
    try {
      const set = await saveSet(slug, toSave(draft));
      const now = keptDraft(slug);
      setDraft(slug, undefined);
      setMerged(false);
      if (now && now.rows !== draft.rows) setDraft(slug, since(draft, now, set));
      setSaid(t("saved", { version: set.Version ?? 0 }));
    } catch (error) {
      if (asApiError(error).status !== 409) throw error;
      const theirs = await queryClient.fetchQuery({ ...variablesQuery(slug), staleTime: 0 });
      setDraft(slug, rebased(keptDraft(slug) ?? draft, theirs));
      setMerged(true);
    }
  };
  const hasNameless = draft.rows.some((row) => !row.isDeleted && row.variable.Name.trim() === "");
  const unready = hasNameless ? t("needsName") : conflicts.length > 0 ? t("decideFirst") : undefined;
  const obstacle = denied ?? (changes === 0 ? t("nothingChanged") : unready);
  const run = () => obstacle === undefined && work.run(save);
  const hasWork = draft.rows.length + draft.past.length + draft.future.length > 0;
  useKeys({
    "mod+s": run,
    "mod+z": (event) => !hasOwnUndo(event) && undo(),
    "mod+shift+z": (event) => !hasOwnUndo(event) && redo(),
  });
  return (
    <Frame>
      <PageHeader
        title={t("title")}
        windowTitle={`${t("title")} · ${project.Name ?? slug}`}
        meta={<span role="status">{said}</span>}
        actions={
          <Action data-create icon={<Plus size={16} aria-hidden />} denied={denied} onClick={() => addNamed("")}>
            {t("add")}
          </Action>
        }
      />
      {work.failure !== undefined && <Refusal error={work.failure} />}
      {isMerged && changes > 0 && (
        <Banner tone="warning">{t("mergedTitle", { version: draft.base.Version ?? 0 })}</Banner>
      )}
      <Conflicts
        conflicts={conflicts}
        onKeep={(conflict) => setDraft(slug, keepingMine(draft, conflict))}
        onTakeTheirs={(conflict) => setDraft(slug, takingTheirs(draft, conflict))}
      />
      {draft.rows.length === 0 ? (
        <Empty icon={<VariableIcon size={24} strokeWidth={1.5} aria-hidden />} text={t("empty")} />
      ) : (
        <div
          className="stack"
          onPaste={(event) => {
            const text = event.clipboardData.getData("text/plain");
            const isField = (event.target as HTMLElement).matches("input, textarea");
            if (denied || isField || !text.includes("\t")) return;
            event.preventDefault();
            setRows([...draft.rows, ...pasted(text)]);
          }}
        >
          <PreviewBar place={looking.place} values={values} onChange={looking.look} />
          {looking.isOn && changes > 0 && <p className="muted">{t("previewSaved")}</p>}
          {looking.failure !== undefined && <Refusal error={looking.failure} />}
          <Shown
            project={slug}
            uses={looking.uses}
            preview={looking.names}
            draft={draft}
            values={values}
            references={references}
            denied={denied}
            onChange={put}
            onEdit={setOpened}
            onAddValue={addValue}
          />
        </div>
      )}
      {looking.preview && <FromElsewhere names={looking.preview} />}
      <Findings problems={looking.problems} denied={denied} onAdd={addNamed} onShow={setText} />
      {hasWork && (
        <div className={classes.bar}>
          <span className="muted">{changes > 0 ? t("changes", { n: changes }) : ""}</span>
          <span className="row">
            <Action
              look="quiet"
              label={t("undo")}
              icon={<Undo2 size={16} aria-hidden />}
              denied={denied ?? (draft.past.length > 0 ? undefined : t("nothingToUndo"))}
              onClick={undo}
            />
            <Action
              look="quiet"
              label={t("redo")}
              icon={<Redo2 size={16} aria-hidden />}
              denied={denied ?? (draft.future.length > 0 ? undefined : t("nothingToRedo"))}
              onClick={redo}
            />
            {changes > 0 && <Action onClick={discard}>{t("discard")}</Action>}
            <Action look="primary" busy={work.isBusy} denied={obstacle} onClick={run}>
              {story.save}
            </Action>
          </span>
        </div>
      )}
      {opened && (
        <VariableDialog
          row={opened}
          values={values}
          references={references}
          onClose={() => setOpened(undefined)}
          onApply={(row) => {
            put(row);
            setOpened(undefined);
          }}
        />
      )}
    </Frame>
  );
}

/** What the server says of the saved variables: who uses them, and which hold at the place of the address. */
function useLooking(slug: string, version: number, values: ScopeValues) {
  const [asked, setAsked] = useSearchState("preview", "");
  const place = placeOf(asked);
  const isOn = Object.keys(place).length > 0;
  const { data: usages } = useQuery(usagesQuery(slug));
  const { data: preview, error } = useQuery({ ...previewQuery(slug, version, place, values), enabled: isOn });
  const names = isOn ? preview?.Names : undefined;
  return {
    place,
    isOn,
    look: (next: typeof place) => setAsked(textOf(next)),
    failure: isOn && error ? error : undefined,
    preview: names,
    names: useMemo(() => names && byName(names), [names]),
    uses: useMemo(() => usages?.Names && byName(usages.Names), [usages]),
    problems: usages?.Problems ?? [],
  };
}

function byName<T extends { Name?: string }>(all: T[]): Map<string, T> {
  return new Map(all.map((one) => [(one.Name ?? "").toLowerCase(), one]));
}

type ShownProps = Omit<Parameters<typeof VariableTable>[0], "rows">;

/** The rows that fit the filters. */
function Shown(props: ShownProps) {
  const [text, setText] = useSearchState("q", "", "replace");
  const [environment, setEnvironment] = useSearchState("scope", "");
  const { draft, values } = props;
  const rows = useMemo(
    () =>
      draft.rows.filter(({ variable }) => {
        const scoped = variable.Scope?.Environment ?? [];
        const isThere = environment === "" || scoped.length === 0 || scoped.includes(environment);
        return isThere && (matches(text, variable.Name) || (!variable.IsSensitive && variable.Value?.includes(text)));
      }),
    [draft.rows, text, environment],
  );
  return (
    <>
      <div className="toolbar">
        <Select
          aria-label={t("environmentFilter")}
          w={200}
          allowDeselect={false}
          comboboxProps={{ withinPortal: false }}
          data={[
            { value: "", label: t("allEnvironments") },
            ...values.Environments.map((one) => ({ value: one.Id, label: one.Name })),
          ]}
          value={environment}
          onChange={(next) => setEnvironment(next || undefined)}
        />
        <Filter label={t("filter")} value={text} onChange={setText} />
      </div>
      {rows.length === 0 ? (
        <Empty
          text={t("nothing")}
          more={
            <Action
              look="quiet"
              onClick={() => {
                setText(undefined);
                setEnvironment(undefined);
              }}
            >
              {t("clear")}
            </Action>
          }
        />
      ) : (
        <VariableTable {...props} rows={rows} />
      )}
    </>
  );
}
