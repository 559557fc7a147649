/** The environments of the space, in the order releases go through them. */
import { useSuspenseQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ArrowDown, ArrowUp, Layers, Plus } from "lucide-react";
import { useState } from "react";
import { useDenied } from "../../api/can.ts";
import { queryClient } from "../../api/queries.ts";
import { paths } from "../../paths.ts";
import { useShortcutList } from "../../shell/keys.ts";
import { Action } from "../../ui/Action.tsx";
import { Dialog } from "../../ui/Dialog.tsx";
import { Refusal } from "../../ui/Form.tsx";
import { Page as Frame, PageHeader } from "../../ui/Page.tsx";
import { Empty } from "../../ui/states.tsx";
import { useWork } from "../../ui/work.ts";
import { EnvironmentForm } from "./EnvironmentForm.tsx";
import { createEnvironments, type Summary, sortEnvironments, summaryQuery } from "./queries.ts";
import { t } from "./text.ts";

export const load = () => queryClient.ensureQueryData(summaryQuery);

const THREE = ["Development", "Test", "Production"];
const shortcuts = [{ keys: "Alt ↑ ↓", does: t("keyMove") }];

export function Page() {
  const { data: summary } = useSuspenseQuery(summaryQuery);
  const [isAdding, setAdding] = useState(false);
  const denied = useDenied("EnvironmentCreate");
  const work = useWork();
  const rows = summary.EnvironmentSummaries;
  useShortcutList(t("keysTitle"), shortcuts);
  return (
    <Frame>
      <PageHeader
        title={t("title")}
        meta={rows.length > 0 && t("meta")}
        actions={
          <Action
            data-create
            look={rows.length > 0 ? "primary" : "default"}
            icon={<Plus size={16} aria-hidden />}
            denied={denied}
            onClick={() => setAdding(true)}
          >
            {t("add")}
          </Action>
        }
      />
      {work.failure !== undefined && <Refusal error={work.failure} />}
      {rows.length === 0 ? (
        <Empty
          icon={<Layers size={24} strokeWidth={1.5} aria-hidden />}
          text={t("empty")}
          action={
            <Action
              look="primary"
              denied={denied}
              busy={work.isBusy}
              onClick={() => work.run(() => createEnvironments(THREE.map((name) => ({ Name: name }))))}
            >
              {t("createThree")}
            </Action>
          }
        />
      ) : (
        <EnvironmentTable rows={rows} />
      )}
      <Dialog title={t("add")} opened={isAdding} onClose={() => setAdding(false)}>
        <EnvironmentForm
          verb={t("add")}
          denied={denied}
          onSave={async (environment) => {
            await createEnvironments([environment]);
            setAdding(false);
          }}
          onCancel={() => setAdding(false)}
        />
      </Dialog>
    </Frame>
  );
}

function EnvironmentTable({ rows }: { rows: Summary["EnvironmentSummaries"] }) {
  const denied = useDenied("EnvironmentEdit");
  const work = useWork();
  const [said, setSaid] = useState("");
  const move = async (from: number, to: number) => {
    const ids = rows.map((row) => row.Environment.Id ?? "");
    const [id = ""] = ids.splice(from, 1);
    ids.splice(to, 0, id);
    const isDone = await work.run(() => sortEnvironments(ids));
    const name = rows[from]?.Environment.Name ?? "";
    if (isDone) setSaid(t("moved", { name, n: to + 1, of: rows.length }));
  };
  return (
    <>
      {work.failure !== undefined && <Refusal error={work.failure} />}
      <table className="table stacked">
        <thead>
          <tr>
            <th>{t("name")}</th>
            <th>{t("description")}</th>
            <th className="end">{t("targets")}</th>
            <th>{t("guided")}</th>
            <th className="end">{t("order")}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ Environment: environment, TotalMachines }, index) => {
            const name = environment.Name ?? "";
            const isFirst = index === 0;
            const isLast = index === rows.length - 1;
            return (
              <tr
                key={environment.Id}
                onKeyDown={(event) => {
                  if (!event.altKey || denied) return;
                  if (event.key === "ArrowUp" && !isFirst) move(index, index - 1);
                  if (event.key === "ArrowDown" && !isLast) move(index, index + 1);
                }}
              >
                <th scope="row">
                  <Link to={paths.environment(environment.Slug ?? environment.Id ?? "")}>{name}</Link>
                </th>
                <td className="muted">{environment.Description}</td>
                <td className="end" data-label={t("targets")}>
                  <Link to={paths.targets({ env: environment.Id })}>{TotalMachines}</Link>
                </td>
                <td data-label={t("guided")}>{t(environment.UseGuidedFailure ? "guidedOn" : "guidedOff")}</td>
                <td className="end">
                  <span className="row" style={{ justifyContent: "flex-end", flexWrap: "nowrap", gap: 0 }}>
                    <Action
                      look="quiet"
                      label={t("up", { name })}
                      denied={denied ?? (isFirst ? t("isFirst") : undefined)}
                      icon={<ArrowUp size={16} aria-hidden />}
                      onClick={() => move(index, index - 1)}
                    />
                    <Action
                      look="quiet"
                      label={t("down", { name })}
                      denied={denied ?? (isLast ? t("isLast") : undefined)}
                      icon={<ArrowDown size={16} aria-hidden />}
                      onClick={() => move(index, index + 1)}
                    />
                  </span>
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
      <p className="visually-hidden" role="status">
        {said}
      </p>
    </>
  );
}
