/** Who changed or ran what, when, and what exactly became different. */
import { Select, TextInput } from "@mantine/core";
import { useSuspenseQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { ScrollText } from "lucide-react";
import { environmentsQuery, projectsQuery, queryClient } from "../../api/queries.ts";
import { paths } from "../../paths.ts";
import { type Loading, useAskedValues, useSearchState, useSearchValues } from "../../routing.tsx";
import { Action } from "../../ui/Action.tsx";
import { Page as Frame, PageHeader } from "../../ui/Page.tsx";
import { Pager } from "../../ui/Pager.tsx";
import { Empty } from "../../ui/states.tsx";
import { Age } from "../../ui/Time.tsx";
import { usersSeenQuery } from "../access/queries.ts";
import classes from "./audit.module.css";
import { Differences } from "./Differences.tsx";
import { categoriesQuery, documentTypesQuery, type Event, eventsQuery, PAGE } from "./queries.ts";
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
      <PageHeader title={t("title")} meta={search.about && t("about", { id: search.about })} />
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

function Filters() {
  const { data: categories } = useSuspenseQuery(categoriesQuery);
  const { data: types } = useSuspenseQuery(documentTypesQuery);
  const { data: users } = useSuspenseQuery(usersSeenQuery);
  const { data: projects } = useSuspenseQuery(projectsQuery);
  const { data: environments } = useSuspenseQuery(environmentsQuery);
  return (
    <div className="toolbar">
      <Choice name="category" label={t("category")} all={t("allCategories")} data={categories.map(option)} />
      <Choice name="object" label={t("object")} all={t("allObjects")} data={types.map(option)} />
      {users && (
        <Choice
          name="actor"
          label={t("actor")}
          all={t("anyone")}
          data={users.map((user) => ({ value: user.Id ?? "", label: user.DisplayName || user.Username || "" }))}
        />
      )}
      <Choice name="project" label={t("project")} all={t("allProjects")} data={projects.map(option)} />
      <Choice name="env" label={t("environment")} all={t("allEnvironments")} data={environments.map(option)} />
      <Day name="from" label={t("from")} />
      <Day name="to" label={t("to")} />
    </div>
  );
}

function option(thing: { Id?: string; Name?: string }) {
  return { value: thing.Id ?? "", label: thing.Name ?? "" };
}

/** Sets a filter, and goes back to the first page of what fits it. */
function useFilter(name: string) {
  const search = useAskedValues();
  const navigate = useNavigate();
  const set = (value: string | undefined) => {
    const { skip: _, [name]: __, ...rest } = search;
    navigate({ to: paths.audit({ ...rest, [name]: value }), resetScroll: false });
  };
  return [search[name] ?? "", set] as const;
}

interface ChoiceProps {
  name: string;
  label: string;
  all: string;
  data: { value: string; label: string }[];
}

function Choice({ name, label, all, data }: ChoiceProps) {
  const [value, setValue] = useFilter(name);
  return (
    <Select
      aria-label={label}
      w={170}
      data={[{ value: "", label: all }, ...data]}
      value={value}
      onChange={(next) => setValue(next || undefined)}
      allowDeselect={false}
      searchable={data.length > 8}
      comboboxProps={{ withinPortal: false }}
    />
  );
}

function Day({ name, label }: { name: string; label: string }) {
  const [value, setValue] = useFilter(name);
  return (
    <TextInput
      type="date"
      aria-label={label}
      leftSection={<span className="meta">{label}</span>}
      leftSectionWidth={52}
      w={200}
      value={value}
      onChange={(event) => setValue(event.currentTarget.value || undefined)}
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
            </td>
            <td>
              <div>
                <p>{event.Message}</p>
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
