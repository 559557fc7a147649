/** Searching the whole log, on the server: how many hits, which one is looked at, and where they lie. */
import { useQuery } from "@tanstack/react-query";
import { CaseSensitive, ChevronDown, ChevronUp, Regex } from "lucide-react";
import { type RefObject, useEffect, useState } from "react";
import { asApiError } from "../../../api/errors.ts";
import { useSearchState } from "../../../routing.tsx";
import { Action } from "../../../ui/Action.tsx";
import { type Filter, searchLines } from "./lines.ts";
import classes from "./log.module.css";
import { t } from "./text.ts";

const TYPING_MS = 200;

export function useFind(task: string, filter: Filter, isLive: boolean) {
  const [asked, setAsked] = useSearchState("q", "", "replace");
  // What is typed shows at once; the address follows when the hand rests.
  const [text, setText] = useState(asked);
  const [how, setHow] = useSearchState("how", "", "replace");
  const [sought, setSought] = useState(asked);
  const [at, setAt] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: only typing makes it wait
  useEffect(() => {
    const timer = setTimeout(() => {
      if (text === sought) return;
      setSought(text);
      setAt(0);
      setAsked(text);
    }, TYPING_MS);
    return () => clearTimeout(timer);
  }, [text]);
  const [isRegex, isCase] = [how.includes("r"), how.includes("c")];
  const { data, error } = useQuery({
    queryKey: ["log", task, "search", filter, sought, how],
    queryFn: () => searchLines(task, filter, { text: sought, isRegex, isCase }),
    enabled: sought !== "",
    retry: false,
    refetchInterval: isLive ? 2_000 : false,
  });
  const found = sought === "" ? undefined : data;
  const toggle = (letter: string) => setHow(how.includes(letter) ? how.replace(letter, "") : `${how}${letter}`);
  return { text, setText, sought, isRegex, isCase, toggle, found, error, at, setAt };
}

export type Finding = ReturnType<typeof useFind>;

interface Props {
  find: Finding;
  field: RefObject<HTMLInputElement | null>;
  onGo: (by: number) => void;
}

export function Find({ find, field, onGo }: Props) {
  const words = wordsOf(find);
  return (
    <search className={classes.find}>
      <input
        ref={field}
        type="search"
        data-filter
        aria-label={t("search")}
        placeholder={t("searchShort")}
        value={find.text}
        onChange={(event) => find.setText(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === "Enter") onGo(event.shiftKey ? -1 : 1);
          if (event.key === "Escape") find.setText("");
        }}
      />
      <output className="meta number">{words}</output>
      <Action look="quiet" label={t("previous")} icon={<ChevronUp size={16} aria-hidden />} onClick={() => onGo(-1)} />
      <Action look="quiet" label={t("next")} icon={<ChevronDown size={16} aria-hidden />} onClick={() => onGo(1)} />
      <Action
        look="quiet"
        label={t("regex")}
        aria-pressed={find.isRegex}
        icon={<Regex size={16} aria-hidden />}
        onClick={() => find.toggle("r")}
      />
      <Action
        look="quiet"
        label={t("matchCase")}
        aria-pressed={find.isCase}
        icon={<CaseSensitive size={16} aria-hidden />}
        onClick={() => find.toggle("c")}
      />
    </search>
  );
}

function wordsOf({ found, error, at, sought }: Finding): string {
  if (sought === "") return "";
  if (error) return asApiError(error).message;
  if (!found) return "";
  if (found.Total === 0) return t("noHits");
  return t(found.IsComplete === false ? "partly" : "hits", { at: at + 1, all: found.Total });
}

const MARKS_MAX = 400;

/** Where in the whole log the hits lie, beside the scroll bar. */
export function HitMarks({ numbers, lastNumber }: { numbers: number[]; lastNumber: number }) {
  const step = Math.max(1, Math.ceil(numbers.length / MARKS_MAX));
  return (
    <div className={classes.marks} aria-hidden>
      {numbers
        .filter((_, at) => at % step === 0)
        .map((number) => (
          <i key={number} style={{ top: `${(number / Math.max(1, lastNumber)) * 100}%` }} />
        ))}
    </div>
  );
}
