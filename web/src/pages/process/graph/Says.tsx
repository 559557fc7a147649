/** What the graph says and asks, over the picture: nothing may move while a line is being drawn. */
import { Action } from "../../../ui/Action.tsx";
import { Banner } from "../../../ui/states.tsx";
import { type Editor, nameOf } from "../editor.ts";
import { isParallel, slugOf } from "../model.ts";
import { s } from "../settings/settings-text.ts";
import { g } from "./graph-text.ts";
import type { Links, Question } from "./links.ts";
import classes from "./StepGraph.module.css";

export function Says({ editor, links }: { editor: Editor; links: Links }) {
  const { connecting, question } = links;
  return (
    <div className={classes.overlay}>
      <div role="status">
        {connecting && (
          <Banner actions={<Action onClick={() => links.start(undefined)}>{g("cancel")}</Action>}>
            {g(connecting.end === "waits" ? "pickWaitedFor" : "pickWaiting", {
              name: nameOf(editor.view.steps, connecting.slug),
            })}
          </Banner>
        )}
        {links.note && <Banner tone="warning">{links.note}</Banner>}
        {question && <Asked {...{ editor, links, question }} />}
      </div>
    </div>
  );
}

function Asked({ editor, links, question }: { editor: Editor; links: Links; question: Question }) {
  const step = editor.view.steps.find((known) => slugOf(known) === question.step);
  const isBeside = step !== undefined && isParallel(step);
  const words = { name: step?.Name ?? "", on: nameOf(editor.view.steps, question.on) };
  const answer = (how: Parameters<Links["answer"]>[0], text: string) => (
    <Action onClick={() => links.answer(how)}>{text}</Action>
  );
  if (question.kind === "implied") {
    return (
      <Banner tone="warning" actions={answer("choose", s("chooseInstead"))}>
        {g(isBeside ? "impliedBeside" : "impliedAbove", words)}
      </Banner>
    );
  }
  return (
    <Banner
      tone="warning"
      actions={
        <>
          {answer("all", g("keepAll"))}
          {answer("one", g("onlyThis"))}
          {answer(undefined, g("cancel"))}
        </>
      }
    >
      {g(isBeside ? "getsList" : "switches", words)}
    </Banner>
  );
}
