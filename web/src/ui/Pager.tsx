/** Leads through a long list a page at a time. */
import { common } from "../text/common.ts";
import { Action } from "./Action.tsx";

interface PagerProps {
  from: number;
  size: number;
  total: number;
  onMove: (from: number) => void;
}

export function Pager({ from, size, total, onMove }: PagerProps) {
  if (total <= size) return null;
  const to = Math.min(total, from + size);
  return (
    <nav className="row" style={{ justifyContent: "flex-end", marginBlockStart: 12 }} aria-label={common("pages")}>
      <span className="muted number">{common("range", { from: from + 1, to, total })}</span>
      <Action denied={from === 0 ? common("isFirstPage") : undefined} onClick={() => onMove(Math.max(0, from - size))}>
        {common("previousPage")}
      </Action>
      <Action denied={to === total ? common("isLastPage") : undefined} onClick={() => onMove(from + size)}>
        {common("nextPage")}
      </Action>
    </nav>
  );
}
