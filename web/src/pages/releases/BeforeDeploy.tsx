/** What one should know before pressing Deploy: who is ahead, what cannot be reached, what will take turns. */
import { Link } from "@tanstack/react-router";
import { Info, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { paths } from "../../paths.ts";
import { listed } from "../../text/messages.ts";
import { Section } from "../../ui/Page.tsx";
import { numberOf, type Plan } from "./queries.ts";
import classes from "./releases.module.css";
import { t } from "./text.ts";

interface Note {
  key: string;
  isWarning: boolean;
  text: ReactNode;
}

export function BeforeDeploy({ plan, title = t("before") }: { plan: Plan; title?: string }) {
  const notes = [...offline(plan), ...turns(plan), ...locked(plan), ...ahead(plan)];
  if (notes.length === 0) return null;
  return (
    <Section title={title}>
      <ul className={classes.notesBefore}>
        {notes.map(({ key, isWarning, text }) => {
          const Icon = isWarning ? TriangleAlert : Info;
          return (
            <li key={key} data-level={isWarning ? "Warning" : "Hint"}>
              <Icon size={15} strokeWidth={1.75} aria-hidden />
              <span>{text}</span>
            </li>
          );
        })}
      </ul>
    </Section>
  );
}

function offline(plan: Plan): Note[] {
  const name = new Map(plan.Steps.map((step) => [step.StepSlug, step.StepName]));
  return plan.OfflineTargets.map((target) => {
    const steps = listed(target.StepSlugs.map((slug) => name.get(slug) ?? slug));
    return {
      key: `offline ${target.MachineId}`,
      isWarning: true,
      text: t(target.IsLeftOut ? "offlineLeftOut" : "offlineWaits", { target: target.MachineName, steps }),
    };
  });
}

const turns = (plan: Plan): Note[] => plan.TakesTurns.map((text) => ({ key: `turns ${text}`, isWarning: true, text }));

const locked = (plan: Plan): Note[] =>
  plan.LockHolders.map((holder) => ({
    key: `lock ${holder.MachineId}`,
    isWarning: false,
    text: holder.TaskId ? (
      <>
        {t("lockedBy", { target: holder.MachineName })}{" "}
        <Link to={paths.task(numberOf(holder.TaskId))}>{holder.Description}</Link>
      </>
    ) : (
      t("locked", { target: holder.MachineName })
    ),
  }));

function ahead(plan: Plan): Note[] {
  if (plan.TasksAhead.length === 0 && plan.TasksAheadHidden === 0) return [];
  const text = (
    <>
      {t("ahead")}{" "}
      {plan.TasksAhead.map((task, at) => (
        <span key={task.TaskId}>
          {at > 0 && ", "}
          <Link to={paths.task(numberOf(task.TaskId))}>{task.Description}</Link>
        </span>
      ))}
      {plan.TasksAheadHidden > 0 && ` ${t("aheadHidden", { n: plan.TasksAheadHidden })}`}
    </>
  );
  return [{ key: "ahead", isWarning: false, text }];
}
