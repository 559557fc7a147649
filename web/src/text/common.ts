/** Texts that more than one area shows. The strings of the seed story are frozen: see story.ts. */
import { messages } from "./messages.ts";

export const common = messages({
  product: "Regatta",
  retry: "Retry",
  cancel: "Cancel",
  close: "Close",
  copy: "Copy",
  copied: "Copied",
  copyDetails: "Copy details",
  undo: "Undo",
  redo: "Redo",
  loading: "Loading",
  requestId: "Request {id}",
  needs: "Needs {permission}. {ask}",
  needsIn: "Needs {permission} in {place}. {ask}",
  askTeams: "Ask: {teams}",
  askAdmin: "Ask an administrator.",
  failedToLoad: "{what} could not be loaded",
  stillWorks: "The rest of the portal still works.",
  notFound: "Nothing was found here",
  notFoundText: "It does not exist, was deleted, or you are not allowed to know of it.",
  toDashboard: "Go to the dashboard",
  denied: "You may not see this",
  asOf: "as of {time}",
  unreachable: "The server cannot be reached. Check the connection, then retry.",
});
