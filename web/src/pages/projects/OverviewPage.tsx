/** A project at a glance: how far its releases have come, and its process. */
import { useSuspenseQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Package } from "lucide-react";
import { useDenied } from "../../api/can.ts";
import { projectQuery, queryClient } from "../../api/queries.ts";
import { paths } from "../../paths.ts";
import { type Loading, useParam } from "../../routing.tsx";
import { story } from "../../text/story.ts";
import { LinkAction } from "../../ui/Action.tsx";
import { Page as Frame, PageHeader, Section } from "../../ui/Page.tsx";
import { Banner, Empty } from "../../ui/states.tsx";
import { progressionQuery } from "../releases/queries.ts";
import { isBroad, ReleaseTable } from "../releases/ReleasesPage.tsx";
import { ProcessCard } from "./ProcessCard.tsx";
import classes from "./projects.module.css";
import { t } from "./text.ts";

const SHOWN_MAX = 10;

export const load = ({ params }: Loading) => queryClient.ensureQueryData(progressionQuery(params.project ?? ""));

export function Page() {
  const slug = useParam("project");
  const { data: project } = useSuspenseQuery(projectQuery(slug));
  const { data: progression } = useSuspenseQuery(progressionQuery(slug));
  const denied = useDenied("ReleaseCreate", { project });
  const create = (
    <LinkAction look="primary" to={paths.newRelease(slug)} denied={denied} isButton mark="create">
      {story.createRelease}
    </LinkAction>
  );
  const { Releases: releases, Environments: environments } = progression;
  return (
    <Frame wide={isBroad(environments)}>
      <PageHeader title={project.Name ?? slug} actions={create} />
      {project.IsDisabled && <Banner tone="warning">{t("disabledText")}</Banner>}
      {project.Description && <p className="muted">{project.Description}</p>}
      <div className={classes.overview}>
        <Section
          title={t("releases")}
          actions={releases.length > SHOWN_MAX && <Link to={paths.releases(slug)}>{t("allReleases")}</Link>}
        >
          {releases.length === 0 ? (
            <Empty icon={<Package size={24} strokeWidth={1.5} aria-hidden />} text={t("noReleases")} />
          ) : (
            <ReleaseTable project={slug} environments={environments} rows={releases.slice(0, SHOWN_MAX)} />
          )}
        </Section>
        <ProcessCard project={project} />
      </div>
    </Frame>
  );
}
