/** One narrow column, for the pages before one is inside. */
import type { ReactNode } from "react";
import { PageHeader } from "../../ui/Page.tsx";
import classes from "./session.module.css";

export function SessionFrame({ title, children }: { title: string; children: ReactNode }) {
  return (
    <main className={classes.frame}>
      <div className={classes.box}>
        <div className={classes.brand}>
          <img src="/favicon.svg" alt="" width={28} height={28} />
          <span>Regatta</span>
        </div>
        <PageHeader title={title} />
        {children}
      </div>
    </main>
  );
}
