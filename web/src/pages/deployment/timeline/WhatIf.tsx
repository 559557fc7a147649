/** Plays the run again with changes. The server's engine does it; here are the questions and the answer. */
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { answerAs, api, inSpace } from "../../../api/client.ts";
import { asApiError } from "../../../api/errors.ts";
import { exactDuration } from "../../../format.ts";
import { Action } from "../../../ui/Action.tsx";
import { Banner } from "../../../ui/states.tsx";
import type { Run, Step } from "../run.ts";
import { t } from "./text.ts";
import classes from "./timeline.module.css";

interface Played {
  TakesMs: number;
  CriticalPath: string[];
}

interface Answer {
  Before: Played;
  After: Played;
  SavedMs: number;
}

interface Change {
  atOnce: string;
  unlimited: boolean;
  noLocks: boolean;
  step: string;
  seconds: string;
  dependant: string;
  dependency: string;
}

const nothing: Change = {
  atOnce: "",
  unlimited: false,
  noLocks: false,
  step: "",
  seconds: "",
  dependant: "",
  dependency: "",
};

function bodyOf(change: Change) {
  return {
    ...(change.atOnce !== "" && { AtOnceMax: Number(change.atOnce) }),
    ...(change.unlimited && { NoLimits: true }),
    ...(change.noLocks && { NoLocks: true }),
    ...(change.step &&
      change.seconds && { Durations: [{ StepSlug: change.step, Ms: Math.round(Number(change.seconds) * 1_000) }] }),
    ...(change.dependant &&
      change.dependency && {
        AddDependencies: [{ StepSlug: change.dependant, WaitsForSlug: change.dependency }],
      }),
  };
}

export function WhatIf({ run }: { run: Run }) {
  const [change, setChange] = useState(nothing);
  const play = useMutation({
    mutationFn: () => {
      const params = { path: inSpace({ id: run.Task.Id }) };
      return answerAs<Answer>(
        api.POST("/api/{spaceId}/tasks/{id}/whatif", { params, body: bodyOf(change) as never }) as never,
      );
    },
  });
  const put = (part: Partial<Change>) => setChange({ ...change, ...part });
  return (
    <section className="card" aria-labelledby="what-if">
      <h2 id="what-if">{t("whatIf")}</h2>
      <p className="muted">{t("whatIfHelp")}</p>
      <form
        className={classes.form}
        onSubmit={(event) => {
          event.preventDefault();
          play.mutate();
        }}
      >
        <div className={classes.line}>
          <label>
            {t("atOnceMax")}
            <input
              type="number"
              min={1}
              placeholder={t("asWas")}
              value={change.atOnce}
              onChange={(event) => put({ atOnce: event.target.value })}
            />
          </label>
          <div>
            <label className={classes.check}>
              <input
                type="checkbox"
                checked={change.unlimited}
                onChange={(event) => put({ unlimited: event.target.checked })}
              />
              {t("unlimited")}
            </label>
            <label className={classes.check}>
              <input
                type="checkbox"
                checked={change.noLocks}
                onChange={(event) => put({ noLocks: event.target.checked })}
              />
              {t("noLocks")}
            </label>
          </div>
        </div>
        <div className={classes.line}>
          <StepSelect label={t("slower")} steps={run.Steps} value={change.step} onChange={(step) => put({ step })} />
          <label>
            {t("seconds")}
            <input
              type="number"
              min={0}
              step="any"
              value={change.seconds}
              onChange={(event) => put({ seconds: event.target.value })}
            />
          </label>
        </div>
        <div className={classes.line}>
          <StepSelect
            label={t("addAfter")}
            steps={run.Steps}
            value={change.dependant}
            onChange={(dependant) => put({ dependant })}
          />
          <StepSelect
            label={t("addWaits")}
            steps={run.Steps}
            value={change.dependency}
            onChange={(dependency) => put({ dependency })}
          />
        </div>
        <Action type="submit" busy={play.isPending}>
          {t("simulate")}
        </Action>
      </form>
      {play.error && <Banner tone="error">{asApiError(play.error).message}</Banner>}
      {play.data && <Outcome answer={play.data} steps={run.Steps} />}
    </section>
  );
}

interface SelectProps {
  label: string;
  steps: Step[];
  value: string;
  onChange: (slug: string) => void;
}

function StepSelect({ label, steps, value, onChange }: SelectProps) {
  return (
    <label>
      {label}
      <select value={value} onChange={(event) => onChange(event.target.value)}>
        <option value="">{t("nothing")}</option>
        {steps.map((step) => (
          <option key={step.StepSlug} value={step.StepSlug}>
            {step.StepName}
          </option>
        ))}
      </select>
    </label>
  );
}

function Outcome({ answer, steps }: { answer: Answer; steps: Step[] }) {
  const names = new Map(steps.map((step) => [step.StepSlug, step.StepName]));
  const times = { time: exactDuration(answer.After.TakesMs), before: exactDuration(answer.Before.TakesMs) };
  const gained = Math.abs(answer.SavedMs);
  const word = answer.SavedMs > 0 ? "faster" : answer.SavedMs < 0 ? "slowerBy" : "same";
  const path = answer.After.CriticalPath.map((slug) => names.get(slug) ?? slug).join(" → ");
  return (
    <div role="status">
      <p>
        <strong>{t(word, { time: exactDuration(gained) })}.</strong> {t("becomes", times)}
      </p>
      <p className="muted">{t("path", { path })}</p>
    </div>
  );
}
