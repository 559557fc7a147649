/** Where what an event is about is shown. */
import { type Owner, paths, runbookOf } from "../../paths.ts";
import { numberOf } from "../releases/queries.ts";
import type { Event } from "./queries.ts";

type Related = Pick<Event, "RelatedDocumentIds">;

function relatedOf({ RelatedDocumentIds }: Related, kind: "Projects" | "Runbooks"): string | undefined {
  return RelatedDocumentIds.find((id) => id.startsWith(`${kind}-`));
}

/** The runbook it happened to. */
function runbookIn(event: Related): Owner | undefined {
  const [project, runbook] = [relatedOf(event, "Projects"), relatedOf(event, "Runbooks")];
  return project && runbook && runbookOf(project, runbook);
}

/** Pages by the kind of a document's id: what the page is addressed by is the id, or the name where people write that. */
const pages: Record<
  string,
  (id: string, project: string | undefined, name: string, runbook?: Owner) => string | undefined
> = {
  Projects: (id) => paths.project(id),
  Environments: (id) => paths.environment(id),
  Machines: (id) => paths.target(id),
  Workers: (id) => paths.worker(id),
  Lifecycles: (id) => paths.lifecycle(id),
  Deployments: (id, project) => project && paths.deployment(project, numberOf(id)),
  Runbooks: (_, __, ___, runbook) => runbook && paths.runbook(runbook),
  RunbookSnapshots: (_, __, ___, runbook) => runbook && paths.runbook(runbook),
  RunbookRuns: (id, _, __, runbook) => runbook && paths.deployment(runbook, numberOf(id)),
  ServerTasks: (id) => paths.task(numberOf(id)),
  Releases: (_, project, name) => (project && name ? paths.release(project, name) : undefined),
  "deploymentprocess-Projects": (_, project) => project && paths.process(project),
  "variableset-Projects": (_, project) => project && paths.variables(project),
  "deploymentsettings-Projects": (_, project) => project && paths.projectSettings(project),
  Users: (id) => paths.users({ user: id }),
  Teams: (id) => paths.teams({ team: id }),
};

function pageOf(id: string, event: Related, name: string): string | undefined {
  const kind = id.slice(0, id.lastIndexOf("-"));
  return pages[kind]?.(id, relatedOf(event, "Projects"), name, runbookIn(event));
}

export interface Piece {
  text: string;
  to?: string | undefined;
}

/** The message in pieces, of which those lead somewhere that name something that is still there. */
export function piecesOf(event: Event): Piece[] {
  const { Message: message, RelatedDocumentIds: related } = event;
  const pieces: Piece[] = [];
  let end = 0;
  const places = [...event.MessageReferences].sort((a, b) => a.StartIndex - b.StartIndex);
  for (const { ReferencedDocumentId: id, StartIndex: start, Length: length } of places) {
    const text = message.slice(start, start + length);
    const to = pageOf(id, event, text);
    if (!to || start < end) continue;
    pieces.push({ text: message.slice(end, start) }, { text, to });
    end = start + length;
  }
  pieces.push({ text: message.slice(end) });
  if (pieces.length > 1 || event.Category === "Deleted") return pieces;
  // It names nothing, as in "The process was changed": all of it leads to what it is about.
  return [{ text: message, to: pageOf(related[0] ?? "", event, "") }];
}
