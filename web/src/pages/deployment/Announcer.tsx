/** Says aloud what changed: at most one message every five seconds, the most important first. */
import { useEffect, useRef, useState } from "react";
import { listed } from "../../text/messages.ts";
import { stateOfTask, stateWord } from "../../ui/Status.tsx";
import { isOfRunbook, isSettled, type Run } from "./run.ts";
import { t } from "./text.ts";

const EVERY_MS = 5_000;

/** What to say about the way from one snapshot to another; what interrupts is said apart. */
export function said(before: Run, now: Run): { urgent: string; calm: string } {
  const was = new Map(before.Steps.map((step) => [step.StepSlug, step.State]));
  const became = (test: (state: string) => boolean) =>
    now.Steps.filter((step) => test(step.State) && !test(was.get(step.StepSlug) ?? "Pending")).map(
      (step) => step.StepName,
    );
  const needs = became((state) => state === "Interrupted");
  const failed = became((state) => state === "Failed");
  const over = became((state) => isSettled(state) && state !== "Failed");
  const started = became((state) => state === "Running");
  const isEnd = now.Task.IsCompleted && !before.Task.IsCompleted;
  const urgent = [
    ...needs.map((step) => t("needsYou", { step })),
    isEnd && t(isOfRunbook(now) ? "endedRun" : "ended", { state: stateWord(stateOfTask(now.Task)) }),
  ];
  const calm = [
    failed.length > 0 && t("failedSteps", { steps: listed(failed) }),
    over.length > 0 && t("finishedSteps", { n: over.length, steps: listed(over) }),
    started.length > 0 && t("startedSteps", { n: started.length, steps: listed(started) }),
  ];
  return { urgent: urgent.filter(Boolean).join(" "), calm: calm.filter(Boolean).join(" ") };
}

export function Announcer({ run }: { run: Run }) {
  const [message, setMessage] = useState({ urgent: "", calm: "" });
  const last = useRef(run);
  const current = useRef(run);
  current.current = run;
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout>;
    const tell = () => {
      const next = said(last.current, current.current);
      last.current = current.current;
      if (next.urgent || next.calm) setMessage(next);
      // Counted from the last message: a timer that came late makes the next one no earlier.
      timer = setTimeout(tell, EVERY_MS);
    };
    timer = setTimeout(tell, EVERY_MS);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div className="visually-hidden">
      <p role="alert">{message.urgent}</p>
      <p role="status">{message.calm}</p>
    </div>
  );
}
