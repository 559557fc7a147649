import { messages } from "../../text/messages.ts";

export const g = messages({
  graphOf: "Steps and what they wait for",
  addDependency: "Add dependency…",
  focus: "Only what belongs to it",
  smaller: "Smaller",
  larger: "Larger",
  fit: "Fit",
  cancel: "Cancel",
  selectFirst: "Select a step first.",
  pickWaitedFor: "Choose the step that {name} should wait for.",
  pickWaiting: "Choose the step that should wait for {name}.",
  itself: "A step cannot wait for itself.",
  already: "It already waits for {name}.",
  covered: "{name} waits for all steps above it, {on} among them. Nothing was added.",
  switches:
    "This switches {name} to Run in parallel with other steps. Keep waiting for the steps it waits for now, too?",
  keepAll: "Keep all",
  onlyThis: "Only this one",
});
