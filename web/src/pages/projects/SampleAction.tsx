/** Makes the sample project, where there is none yet, and leads to its process. */
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useDenied } from "../../api/can.ts";
import { meQuery } from "../../api/queries.ts";
import { paths } from "../../paths.ts";
import { Action } from "../../ui/Action.tsx";
import { Refusal } from "../../ui/Form.tsx";
import { useWork } from "../../ui/work.ts";
import { begin } from "./begin.ts";
import { t } from "./text.ts";

export function SampleAction() {
  const { data: me } = useQuery(meQuery);
  const navigate = useNavigate();
  const work = useWork();
  const denied = useDenied("ProjectCreate");
  const make = async () => {
    const { makeSample } = await import("./sample.ts");
    const slug = await makeSample();
    begin(me?.Id ?? "", slug);
    await navigate({ to: paths.process(slug) });
  };
  return (
    <>
      {work.failure !== undefined && <Refusal error={work.failure} />}
      <Action busy={work.isBusy} denied={denied} onClick={() => work.run(make)}>
        {t("makeSample")}
      </Action>
    </>
  );
}
