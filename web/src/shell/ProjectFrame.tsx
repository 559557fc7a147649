/** Around the pages of a project: its tab bar. */
import { Link, Outlet, useRouterState } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { paths } from "../paths.ts";
import { useParam } from "../routing.tsx";
import { story } from "../text/story.ts";
import classes from "./shell.module.css";
import { t } from "./text.ts";

function tabs(project: string) {
  return [
    { text: t("overview"), to: paths.project(project), isExact: true },
    { text: story.process, to: paths.process(project) },
    { text: t("variables"), to: paths.variables(project) },
    { text: t("releases"), to: paths.releases(project) },
    { text: t("deployments"), to: paths.deployments(project) },
    { text: t("runbooks"), to: paths.runbooks(project) },
    { text: t("triggers"), to: paths.triggers(project) },
    { text: t("settings"), to: paths.projectSettings(project) },
  ];
}

export function ProjectFrame() {
  const path = useRouterState({ select: (state) => state.location.pathname });
  const bar = useRef<HTMLElement>(null);
  const project = useParam("project");
  // biome-ignore lint/correctness/useExhaustiveDependencies: the current tab changes with the path
  useEffect(() => {
    bar.current?.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
  }, [path]);
  return (
    <>
      <nav ref={bar} className={classes.tabs} aria-label={t("projectTabs")}>
        <ul>
          {tabs(project).map((tab) => {
            const isCurrent = tab.isExact ? path === tab.to : path.startsWith(tab.to);
            return (
              <li key={tab.to}>
                <Link
                  to={tab.to}
                  aria-current={isCurrent ? "page" : undefined}
                  activeOptions={{ exact: tab.isExact ?? false }}
                >
                  {tab.text}
                </Link>
              </li>
            );
          })}
        </ul>
      </nav>
      <Outlet />
    </>
  );
}
