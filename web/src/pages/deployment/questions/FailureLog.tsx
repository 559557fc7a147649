/** The last lines of what failed, and the way to the error in the log. */
import { useQuery } from "@tanstack/react-query";
import { useLayoutEffect, useRef } from "react";
import { answerAs, api, inSpace } from "../../../api/client.ts";
import { paths } from "../../../paths.ts";
import { LinkAction } from "../../../ui/Action.tsx";
import { plain } from "../log/ansi.ts";
import type { Question } from "../run.ts";
import type { TabProps } from "../where.ts";
import classes from "./questions.module.css";
import { t } from "./text.ts";

const LINES = 20;

interface Line {
  Number: number;
  Category: string;
  MessageText: string;
}

export function FailureLog({ run, where, question }: TabProps & { question: Question }) {
  const step = run.Steps.find((known) => known.StepSlug === question.StepSlug);
  const action = step?.ActionRuns.find((known) => known.InterruptionId === question.InterruptionId);
  const attempt = action?.Attempts?.at(-1);
  const query = {
    step: question.StepSlug,
    tail: "true",
    take: String(LINES),
    ...(question.MachineId && { target: question.MachineId }),
  };
  const { data } = useQuery({
    queryKey: ["log", run.Task.Id, "tail", query],
    queryFn: () => {
      const params = { path: inSpace({ id: run.Task.Id }), query };
      return answerAs<{ Lines: Line[] }>(api.GET("/api/{spaceId}/tasks/{id}/log", { params } as never) as never);
    },
  });
  const lines = data?.Lines ?? [];
  const box = useRef<HTMLElement>(null);
  const last = lines.at(-1)?.Number;
  useLayoutEffect(() => {
    if (last !== undefined && box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [last]);
  const place = {
    step: question.StepSlug,
    target: question.MachineName ?? "worker",
    attempt: attempt?.Number ?? 1,
  };
  return (
    <div className={classes.failure}>
      {attempt?.Message && <p>{attempt.Message}</p>}
      {lines.length > 0 && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: long lines are scrolled to
        <section ref={box} className={classes.lines} aria-label={t("lastLines")} tabIndex={0}>
          {lines.map((line) => (
            <div key={line.Number} data-category={line.Category}>
              {plain(line.MessageText)}
            </div>
          ))}
        </section>
      )}
      <LinkAction to={paths.logLines(where.owner, where.n, place)}>{t("openLog")}</LinkAction>
    </div>
  );
}
