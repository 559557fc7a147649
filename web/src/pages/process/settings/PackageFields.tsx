/** The package an action is about: the reference without a name. Others that it uses are named. */
import { Select, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import * as edits from "../edits.ts";
import { text } from "../model.ts";
import classes from "./fields.module.css";
import { key } from "./keys.ts";
import { type SectionProps, useEdit } from "./property.ts";
import { feedsQuery } from "./queries.ts";
import { s } from "./settings-text.ts";

export function PackageFields(props: SectionProps) {
  const { editor, step } = props;
  const { data: feeds = [] } = useQuery(feedsQuery);
  const edit = useEdit(props);
  const action = step.Actions[0];
  const own = action?.Packages?.find((known) => !known.Name);
  const id = own?.PackageId ?? text(action?.Properties, key.packageId);
  const feed = own?.FeedId ?? text(action?.Properties, key.packageFeed);
  const builtIn = feeds.find((known) => known.FeedType === "BuiltIn")?.Id ?? "";
  const set = (PackageId: string, FeedId: string, isTyping: boolean) =>
    edit((steps, slug) => edits.setPackage(steps, slug, { PackageId, FeedId }), isTyping);
  const nameOfFeed = (of: string) => feeds.find((known) => known.Id === of)?.Name ?? of;
  const isListed = feed === "" || feeds.some((known) => known.Id === feed);
  const data = [
    ...feeds.map((known) => ({ value: known.Id ?? "", label: known.Name ?? "" })),
    ...(isListed ? [] : [{ value: feed, label: feed }]),
  ];
  const others = (action?.Packages ?? []).filter((known) => known.Name);
  return (
    <>
      <div className={classes.pair}>
        <Select
          label={s("feed")}
          data={data}
          value={feed || null}
          placeholder={s("feedNone")}
          allowDeselect={false}
          readOnly={editor.denied !== undefined}
          comboboxProps={{ withinPortal: false }}
          onChange={(value) => value && set(id, value, false)}
        />
        <TextInput
          label={s("packageId")}
          value={id}
          readOnly={editor.denied !== undefined}
          onChange={(event) => set(event.currentTarget.value, feed || builtIn, true)}
        />
      </div>
      {others.length > 0 && (
        <ul className={classes.plain}>
          {others.map((known) => (
            <li key={known.Name}>
              {s("alsoUses", {
                name: known.Name ?? "",
                id: known.PackageId ?? "",
                feed: nameOfFeed(known.FeedId ?? ""),
              })}
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
