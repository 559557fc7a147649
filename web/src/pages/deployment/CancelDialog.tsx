/** Cancelling: what runs where, what stops, and giving up scripts that do not stop. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { answer, answerAs, api, inSpace } from "../../api/client.ts";
import { asApiError } from "../../api/errors.ts";
import { common } from "../../text/common.ts";
import { messages } from "../../text/messages.ts";
import { Action } from "../../ui/Action.tsx";
import { Dialog } from "../../ui/Dialog.tsx";
import { Status } from "../../ui/Status.tsx";
import { Banner } from "../../ui/states.tsx";
import { Elapsed, useNow } from "../../ui/Time.tsx";
import classes from "./deployment.module.css";
import { isOfRunbook, type Run } from "./run.ts";

const t = messages({
  title: "Cancel this deployment",
  titleOfRun: "Cancel this run",
  stopping: "Stopping the deployment",
  stoppingRun: "Stopping the run",
  running:
    "{n, plural, =0 {No script is running.} one {One script is running and will be stopped:} other {# scripts are running and will be stopped:}}",
  still:
    "{n, plural, =0 {Every script has stopped.} one {One script is still stopping:} other {# scripts are still stopping:}}",
  nothing: "Nothing further starts, not even steps that always run.",
  verb: "Cancel deployment",
  verbOfRun: "Cancel run",
  keep: "Keep running",
  force: "Force stop",
  forceEarly: "Scripts get 30 seconds to end by themselves. Possible in {s} s.",
  forceWhat: "Force stop ends it without waiting. These scripts may go on running on their machines.",
  onWorker: "worker",
  over: "It is over.",
});

interface Running {
  CanceledAt?: string | null;
  CanAbandonAt?: string | null;
  Items: { Ticket: string; StepName: string; MachineName?: string; StartedAt?: string | null }[];
}

interface Props {
  run: Run;
  opened: boolean;
  onClose: () => void;
}

export function CancelDialog({ run, opened, onClose }: Props) {
  const isStopping = run.IsCanceling ?? false;
  const isRun = isOfRunbook(run);
  const title = isStopping ? t(isRun ? "stoppingRun" : "stopping") : t(isRun ? "titleOfRun" : "title");
  return (
    <Dialog title={title} opened={opened} onClose={onClose}>
      {opened && <Content run={run} isStopping={isStopping} onClose={onClose} />}
    </Dialog>
  );
}

function Content({ run, isStopping, onClose }: { run: Run; isStopping: boolean; onClose: () => void }) {
  const path = { params: { path: inSpace({ id: run.Task.Id }) } };
  const { data } = useQuery({
    queryKey: ["tasks", run.Task.Id, "running"],
    queryFn: () => answerAs<Running>(api.GET("/api/{spaceId}/tasks/{id}/running", path)),
    refetchInterval: 1_000,
  });
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const act = async (call: Promise<unknown>) => {
    setBusy(true);
    setError(undefined);
    try {
      await call;
      onClose();
    } catch (failure) {
      setError(failure);
    } finally {
      setBusy(false);
    }
  };
  const cancel = () => act(answer(api.POST("/api/{spaceId}/tasks/{id}/cancel", path) as never));
  const abandon = () => act(answer(api.POST("/api/{spaceId}/tasks/{id}/abandon", path as never) as never));
  const n = data?.Items.length ?? 0;
  return (
    <div className="stack">
      {data && <p>{isStopping ? t("still", { n }) : t("running", { n })}</p>}
      {n > 0 && <Scripts items={data?.Items ?? []} />}
      <p>{isStopping ? n > 0 && t("forceWhat") : t("nothing")}</p>
      {error !== undefined && <Banner tone="error">{asApiError(error).message}</Banner>}
      <div className={classes.buttons}>
        <Action onClick={onClose} data-autofocus>
          {isStopping ? common("close") : t("keep")}
        </Action>
        {isStopping ? (
          <Force at={data?.CanAbandonAt} isOver={run.Task.IsCompleted} busy={isBusy} onClick={abandon} />
        ) : (
          <Action look="danger" busy={isBusy} onClick={cancel}>
            {t(isOfRunbook(run) ? "verbOfRun" : "verb")}
          </Action>
        )}
      </div>
    </div>
  );
}

function Scripts({ items }: { items: Running["Items"] }) {
  return (
    <ul className={classes.scripts}>
      {items.map((item) => (
        <li key={item.Ticket}>
          <Status state="running" label={`${item.StepName} · ${item.MachineName ?? t("onWorker")}`} />
          {item.StartedAt && <Elapsed since={item.StartedAt} />}
        </li>
      ))}
    </ul>
  );
}

interface ForceProps {
  at: string | null | undefined;
  isOver: boolean;
  busy: boolean;
  onClick: () => void;
}

function Force({ at, isOver, busy, onClick }: ForceProps) {
  const now = useNow();
  const wait = at ? Math.ceil((Date.parse(at) - now) / 1_000) : 0;
  const denied = isOver ? t("over") : wait > 0 ? t("forceEarly", { s: wait }) : undefined;
  return (
    <Action look="danger" busy={busy} denied={denied} onClick={onClick}>
      {t("force")}
    </Action>
  );
}
