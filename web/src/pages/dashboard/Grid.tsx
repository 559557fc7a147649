// biome-ignore-all lint/a11y/useSemanticElements: a table cannot skip the painting of rows outside the window
// biome-ignore-all lint/a11y/useFocusableInteractive: the focus is on what the cells hold
/**
 * Projects × environments as a grid: the arrow keys move between cells, Enter opens, `.` opens the cell's menu. Rows
 * outside the window are laid out, not painted, so that hundreds of projects scroll smoothly.
 */
import { Link } from "@tanstack/react-router";
import { ChevronDown, ChevronRight } from "lucide-react";
import { type KeyboardEvent, memo, useRef, useState } from "react";
import { paths } from "../../paths.ts";
import { useShortcutList } from "../../shell/keys.ts";
import { Behind, Cell, CellMenu, Newer, slugOf } from "./Cell.tsx";
import classes from "./dashboard.module.css";
import { type Cells, cellKey, type Environment, type Group, type Item, type Project } from "./queries.ts";
import { t } from "./text.ts";

interface GridProps {
  environments: Environment[];
  groups: { group: Group; projects: Project[] }[];
  cells: Cells;
  closed: string[];
  onClose: (groupId: string, isClosed: boolean) => void;
}

const shortcuts = [
  { keys: "← ↑ → ↓", does: t("keyMove") },
  { keys: "Enter", does: t("keyOpen") },
  { keys: ".", does: t("keyMenu") },
];

export function Grid({ environments, groups, cells, closed, onClose }: GridProps) {
  const grid = useRef<HTMLDivElement>(null);
  useShortcutList(t("keysTitle"), shortcuts);
  const columns = { "--columns": environments.length } as React.CSSProperties;
  return (
    <div
      ref={grid}
      role="grid"
      aria-label={t("grid")}
      tabIndex={-1}
      className={classes.grid}
      style={columns}
      onKeyDown={(event) => move(event, grid.current)}
    >
      <div role="row" className={`${classes.row} ${classes.head}`}>
        <span role="columnheader" className={classes.name}>
          {t("project")}
        </span>
        {environments.map((environment) => (
          <span key={environment.Id} role="columnheader" className={classes.cell}>
            {environment.Name}
          </span>
        ))}
      </div>
      {groups.map(({ group, projects }, index) => {
        const isClosed = closed.includes(group.Id ?? "");
        const Icon = isClosed ? ChevronRight : ChevronDown;
        return (
          <div key={group.Id} role="rowgroup">
            <div role="row" className={classes.groupRow}>
              <span role="gridcell" aria-colspan={environments.length + 1}>
                <button
                  type="button"
                  className={classes.group}
                  aria-expanded={!isClosed}
                  data-cell
                  tabIndex={index === 0 ? 0 : -1}
                  onClick={() => onClose(group.Id ?? "", !isClosed)}
                >
                  <Icon size={14} aria-hidden />
                  {group.Name}
                  <span className="muted number">{projects.length}</span>
                </button>
              </span>
            </div>
            {!isClosed &&
              projects.map((project) => (
                <Row
                  key={project.Id}
                  project={project}
                  environments={environments}
                  items={environments.map((environment) => cells.get(cellKey(project.Id, environment.Id)))}
                />
              ))}
          </div>
        );
      })}
    </div>
  );
}

interface RowProps {
  project: Project;
  environments: Environment[];
  items: (Item | undefined)[];
}

function isSame(before: RowProps, after: RowProps): boolean {
  return (
    before.project === after.project &&
    before.environments === after.environments &&
    before.items.length === after.items.length &&
    before.items.every((item, index) => item === after.items[index])
  );
}

const Row = memo(function Row({ project, environments, items }: RowProps) {
  const [opened, setOpened] = useState(-1);
  return (
    <div role="row" className={classes.row}>
      <span role="rowheader" className={classes.name}>
        <Link to={paths.project(slugOf(project))} tabIndex={-1} data-cell>
          {project.Name}
        </Link>
      </span>
      {environments.map((environment, index) => {
        const item = items[index];
        return (
          <span
            key={environment.Id}
            role="gridcell"
            className={classes.cell}
            tabIndex={item ? undefined : -1}
            data-cell={item ? undefined : ""}
            onKeyDown={(event) => {
              if (event.key !== "." || !item) return;
              event.preventDefault();
              setOpened(index);
            }}
          >
            <Cell project={project} environment={environment} item={item} tabIndex={-1} />
            <Behind item={item} />
            <Newer item={item} />
            <CellMenu
              project={project}
              environment={environment}
              item={item}
              environments={environments}
              opened={opened === index}
              onChange={(isOpen) => setOpened(isOpen ? index : -1)}
            />
          </span>
        );
      })}
    </div>
  );
}, isSame);

const STEPS: Record<string, [number, number]> = {
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
};

/** Moves the focus as in a table. The cell it is on is the one that Tab comes back to. */
function move(event: KeyboardEvent<HTMLElement>, grid: HTMLElement | null) {
  const step = STEPS[event.key];
  if (!grid || (!step && event.key !== "Home" && event.key !== "End")) return;
  if ((event.target as HTMLElement).closest("[role='menu']")) return;
  const rows = [...grid.querySelectorAll("[role='row']")]
    .map((row) => [...row.querySelectorAll<HTMLElement>(`[data-cell], .${classes.deployment}`)])
    .filter((row) => row.length > 0);
  const at = rows.findIndex((row) => row.includes(event.target as HTMLElement));
  if (at < 0) return;
  const column = rows[at]?.indexOf(event.target as HTMLElement) ?? 0;
  const row = rows[Math.min(rows.length - 1, Math.max(0, at + (step?.[0] ?? 0)))] ?? [];
  const to = event.key === "Home" ? 0 : event.key === "End" ? row.length - 1 : column + (step?.[1] ?? 0);
  const cell = row[Math.min(row.length - 1, Math.max(0, to))];
  event.preventDefault();
  for (const other of grid.querySelectorAll<HTMLElement>("[tabindex='0']")) other.tabIndex = -1;
  if (!cell) return;
  cell.tabIndex = 0;
  cell.focus();
}
