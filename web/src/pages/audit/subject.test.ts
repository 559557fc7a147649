import { expect, test } from "vitest";
import type { Event } from "./queries.ts";
import { piecesOf } from "./subject.ts";

const event = (Message: string, RelatedDocumentIds: string[], names: Record<string, string> = {}): Event => ({
  Id: "Events-1",
  Occurred: "",
  Username: "",
  IdentityEstablishedWith: "",
  IpAddress: "",
  Category: "Modified",
  Details: [],
  ChangeDetails: { Differences: [] },
  Message,
  RelatedDocumentIds,
  MessageReferences: Object.entries(names).map(([ReferencedDocumentId, name]) => ({
    ReferencedDocumentId,
    StartIndex: Message.indexOf(name),
    Length: name.length,
  })),
});

test("what a message names leads there, in the order of the message", () => {
  const names = { "Projects-2": "Web shop", "Releases-7": "1.0.0" };
  const made = event("Release 1.0.0 of Web shop was created", ["Releases-7", "Projects-2"], names);
  expect(piecesOf(made)).toEqual([
    { text: "Release " },
    { text: "1.0.0", to: "/projects/Projects-2/releases/1.0.0" },
    { text: " of " },
    { text: "Web shop", to: "/projects/Projects-2" },
    { text: " was created" },
  ]);
});

test("a message that names nothing leads to what it is about, unless that is gone", () => {
  const changed = event("The variables were changed", ["variableset-Projects-2", "Projects-2"]);
  expect(piecesOf(changed)).toEqual([{ text: "The variables were changed", to: "/projects/Projects-2/variables" }]);
  const deleted = { ...event("Environment Test was deleted", ["Environments-1"]), Category: "Deleted" };
  expect(piecesOf(deleted)).toEqual([{ text: "Environment Test was deleted" }]);
  expect(piecesOf(event("A feed was changed", ["Feeds-1"]))).toEqual([{ text: "A feed was changed", to: undefined }]);
});

test("what happened to a runbook leads to its page, and a run to its own", () => {
  const names = { "Runbooks-3": "Back up" };
  const changed = event("Runbook Back up was changed", ["Runbooks-3", "Projects-2"], names);
  expect(piecesOf(changed)[1]).toEqual({ text: "Back up", to: "/projects/Projects-2/runbooks/Runbooks-3" });
  const related = ["RunbookRuns-5", "Projects-2", "Environments-1", "Runbooks-3"];
  expect(piecesOf(event("Run Back up in Test", related))).toEqual([
    { text: "Run Back up in Test", to: "/projects/Projects-2/runbooks/Runbooks-3/runs/5/summary" },
  ]);
});
