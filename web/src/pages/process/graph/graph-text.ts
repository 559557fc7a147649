import { messages } from "../../../text/messages.ts";

export const g = messages({
  graphOf: "Steps and what they wait for",
  addDependency: "Add dependency…",
  focus: "Only what belongs to it",
  focusOn: "Only what belongs to {name}",
  foldAgain: "Fold",
  unfold: "Show each of them",
  foldName: "{first} … {last}",
  chain: "{n} steps, one after the other",
  stack: "{n} steps beside each other",
  foldSaid: "{name}, {what}; Enter shows each of them",
  line: "{name} waits for {on}",
  lineImplied: "{name} waits for {on}, by its place in the list",
  insert: "Put a step between {on} and {name}",
  remove: "Let {name} no longer wait for {on}",
  cut: "{name} no longer waits for {on}.",
  impliedAbove:
    "{name} runs after previous steps: it waits for every step above it, so {on} alone cannot be taken out.",
  impliedBeside:
    "{name} starts together with the step above it and waits for the same steps, so {on} alone cannot be taken out.",
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
  getsList:
    "{name} starts together with the step above it. This gives it dependencies of its own. Keep waiting for the steps it waits for now, too?",
  keepAll: "Keep all",
  onlyThis: "Only this one",
});
