/** All settings of one step, on one page whose sections can be found with the browser's search. */
import { Link } from "@tanstack/react-router";
import { ChevronLeft } from "lucide-react";
import { type ReactNode, useEffect, useId } from "react";
import { queryClient } from "../../api/queries.ts";
import { ownerIn, paths } from "../../paths.ts";
import { type Loading, useOwner, useParam } from "../../routing.tsx";
import { format } from "../../text/messages.ts";
import { story } from "../../text/story.ts";
import { Action, LinkAction } from "../../ui/Action.tsx";
import { Page as Frame, PageHeader } from "../../ui/Page.tsx";
import { Empty } from "../../ui/states.tsx";
import { Dependencies } from "./Dependencies.tsx";
import { draftOf } from "./draft.ts";
import bar from "./EditorBar.module.css";
import { EditorBar, useSaving } from "./EditorBar.tsx";
import { loadEditor, problemsOf, useEditor } from "./editor.ts";
import * as edits from "./edits.ts";
import { MiniLanes } from "./MiniLanes.tsx";
import { isDisabled, type Problem, type Step, slugOf } from "./model.ts";
import { Notices } from "./Notices.tsx";
import { Problems } from "./Problems.tsx";
import { processQuery, refusalsQuery } from "./queries.ts";
import { RunCondition } from "./RunCondition.tsx";
import { StepBadges, useEnvironmentNames } from "./StepBadges.tsx";
import classes from "./StepPage.module.css";
import { Channels } from "./settings/Channels.tsx";
import { Environments } from "./settings/Environments.tsx";
import { NameAndType, Notes, Retry, VariablesUsed } from "./settings/fields.tsx";
import { OtherProperties, othersOf } from "./settings/OtherProperties.tsx";
import type { SectionProps } from "./settings/property.ts";
import { Script, scriptTitle } from "./settings/Script.tsx";
import { s } from "./settings/settings-text.ts";
import { WhereItRuns } from "./settings/WhereItRuns.tsx";
import { t } from "./text.ts";

export const load = async (loading: Loading) => {
  await loadEditor(loading);
  const owner = ownerIn(loading.params);
  const process = await queryClient.ensureQueryData(processQuery(owner));
  await queryClient.prefetchQuery(refusalsQuery(owner, draftOf(process).current(), loading.params.step ?? ""));
};

interface SectionOf {
  id: string;
  title: string | ((step: Step) => string);
  body: (props: SectionProps) => ReactNode;
  /** Whether a step has it; left out: every one. */
  isOf?: (step: Step) => boolean;
}

const titleOf = ({ title }: SectionOf, step: Step) => (typeof title === "string" ? title : title(step));

const sections: SectionOf[] = [
  { id: "name-and-type", title: s("nameAndType"), body: NameAndType },
  { id: "where-it-runs", title: s("whereItRuns"), body: WhereItRuns },
  { id: "script", title: scriptTitle, body: Script },
  { id: "variables-used", title: s("variablesUsed"), body: VariablesUsed },
  { id: "run-condition", title: story.runCondition, body: RunCondition },
  { id: "dependencies", title: story.dependencies, body: Dependencies },
  { id: "environments", title: s("environments"), body: Environments },
  { id: "channels", title: s("channels"), body: Channels },
  { id: "retry-and-time-out", title: s("retry"), body: Retry },
  { id: "notes", title: s("notes"), body: Notes },
  { id: "other", title: s("other"), body: OtherProperties, isOf: (step) => othersOf(step).length > 0 },
];

const sectionsOf = (step: Step) => sections.filter((section) => section.isOf?.(step) ?? true);

export function Page() {
  const slug = useParam("step");
  const editor = useEditor(useOwner());
  const saving = useSaving(editor);
  const names = useEnvironmentNames();
  const step = editor.view.steps.find((known) => slugOf(known) === slug);
  useEffect(() => {
    const section = location.hash.slice(1);
    if (section) document.getElementById(section)?.scrollIntoView();
  }, []);
  if (!step) {
    return (
      <Frame>
        <PageHeader title={s("notFound")} />
        <Empty
          text={s("notFoundText")}
          action={<LinkAction to={paths.process(editor.owner)}>{story.process}</LinkAction>}
        />
      </Frame>
    );
  }
  const power = () =>
    editor.edit(t(isDisabled(step) ? "didEnable" : "didDisable", { name: step.Name }), (steps) =>
      edits.toggleDisabled(steps, slug),
    );
  return (
    <Frame>
      <Link to={paths.process(editor.owner, { step: slug })} className={classes.back}>
        <ChevronLeft size={15} aria-hidden /> {story.process}
      </Link>
      <div className={bar.sticky}>
        <PageHeader
          title={format(story.stepSettings, { name: step.Name })}
          meta={
            <span className={classes.badges}>
              <StepBadges step={step} names={names} />
            </span>
          }
          actions={
            <>
              <Action denied={editor.denied} onClick={power}>
                {isDisabled(step) ? s("enable") : s("disable")}
              </Action>
              <EditorBar editor={editor} saving={saving} />
            </>
          }
        />
      </div>
      <Notices editor={editor} saving={saving} />
      <div className={classes.settings}>
        <Index editor={editor} step={step} />
        <div className={classes.sections}>
          <h2 className="visually-hidden">{s("allSettings")}</h2>
          {sectionsOf(step).map((section) => (
            <Section key={section.id} section={section} editor={editor} step={step} />
          ))}
        </div>
      </div>
    </Frame>
  );
}

/** Which section a problem belongs to, by the place in the document it names. */
function sectionOf(problem: Problem): string {
  const field = problem.Field ?? "";
  if (/^(Name|Slug)/.test(field) || problem.Kind === "NoActions") return "name-and-type";
  if (/Reads|Output/.test(problem.Kind ?? "")) return "dependencies";
  if (/TargetRoles|WorkerPool|MaxParallelism|MachineLock/.test(field) || problem.Kind === "PoolWithoutWorker")
    return "where-it-runs";
  if (/Script|Instructions|Package|Features|ActionType/.test(field)) return "script";
  if (/Condition/.test(field)) return "run-condition";
  if (/Channels/.test(field)) return "channels";
  if (/Environments/.test(field) || problem.Kind === "NeverRuns") return "environments";
  if (/AutoRetry|Timeout/.test(field)) return "retry-and-time-out";
  return "dependencies";
}

function Section({ section, editor, step }: SectionProps & { section: SectionOf }) {
  const titleId = useId();
  const problems = problemsOf(editor, slugOf(step)).filter((problem) => sectionOf(problem) === section.id);
  const Body = section.body;
  return (
    <section id={section.id} aria-labelledby={titleId} className={classes.section}>
      <h3 id={titleId}>{titleOf(section, step)}</h3>
      <Body editor={editor} step={step} />
      <Problems editor={editor} problems={problems} />
    </section>
  );
}

function Index({ editor, step }: SectionProps) {
  return (
    <nav className={classes.index} aria-label={s("onThisPage")}>
      <ul>
        {sectionsOf(step).map((section) => (
          <li key={section.id}>
            <a href={`#${section.id}`} data-important={/run-condition|dependencies/.test(section.id) || undefined}>
              {titleOf(section, step)}
            </a>
          </li>
        ))}
      </ul>
      <MiniLanes editor={editor} slug={slugOf(step)} />
    </nav>
  );
}
