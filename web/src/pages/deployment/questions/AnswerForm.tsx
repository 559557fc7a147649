/** The choices with their effects, notes, and giving the answer. Whoever answers first wins; the other is told by whom. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useId, useState } from "react";
import { useDenied } from "../../../api/can.ts";
import { asApiError } from "../../../api/errors.ts";
import { listed } from "../../../text/messages.ts";
import { Action } from "../../../ui/Action.tsx";
import { Banner } from "../../../ui/states.tsx";
import { toast } from "../../../ui/toast.tsx";
import { teamNamesQuery } from "../../tasks/queries.ts";
import type { Question, Run } from "../run.ts";
import { type Choice, type Effect, type Interruption, type Policy, submit, takeIt, userNameQuery } from "./queries.ts";
import classes from "./questions.module.css";
import { t } from "./text.ts";

interface Props {
  run: Run;
  question: Question;
  others: Question[];
  interruption: Interruption;
  effects: { DefaultFailurePolicy: Policy; Items: Effect[] };
}

const ORDER: Choice[] = ["Proceed", "Abort", "Retry", "Ignore", "Exclude", "Fail"];
const POLICIES: Policy[] = ["FinishBranches", "StartNothingNew", "CancelRunning"];

export function AnswerForm({ run, question, others, interruption, effects }: Props) {
  const [choice, setChoice] = useState<Choice>();
  const [policy, setPolicy] = useState<Policy>(effects.DefaultFailurePolicy);
  const [notes, setNotes] = useState("");
  const [isForAll, setForAll] = useState(false);
  const { act, isBusy, error } = useAct(run);
  const notesId = useId();
  const isManual = question.Kind === "Manual";
  const choices = ORDER.filter((known) => effects.Items.some((effect) => effect.Choice === known));
  const denied = useWhyNot(run, interruption) ?? whyNotYet(choice, notes, isManual);
  const apply = () =>
    act(async () => {
      if (!choice) return;
      const given = { choice, policy: choice === "Fail" || choice === "Abort" ? policy : undefined, notes };
      // Only whoever is responsible may answer; nobody is asked to press two buttons for that.
      if (!interruption.HasResponsibility) await takeIt(interruption.Id);
      await submit(question.InterruptionId, isManual, given);
      for (const other of isForAll ? others : []) {
        await takeIt(other.InterruptionId);
        await submit(other.InterruptionId, false, given);
      }
    });
  return (
    <div className={classes.form}>
      <fieldset>
        <legend>{t("effect")}</legend>
        {choices.map((known) => (
          <ChoiceRow
            key={known}
            {...{ choice: known, question, effects: effects.Items, policy }}
            isChosen={known === choice}
            onChoose={() => setChoice(known)}
            onPolicy={setPolicy}
          />
        ))}
      </fieldset>
      <label htmlFor={notesId}>{t(isManual ? "notesRequired" : "notes")}</label>
      <textarea id={notesId} rows={2} value={notes} onChange={(event) => setNotes(event.target.value)} />
      {others.length > 0 && (
        <label className={classes.all}>
          <input type="checkbox" checked={isForAll} onChange={(event) => setForAll(event.target.checked)} />
          {t("sameForOthers", { n: others.length })}
        </label>
      )}
      {error !== undefined && <Banner tone="error">{wordsOf(error)}</Banner>}
      <div className={classes.buttons}>
        <Action look="primary" busy={isBusy} denied={denied} onClick={apply}>
          {isManual && choice ? t(choice) : t("apply")}
        </Action>
        <Responsible interruption={interruption} onTake={() => act(() => takeIt(interruption.Id))} />
      </div>
    </div>
  );
}

function whyNotYet(choice: Choice | undefined, notes: string, isManual: boolean): string | undefined {
  if (!choice) return t("chooseFirst");
  return isManual && choice === "Abort" && notes.trim() === "" ? t("needsNotes") : undefined;
}

/** The server says who may answer; here it is only told, with the permission or the teams that are missing. */
function useWhyNot(run: Run, interruption: Interruption): string | undefined {
  const who = useResponsible(interruption);
  const denied = useDenied("InterruptionSubmit", {
    project: { Id: run.Task.ProjectId ?? undefined },
    environmentId: run.Task.EnvironmentId ?? undefined,
  });
  const { data: names } = useQuery(teamNamesQuery);
  if (interruption.HasResponsibility) return undefined;
  if (denied) return denied;
  if (who) return t("takeFirst", { who });
  if (interruption.CanTakeResponsibility) return undefined;
  const teams = interruption.ResponsibleTeamIds.map((id) => names?.get(id) ?? id);
  return t("notResponsible", { teams: listed(teams) });
}

function useResponsible(interruption: Interruption): string | undefined {
  const id = interruption.ResponsibleUserId ?? "";
  const { data } = useQuery({ ...userNameQuery(id), enabled: id !== "" && !interruption.HasResponsibility });
  return id === "" ? undefined : (data?.DisplayName ?? data?.Username ?? id);
}

function useAct(run: Run) {
  const client = useQueryClient();
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const act = async (what: () => Promise<unknown>) => {
    setBusy(true);
    setError(undefined);
    try {
      await what();
    } catch (failure) {
      setError(failure);
      // When somebody else has answered, the card goes, and what it says with it.
      if (asApiError(failure).status === 409) toast(wordsOf(failure));
    } finally {
      await Promise.all([
        client.invalidateQueries({ queryKey: ["tasks", run.Task.Id] }),
        client.invalidateQueries({ queryKey: ["interruptions"] }),
      ]);
      setBusy(false);
    }
  };
  return { act, isBusy, error };
}

function wordsOf(error: unknown): string {
  const { status, message, help } = asApiError(error);
  return [status === 409 ? t("wasFirst", { message }) : message, help].filter(Boolean).join(" ");
}

function Responsible({ interruption, onTake }: { interruption: Interruption; onTake: () => void }) {
  const who = useResponsible(interruption);
  if (interruption.HasResponsibility) return <span className="muted">{t("taken")}</span>;
  return (
    <>
      {interruption.CanTakeResponsibility && <Action onClick={onTake}>{t("take")}</Action>}
      {who && <span className="muted">{t("takenBy", { who })}</span>}
    </>
  );
}

interface ChoiceProps {
  choice: Choice;
  question: Question;
  effects: Effect[];
  policy: Policy;
  isChosen: boolean;
  onChoose: () => void;
  onPolicy: (policy: Policy) => void;
}

function ChoiceRow({ choice, question, effects, policy, isChosen, onChoose, onPolicy }: ChoiceProps) {
  const id = useId();
  const mine = effects.filter((effect) => effect.Choice === choice);
  const effect = mine.find((known) => known.FailurePolicy === null || known.FailurePolicy === policy) ?? mine[0];
  const offered = POLICIES.filter((known) => mine.some((one) => one.FailurePolicy === known));
  return (
    <div className={classes.choice} data-chosen={isChosen || undefined}>
      <input
        type="radio"
        id={id}
        name={question.InterruptionId}
        checked={isChosen}
        aria-describedby={`${id}-effect`}
        onChange={onChoose}
      />
      <label htmlFor={id}>{nameOf(choice, question)}</label>
      <p id={`${id}-effect`}>{effect?.Text || t("nothing")}</p>
      {isChosen && offered.length > 1 && (
        <fieldset className={classes.policies}>
          <legend>{t("policy")}</legend>
          {offered.map((known) => (
            <label key={known}>
              <input
                type="radio"
                name={`${question.InterruptionId}-policy`}
                checked={known === policy}
                onChange={() => onPolicy(known)}
              />
              {t(known)}
            </label>
          ))}
        </fieldset>
      )}
    </div>
  );
}

function nameOf(choice: Choice, question: Question): string {
  const target = question.MachineName;
  if (target && choice === "Retry") return t("retryOn", { target });
  if (target && choice === "Exclude") return t("excludeNamed", { target });
  return t(choice);
}
