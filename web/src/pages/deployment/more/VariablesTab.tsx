/** The variables a run uses: frozen with its release or snapshot. Sensitive values never reach the browser. */
import { useQuery } from "@tanstack/react-query";
import { answerAs, api, inSpace } from "../../../api/client.ts";
import { Empty, ErrorPanel, Skeleton } from "../../../ui/states.tsx";
import { isOfRunbook } from "../run.ts";
import type { TabProps } from "../where.ts";
import { t } from "./text.ts";

interface Variables {
  Variables: {
    Id: string;
    Name: string;
    Value?: string | null;
    IsSensitive?: boolean;
    Scope?: Record<string, string[]>;
  }[];
  ScopeValues?: Record<string, { Id: string; Name: string }[]>;
}

export default function VariablesTab({ run, where }: TabProps) {
  const id = where.variables;
  const { data, error, refetch } = useQuery({
    queryKey: ["variables", id],
    queryFn: () =>
      answerAs<Variables>(
        api.GET("/api/{spaceId}/variables/{id}", { params: { path: inSpace({ id }) } } as never) as never,
      ),
    enabled: id !== "",
    staleTime: Number.POSITIVE_INFINITY,
  });
  if (error) return <ErrorPanel what={t("variablesOf")} error={error} retry={refetch} />;
  if (id !== "" && !data) return <Skeleton />;
  if (!data || data.Variables.length === 0)
    return <Empty text={t(isOfRunbook(run) ? "noVariablesOfSnapshot" : "noVariables")} />;
  return (
    <>
      <p className="muted">{t(isOfRunbook(run) ? "variablesOfSnapshot" : "variables")}</p>
      <table className="table stacked">
        <thead>
          <tr>
            <th scope="col">{t("name")}</th>
            <th scope="col">{t("value")}</th>
            <th scope="col">{t("scope")}</th>
          </tr>
        </thead>
        <tbody>
          {data.Variables.map((variable) => (
            <tr key={variable.Id}>
              <td className="mono" data-label={t("name")}>
                {variable.Name}
              </td>
              <td className="mono long" data-label={t("value")}>
                {variable.IsSensitive ? t("sensitive") : variable.Value}
              </td>
              <td data-label={t("scope")}>{scopeOf(variable.Scope ?? {}, data)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}

function scopeOf(scope: Record<string, string[]>, { ScopeValues: known = {} }: Variables): string {
  const names = new Map(Object.values(known).flatMap((list) => list.map((value) => [value.Id, value.Name] as const)));
  const parts = Object.values(scope).flatMap((ids) => ids.map((id) => names.get(id) ?? id));
  return parts.length === 0 ? t("everywhere") : parts.join(", ");
}
