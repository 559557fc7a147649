import { render } from "@testing-library/react";
import { expect, test } from "vitest";
import { Prose } from "./Prose.tsx";

const html = (text: string) => render(<Prose text={text} />).container.firstElementChild?.innerHTML;

test("headings, lists and paragraphs need no empty lines between them", () => {
  expect(html("## Changes\n- **faster** `sync`\n- see https://example.org\nThat is all.")).toBe(
    "<p><strong>Changes</strong></p>" +
      "<ul><li><strong>faster</strong> <code>sync</code></li>" +
      '<li>see <a href="https://example.org" target="_blank" rel="noreferrer noopener">https://example.org</a></li></ul>' +
      "<p>That is all.</p>",
  );
});

test("whatever else it holds is text", () => {
  expect(html("<img src=x onerror=alert(1)> [a](javascript:alert(1))")).toBe(
    "<p>&lt;img src=x onerror=alert(1)&gt; [a](javascript:alert(1))</p>",
  );
});
