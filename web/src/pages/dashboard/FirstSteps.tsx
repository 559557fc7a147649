/** What to do on a server where nothing was deployed yet. */
import { Check } from "lucide-react";
import type { ReactNode } from "react";
import { paths } from "../../paths.ts";
import { LinkAction } from "../../ui/Action.tsx";
import { SampleAction } from "../projects/SampleAction.tsx";
import { slugOf } from "./Cell.tsx";
import classes from "./dashboard.module.css";
import type { Dashboard } from "./queries.ts";
import { t } from "./text.ts";

export function FirstSteps({ dashboard }: { dashboard: Dashboard }) {
  const hasEnvironments = (dashboard.Environments?.length ?? 0) > 0;
  const project = dashboard.Projects?.[0];
  const link = (isNext: boolean, to: string, text: string) => (
    <LinkAction look={isNext ? "primary" : "default"} to={to}>
      {text}
    </LinkAction>
  );
  return (
    <section aria-labelledby="begin">
      <h2 id="begin">{t("begin")}</h2>
      <ol className={classes.steps}>
        <Step n={1} isDone={hasEnvironments} title={t("stepEnvironments")} text={t("stepEnvironmentsText")}>
          {link(!hasEnvironments, paths.environments(), t("openEnvironments"))}
        </Step>
        <Step n={2} isDone={project !== undefined} title={t("stepProject")} text={t("stepProjectText")}>
          {link(hasEnvironments && !project, paths.newProject(), t("newProject"))}
          {!project && <SampleAction />}
        </Step>
        <Step n={3} isDone={false} title={t("stepDeploy")} text={t("stepDeployText")}>
          {project &&
            link(hasEnvironments, paths.project(slugOf(project)), t("openProject", { project: project.Name ?? "" }))}
        </Step>
      </ol>
    </section>
  );
}

interface StepProps {
  n: number;
  isDone: boolean;
  title: string;
  text: string;
  children: ReactNode;
}

function Step({ n, isDone, title, text, children }: StepProps) {
  return (
    <li className={`card ${classes.step}`} data-done={isDone || undefined}>
      <span className={classes.stepNumber}>
        {isDone ? <Check size={16} aria-hidden /> : <span aria-hidden>{n}</span>}
      </span>
      <h3>
        {title}
        {isDone && <span className="visually-hidden">{` (${t("done")})`}</span>}
      </h3>
      <p className="muted">{text}</p>
      {children}
    </li>
  );
}
