/** What a page of a run says besides the run itself: whose it is, where, and how to do it once more. */
import type { Owner } from "../../paths.ts";
import type { Run } from "./run.ts";

export interface Where {
  /** Whose run it is: a project's, then it is a deployment, or a runbook's. */
  owner: Owner;
  n: string;
  /** Id of the deployment, or of the run of the runbook. */
  id: string;
  /** What is done: the heading. */
  title: string;
  /** The same in short, for the title of the window. */
  short: string;
  project: { Id?: string; Name?: string; ProjectGroupId?: string };
  environment: { Id: string; Name: string };
  /** Id of the variables it uses, as they were frozen. */
  variables: string;
  again: { text: string; permission: string; to: string };
}

export interface TabProps {
  run: Run;
  where: Where;
}
