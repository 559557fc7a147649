/** What waits for a person: one card a question, the first open; what waits for it and what goes on is said. */
import { useSearchState } from "../../../routing.tsx";
import type { Question } from "../run.ts";
import type { TabProps } from "../where.ts";
import { QuestionCard } from "./QuestionCard.tsx";
import classes from "./questions.module.css";
import { t } from "./text.ts";

interface Props extends TabProps {
  /** On other views than the summary the cards stay closed: one looks at something else. */
  isFirstOpen: boolean;
}

export function Questions({ run, where, isFirstOpen }: Props) {
  const questions = run.Questions ?? [];
  const [opened, setOpened] = useSearchState("question", "", "replace");
  if (questions.length === 0 || run.Task.IsCompleted) return null;
  const open =
    questions.find((question) => question.InterruptionId === opened) ?? (isFirstOpen ? questions[0] : undefined);
  return (
    <section aria-label={t("region")} className={classes.questions}>
      {questions.map((question) => (
        <QuestionCard
          key={question.InterruptionId}
          {...{ run, where, question }}
          others={likeIt(questions, question)}
          isOpen={question === open && opened !== "none"}
          onToggle={(isOpen) => setOpened(isOpen ? question.InterruptionId : "none")}
        />
      ))}
    </section>
  );
}

/** Failures that may be answered in one go. */
function likeIt(questions: Question[], question: Question): Question[] {
  if (question.Kind !== "GuidedFailure") return [];
  return questions.filter((other) => other !== question && other.Kind === "GuidedFailure");
}
