/** What somebody who has just made the sample project may try with it, and what of that they have. Kept in the browser, by person. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { meQuery } from "../../api/queries.ts";

export const TRIES = ["openStep", "changeCondition", "createRelease", "watchRun"] as const;
export type Try = (typeof TRIES)[number];

interface Begun {
  project: string;
  tried: Try[];
}

const keyOf = (person: string) => `regatta.begin.${person}`;

function read(person: string): Begun | undefined {
  try {
    return JSON.parse(localStorage.getItem(keyOf(person)) ?? "null") ?? undefined;
  } catch {
    return undefined;
  }
}

function write(person: string, begun: Begun | undefined) {
  try {
    if (begun) localStorage.setItem(keyOf(person), JSON.stringify(begun));
    else localStorage.removeItem(keyOf(person));
  } catch {
    // Without storage the list lasts as long as the page.
  }
}

export function begin(person: string, project: string) {
  write(person, { project, tried: [] });
}

/** The list for this project, if the person has begun with it and not put it away. */
export function useBegun(project: string) {
  const { data: me } = useQuery(meQuery);
  const person = me?.Id ?? "";
  const [, setVersion] = useState(0);
  const begun = person === "" ? undefined : read(person);
  const change = (next: Begun | undefined) => {
    write(person, next);
    setVersion((version) => version + 1);
  };
  if (begun?.project !== project) return undefined;
  return {
    tried: begun.tried,
    mark: (one: Try) => change({ project, tried: [...new Set([...begun.tried, one])] }),
    dismiss: () => change(undefined),
  };
}
