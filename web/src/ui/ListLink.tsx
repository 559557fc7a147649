/**
 * A link for long lists. It leads where the router's own leads; but it does not follow the address, which every link of
 * a list would have to be worked out anew for, whenever anything after `?` changes.
 */
import { useRouter } from "@tanstack/react-router";
import type { MouseEvent, ReactNode } from "react";

interface ListLinkProps {
  to: string;
  tabIndex?: number;
  children: ReactNode;
}

export function ListLink({ to, tabIndex, children }: ListLinkProps) {
  const router = useRouter();
  const go = (event: MouseEvent) => {
    const isForBrowser = event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey;
    if (event.defaultPrevented || isForBrowser) return;
    event.preventDefault();
    router.navigate({ to });
  };
  const prepare = () => {
    // What cannot be read ahead is told when one goes there.
    router.preloadRoute({ to }).catch(() => undefined);
  };
  return (
    <a href={to} tabIndex={tabIndex} onClick={go} onPointerDown={prepare}>
      {children}
    </a>
  );
}
