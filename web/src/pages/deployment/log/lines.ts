/** Reading the log of a run by ranges. */
import { answerAs, api, inSpace } from "../../../api/client.ts";

export interface Line {
  Number: number;
  OccurredAt: string;
  Category: string;
  MessageText: string;
  StepSlug?: string | null;
  ActionSlug?: string | null;
  MachineId?: string | null;
  Attempt?: number | null;
}

export interface Filter {
  step?: string;
  target?: string;
  attempt?: string;
  level?: string;
}

export interface Lines {
  Lines: Line[];
  LastNumber: number;
  Damaged: { From: number; To: number }[];
}

type Range = { from: number } | { before: number } | { tail: true };

export function readLines(task: string, filter: Filter, range: Range, take: number): Promise<Lines> {
  const query = Object.fromEntries(
    Object.entries({ ...filter, ...range, take }).map(([key, value]) => [key, String(value)]),
  );
  const params = { path: inSpace({ id: task }), query };
  return answerAs<Lines>(api.GET("/api/{spaceId}/tasks/{id}/log", { params } as never) as never);
}

/** How much is read at once, of what is shown first. */
export const PAGE = 500;
const AHEAD_MS = 5_000;

let ahead: { task: string; lines: Promise<Lines>; until: number } | undefined;

/** Asks for the end of a log before the page that will show it is there. */
export function readAhead(task: string) {
  const lines = readLines(task, {}, { tail: true }, PAGE);
  // Who takes it is told.
  lines.catch(() => undefined);
  ahead = { task, lines, until: Date.now() + AHEAD_MS };
}

/** What was asked for ahead, once, and only while it is new. */
export function takeAhead(task: string): Promise<Lines> | undefined {
  const taken = ahead;
  ahead = undefined;
  return taken?.task === task && Date.now() < taken.until ? taken.lines : undefined;
}

export interface Found {
  Total: number;
  Numbers: number[];
  IsComplete: boolean;
}

export interface Sought {
  text: string;
  isRegex: boolean;
  isCase: boolean;
}

const HITS_MAX = 10_000;

export function searchLines(task: string, filter: Filter, sought: Sought): Promise<Found> {
  const query = {
    ...filter,
    text: sought.text,
    take: String(HITS_MAX),
    ...(sought.isRegex && { regex: "true" }),
    ...(sought.isCase && { case: "true" }),
  };
  const params = { path: inSpace({ id: task }), query };
  return answerAs<Found>(api.GET("/api/{spaceId}/tasks/{id}/log/search", { params } as never) as never);
}

export interface Summary {
  LastNumber: number;
  Streams: {
    StepSlug: string;
    MachineId?: string | null;
    Lines: number;
    Errors: number;
    FirstErrorNumber?: number | null;
  }[];
}

export function readSummary(task: string): Promise<Summary> {
  const params = { path: inSpace({ id: task }) };
  return answerAs<Summary>(api.GET("/api/{spaceId}/tasks/{id}/log/summary", { params }));
}
