import { messages } from "../../text/messages.ts";

export const k = messages({
  script: "Run a script",
  packagedScript: "Run a script from a package",
  package: "Deploy a package",
  manual: "Manual intervention",
  email: "Send an email",
  healthCheck: "Health check",
  deployRelease: "Deploy a release",
  transfer: "Transfer a package",
  nothing: "Does nothing",
  several: "{n} actions, one after the other",
  scriptAbout: "A script in Bash, Python or PowerShell, on a worker or on targets.",
  packagedScriptAbout: "A file of a package, together with what lies beside it there.",
  packageAbout: "Unpacks a package into a folder of its own on each target and runs the scripts in it.",
  manualAbout: "Waits until a person says whether to go on.",
  firstInstructions: "Say whether to go on.",
});
