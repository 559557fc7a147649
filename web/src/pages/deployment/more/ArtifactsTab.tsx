/** Files that scripts of the deployment handed over. */
import { useQuery } from "@tanstack/react-query";
import { answerAs, api, inSpace, spacePath } from "../../../api/client.ts";
import { Empty, ErrorPanel, Skeleton } from "../../../ui/states.tsx";
import { Age } from "../../../ui/Time.tsx";
import type { TabProps } from "../where.ts";
import { t } from "./text.ts";

interface Artifact {
  Id: string;
  Filename: string;
  Source?: string;
  Created: string;
}

export default function ArtifactsTab({ run }: TabProps) {
  const task = run.Task.Id;
  const { data, error, refetch } = useQuery({
    queryKey: ["tasks", task, "artifacts"],
    queryFn: () => {
      const params = { path: inSpace(), query: { regarding: task, take: "200" } };
      return answerAs<{ Items: Artifact[] }>(api.GET("/api/{spaceId}/artifacts", { params } as never) as never);
    },
  });
  if (error) return <ErrorPanel what={t("artifacts")} error={error} retry={refetch} />;
  if (!data) return <Skeleton />;
  if (data.Items.length === 0) return <Empty text={t("noArtifacts")} />;
  return (
    <table className="table">
      <thead>
        <tr>
          <th scope="col">{t("name")}</th>
          <th scope="col">{t("created")}</th>
        </tr>
      </thead>
      <tbody>
        {data.Items.map((artifact) => (
          <tr key={artifact.Id}>
            <td>
              <a href={spacePath(`artifacts/${artifact.Id}/content`)} download={artifact.Filename}>
                {artifact.Filename}
              </a>
            </td>
            <td>
              <Age at={artifact.Created} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
