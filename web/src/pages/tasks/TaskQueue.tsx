/** The task queue of the space as a whole: that it is stopped, wherever somebody wonders why nothing starts, and the switch for it. */
import { useQuery } from "@tanstack/react-query";
import { CirclePause, CirclePlay } from "lucide-react";
import { useDenied } from "../../api/can.ts";
import { answer, api } from "../../api/client.ts";
import { queryClient } from "../../api/queries.ts";
import { Action } from "../../ui/Action.tsx";
import { Refusal } from "../../ui/Form.tsx";
import { Section } from "../../ui/Page.tsx";
import { Banner } from "../../ui/states.tsx";
import { useWork } from "../../ui/work.ts";
import { spaceQuery } from "./queries.ts";
import { t } from "./text.ts";

/** Nothing while the queue runs. */
export function StoppedBanner() {
  const { data: space } = useQuery(spaceQuery);
  if (!space?.TaskQueueStopped) return null;
  return (
    <Banner tone="warning" actions={<QueueSwitch isStopped />}>
      <strong>{t("queueStopped")}</strong> {t("queueStoppedText")}
    </Banner>
  );
}

/** For the settings; nothing for somebody who may not even know the space. */
export function TaskQueue() {
  const { data: space } = useQuery(spaceQuery);
  if (!space) return null;
  return (
    <Section title={t("queue")}>
      {space.TaskQueueStopped ? (
        <StoppedBanner />
      ) : (
        <div className="stack">
          <p className="muted">{t("queueText")}</p>
          <div className="row">
            <QueueSwitch isStopped={false} />
          </div>
        </div>
      )}
    </Section>
  );
}

function QueueSwitch({ isStopped }: { isStopped: boolean }) {
  const denied = useDenied("SpaceEdit");
  const work = useWork();
  const Icon = isStopped ? CirclePlay : CirclePause;
  return (
    <>
      {work.failure !== undefined && <Refusal error={work.failure} />}
      <Action
        icon={<Icon size={16} strokeWidth={1.75} aria-hidden />}
        denied={denied}
        busy={work.isBusy}
        onClick={() => work.run(() => switchQueue(!isStopped))}
      >
        {t(isStopped ? "startQueue" : "stopQueue")}
      </Action>
    </>
  );
}

/** Of the space as it is now; what somebody else changed about it meanwhile stays. */
async function switchQueue(TaskQueueStopped: boolean) {
  const space = await queryClient.fetchQuery({ ...spaceQuery, staleTime: 0 });
  const path = { id: space.Id ?? "" };
  await answer(api.PUT("/api/spaces/{id}", { params: { path }, body: { ...space, TaskQueueStopped } as never }));
  await Promise.all(["spaces", "tasks"].map((topic) => queryClient.invalidateQueries({ queryKey: [topic] })));
}
