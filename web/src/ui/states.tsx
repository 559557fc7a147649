/** What a page or panel shows instead of its content: nothing yet, not found, denied, or failed. */
import { FileQuestion, Lock, RotateCw, TriangleAlert } from "lucide-react";
import { type ReactNode, useState } from "react";
import { asApiError, errorDetails } from "../api/errors.ts";
import { paths } from "../paths.ts";
import { common } from "../text/common.ts";
import { Action, LinkAction } from "./Action.tsx";
import { toClipboard } from "./clipboard.ts";
import { Page, PageHeader } from "./Page.tsx";
import classes from "./states.module.css";

interface EmptyProps {
  /** One sentence on what goes here. */
  text: ReactNode;
  icon?: ReactNode;
  /** One primary button or link. */
  action?: ReactNode;
  /** A link to the guide, or "Clear filter". */
  more?: ReactNode;
}

export function Empty({ text, icon, action, more }: EmptyProps) {
  return (
    <div className={classes.empty}>
      {icon && <span className={classes.icon}>{icon}</span>}
      <p>{text}</p>
      {(action || more) && (
        <div className="row">
          {action}
          {more}
        </div>
      )}
    </div>
  );
}

interface ErrorPanelProps {
  /** What failed, such as "The releases", unless that is the heading of the page. */
  what?: string;
  error: unknown;
  retry?: () => void;
}

/** A panel that failed; the rest of the page goes on. */
export function ErrorPanel({ what, error, retry }: ErrorPanelProps) {
  const known = asApiError(error);
  return (
    <div className={classes.error} role="alert">
      <TriangleAlert size={16} strokeWidth={1.75} aria-hidden />
      <div className={classes.errorText}>
        {what && <strong>{common("failedToLoad", { what })}</strong>}
        <p>{known.message}</p>
        {known.errors.length > 1 && (
          <ul>
            {known.errors.map((problem) => (
              <li key={problem}>{problem}</li>
            ))}
          </ul>
        )}
        {known.help && <p className="muted">{known.help}</p>}
        {known.requestId && <p className="meta mono">{common("requestId", { id: known.requestId })}</p>}
      </div>
      <div className="row">
        {retry && (
          <Action icon={<RotateCw size={14} aria-hidden />} onClick={retry}>
            {common("retry")}
          </Action>
        )}
        <CopyAction text={errorDetails(known)}>{common("copyDetails")}</CopyAction>
      </div>
    </div>
  );
}

export function CopyAction({ text, children }: { text: string; children: ReactNode }) {
  const [said, setSaid] = useState<"copied" | "notCopied">();
  const copy = async () => {
    setSaid((await toClipboard(text)) ? "copied" : "notCopied");
    setTimeout(() => setSaid(undefined), 2_000);
  };
  return (
    <Action look="quiet" onClick={copy}>
      {said ? common(said) : children}
    </Action>
  );
}

/** A page whose data could not be read: denied, not found, or failed. */
export function PageError({ error, retry }: { error: unknown; retry: () => void }) {
  const known = asApiError(error);
  if (known.status === 404) return <NotFound />;
  if (known.status === 403) {
    return (
      <Page>
        <PageHeader title={common("denied")} />
        <Empty
          icon={<Lock size={24} strokeWidth={1.5} aria-hidden />}
          text={[known.message, known.help].filter(Boolean).join(" ")}
          action={<LinkAction to={paths.dashboard()}>{common("toDashboard")}</LinkAction>}
        />
      </Page>
    );
  }
  return (
    <Page>
      <PageHeader title={common("failedToLoad", { what: common("thisPage") })} meta={common("stillWorks")} />
      <ErrorPanel error={error} retry={retry} />
    </Page>
  );
}

/** For somebody who was made a user and nothing more. */
export function NoTeam() {
  return (
    <Page>
      <PageHeader title={common("denied")} />
      <Empty icon={<Lock size={24} strokeWidth={1.5} aria-hidden />} text={common("noTeam")} />
    </Page>
  );
}

export function NotFound() {
  return (
    <Page>
      <PageHeader title={common("notFound")} />
      <Empty
        icon={<FileQuestion size={24} strokeWidth={1.5} aria-hidden />}
        text={common("notFoundText")}
        action={<LinkAction to={paths.dashboard()}>{common("toDashboard")}</LinkAction>}
      />
    </Page>
  );
}

/** Lines of the final geometry while a page loads. */
export function Skeleton({ lines = 6 }: { lines?: number }) {
  const widths = ["92%", "78%", "85%", "64%", "88%", "71%"];
  return (
    <div className={classes.skeleton} role="status" aria-label={common("loading")}>
      {Array.from({ length: lines }, (_, line) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the lines never change
        <span key={line} style={{ inlineSize: widths[line % widths.length] }} />
      ))}
    </div>
  );
}

export function PageSkeleton() {
  return (
    <Page>
      <div className={classes.titleSkeleton} />
      <Skeleton lines={8} />
    </Page>
  );
}

interface BannerProps {
  tone?: "info" | "warning" | "error";
  children: ReactNode;
  actions?: ReactNode;
}

/** A message at the place it is about. */
export function Banner({ tone = "info", children, actions }: BannerProps) {
  return (
    <div className={`${classes.banner} ${classes[tone]}`} role={tone === "error" ? "alert" : "status"}>
      <div className={classes.bannerText}>{children}</div>
      {actions && <div className="row">{actions}</div>}
    </div>
  );
}
