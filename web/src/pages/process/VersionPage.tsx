/** The process as one save left it: who saved it, what that changed, and what its steps waited for. */
import { useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { queryClient } from "../../api/queries.ts";
import { type Owner, ownerIn, paths } from "../../paths.ts";
import { type Loading, useOwner, useParam } from "../../routing.tsx";
import { story } from "../../text/story.ts";
import { Action, LinkAction } from "../../ui/Action.tsx";
import { Page as Frame, PageHeader, Section } from "../../ui/Page.tsx";
import { ErrorPanel } from "../../ui/states.tsx";
import { Differences } from "./Differences.tsx";
import { draftOf } from "./draft.ts";
import { useOwned } from "./editor.ts";
import { diffOfVersions, planProcess, processQuery, versionQuery } from "./queries.ts";
import { t } from "./text.ts";
import { bySlug, runsOn, startsShort } from "./words.ts";

export const load = async ({ params }: Loading) => {
  const owner = ownerIn(params);
  await Promise.all([
    queryClient.ensureQueryData(versionQuery(owner, params.version ?? "")),
    queryClient.ensureQueryData(processQuery(owner)),
  ]);
};

export function Page() {
  const owner = useOwner();
  const number = Number(useParam("version"));
  const navigate = useNavigate();
  const { name, denied } = useOwned(owner);
  const { data: version } = useSuspenseQuery(versionQuery(owner, String(number)));
  const { data: now } = useSuspenseQuery(processQuery(owner));
  const since = useQuery(diffOfVersions(owner, number, now.Version ?? 0));
  const isNow = number === now.Version;
  const takeUp = () => {
    draftOf(now).edit(t("didTakeUp", { version: number }), () => version.Steps ?? []);
    navigate({ to: paths.process(owner) });
  };
  return (
    <Frame>
      <PageHeader
        title={t("versionTitle", { version: number })}
        windowTitle={`${t("versionTitle", { version: number })} · ${name}`}
        actions={
          <>
            <LinkAction to={paths.processVersions(owner)}>{t("versions")}</LinkAction>
            {!isNow && (
              <LinkAction to={paths.processCompare(owner, String(number), String(now.Version ?? 0))}>
                {t("compareWithNow")}
              </LinkAction>
            )}
            <Action denied={denied ?? (isNow ? t("isNow") : undefined)} onClick={takeUp}>
              {t("takeUp")}
            </Action>
          </>
        }
      />
      <Section title={t("steps")}>
        <Steps owner={owner} steps={version.Steps ?? []} number={number} />
      </Section>
      {!isNow && (
        <Section title={t("since", { version: number })}>
          {since.error && <ErrorPanel what={t("differences")} error={since.error} retry={() => since.refetch()} />}
          {since.data && <Differences diff={since.data} />}
        </Section>
      )}
    </Frame>
  );
}

type Steps = Parameters<typeof planProcess>[1];

/** Who waits for whom is the server's to say, of an old process as of the present one. */
function Steps({ owner, steps, number }: { owner: Owner; steps: Steps; number: number }) {
  const { data: plan } = useQuery({
    queryKey: ["process-plan", owner, "version", number],
    queryFn: () => planProcess(owner, steps),
    enabled: steps.length > 0,
  });
  if (steps.length === 0) return <p className="muted">{t("noSteps")}</p>;
  const planned = plan?.Steps ?? [];
  const known = bySlug(planned);
  return (
    <table className="table stacked">
      <thead>
        <tr>
          <th scope="col">{t("number")}</th>
          <th scope="col">{t("step")}</th>
          <th scope="col">{t("runsOn")}</th>
          <th scope="col">{t("starts")}</th>
        </tr>
      </thead>
      <tbody>
        {steps.map((step, at) => (
          <tr key={step.Id ?? at}>
            <td data-label={t("number")}>{at + 1}</td>
            <td data-label={t("step")}>{step.Name}</td>
            <td data-label={t("runsOn")}>{runsOn(planned[at])}</td>
            <td data-label={story.dependencies}>{startsShort(planned[at], known)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
