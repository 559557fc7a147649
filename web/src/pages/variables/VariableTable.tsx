// biome-ignore-all lint/a11y/noNoninteractiveTabindex: cells of a grid take the focus
// biome-ignore-all lint/a11y/noNoninteractiveElementToInteractiveRole: it is a table, whose cells are walked and edited
/**
 * The variables as a grid: arrow keys move, Enter or F2 edits, Tab goes on to the next cell, Delete deletes. Values of
 * one name stand under each other, each with its scope.
 */
import { Pencil, Plus, RotateCcw, Trash2 } from "lucide-react";
import { type KeyboardEvent, useRef, useState } from "react";
import { Action } from "../../ui/Action.tsx";
import type { Dimension, Draft, Row } from "./draft.ts";
import { grouped, kindOf } from "./draft.ts";
import { EditableCell } from "./EditableCell.tsx";
import { Outcome, UsedBy } from "./Outcome.tsx";
import type { PreviewName, Use } from "./preview.ts";
import { kindOfReference, nameOfReference, type References, wordOf } from "./references.ts";
import type { ScopeValues } from "./store.ts";
import { t } from "./text.ts";
import { dimensions } from "./VariableDialog.tsx";
import classes from "./variables.module.css";

interface TableProps {
  project: string;
  draft: Draft;
  rows: Row[];
  values: ScopeValues;
  references: References;
  denied: string | undefined;
  /** Who uses a name, by its small letters; nothing when the person may not know. */
  uses: Map<string, Use> | undefined;
  /** What became of the names at the place one looks at, by small letters. */
  preview: Map<string, PreviewName> | undefined;
  onChange: (row: Row) => void;
  onEdit: (row: Row) => void;
  onAddValue: (row: Row) => void;
}

export function VariableTable(props: TableProps) {
  const { project, draft, rows, values, references, denied, uses, preview, onChange, onEdit, onAddValue } = props;
  const grid = useRef<HTMLTableElement>(null);
  const [editing, setEditing] = useState<string>();
  const used = dimensions.filter(
    ([dimension]) =>
      dimension === "Environment" || rows.some((row) => (row.variable.Scope?.[dimension]?.length ?? 0) > 0),
  );
  return (
    <table
      ref={grid}
      role="grid"
      aria-label={t("table")}
      aria-readonly={denied !== undefined}
      className={`table stacked ${classes.grid}`}
      onKeyDown={(event) => move(event, grid.current, editing !== undefined)}
    >
      <thead>
        <tr>
          <th>{t("name")}</th>
          <th>{t("value")}</th>
          {used.map(([dimension]) => (
            <th key={dimension}>{t(dimension)}</th>
          ))}
          {uses && <th>{t("usedBy")}</th>}
          <th>
            <span className="visually-hidden">{t("actions")}</span>
          </th>
        </tr>
      </thead>
      {grouped(rows).map((group, groupIndex) => (
        <tbody key={group[0]?.key}>
          {group.map((row, index) => (
            <VariableRow
              key={row.key}
              project={project}
              uses={uses}
              preview={preview}
              row={row}
              isFirst={index === 0}
              isEntry={groupIndex === 0 && index === 0}
              kind={kindOf(row, draft.base)}
              dimensions={used}
              values={values}
              references={references}
              denied={denied}
              editing={editing}
              setEditing={setEditing}
              onChange={onChange}
              onEdit={onEdit}
              onAddValue={onAddValue}
            />
          ))}
        </tbody>
      ))}
    </table>
  );
}

interface RowProps extends Omit<TableProps, "draft" | "rows"> {
  row: Row;
  isFirst: boolean;
  /** Where Tab enters the grid. */
  isEntry: boolean;
  kind: string | undefined;
  dimensions: [Dimension, keyof ScopeValues][];
  editing: string | undefined;
  setEditing: (cell: string | undefined) => void;
}

function VariableRow({
  project,
  row,
  uses,
  preview,
  isFirst,
  isEntry,
  kind,
  dimensions: shown,
  values,
  references,
  denied,
  editing,
  setEditing,
  ...does
}: RowProps) {
  const { variable } = row;
  const looked = preview?.get(variable.Name.toLowerCase());
  const outcome = looked?.Values?.find(
    (value) => value.Variable?.Id !== undefined && value.Variable.Id === variable.Id,
  );
  const kindOfThing = kindOfReference(variable);
  const told = looked && outcome && <Outcome name={looked} value={outcome} />;
  const prompted = variable.Prompt != null && <span className={`meta ${classes.prompted}`}>{t("prompted")}</span>;
  const name = variable.Name || t("noName");
  const set = (part: Partial<Row["variable"]>) => does.onChange({ ...row, variable: { ...variable, ...part } });
  const cell = (column: "name" | "value", text: string, save: (text: string) => void) => ({
    isEditing: editing === `${row.key} ${column}`,
    text,
    canEdit: denied === undefined && !row.isDeleted,
    onStart: () => setEditing(`${row.key} ${column}`),
    onEnd: (next?: string) => {
      setEditing(undefined);
      if (next !== undefined && next !== text) save(next);
    },
  });
  const remove = () => does.onChange({ ...row, isDeleted: !row.isDeleted });
  return (
    <tr
      data-kind={kind}
      data-verdict={outcome?.Verdict}
      onKeyDown={(event) => {
        if (event.key === "Delete" && denied === undefined && editing === undefined) remove();
      }}
    >
      <EditableCell
        label={t("name")}
        {...cell("name", variable.Name, (Name) => set({ Name: Name.trim() }))}
        isRepeat={!isFirst}
        isEntry={isEntry}
      >
        <span className={classes.name}>
          {name}
          {kind && <span className={classes.kind}>{t(kind as "added")}</span>}
        </span>
      </EditableCell>
      {variable.IsSensitive ? (
        <td tabIndex={-1} data-cell data-label={t("value")}>
          <span aria-hidden>{t("secret")} </span>
          <span className="meta">{t(row.isReplaced ? "secretReplaced" : "secretKept")}</span>
          {prompted}
          {told}
        </td>
      ) : kindOfThing ? (
        <td tabIndex={-1} data-cell data-label={t("value")}>
          {nameOfReference(variable, kindOfThing, references)} <span className="meta">{wordOf(kindOfThing)}</span>
          {prompted}
          {told}
        </td>
      ) : (
        <EditableCell label={t("value")} isMono {...cell("value", variable.Value ?? "", (Value) => set({ Value }))}>
          {variable.Value || <span className="muted">{t("emptyValue")}</span>}
          {prompted}
          {told}
        </EditableCell>
      )}
      {shown.map(([dimension, list]) => (
        <td key={dimension} tabIndex={-1} data-cell data-label={t(dimension)}>
          <ScopeChips ids={variable.Scope?.[dimension] ?? []} values={values} list={list} />
        </td>
      ))}
      {uses && (
        <td tabIndex={-1} data-cell data-label={t("usedBy")}>
          {isFirst && <UsedBy use={uses.get(variable.Name.toLowerCase())} project={project} />}
        </td>
      )}
      <td className={classes.actions}>
        <Action
          look="quiet"
          label={t("addValue", { name })}
          denied={denied}
          icon={<Plus size={14} aria-hidden />}
          onClick={() => does.onAddValue(row)}
        />
        <Action
          look="quiet"
          label={t("edit", { name })}
          denied={denied}
          icon={<Pencil size={14} aria-hidden />}
          onClick={() => does.onEdit(row)}
        />
        <Action
          look="quiet"
          label={t(row.isDeleted ? "restore" : "delete", { name })}
          denied={denied}
          icon={row.isDeleted ? <RotateCcw size={14} aria-hidden /> : <Trash2 size={14} aria-hidden />}
          onClick={remove}
        />
      </td>
    </tr>
  );
}

function ScopeChips({ ids, values, list }: { ids: string[]; values: ScopeValues; list: keyof ScopeValues }) {
  if (ids.length === 0) return null;
  return (
    <ul className="chips">
      {ids.map((id) => (
        <li key={id} className="chip">
          {values[list].find((known) => known.Id === id)?.Name ?? id}
        </li>
      ))}
    </ul>
  );
}

const STEPS: Record<string, [number, number]> = {
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
};

function move(event: KeyboardEvent<HTMLElement>, grid: HTMLElement | null, isEditing: boolean) {
  const step = STEPS[event.key];
  const cell = (event.target as HTMLElement).closest<HTMLElement>("[data-cell]");
  if (!step || isEditing || !grid || !cell) return;
  const rows = [...grid.querySelectorAll("tbody tr")].map((row) => [
    ...row.querySelectorAll<HTMLElement>("[data-cell]"),
  ]);
  const at = rows.findIndex((row) => row.includes(cell));
  const row = rows[Math.min(rows.length - 1, Math.max(0, at + step[0]))] ?? [];
  const column = (rows[at]?.indexOf(cell) ?? 0) + step[1];
  event.preventDefault();
  row[Math.min(row.length - 1, Math.max(0, column))]?.focus();
}
