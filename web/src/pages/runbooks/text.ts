/** Texts of the pages about runbooks. */
import { messages } from "../../text/messages.ts";

export const t = messages({
  runIn: "Run {runbook} in {environment}",
  short: "{runbook} → {environment}",
  runAgain: "Run again",
});
