/** The process of a project or of a runbook: as a list, as a graph, or both, of one draft. */
import { TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Plus, Workflow } from "lucide-react";
import { Suspense, useDeferredValue, useMemo } from "react";
import { queryClient } from "../../api/queries.ts";
import { age, duration, fullTime } from "../../format.ts";
import { paths } from "../../paths.ts";
import { type Loading, useOwner, useSearchState, useTypedState } from "../../routing.tsx";
import { useShortcutList } from "../../shell/keys.ts";
import { matches } from "../../shell/matching.ts";
import { story } from "../../text/story.ts";
import { Action, LinkAction } from "../../ui/Action.tsx";
import { chunk } from "../../ui/chunk.tsx";
import { Page as Frame, PageHeader } from "../../ui/Page.tsx";
import { Empty, ErrorPanel } from "../../ui/states.tsx";
import { useNow } from "../../ui/Time.tsx";
import { Begin } from "../projects/Begin.tsx";
import bar from "./EditorBar.module.css";
import { EditorBar, useSaving } from "./EditorBar.tsx";
import { type Editor, loadEditor, useEditor } from "./editor.ts";
import { Notices } from "./Notices.tsx";
import { Problems } from "./Problems.tsx";
import classes from "./ProcessPage.module.css";
import { savingQuery } from "./queries.ts";
import { StepList } from "./StepList.tsx";
import { t } from "./text.ts";

const StepGraph = chunk(() => import("./graph/StepGraph.tsx"));

export const load = async (loading: Loading) => {
  // Read beside the process, not after it.
  await Promise.all([loading.search.view && StepGraph.ahead(), loadEditor(loading)]);
};

const shortcuts = [
  { keys: "Ctrl/⌘ S", does: "Save" },
  { keys: "Ctrl/⌘ Z", does: "Undo" },
  { keys: "Ctrl/⌘ ⇧ Z", does: "Redo" },
  { keys: "j k ↑ ↓", does: "Next or previous step" },
  { keys: "Enter", does: "Open the step's settings" },
  { keys: "Alt ↑ ↓", does: "Move the step" },
  { keys: "x", does: "Choose the step, to do something with several" },
  { keys: "d", does: "Graph: add a dependency" },
  { keys: "⇧ ← →", does: "Graph: to the dependencies of the step, from there ← → ↑ ↓" },
  { keys: "Delete", does: "Delete the step, or in the graph the dependency" },
  { keys: "i", does: "Graph: put a step on the dependency" },
  { keys: "f", does: "Graph: only what belongs to the step" },
  { keys: "+ − 0", does: "Graph: larger, smaller, all of it" },
];

const MINUTE_MS = 60_000;

type View = "list" | "graph" | "split";
const views: View[] = ["list", "graph", "split"];

export function Page() {
  const editor = useEditor(useOwner());
  const saving = useSaving(editor);
  const [view, setView] = useSearchState<View>("view", "list");
  const [selected, select] = useSearchState("step", "", "replace");
  const [text, setText] = useTypedState("q");
  const sought = useDeferredValue(text);
  useShortcutList(story.process, shortcuts);
  const steps = editor.view.steps;
  const shown = useMemo(() => steps.filter((step) => matches(sought, step.Name)), [steps, sought]);
  const problems = editor.plan?.Problems ?? [];
  return (
    <Frame wide={view !== "list"}>
      <div className={bar.sticky}>
        <PageHeader
          title={editor.isRunbook ? t("processOf", { name: editor.ownerName }) : story.deploymentProcess}
          windowTitle={`${story.process} · ${editor.ownerName}`}
          meta={<Version editor={editor} />}
          actions={<EditorBar editor={editor} saving={saving} />}
        />
      </div>
      <Notices editor={editor} saving={saving} />
      <Begin slug={editor.owner} step={steps[0]?.Slug} />
      <div className={classes.tools}>
        {steps.length > 0 && <AddStep editor={editor} />}
        <TextInput
          aria-label={t("filter")}
          placeholder={t("filter")}
          value={text}
          data-filter
          className={classes.filter}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        <ViewSwitch view={view} onChange={setView} />
        <Summary editor={editor} />
      </div>
      {editor.planError !== null && editor.planError !== undefined && (
        <div className={classes.failed}>
          <ErrorPanel
            what={story.dependencies}
            error={editor.planError}
            retry={() => queryClient.invalidateQueries({ queryKey: ["process-plan", editor.owner] })}
          />
        </div>
      )}
      {steps.length === 0 && (
        <Empty
          icon={<Workflow size={24} strokeWidth={1.5} aria-hidden />}
          text={t(editor.isRunbook ? "emptyOfRunbook" : "empty")}
          action={<AddStep editor={editor} isFirst />}
        />
      )}
      {steps.length > 0 && shown.length === 0 && (
        <Empty text={t("noMatch", { text })} action={<Action onClick={() => setText("")}>{t("clearFilter")}</Action>} />
      )}
      <div className={classes.views} data-view={view}>
        {shown.length > 0 && view !== "graph" && (
          <StepList editor={editor} shown={shown} selected={selected || undefined} onSelect={select} />
        )}
        {steps.length > 0 && view !== "list" && (
          <Suspense fallback={<div className={classes.graphPlace} />}>
            <StepGraph editor={editor} selected={selected || undefined} onSelect={select} />
          </Suspense>
        )}
      </div>
      <Problems editor={editor} problems={problems} />
    </Frame>
  );
}

function Version({ editor }: { editor: Editor }) {
  const version = editor.view.base.Version ?? 0;
  const { data: saving } = useQuery(savingQuery(editor.owner, version));
  const now = useNow(MINUTE_MS);
  const { SavedOn: at, SavedBy: name } = saving ?? {};
  return (
    <>
      <Link to={paths.processVersions(editor.owner)} className="number">
        {`v${version}`}
        <span className="visually-hidden">, {t("allVersions")}</span>
      </Link>
      {at && (
        <time dateTime={at} title={fullTime(at)} className={`muted ${classes.saved}`}>
          {name ? t("savedBy", { age: age(at, now), name }) : t("saved", { age: age(at, now) })}
        </time>
      )}
    </>
  );
}

function AddStep({ editor, isFirst = false }: { editor: Editor; isFirst?: boolean }) {
  if (editor.denied !== undefined) return <Action denied={editor.denied}>{story.addStep}</Action>;
  return (
    <LinkAction
      look={isFirst ? "primary" : "default"}
      to={paths.newStep(editor.owner)}
      icon={<Plus size={15} aria-hidden />}
      mark="create"
    >
      {story.addStep}
    </LinkAction>
  );
}

/** Real tabs with manual activation: arrows move, Enter or Space chooses. */
function ViewSwitch({ view, onChange }: { view: View; onChange: (view: View) => void }) {
  const press = (event: React.KeyboardEvent<HTMLElement>) => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (by === undefined) return;
    const tabs = [...event.currentTarget.querySelectorAll<HTMLElement>("[role='tab']")];
    const at = tabs.indexOf(document.activeElement as HTMLElement);
    tabs[(at + by + tabs.length) % tabs.length]?.focus();
  };
  return (
    <div role="tablist" aria-label={t("view")} className={classes.switch} onKeyDown={press} tabIndex={-1}>
      {views.map((known) => (
        <button
          key={known}
          type="button"
          role="tab"
          aria-selected={known === view}
          tabIndex={known === view ? 0 : -1}
          data-view={known}
          onClick={() => onChange(known)}
        >
          {t(known)}
        </button>
      ))}
    </div>
  );
}

function Summary({ editor }: { editor: Editor }) {
  const plan = editor.plan;
  if (!plan) return null;
  const count = (level: string) => (plan.Problems ?? []).filter((problem) => problem.Level === level).length;
  const parts = [
    count("Error") > 0 && t("problems", { n: count("Error") }),
    count("Warning") > 0 && t("warnings", { n: count("Warning") }),
    count("Hint") > 0 && t("hints", { n: count("Hint") }),
    plan.WithoutHistory?.length ? t("noHistory") : t("expected", { time: duration(plan.ExpectedMs ?? 0) }),
    !plan.WithoutHistory?.length && t("oneByOne", { time: duration(plan.OneByOneMs ?? 0) }),
    t("atOnce", { n: plan.AtOnceMax ?? 0 }),
  ];
  return <p className={classes.summary}>{parts.filter(Boolean).join(" · ")}</p>;
}
