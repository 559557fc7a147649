import { messages } from "../../text/messages.ts";

export const t = messages({
  signIn: "Sign in",
  username: "Username",
  password: "Password",
  setupTitle: "Set up Regatta",
  setupIntro: "Create the administrator account. The token proves that you may: it is in the file {file}.",
  setupDone: "This server has been set up already.",
  token: "Set-up token",
  passwordRule: "At least {n} characters. Longer is better than complicated.",
  sample: "Create the sample project",
  sampleHelp: "Seven steps in three lanes that only pretend to work: a deployment to watch within minutes.",
  noSample: "The sample project could not be made: {why}",
  createAccount: "Create account",
});
