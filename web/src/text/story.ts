/**
 * The words of the seed story. They are a contract: never paraphrase, re-case or move them. A test compares them
 * with what the pages show.
 */
export const story = {
  process: "Process",
  deploymentProcess: "Deployment process",
  stepSettings: "Step settings: {name}",
  runCondition: "Run Condition",
  runAfterPrevious: "Run after previous steps",
  runInParallel: "Run in parallel with other steps",
  dependencies: "Dependencies",
  dependenciesHelp: "Steps that must complete before this step can run",
  addStep: "Add step",
  save: "Save",
  saved: "Saved · version {version}",
  createRelease: "Create release",
  deployTo: "Deploy to {environment}",
  deploy: "Deploy",
  taskSummary: "Task summary",
  graph: "Graph",
  timeline: "Timeline",
  taskLog: "Task log",
} as const;
