/** The process of a project as it is stored, and saving the draft of a page. */
import type { Page } from "playwright-core";
import type { Server } from "./server.ts";

export interface StoredStep {
  Slug: string;
  Name: string;
  StartTrigger: string;
  Condition: string;
  Properties: Record<string, string>;
}

export interface StoredProcess {
  Version: number;
  Steps: StoredStep[];
}

export const processPath = (slug: string) => `/api/Spaces-1/projects/${slug}/deploymentprocesses`;

export const stored = (server: Server, slug: string) => server.call<StoredProcess>("GET", processPath(slug));

/** The slugs a step lists as its dependencies; `undefined` when it has no list. */
export async function listOf(server: Server, slug: string, step: string): Promise<string[] | undefined> {
  const { Steps } = await stored(server, slug);
  const list = Steps.find((known) => known.Slug === step)?.Properties["Regatta.Step.DependsOn"];
  return list === undefined ? undefined : (JSON.parse(list) as string[]);
}

/** Saves, and waits until it is. */
export async function save(page: Page) {
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await page
    .getByRole("status")
    .getByText(/^Saved · version \d+$/)
    .waitFor();
}
