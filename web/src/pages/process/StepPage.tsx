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
import { EditorBar, useSaving } from "./EditorBar.tsx";
import { type Editor, loadEditor, problemsOf, useEditor } from "./editor.ts";
import * as edits from "./edits.ts";
import { Environments, NameAndType, Notes, Retry, Script, VariablesUsed, WhereItRuns } from "./fields.tsx";
import { MiniLanes } from "./MiniLanes.tsx";
import { isDisabled, type Problem, type Step, slugOf } from "./model.ts";
import { Notices } from "./Notices.tsx";
import { Problems } from "./Problems.tsx";
import classes from "./process.module.css";
import { processQuery, refusalsQuery } from "./queries.ts";
import { RunCondition } from "./RunCondition.tsx";
import { s } from "./settings-text.ts";
import { t } from "./text.ts";

export const load = async (loading: Loading) => {
  await loadEditor(loading);
  const owner = ownerIn(loading.params);
  const process = await queryClient.ensureQueryData(processQuery(owner));
  await queryClient.prefetchQuery(refusalsQuery(owner, draftOf(process).current(), loading.params.step ?? ""));
};

export interface SectionProps {
  editor: Editor;
  step: Step;
}

interface SectionOf {
  id: string;
  title: string;
  body: (props: SectionProps) => ReactNode;
}

const sections: SectionOf[] = [
  { id: "name-and-type", title: s("nameAndType"), body: NameAndType },
  { id: "where-it-runs", title: s("whereItRuns"), body: WhereItRuns },
  { id: "script", title: s("script"), body: Script },
  { id: "variables-used", title: s("variablesUsed"), body: VariablesUsed },
  { id: "run-condition", title: story.runCondition, body: RunCondition },
  { id: "dependencies", title: story.dependencies, body: Dependencies },
  { id: "environments", title: s("environments"), body: Environments },
  { id: "retry-and-time-out", title: s("retry"), body: Retry },
  { id: "notes", title: s("notes"), body: Notes },
];

export function Page() {
  const slug = useParam("step");
  const editor = useEditor(useOwner());
  const saving = useSaving(editor);
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
      <div className={classes.sticky}>
        <PageHeader
          title={format(story.stepSettings, { name: step.Name })}
          meta={isDisabled(step) && <span className={classes.badge}>{t("disabled")}</span>}
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
          {sections.map((section) => (
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
  if (/ScriptBody|Instructions/.test(field) && !/Reads|Output/.test(problem.Kind ?? "")) return "script";
  if (/TargetRoles|WorkerPool/.test(field)) return "where-it-runs";
  if (/Condition/.test(field)) return "run-condition";
  if (/Environments|Channels/.test(field) || problem.Kind === "NeverRuns") return "environments";
  if (/AutoRetry|Timeout/.test(field)) return "retry-and-time-out";
  return "dependencies";
}

function Section({ section, editor, step }: SectionProps & { section: SectionOf }) {
  const titleId = useId();
  const problems = problemsOf(editor, slugOf(step)).filter((problem) => sectionOf(problem) === section.id);
  const Body = section.body;
  return (
    <section id={section.id} aria-labelledby={titleId} className={classes.section}>
      <h3 id={titleId}>{section.title}</h3>
      <Body editor={editor} step={step} />
      <Problems editor={editor} problems={problems} />
    </section>
  );
}

function Index({ editor, step }: SectionProps) {
  return (
    <nav className={classes.index} aria-label={s("onThisPage")}>
      <ul>
        {sections.map((section) => (
          <li key={section.id}>
            <a href={`#${section.id}`} data-important={/run-condition|dependencies/.test(section.id) || undefined}>
              {section.title}
            </a>
          </li>
        ))}
      </ul>
      <MiniLanes editor={editor} slug={slugOf(step)} />
    </nav>
  );
}
