/** Task log: read by ranges, searched on the server, followed while it grows; every line has an address. */
import { useQuery } from "@tanstack/react-query";
import { useLocation, useNavigate, useParams } from "@tanstack/react-router";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useSearchState } from "../../../routing.tsx";
import { useKeys, useShortcutList } from "../../../shell/keys.ts";
import { Action } from "../../../ui/Action.tsx";
import { useIsNarrow } from "../../../ui/narrow.ts";
import { Banner, Empty, ErrorPanel } from "../../../ui/states.tsx";
import { toast } from "../../../ui/toast.tsx";
import type { Run } from "../run.ts";
import type { TabProps } from "../where.ts";
import { Find, HitMarks, useFind } from "./Find.tsx";
import { LogList, type LogListHandle } from "./LogList.tsx";
import { hitOf } from "./LogRow.tsx";
import { LogTools } from "./LogTools.tsx";
import { type Filter, readLines, readSummary } from "./lines.ts";
import classes from "./log.module.css";
import { t } from "./text.ts";
import { useLogWindow } from "./window.ts";

export default function LogTab({ run }: TabProps) {
  const task = run.Task.Id;
  const isLive = !run.Task.IsCompleted;
  const { filter, setStep, setTarget, setLevel, clear } = useFilter(run);
  const [range, pick] = useRange();
  const opens = useOpening(run, filter, range?.from);
  const { held, jump, older, newer } = useLogWindow(task, filter, isLive, opens);
  const find = useFind(task, filter, isLive);
  const [wrap, setWrap] = useSearchState<"on" | "off">("wrap", useIsNarrow() ? "on" : "off", "replace");
  const [clockKind, setClock] = useSearchState("time", "start", "replace");
  const [isFollowing, setFollowing] = useState(false);
  const list = useRef<LogListHandle>(null);
  const field = useRef<HTMLInputElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: who follows goes on to the last line after the end of the run
  useEffect(() => setFollowing(opens === "end" && isLive), [opens]);
  // More came than is read at once: who follows wants the newest, not all of it in turn.
  useEffect(() => {
    if (isFollowing && held.isLoaded && !held.isEnd && held.error === undefined) jump("end");
  }, [isFollowing, held, jump]);

  const show = useCallback(
    async (number: number) => {
      setFollowing(false);
      if (list.current?.reveal(number)) return;
      await jump(number);
    },
    [jump],
  );
  const toEnd = useCallback(async () => {
    if (!held.isEnd) await jump("end");
    setFollowing(true);
    requestAnimationFrame(() => list.current?.toEnd());
  }, [held.isEnd, jump]);
  const go = (by: number) => {
    const numbers = find.found?.Numbers ?? [];
    if (numbers.length === 0) return;
    const next = (find.at + by + numbers.length) % numbers.length;
    find.setAt(next);
    show(numbers[next] as number);
  };
  const found = find.found?.Numbers;
  const first = found?.[0];
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new search shows its first hit, once
  useEffect(() => {
    if (first !== undefined) show(first);
  }, [find.sought, first]);
  useLogKeys({ task, filter, field, go, show, toEnd, list, wrap: () => setWrap(wrap === "on" ? "off" : "on") });
  // An expression is the server's to match, in bounded time; the browser's could take for ever. Its lines are marked whole.
  const [hit, hits] = useMemo(
    () => (find.isRegex ? [undefined, new Set(found)] : [hitOf(find.sought, find.isCase), undefined]),
    [find.sought, find.isRegex, find.isCase, found],
  );
  const isFiltered = Object.keys(filter).length > 0;

  return (
    <div className={classes.tab}>
      <div className={classes.tools}>
        <Find find={find} field={field} onGo={go} />
        <LogTools
          {...{ run, filter, setStep, setTarget, setLevel, wrap, setWrap, clockKind, setClock }}
          isFollowing={isFollowing}
          onFollow={(on) => (on ? toEnd() : setFollowing(false))}
        />
      </div>
      {held.error !== undefined && (
        <ErrorPanel what={t("what")} error={held.error} retry={() => jump(opens ?? "end")} />
      )}
      {held.damaged.length > 0 && (
        <Banner tone="warning">
          {t("damaged", { ranges: held.damaged.map(({ From, To }) => `${From}–${To}`).join(", ") })}
        </Banner>
      )}
      <div className={classes.frame}>
        <LogList
          ref={list}
          {...{ run, held, hit, hits, range, pick, clockKind, isFollowing, older, newer }}
          isMerged={!filter.target && !filter.attempt}
          current={found?.[find.at]}
          isWrapped={wrap === "on"}
          onFollowing={setFollowing}
          onEnd={toEnd}
        />
        {found && found.length > 0 && <HitMarks numbers={found} lastNumber={held.lastNumber} />}
        {held.isLoaded && held.lines.length === 0 && (
          <div className={classes.nothing}>
            <Empty
              text={t(isFiltered ? "noneMatch" : "empty")}
              more={isFiltered && <Action onClick={clear}>{t("clear")}</Action>}
            />
          </div>
        )}
      </div>
    </div>
  );
}

/** The lines that are looked at, from the address: the path names one attempt, or the part after `?` filters. */
function useFilter(run: Run) {
  const path = useParams({ strict: false }) as { step?: string; target?: string; attempt?: string };
  const navigate = useNavigate();
  const [step, setStep] = useSearchState("step", "");
  const [target, setTarget] = useSearchState("target", "");
  const [level, setLevel] = useSearchState("level", "");
  const machine = run.Machines.find((known) => known.Name === path.target)?.Id;
  const known = run.Steps.find((other) => other.StepSlug === path.step);
  const attempts = Math.max(0, ...(known?.ActionRuns ?? []).map((action) => action.Attempts?.length ?? 0));
  const chosenStep = path.step ?? step;
  const chosenTarget = machine ?? target;
  const attempt = attempts > 1 ? path.attempt : undefined;
  const filter = useMemo<Filter>(
    () => ({
      ...(chosenStep && { step: chosenStep }),
      ...(chosenTarget && { target: chosenTarget }),
      ...(attempt && { attempt }),
      ...(level && { level }),
    }),
    [chosenStep, chosenTarget, attempt, level],
  );
  /** Choosing something else leaves the address of one attempt. */
  const leave = (search: Record<string, string>) => {
    const place = location.pathname.replace(/\/log\/.*/, "/log");
    const kept = Object.fromEntries(Object.entries(search).filter(([, value]) => value !== ""));
    navigate({ to: place, search: kept as never });
  };
  const isOne = path.step !== undefined;
  return {
    filter,
    setStep: (next: string) => (isOne ? leave({ step: next, level }) : setStep(next)),
    setTarget: (next: string) => (isOne ? leave({ step: chosenStep, target: next, level }) : setTarget(next)),
    setLevel: (next: string) => setLevel(next),
    clear: () => leave({}),
  };
}

/** `#L120-L140` of the address. */
function useRange() {
  const hash = useLocation({ select: (at) => at.hash });
  const navigate = useNavigate();
  const match = hash.match(/^L(\d+)(?:-L?(\d+))?$/);
  const from = match ? Number(match[1]) : undefined;
  const to = match ? Number(match[2] ?? match[1]) : undefined;
  const range = useMemo(() => (from === undefined || to === undefined ? undefined : { from, to }), [from, to]);
  const pick = useCallback(
    (number: number, isRange: boolean) => {
      const start = isRange && range ? Math.min(range.from, number) : number;
      const end = isRange && range ? Math.max(range.from, number) : number;
      const next = start === end ? `L${start}` : `L${start}-L${end}`;
      navigate({
        to: ".",
        search: ((before: object) => before) as never,
        hash: next,
        replace: true,
        resetScroll: false,
        hashScrollIntoView: false,
      });
    },
    [navigate, range],
  );
  return [range, pick] as const;
}

/** Where the log opens: at the line of the address, at the first error of what failed, else at the end. */
function useOpening(run: Run, filter: Filter, line: number | undefined): number | "end" | undefined {
  const wanted = useRef(line);
  const [isFailed] = useState(run.HasFailed || (run.Questions ?? []).some((asked) => asked.Kind === "GuidedFailure"));
  const { data, error } = useQuery({
    queryKey: ["log", run.Task.Id, "summary"],
    queryFn: () => readSummary(run.Task.Id),
    enabled: isFailed && wanted.current === undefined,
    staleTime: Number.POSITIVE_INFINITY,
  });
  if (wanted.current !== undefined) return wanted.current;
  if (!isFailed || error) return "end";
  if (!data) return undefined;
  const mine = data.Streams.filter(
    (stream) =>
      (!filter.step || stream.StepSlug === filter.step) && (!filter.target || stream.MachineId === filter.target),
  );
  const errors = mine.flatMap((stream) => (stream.FirstErrorNumber ? [stream.FirstErrorNumber] : []));
  return errors.length > 0 ? Math.min(...errors) : "end";
}

interface KeysOf {
  task: string;
  filter: Filter;
  field: React.RefObject<HTMLInputElement | null>;
  go: (by: number) => void;
  show: (number: number) => void;
  toEnd: () => void;
  list: React.RefObject<LogListHandle | null>;
  wrap: () => void;
}

const shortcuts = [
  { keys: "mod+f", does: t("keySearch") },
  { keys: "n N", does: t("keyNext") },
  { keys: "e E", does: t("keyError") },
  { keys: "End", does: t("keyFollow") },
  { keys: "w", does: t("keyWrap") },
];

function useLogKeys(of: KeysOf) {
  const latest = useRef(of);
  latest.current = of;
  const keys = useMemo(() => {
    const error = async (by: 1 | -1) => {
      const { task, filter, list, show } = latest.current;
      const at = list.current?.lookedAt() ?? 0;
      const range = by === 1 ? { from: at + 1 } : { before: Math.max(1, at) };
      const { Lines } = await readLines(task, { ...filter, level: "Error" }, range, 1);
      if (Lines[0]) show(Lines[0].Number);
      else toast(t("noError"));
    };
    return {
      "mod+f": () => {
        const { field } = latest.current;
        // Pressed twice, the browser's own search opens.
        if (document.activeElement === field.current) return false;
        field.current?.focus();
        field.current?.select();
      },
      n: () => latest.current.go(1),
      N: () => latest.current.go(-1),
      e: () => error(1),
      E: () => error(-1),
      End: () => latest.current.toEnd(),
      w: () => latest.current.wrap(),
    };
  }, []);
  useKeys(keys);
  useShortcutList(t("log"), shortcuts);
}
