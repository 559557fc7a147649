/** The frame of a page: its heading, what belongs beside it, and how wide it may grow. */
import type { ReactNode } from "react";
import classes from "./Page.module.css";
import { useDocumentTitle } from "./title.ts";

interface PageProps {
  children: ReactNode;
  /** Graphs, timelines, logs and the dashboard use the whole width. */
  wide?: boolean;
}

export function Page({ children, wide = false }: PageProps) {
  return <div className={wide ? `${classes.page} ${classes.wide}` : classes.page}>{children}</div>;
}

interface PageHeaderProps {
  title: string;
  /** For the window's title; the heading itself when left out. */
  windowTitle?: string;
  /** A line beside or under the heading. */
  meta?: ReactNode;
  actions?: ReactNode;
}

/** The page's `h1`. The shell moves the focus here after a navigation. */
export function PageHeader({ title, windowTitle, meta, actions }: PageHeaderProps) {
  useDocumentTitle(windowTitle ?? title);
  return (
    <header className={classes.header}>
      <div className={classes.titles}>
        <h1 tabIndex={-1}>{title}</h1>
        {meta && <div className={classes.meta}>{meta}</div>}
      </div>
      {actions && <div className={classes.actions}>{actions}</div>}
    </header>
  );
}

interface SectionProps {
  title: string;
  children: ReactNode;
  actions?: ReactNode;
}

export function Section({ title, children, actions }: SectionProps) {
  return (
    <section className={classes.section}>
      <div className={classes.sectionHead}>
        <h2>{title}</h2>
        {actions}
      </div>
      {children}
    </section>
  );
}
