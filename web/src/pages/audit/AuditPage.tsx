/** Who changed or ran what, when, and what exactly became different. */
import { Menu, TextInput } from "@mantine/core";
import { useSuspenseQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { Download, ScrollText } from "lucide-react";
import { environmentsQuery, projectsQuery, queryClient } from "../../api/queries.ts";
import { paths } from "../../paths.ts";
import { type Loading, useAskedValues, useSearchState, useSearchValues } from "../../routing.tsx";
import { Action } from "../../ui/Action.tsx";
import { Choice, option } from "../../ui/Choice.tsx";
import { Page as Frame, PageHeader } from "../../ui/Page.tsx";
import { Pager } from "../../ui/Pager.tsx";
import { Empty } from "../../ui/states.tsx";
import { Age } from "../../ui/Time.tsx";
import { usersSeenQuery } from "../access/queries.ts";
import classes from "./audit.module.css";
import { Differences } from "./Differences.tsx";
import { categoriesQuery, documentTypesQuery, type Event, eventsQuery, exportPath, PAGE } from "./queries.ts";
import { piecesOf } from "./subject.ts";
import { t } from "./text.ts";

export const load = ({ search }: Loading) =>
  Promise.all([
    queryClient.ensureQueryData(eventsQuery(search)),
    queryClient.ensureQueryData(categoriesQuery),
    queryClient.ensureQueryData(documentTypesQuery),
    queryClient.ensureQueryData(usersSeenQuery),
    queryClient.ensureQueryData(projectsQuery),
    queryClient.ensureQueryData(environmentsQuery),
  ]);

export function Page() {
  const search = useSearchValues();
  const { data: events } = useSuspenseQuery(eventsQuery(search));
  const navigate = useNavigate();
  const [from, setSkip] = useSearchState("skip", "");
  const isFiltered = Object.keys(search).some((key) => key !== "skip");
  return (
    <Frame>
      <PageHeader
        title={t("title")}
        meta={search.about && t("about", { id: search.about })}
        actions={events.Items.length > 0 && <Export search={search} />}
      />
      <div className="stack">
        <Filters />
        {events.Items.length === 0 ? (
          <Empty
            icon={<ScrollText size={24} strokeWidth={1.5} aria-hidden />}
            text={t(isFiltered ? "nothing" : "empty")}
            more={
              isFiltered && (
                <Action look="quiet" onClick={() => navigate({ to: paths.audit() })}>
                  {t("clear")}
                </Action>
              )
            }
          />
        ) : (
          <EventTable events={events.Items} />
        )}
      </div>
      <Pager
        from={Number(from || 0)}
        size={PAGE}
        total={events.TotalResults}
        onMove={(to) => setSkip(to ? String(to) : undefined)}
      />
    </Frame>
  );
}

/** What fits the filters, all pages of it, as a file. */
function Export({ search }: { search: Record<string, string | undefined> }) {
  return (
    <Menu position="bottom-end" width={200}>
      <Menu.Target>
        <Action icon={<Download size={16} strokeWidth={1.6} aria-hidden />}>{t("export")}</Action>
      </Menu.Target>
      <Menu.Dropdown>
        {(["csv", "jsonl"] as const).map((format) => (
          <Menu.Item key={format} component="a" href={exportPath(search, format)} download>
            {t(format)}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

function Filters() {
  const { data: categories } = useSuspenseQuery(categoriesQuery);
  const { data: types } = useSuspenseQuery(documentTypesQuery);
  const { data: users } = useSuspenseQuery(usersSeenQuery);
  const { data: projects } = useSuspenseQuery(projectsQuery);
  const { data: environments } = useSuspenseQuery(environmentsQuery);
  const choices = [
    { ...useFilter("category"), label: t("category"), all: t("allCategories"), data: categories.map(option) },
    { ...useFilter("object"), label: t("object"), all: t("allObjects"), data: types.map(option) },
    { ...useFilter("actor"), label: t("actor"), all: t("anyone"), data: (users ?? []).map(person) },
    { ...useFilter("project"), label: t("project"), all: t("allProjects"), data: projects.map(option) },
    { ...useFilter("env"), label: t("environment"), all: t("allEnvironments"), data: environments.map(option) },
  ];
  return (
    <div className="toolbar">
      {choices
        .filter(({ data }) => data.length > 0)
        .map((choice) => (
          <Choice key={choice.label} width={150} {...choice} />
        ))}
      <Day name="from" label={t("from")} />
      <Day name="to" label={t("to")} />
    </div>
  );
}

function person(user: { Id?: string; DisplayName?: string; Username?: string }) {
  return { value: user.Id ?? "", label: user.DisplayName || user.Username || "" };
}

/** Sets a filter, and goes back to the first page of what fits it. */
function useFilter(name: string) {
  const search = useAskedValues();
  const navigate = useNavigate();
  const set = (value: string | undefined) => {
    const { skip: _, [name]: __, ...rest } = search;
    navigate({ to: paths.audit({ ...rest, [name]: value }), resetScroll: false });
  };
  return { value: search[name] ?? "", onChange: set };
}

function Day({ name, label }: { name: string; label: string }) {
  const { value, onChange } = useFilter(name);
  return (
    <TextInput
      type="date"
      aria-label={label}
      leftSection={<span className="meta">{label}</span>}
      leftSectionWidth={52}
      w={176}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value || undefined)}
    />
  );
}

function EventTable({ events }: { events: Event[] }) {
  return (
    <table className={`table stacked ${classes.events}`}>
      <thead>
        <tr>
          <th>{t("when")}</th>
          <th>{t("who")}</th>
          <th>{t("what")}</th>
        </tr>
      </thead>
      <tbody>
        {events.map((event) => (
          <tr key={event.Id}>
            <td data-label={t("when")}>
              <Age at={event.Occurred} />
            </td>
            <td data-label={t("who")}>
              {event.Username}
              {event.IdentityEstablishedWith && <span className="meta">{` ${event.IdentityEstablishedWith}`}</span>}
              {event.IpAddress && <span className="meta mono">{` ${event.IpAddress}`}</span>}
            </td>
            <td>
              <div>
                <p>
                  {piecesOf(event).map(({ text, to }) =>
                    to ? (
                      <Link key={text + to} to={to}>
                        {text}
                      </Link>
                    ) : (
                      text
                    ),
                  )}
                </p>
                {event.Details.length > 0 && (
                  <ul className={classes.details}>
                    {event.Details.map((detail) => (
                      <li key={detail}>{detail}</li>
                    ))}
                  </ul>
                )}
                <Differences differences={event.ChangeDetails.Differences} />
              </div>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
