/** Making a release: its version, its channel, and what it will freeze. */
import { Select, Textarea, TextInput } from "@mantine/core";
import { useSuspenseQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
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
import { channelsQuery, problemsQuery, processQuery, templateQuery } from "./queries.ts";
import classes from "./releases.module.css";
import { t } from "./text.ts";

export const load = async ({ params }: Loading) => {
  const slug = params.project ?? "";
  const project = await queryClient.ensureQueryData(projectQuery(slug));
  await Promise.all([
    queryClient.fetchQuery(templateQuery(slug)),
    queryClient.fetchQuery(problemsQuery(slug)),
    queryClient.ensureQueryData(channelsQuery(slug)),
    queryClient.fetchQuery(processQuery(project.DeploymentProcessId ?? "")),
  ]);
};

export function Page() {
  const slug = useParam("project");
  const { data: project } = useSuspenseQuery(projectQuery(slug));
  const { data: template } = useSuspenseQuery(templateQuery(slug));
  const { data: channels } = useSuspenseQuery(channelsQuery(slug));
  const { data: process } = useSuspenseQuery(processQuery(project.DeploymentProcessId ?? ""));
  const { data: checked } = useSuspenseQuery(problemsQuery(slug));
  const navigate = useNavigate();
  const choices = (channels.Items ?? []).map((channel) => ({ value: channel.Id ?? "", label: channel.Name ?? "" }));
  const byDefault = channels.Items?.find((channel) => channel.IsDefault)?.Id ?? choices[0]?.value ?? null;
  const [version, setVersion] = useState(template.NextVersionIncrement ?? "");
  const [channel, setChannel] = useState<string | null>(byDefault);
  const [notes, setNotes] = useState("");
  const [isBusy, setBusy] = useState(false);
  const [failure, setFailure] = useState<unknown>();
  const errors = checked.Problems.filter((problem) => problem.Level === "Error");
  const steps = process.Steps?.length ?? 0;
  const missing = useDenied("ReleaseCreate", { project });
  const obstacle = steps === 0 ? t("noProcess") : errors[0]?.Message;

  const create = async () => {
    setBusy(true);
    setFailure(undefined);
    try {
      const made = await answerAs<{ Version: string }>(
        api.POST("/api/{spaceId}/releases", {
          params: { path: inSpace() },
          body: {
            ProjectId: project.Id ?? "",
            ...(channel && { ChannelId: channel }),
            ...(version.trim() && { Version: version.trim() }),
            ReleaseNotes: notes,
          } as never,
        }),
      );
      queryClient.invalidateQueries({ queryKey: ["releases"] });
      navigate({ to: paths.release(slug, made.Version) });
    } catch (error) {
      setFailure(error);
      setBusy(false);
    }
  };
  useKeys({ "mod+s": () => (missing ?? obstacle) === undefined && create() });

  return (
    <Frame>
      <PageHeader title={t("newRelease")} windowTitle={`${t("newRelease")} · ${project.Name ?? slug}`} />
      {steps === 0 ? (
        <Empty
          text={t("noProcess")}
          action={
            <LinkAction look="primary" to={paths.process(slug)}>
              {t("openProcess")}
            </LinkAction>
          }
        />
      ) : (
        <div className={classes.form}>
          {failure !== undefined && <Refusal error={failure} />}
          {errors.length > 0 && (
            <Banner tone="error" actions={<LinkAction to={paths.process(slug)}>{t("openProcess")}</LinkAction>}>
              <p>{t("problems", { n: errors.length })}</p>
              <ul>
                {errors.map((problem) => (
                  <li key={problem.Message}>{problem.Message}</li>
                ))}
              </ul>
            </Banner>
          )}
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
              value={channel}
              onChange={setChannel}
              allowDeselect={false}
              comboboxProps={{ withinPortal: false }}
            />
          )}
          <Textarea
            label={t("notes")}
            description={t("notesHelp")}
            rows={6}
            value={notes}
            onChange={(event) => setNotes(event.currentTarget.value)}
          />
          <Section title={t("whatIsFrozen")}>
            <ul className="stack" style={{ gap: 4, paddingInlineStart: 16 }}>
              <li>{t("processNow", { version: process.Version ?? 0, n: steps })}</li>
              <li>{t("variablesNow")}</li>
              <li className="muted">{t("later")}</li>
            </ul>
          </Section>
          <div className="row">
            <Action look="primary" busy={isBusy} denied={missing ?? obstacle} onClick={create}>
              {story.createRelease}
            </Action>
          </div>
        </div>
      )}
    </Frame>
  );
}
