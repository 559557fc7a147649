/** Making a release: its version, its channel, its packages, and what it would have otherwise than the last one. */
import { Select, Textarea, TextInput } from "@mantine/core";
import { keepPreviousData, useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useDenied } from "../../api/can.ts";
import { answerAs, api, inSpace } from "../../api/client.ts";
import { projectQuery, queryClient } from "../../api/queries.ts";
import { paths } from "../../paths.ts";
import { type Loading, useParam } from "../../routing.tsx";
import { useKeys } from "../../shell/keys.ts";
import { story } from "../../text/story.ts";
import { Action, LinkAction } from "../../ui/Action.tsx";
import { Refusal } from "../../ui/Form.tsx";
import { Page as Frame, PageHeader, Section } from "../../ui/Page.tsx";
import { Banner, Empty } from "../../ui/states.tsx";
import { useWork } from "../../ui/work.ts";
import { draftOf } from "../process/draft.ts";
import type { Problem } from "../process/model.ts";
import { processQuery } from "../process/queries.ts";
import { PackageChoices } from "./PackageChoices.tsx";
import { selected, type Versions, versionOf } from "./packages.ts";
import { channelsQuery, problemsQuery, type Template, templateQuery } from "./queries.ts";
import classes from "./releases.module.css";
import { SinceLast } from "./SinceLast.tsx";
import { t } from "./text.ts";
import { Unsaved } from "./Unsaved.tsx";

export const load = async ({ params }: Loading) => {
  const slug = params.project ?? "";
  await Promise.all([
    queryClient.fetchQuery(templateQuery(slug)),
    queryClient.fetchQuery(problemsQuery(slug)),
    queryClient.ensureQueryData(channelsQuery(slug)),
    queryClient.fetchQuery({ ...processQuery(slug), staleTime: 0 }),
  ]);
};

export function Page() {
  const slug = useParam("project");
  const { data: project } = useSuspenseQuery(projectQuery(slug));
  const { data: process } = useSuspenseQuery(processQuery(slug));
  const isEmpty = (process.Steps ?? []).length === 0;
  const draft = draftOf(process);
  const denied = useDenied("ProcessEdit", { project });
  return (
    <Frame>
      <PageHeader title={t("newRelease")} windowTitle={`${t("newRelease")} · ${project.Name ?? slug}`} />
      <div className={classes.form}>
        <Unsaved project={slug} draft={draft} denied={denied} />
        {isEmpty ? (
          <Empty
            text={t("noProcess")}
            action={
              <LinkAction look="primary" to={paths.process(slug)}>
                {t("openProcess")}
              </LinkAction>
            }
          />
        ) : (
          <NewRelease slug={slug} />
        )}
      </div>
    </Frame>
  );
}

/** What the server would take, by the channel chosen; the last answer stays while the next one comes. */
function useTemplate(slug: string, channel: string | undefined): Template {
  const { data: first } = useSuspenseQuery(templateQuery(slug));
  const { data } = useQuery({
    ...templateQuery(slug, channel),
    enabled: channel !== undefined,
    placeholderData: keepPreviousData,
  });
  return data ?? first;
}

function NewRelease({ slug }: { slug: string }) {
  const { data: project } = useSuspenseQuery(projectQuery(slug));
  const { data: channels } = useSuspenseQuery(channelsQuery(slug));
  const { data: process } = useSuspenseQuery(processQuery(slug));
  const { data: checked } = useSuspenseQuery(problemsQuery(slug));
  const navigate = useNavigate();
  const work = useWork();
  const choices = (channels.Items ?? []).map((channel) => ({ value: channel.Id ?? "", label: channel.Name ?? "" }));
  const byDefault = channels.Items?.find((channel) => channel.IsDefault)?.Id ?? choices[0]?.value;
  const [asked, setChannel] = useState<string>();
  const template = useTemplate(slug, asked);
  const [version, setVersion] = useState(template.NextVersionIncrement ?? "");
  const [notes, setNotes] = useState("");
  const [chosen, setChosen] = useState<Versions>({});
  const errors = (checked.Problems ?? []).filter((problem) => problem.Level === "Error");
  const missing = useDenied("ReleaseCreate", { project });
  const without = template.Packages.find((one) => versionOf(one, chosen) === undefined);
  const obstacle = missing ?? errors[0]?.Message ?? without?.WhyNoVersion ?? undefined;
  const channel = asked ?? byDefault;

  const create = () =>
    work.run(async () => {
      const made = await answerAs<{ Version: string }>(
        api.POST("/api/{spaceId}/releases", {
          params: { path: inSpace() },
          body: {
            ProjectId: project.Id ?? "",
            ...(channel && { ChannelId: channel }),
            ...(version.trim() && { Version: version.trim() }),
            ReleaseNotes: notes,
            SelectedPackages: selected(template.Packages, chosen),
          } as never,
        }),
      );
      queryClient.invalidateQueries({ queryKey: ["releases"] });
      await navigate({ to: paths.release(slug, made.Version) });
    });
  useKeys({ "mod+s": () => obstacle === undefined && create() });

  return (
    <>
      {work.failure !== undefined && <Refusal error={work.failure} />}
      <Errors slug={slug} errors={errors} />
      <TextInput
        label={t("version")}
        description={t("versionHelp")}
        placeholder={t("versionPlaceholder")}
        value={version}
        onChange={(event) => setVersion(event.currentTarget.value)}
        className="mono"
      />
      {choices.length > 1 && (
        <Select
          label={t("channel")}
          data={choices}
          value={channel ?? null}
          onChange={(next) => setChannel(next ?? undefined)}
          allowDeselect={false}
          comboboxProps={{ withinPortal: false }}
        />
      )}
      {template.Packages.length > 0 && (
        <Section title={t("packages")}>
          <PackageChoices template={template} chosen={chosen} onChoose={setChosen} />
        </Section>
      )}
      <Textarea
        label={t("notes")}
        description={t("notesHelp")}
        rows={6}
        value={notes}
        onChange={(event) => setNotes(event.currentTarget.value)}
      />
      {template.LastReleaseVersion && (
        <SinceLast
          project={slug}
          processVersion={process.Version ?? 0}
          last={template.LastReleaseVersion}
          template={template}
          chosen={chosen}
        />
      )}
      <Section title={t("whatIsFrozen")}>
        <ul className={classes.changed}>
          <li>{t("processNow", { version: process.Version ?? 0, n: process.Steps?.length ?? 0 })}</li>
          <li>{t("variablesNow")}</li>
          <li className="muted">{t("later")}</li>
        </ul>
      </Section>
      <div className="row">
        <Action look="primary" busy={work.isBusy} denied={obstacle} onClick={create}>
          {story.createRelease}
        </Action>
      </div>
    </>
  );
}

/** What must be mended in the process first, each leading to the step it is about. */
function Errors({ slug, errors }: { slug: string; errors: Problem[] }) {
  if (errors.length === 0) return null;
  return (
    <Banner tone="error" actions={<LinkAction to={paths.process(slug)}>{t("openProcess")}</LinkAction>}>
      <p>{t("problems", { n: errors.length })}</p>
      <ul>
        {errors.map((problem) => {
          const step = problem.Steps?.[0]?.Slug;
          return (
            <li key={problem.Message}>
              {step ? <Link to={paths.step(slug, step)}>{problem.Message}</Link> : problem.Message}
            </li>
          );
        })}
      </ul>
    </Banner>
  );
}
