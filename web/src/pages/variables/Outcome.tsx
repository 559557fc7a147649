/** What became of a value at the place one looks at, and why; and who uses a name. */
import { Link } from "@tanstack/react-router";
import { Check, TriangleAlert, X } from "lucide-react";
import { paths } from "../../paths.ts";
import type { PreviewName, PreviewValue, Use } from "./preview.ts";
import { t } from "./text.ts";
import classes from "./variables.module.css";

const icons = { Wins: Check, Beaten: X, Elsewhere: X, Ambiguous: TriangleAlert };

interface OutcomeProps {
  value: PreviewValue;
  name: PreviewName;
}

export function Outcome({ value, name }: OutcomeProps) {
  const verdict = name.IsAmbiguous && value.Verdict === "Wins" ? "Ambiguous" : (value.Verdict ?? "Elsewhere");
  const Icon = icons[verdict];
  const wins = value.Verdict === "Wins";
  const written = value.Variable?.Value ?? "";
  return (
    <span className={classes.outcome} data-verdict={verdict}>
      <Icon size={14} strokeWidth={1.75} aria-hidden />
      <span>
        <strong>{t(value.Verdict ?? "Elsewhere")}</strong> {value.Because}
        {wins && name.Error && <span className={classes.broken}>{name.Error}</span>}
        {wins && name.Evaluated != null && name.Evaluated !== written && (
          <span className={classes.evaluated}>
            {t("evaluated")} <code>{name.Evaluated || t("emptyValue")}</code>
          </span>
        )}
        {wins && name.IsSensitive && !value.Variable?.IsSensitive && (
          <span className={classes.evaluated}>{t("evaluatedSecret")}</span>
        )}
        {wins && (name.Unresolved?.length ?? 0) > 0 && (
          <span className={classes.evaluated}>{t("unresolved", { names: name.Unresolved?.join(", ") ?? "" })}</span>
        )}
      </span>
    </span>
  );
}

export function UsedBy({ use, project }: { use: Use | undefined; project: string }) {
  if (!use) return null;
  const steps = use.Steps ?? [];
  const variables = use.Variables ?? [];
  if (steps.length + variables.length === 0) return <span className="muted">{t("notUsed")}</span>;
  return (
    <span className={classes.users}>
      {steps.map((step) => (
        <Link key={step.StepSlug} to={paths.step(project, step.StepSlug ?? "")} title={step.StepName}>
          {step.Number} <span className="visually-hidden">{step.StepName}</span>
        </Link>
      ))}
      {variables.map((name) => (
        <span key={name} className="meta">
          {name}
        </span>
      ))}
    </span>
  );
}
