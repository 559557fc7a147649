/** What about the variables may be a mistake, and values that come from elsewhere than this project. */

import { Action } from "../../ui/Action.tsx";
import { Section } from "../../ui/Page.tsx";
import { Outcome } from "./Outcome.tsx";
import type { PreviewName, Problem } from "./preview.ts";
import { t } from "./text.ts";
import classes from "./variables.module.css";

interface FindingsProps {
  problems: Problem[];
  denied: string | undefined;
  onAdd: (name: string) => void;
  onShow: (name: string) => void;
}

export function Findings({ problems, denied, onAdd, onShow }: FindingsProps) {
  if (problems.length === 0) return null;
  const unused = problems.filter((problem) => problem.Kind === "Unused");
  const wrong = problems.filter((problem) => problem.Kind !== "Unused");
  return (
    <Section title={t("findings")}>
      <ul className={classes.findings}>
        {wrong.map((problem) => (
          <li key={`${problem.Kind} ${problem.Name}`} data-kind={problem.Kind}>
            <span>{problem.Message}</span>
            {problem.Kind === "Undefined" ? (
              <Action denied={denied} onClick={() => onAdd(problem.Name ?? "")}>
                {t("addNamed", { name: problem.Name ?? "" })}
              </Action>
            ) : (
              <Action look="quiet" onClick={() => onShow(problem.Name ?? "")}>
                {t("show", { name: problem.Name ?? "" })}
              </Action>
            )}
          </li>
        ))}
        {unused.length > 0 && (
          <li data-kind="Unused">
            <span>
              {t("unused")}{" "}
              {unused.map((problem, at) => (
                <span key={problem.Name}>
                  {at > 0 && ", "}
                  <button type="button" className={classes.show} onClick={() => onShow(problem.Name ?? "")}>
                    {problem.Name}
                  </button>
                </span>
              ))}
              . <span className="meta">{t("unusedNote")}</span>
            </span>
          </li>
        )}
      </ul>
    </Section>
  );
}

/** Values of library sets and tenants that take part at the place, which the table of the project does not have. */
export function FromElsewhere({ names }: { names: PreviewName[] }) {
  const rows = names.flatMap((name) =>
    (name.Values ?? [])
      .filter((value) => value.IsHidden || value.Owner?.Kind !== "Project")
      .map((value) => ({ name, value })),
  );
  if (rows.length === 0) return null;
  return (
    <Section title={t("fromElsewhere")}>
      <table className="table stacked">
        <thead>
          <tr>
            <th scope="col">{t("name")}</th>
            <th scope="col">{t("value")}</th>
            <th scope="col">{t("from")}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ name, value }, at) => (
            <tr key={`${name.Name} ${value.Variable?.Id ?? at}`}>
              <td data-label={t("name")}>{name.Name}</td>
              <td data-label={t("value")} className={classes.value}>
                {value.IsHidden ? <span className="muted">{t("hidden")}</span> : <Written value={value} />}
                <Outcome name={name} value={value} />
              </td>
              <td data-label={t("from")}>{value.Owner?.Name ?? "—"}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Section>
  );
}

function Written({ value }: { value: NonNullable<PreviewName["Values"]>[number] }) {
  if (value.Variable?.IsSensitive) return <span className="muted">{t("sensitive")}</span>;
  return <span className="mono">{value.Variable?.Value || t("emptyValue")}</span>;
}
