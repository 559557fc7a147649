/** The rows of the timeline with their axis, and above them how many steps ran at once. */
import { type PointerEvent, useRef, useState } from "react";
import { clock, exactDuration } from "../../../format.ts";
import type { Timeline } from "../queries.ts";
import { type Bar, type Row, ticks } from "./bars.ts";
import { t } from "./text.ts";
import classes from "./timeline.module.css";

export interface Window {
  from: number;
  to: number;
}

interface Props {
  timeline: Timeline;
  rows: Row[];
  window: Window;
  now: number | undefined;
  path: Set<string>;
  names: Map<string, string>;
  selected: string;
  onSelect: (stepSlug: string) => void;
  onWindow: (window: Window) => void;
}

const LANE_PX = 20;
const TICKS = 8;

export function Chart(props: Props) {
  const { timeline, rows, window, now, selected, onSelect } = props;
  const place = (ms: number) => `${((ms - window.from) / (window.to - window.from)) * 100}%`;
  const marks = ticks(window.from, window.to, TICKS);
  return (
    <div className={classes.chart}>
      <Drag window={window} onWindow={props.onWindow}>
        {marks.map((ms) => (
          <span key={ms} className={classes.mark} style={{ left: place(ms) }}>
            {window.to - window.from < 8_000 && ms % 1_000 !== 0 ? `${(ms / 1_000).toFixed(1)}s` : clock(ms)}
          </span>
        ))}
      </Drag>
      <div className={classes.label}>{t("atOnce")}</div>
      <div className={classes.track} data-strip>
        <AtOnce timeline={timeline} window={window} now={now} />
      </div>
      {rows.map((row) => (
        <div key={row.key} className={classes.rowOf} data-selected={row.stepSlug === selected || undefined}>
          <div className={classes.label}>
            {row.stepSlug ? (
              <button
                type="button"
                aria-pressed={row.stepSlug === selected}
                onClick={() => onSelect(row.stepSlug === selected ? "" : (row.stepSlug ?? ""))}
              >
                <span className="muted number">{row.number}</span> {row.label}
              </button>
            ) : (
              row.label
            )}
          </div>
          <div className={classes.track} style={{ blockSize: row.lanes * LANE_PX + 13 }} data-row={row.label}>
            {marks.map((ms) => (
              <i key={ms} className={classes.gridline} style={{ left: place(ms) }} />
            ))}
            {row.bars.map((bar) => (
              <BarBox key={bar.key} bar={bar} place={place} {...props} isNamed={!row.stepSlug} />
            ))}
            {now !== undefined && <i className={classes.now} style={{ left: place(now) }} />}
          </div>
        </div>
      ))}
    </div>
  );
}

interface BarProps extends Props {
  bar: Bar;
  place: (ms: number) => string;
  isNamed: boolean;
}

function BarBox({ bar, place, path, names, selected, onSelect, isNamed, window }: BarProps) {
  const name = names.get(bar.stepSlug) ?? bar.stepSlug;
  const isRun = bar.look === "ran" || bar.look === "running" || bar.look === "failed";
  const does = isRun ? t(bar.isExpected ? "predicted" : "running") : t(bar.kind as "Worker");
  const time = exactDuration(bar.toMs - bar.fromMs);
  const share = (bar.toMs - bar.fromMs) / (window.to - window.from);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the same is done by the row's name, and the table says it all
    // biome-ignore lint/a11y/noStaticElementInteractions: as above
    <div
      className={classes.bar}
      data-look={bar.look}
      data-step={bar.stepSlug}
      data-expected={bar.isExpected || undefined}
      data-critical={(isRun && path.has(bar.stepSlug)) || undefined}
      data-dim={(selected !== "" && selected !== bar.stepSlug && isNamed) || undefined}
      title={`${name} ${does} ${time}`}
      style={{ left: place(bar.fromMs), width: `${share * 100}%`, top: 6 + bar.lane * LANE_PX }}
      onClick={() => onSelect(bar.stepSlug)}
    >
      {isNamed && share > 0.05 && isRun && <span>{name}</span>}
      {!isNamed && share > 0.06 && isRun && <span>{time}</span>}
    </div>
  );
}

/** How many steps ran at once, as a stepped area; what is predicted is lighter. */
function AtOnce({ timeline, window, now }: { timeline: Timeline; window: Window; now: number | undefined }) {
  const max = Math.max(1, ...timeline.AtOnce.map(([, n]) => n));
  const height = 32;
  const x = (ms: number) => ((ms - window.from) / (window.to - window.from)) * 1_000;
  const y = (n: number) => height - (n / max) * (height - 2);
  let path = "";
  let before = 0;
  for (const [ms, n] of timeline.AtOnce) {
    path += path === "" ? `M${x(ms)} ${height}V${y(n)}` : `H${x(ms)}V${y(n)}`;
    before = n;
  }
  if (path !== "") path += before === 0 ? "Z" : `H1000V${height}Z`;
  return (
    <>
      <svg viewBox={`0 0 1000 ${height}`} preserveAspectRatio="none" aria-hidden>
        <path d={path} className={classes.area} />
        {now !== undefined && <rect x={x(now)} y={0} width={1_000} height={height} className={classes.veil} />}
      </svg>
      <span className={classes.most}>{t("atOnceText", { n: max })}</span>
    </>
  );
}

/** The axis; dragging over it shows that part only. The buttons beside it do the same. */
function Drag({
  window,
  onWindow,
  children,
}: {
  window: Window;
  onWindow: (w: Window) => void;
  children: React.ReactNode;
}) {
  const ref = useRef<HTMLDivElement>(null);
  const [range, setRange] = useState<[number, number]>();
  const at = (event: PointerEvent) => {
    const box = ref.current?.getBoundingClientRect();
    const share = box ? Math.min(1, Math.max(0, (event.clientX - box.left) / box.width)) : 0;
    return window.from + share * (window.to - window.from);
  };
  const end = () => {
    const [a, b] = range ?? [0, 0];
    setRange(undefined);
    if (Math.abs(a - b) > (window.to - window.from) / 50) onWindow({ from: Math.min(a, b), to: Math.max(a, b) });
  };
  const share = (ms: number) => `${((ms - window.from) / (window.to - window.from)) * 100}%`;
  return (
    <>
      <div className={classes.label} />
      <div
        ref={ref}
        className={classes.axis}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          setRange([at(event), at(event)]);
        }}
        onPointerMove={(event) => range && setRange([range[0], at(event)])}
        onPointerUp={end}
      >
        {children}
        {range && (
          <i
            className={classes.range}
            style={{ left: share(Math.min(...range)), right: `calc(100% - ${share(Math.max(...range))})` }}
          />
        )}
      </div>
    </>
  );
}
