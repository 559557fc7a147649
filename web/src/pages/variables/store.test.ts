import { expect, test } from "vitest";
import { meQuery, queryClient } from "../../api/queries.ts";
import { personLeft } from "../../api/session.ts";
import { draftOf, type VariableSet } from "./draft.ts";
import { keptDraft, setDraft } from "./store.ts";

test("variables that are not saved are of the person who typed them, and gone when somebody else comes", () => {
  const signIn = (Id: string) => queryClient.setQueryData(meQuery.queryKey, { Id } as never);
  const draft = draftOf({ Id: "variableset-Projects-1", Version: 1, Variables: [] } as VariableSet);
  signIn("Users-1");
  setDraft("shop", draft);
  signIn("Users-2");
  expect(keptDraft("shop")).toBeUndefined();
  signIn("Users-1");
  expect(keptDraft("shop")).toBe(draft);
  personLeft();
  expect(keptDraft("shop")).toBeUndefined();
});
