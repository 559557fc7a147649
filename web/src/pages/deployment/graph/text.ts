/** Texts of the graph of a run. */
import { messages } from "../../../text/messages.ts";

export const t = messages({
  graph: "Graph of the deployment",
  graphOfRun: "Graph of the run",
  fit: "Fit",
  larger: "Larger",
  smaller: "Smaller",
  waitsNothing: "Waits for nothing.",
  waits: "Waits for {steps}.",
  openLog: "Open log",
  notYet: "The graph is drawn when it leaves the queue.",
  solid: "solid: complete",
  dashed: "dashed: still waited for",
});
