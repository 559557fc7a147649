/** The pages of the story in every theme and width: its words are there once, nothing scrolls sideways, nothing fails axe. `SHOTS=1` keeps the pictures. */
import type { Browser, Page } from "playwright-core";
import { expect, test } from "vitest";
import { axeColours, axeProblems, expectCount, expectFits, openPage, shot, signIn } from "./browser.ts";
import type { Role } from "./hands.ts";
import { PATIENCE_MS } from "./patience.ts";
import { admin, type Server, seed } from "./server.ts";
import { ended } from "./webshop.ts";
import { inWorld } from "./world.ts";

const SPACE = "/api/Spaces-1";
let browser: Browser;
let server: Server;
let pages: Looked[];
inWorld(async (world) => {
  ({ browser, server } = world);
  await seed(server, "--complete");
  const shop = await server.call<{ Id: string }>("GET", `${SPACE}/projects/web-shop`);
  const release = (Version: string) =>
    server.call<{ Id: string }>("POST", `${SPACE}/releases`, { ProjectId: shop.Id, Version });
  const [{ Id: ReleaseId }] = [await release("1.0.0"), await release("1.1.0")];
  const environments = await server.call<{ Id: string; Name: string }[]>("GET", `${SPACE}/environments/all`);
  const made = await server.call<{ Id: string; TaskId: string }>("POST", `${SPACE}/deployments`, {
    ReleaseId,
    EnvironmentId: environments.find(({ Name }) => Name === "Test")?.Id,
  });
  await ended(server, made.TaskId);
  pages = looked(made.Id.replace(/^.*-/, ""));
});

interface Looked {
  name: string;
  address: string;
  /** What must be there before one looks. */
  ready: Role;
  /** The literal words of the story, each once and with its role. */
  words: [Role, string][];
}

const ofStep: [Role, string][] = [
  ["heading", "Step settings: Deploy API"],
  ["region", "Run Condition"],
  ["radio", "Run after previous steps"],
  ["radio", "Run in parallel with other steps"],
  ["region", "Dependencies"],
  ["combobox", "Add step"],
  ["button", "Save"],
];
const ofRun: [Role, string][] = [
  ["link", "Task summary"],
  ["link", "Graph"],
  ["link", "Timeline"],
  ["link", "Task log"],
];

const looked = (n: string): Looked[] => [
  {
    name: "list",
    address: "/projects/web-shop-complete/process?step=deploy-web",
    ready: "treegrid",
    words: [["heading", "Deployment process"]],
  },
  { name: "graph", address: "/projects/web-shop-complete/process?view=graph", ready: "listbox", words: [] },
  { name: "split", address: "/projects/web-shop/process?view=split&step=deploy-api", ready: "listbox", words: [] },
  { name: "step", address: "/projects/web-shop/process/steps/deploy-api", ready: "combobox", words: ofStep },
  { name: "new-step", address: "/projects/web-shop/process/new", ready: "radio", words: [] },
  {
    name: "releases",
    address: "/projects/web-shop/releases",
    ready: "table",
    words: [["button", "Create release"]],
  },
  {
    name: "release",
    address: "/projects/web-shop/releases/1.1.0",
    ready: "button",
    words: [["button", "Deploy to Test"]],
  },
  {
    name: "deploy",
    address: "/projects/web-shop/releases/1.1.0/deploy?env=test",
    ready: "list",
    words: [["button", "Deploy"]],
  },
  {
    name: "summary",
    address: `/projects/web-shop/deployments/${n}/summary`,
    ready: "treegrid",
    words: ofRun,
  },
];

const widths = [390, 1024, 1440, 2560];

test.each(["light", "dark", "contrast"])("%s", { timeout: 15 * PATIENCE_MS }, async (theme) => {
  const { page, problems } = await openPage(browser, server, {
    colorScheme: theme === "light" ? "light" : "dark",
    contrast: theme === "contrast" ? "more" : "no-preference",
  });
  await signIn(page, admin, "/projects");
  for (const { name, address, ready, words } of pages) {
    for (const width of widths) {
      await page.setViewportSize({ width, height: 900 });
      if (width === widths[0]) await page.goto(address);
      await page.getByRole(ready).first().waitFor();
      await shot(page, `${name}-${width}-${theme}`);
      await expectFits(page, `${name} at ${width} px`);
      const tabs = page.getByRole("navigation", { name: "Project tabs" });
      await expectCount(tabs.getByRole("link", { name: "Process", exact: true }), 1, `the tab on ${name}`);
      for (const [role, word] of words) {
        const found = page.getByRole(role, { name: word, exact: true });
        await expectCount(found, 1, `${role} "${word}" of ${name} at ${width} px`);
      }
      // What is not of colour is the same in every theme.
      const found = await (theme === "light" ? axeProblems(page) : axeColours(page));
      expect(found, `${name} at ${width} px`).toEqual([]);
    }
  }
  expect(problems).toEqual([]);
});

const narrow = [
  "/",
  "/projects",
  "/projects/web-shop",
  "/projects/web-shop/process",
  "/projects/web-shop/process/steps/deploy-web",
  "/projects/web-shop/releases/new",
  "/projects/web-shop/variables",
  "/projects/web-shop/settings",
  "/tasks",
  "/attention",
  "/environments",
  "/targets",
  "/settings/users",
  "/audit",
];

/** The distances of WCAG 1.4.12. */
const spaced =
  "* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important; } p { margin-block-end: 2em !important; }";

/** Every text four tenths longer, as other languages are. */
function lengthen() {
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let text = texts.nextNode(); text; text = texts.nextNode()) {
    const words = text.nodeValue?.trim() ?? "";
    // Initials and numbers are no words.
    if (words.length > 2) text.nodeValue = `${text.nodeValue} ${"ëxtrå ".repeat(Math.ceil((words.length * 0.4) / 6))}`;
  }
}

/**
 * Texts that lie over each other; runs in the page. What is cut off or scrolled away covers nothing, and what floats
 * over the page by intention (sticky bars, menus) is not looked at.
 */
function covered(): string[] {
  const isFloating = (of: Element | null): boolean => {
    if (!of || of === document.body) return false;
    return /sticky|fixed/.test(getComputedStyle(of).position) || isFloating(of.parentElement);
  };
  /** What of a line of text is in view, seen through every box that cuts it. */
  const seen = (text: Text, line: DOMRect): DOMRect | undefined => {
    let { left, right, top, bottom } = line;
    for (let of = text.parentElement; of; of = of.parentElement) {
      const style = getComputedStyle(of);
      if (style.visibility === "hidden" || style.opacity === "0" || style.clipPath !== "none") return undefined;
      if (style.overflow === "visible") continue;
      const box = of.getBoundingClientRect();
      [left, right] = [Math.max(left, box.left), Math.min(right, box.right)];
      [top, bottom] = [Math.max(top, box.top), Math.min(bottom, box.bottom)];
    }
    return right - left > 3 && bottom - top > 3 ? new DOMRect(left, top, right - left, bottom - top) : undefined;
  };
  const walker = document.createTreeWalker(document.querySelector("main") ?? document.body, NodeFilter.SHOW_TEXT);
  const all: { text: string; of: Node; box: DOMRect }[] = [];
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const text = node.nodeValue?.trim() ?? "";
    const of = node.parentElement;
    // What is closed, such as details, has a place all the same.
    if (
      text === "" ||
      !of?.checkVisibility() ||
      isFloating(of) ||
      of.closest("svg, [aria-hidden=true], option, textarea")
    )
      continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    // Line by line: two texts of one paragraph share none.
    for (const line of range.getClientRects()) {
      const box = seen(node as Text, line);
      if (box) all.push({ text: text.slice(0, 40), of: node, box });
    }
  }
  const found: string[] = [];
  for (const [at, a] of all.entries()) {
    for (const b of all.slice(at + 1)) {
      // What is cut with an ellipsis is reported twice.
      if (a.of === b.of) continue;
      const across = Math.min(a.box.right, b.box.right) - Math.max(a.box.left, b.box.left);
      const down = Math.min(a.box.bottom, b.box.bottom) - Math.max(a.box.top, b.box.top);
      // Lines of one paragraph touch.
      if (across > 3 && down > 5)
        found.push(`"${a.text}" and "${b.text}" by ${Math.round(across)}×${Math.round(down)}`);
    }
  }
  return found;
}

async function expectApart(page: Page, what: string) {
  await expect.poll(() => page.evaluate(covered), { message: what }).toEqual([]);
}

test("at 320 px nothing scrolls sideways: as it is, from right to left, with wide distances, and in longer words", {
  timeout: 15 * PATIENCE_MS,
}, async () => {
  // Only so that the test may bring a style of its own.
  const { page, problems } = await openPage(browser, server, {
    viewport: { width: 320, height: 640 },
    bypassCSP: true,
  });
  await signIn(page, admin, "/projects");
  for (const address of narrow) {
    await page.goto(address);
    await page.getByRole("heading", { level: 1 }).waitFor();
    await expectFits(page, address);
    await expectApart(page, address);
    await page.evaluate(() => document.documentElement.setAttribute("dir", "rtl"));
    await expectFits(page, `${address} from right to left`);
    await expectApart(page, `${address} from right to left`);
    await page.evaluate(() => document.documentElement.removeAttribute("dir"));
    const style = await page.addStyleTag({ content: spaced });
    await expectFits(page, `${address} with wide distances`);
    await expectApart(page, `${address} with wide distances`);
    await style.evaluate((tag) => tag.parentNode?.removeChild(tag));
    await page.evaluate(lengthen);
    await expectFits(page, `${address} in longer words`);
    await expectApart(page, `${address} in longer words`);
    // What lies fixed over the page makes it no wider; it has to be in view by itself.
    for (const button of await page.getByRole("button", { name: /^(Save|Undo|Redo|Review changes)/ }).all()) {
      const end = async () => {
        const box = await button.boundingBox();
        return box ? box.x + box.width : 0;
      };
      await expect.poll(end, { message: address }).toBeLessThanOrEqual(320);
    }
  }
  expect(problems).toEqual([]);
});
