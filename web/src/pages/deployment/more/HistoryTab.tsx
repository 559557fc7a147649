/** Who did what to the deployment, as the audit has it. */
import { useQuery } from "@tanstack/react-query";
import { answerAs, api, inSpace } from "../../../api/client.ts";
import { Empty, ErrorPanel, Skeleton } from "../../../ui/states.tsx";
import { Age } from "../../../ui/Time.tsx";
import type { TabProps } from "../where.ts";
import { t } from "./text.ts";

interface Entry {
  Id: string;
  Message: string;
  Username: string;
  Occurred: string;
}

export default function HistoryTab({ run, where }: TabProps) {
  const { data, error, refetch } = useQuery({
    queryKey: ["tasks", run.Task.Id, "history"],
    queryFn: () => {
      const params = { path: inSpace(), query: { regarding: where.id, take: "100" } };
      return answerAs<{ Items: Entry[] }>(api.GET("/api/{spaceId}/events", { params } as never) as never);
    },
  });
  if (error) return <ErrorPanel what={t("history")} error={error} retry={refetch} />;
  if (!data) return <Skeleton />;
  if (data.Items.length === 0) return <Empty text={t("noHistory")} />;
  return (
    <table className="table">
      <thead>
        <tr>
          <th scope="col">{t("what")}</th>
          <th scope="col">{t("by")}</th>
          <th scope="col">{t("when")}</th>
        </tr>
      </thead>
      <tbody>
        {data.Items.map((entry) => (
          <tr key={entry.Id}>
            <td>{entry.Message}</td>
            <td>{entry.Username}</td>
            <td>
              <Age at={entry.Occurred} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
