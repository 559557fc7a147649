/** Texts of the variables, artifacts and history of a run. */
import { messages } from "../../../text/messages.ts";

export const t = messages({
  variables: "The variables as they were when the release was made.",
  variablesOfSnapshot: "The variables as they were when the snapshot was taken.",
  noVariablesOfSnapshot: "The snapshot was taken without variables.",
  variablesOf: "Variables",
  noVariables: "The release was made without variables.",
  name: "Name",
  value: "Value",
  scope: "Scope",
  everywhere: "everywhere",
  sensitive: "••••••••",
  artifacts: "Artifacts",
  noArtifacts: "No script has handed over a file. Scripts do so with new_octopusartifact.",
  created: "Created",
  what: "What happened",
  by: "By",
  when: "When",
  history: "History",
  noHistory: "Nothing is recorded yet.",
});
