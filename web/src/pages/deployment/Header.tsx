/** Is it healthy, what is happening now, how long still, and what one can do about it. */
import { useQueryClient } from "@tanstack/react-query";
import { CircleStop } from "lucide-react";
import { useState } from "react";
import { useDenied } from "../../api/can.ts";
import { duration, exactDuration, timeOfDay } from "../../format.ts";
import { useLive } from "../../live/live.ts";
import { Action, LinkAction } from "../../ui/Action.tsx";
import { PageHeader } from "../../ui/Page.tsx";
import { Status, stateOfTask, stateWord } from "../../ui/Status.tsx";
import { Age, useNow } from "../../ui/Time.tsx";
import { CancelDialog } from "./CancelDialog.tsx";
import classes from "./deployment.module.css";
import { remaining } from "./look.ts";
import type { Run } from "./run.ts";
import { t } from "./text.ts";
import type { Where } from "./where.ts";

export function Header({ run, where }: { run: Run; where: Where }) {
  const state = stateOfTask(run.Task);
  const isCancelling = run.IsCanceling && !run.Task.IsCompleted;
  return (
    <PageHeader
      title={where.title}
      windowTitle={`${stateWord(state)} · ${where.short}`}
      meta={
        <span className={classes.meta}>
          <Status state={isCancelling ? "cancelling" : state} />
          <Times run={run} />
        </span>
      }
      actions={run.Task.IsCompleted ? <AgainAction where={where} /> : <CancelAction run={run} where={where} />}
    />
  );
}

function Times({ run }: { run: Run }) {
  const now = useNow();
  const live = useLive();
  const { StartTime: started, CompletedTime: completed, QueueTime: queued } = run.Task;
  if (completed) {
    const ms = Date.parse(completed) - Date.parse(started ?? queued);
    return (
      <>
        <span className="number">{t("took", { time: exactDuration(ms) })}</span>
        <Age at={completed} />
      </>
    );
  }
  const isLost = live.state === "lost";
  const until = isLost ? live.heardAt : now;
  const left = remaining(run);
  return (
    <>
      {started && <span className="number">{t("runningFor", { time: duration(until - Date.parse(started)) })}</span>}
      {run.Queue && <span>{t("queuedPosition", { position: run.Queue.Position })}</span>}
      {left && !run.IsCanceling && <span className="number">{left}</span>}
      {isLost && <span className={classes.lost}>{t("asOf", { time: timeOfDay(live.heardAt) })}</span>}
    </>
  );
}

function AgainAction({ where }: { where: Where }) {
  const { text, permission, to } = where.again;
  const denied = useDenied(permission, { project: where.project, environmentId: where.environment.Id });
  return (
    <LinkAction to={to} denied={denied}>
      {text}
    </LinkAction>
  );
}

function CancelAction({ run, where }: { run: Run; where: Where }) {
  const denied = useDenied("TaskCancel", { project: where.project, environmentId: where.environment.Id });
  const [isOpen, setOpen] = useState(false);
  const client = useQueryClient();
  const close = () => {
    setOpen(false);
    client.invalidateQueries({ queryKey: ["tasks", run.Task.Id] });
  };
  return (
    <>
      <Action
        icon={<CircleStop size={16} strokeWidth={1.75} aria-hidden />}
        denied={denied}
        onClick={() => setOpen(true)}
      >
        {run.IsCanceling ? t("cancelling") : t("cancel")}
      </Action>
      <CancelDialog run={run} opened={isOpen} onClose={close} />
    </>
  );
}
