/** One question: what it is about, and when open its instructions, its choices and what each of them does. */
import { useQuery } from "@tanstack/react-query";
import { Action } from "../../../ui/Action.tsx";
import { Prose } from "../../../ui/Prose.tsx";
import { Status } from "../../../ui/Status.tsx";
import { ErrorPanel, Skeleton } from "../../../ui/states.tsx";
import { Elapsed } from "../../../ui/Time.tsx";
import type { Question } from "../run.ts";
import type { TabProps } from "../where.ts";
import { AnswerForm } from "./AnswerForm.tsx";
import { FailureLog } from "./FailureLog.tsx";
import { effectsQuery, interruptionQuery } from "./queries.ts";
import classes from "./questions.module.css";
import { t } from "./text.ts";

interface Props extends TabProps {
  question: Question;
  others: Question[];
  isOpen: boolean;
  onToggle: (isOpen: boolean) => void;
}

export function QuestionCard({ run, where, question, others, isOpen, onToggle }: Props) {
  const isManual = question.Kind === "Manual";
  const names = { step: question.StepName, target: question.MachineName ?? "" };
  const title = isManual ? t("manual", names) : question.MachineName ? t("failedOn", names) : t("failed", names);
  const { data: interruption } = useQuery(interruptionQuery(question.InterruptionId));
  return (
    <article className={classes.card} data-kind={question.Kind} aria-label={title}>
      <header>
        <Status state={isManual ? "person" : "failed"} label={title} />
        {interruption && <Elapsed since={interruption.Created} />}
        <span className={classes.held}>
          {t("held", { n: question.StepsHeld.length, on: question.StepsGoingOn.length })}
        </span>
        <Action aria-expanded={isOpen} onClick={() => onToggle(!isOpen)}>
          {t(isOpen ? "hide" : "review")}
        </Action>
      </header>
      {isOpen && <Body run={run} where={where} question={question} others={others} />}
    </article>
  );
}

function Body({ run, where, question, others }: Omit<Props, "isOpen" | "onToggle">) {
  const id = question.InterruptionId;
  const { data: interruption, error, refetch } = useQuery(interruptionQuery(id));
  const { data: effects, error: noEffects } = useQuery({ ...effectsQuery(id), refetchInterval: 5_000 });
  if (error ?? noEffects) return <ErrorPanel what={question.StepName} error={error ?? noEffects} retry={refetch} />;
  if (!interruption || !effects) return <Skeleton lines={3} />;
  const text = interruption.Form.Elements.find((element) => element.Name === "Instructions")?.Control.Text;
  return (
    <div className={classes.body}>
      {question.Kind === "Manual" && text && <Prose text={text} />}
      {question.Kind === "GuidedFailure" && <FailureLog run={run} where={where} question={question} />}
      <AnswerForm {...{ run, question, others, interruption }} effects={effects} />
    </div>
  );
}
