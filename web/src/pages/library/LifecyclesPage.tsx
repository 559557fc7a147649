/** The lifecycles of the space, each drawn as the path its releases take. */

import { TextInput } from "@mantine/core";
import { useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { Plus } from "lucide-react";
import { useState } from "react";
import { useDenied } from "../../api/can.ts";
import { environmentsQuery, lifecyclesQuery, queryClient } from "../../api/queries.ts";
import { paths } from "../../paths.ts";
import { Action } from "../../ui/Action.tsx";
import { Dialog } from "../../ui/Dialog.tsx";
import { Form } from "../../ui/Form.tsx";
import { Page as Frame, PageHeader } from "../../ui/Page.tsx";
import { useWork } from "../../ui/work.ts";
import classes from "./library.module.css";
import { PhasePath } from "./PhasePath.tsx";
import { type Lifecycle, saveLifecycle, usersQuery } from "./queries.ts";
import { t } from "./text.ts";

export const load = () =>
  Promise.all([queryClient.ensureQueryData(lifecyclesQuery), queryClient.ensureQueryData(environmentsQuery)]);

export function Page() {
  const { data: lifecycles } = useSuspenseQuery(lifecyclesQuery);
  const [isAdding, setAdding] = useState(false);
  const denied = useDenied("LifecycleCreate");
  return (
    <Frame>
      <PageHeader
        title={t("lifecycles")}
        meta={t("lifecyclesText")}
        actions={
          <Action
            data-create
            look="primary"
            icon={<Plus size={16} aria-hidden />}
            denied={denied}
            onClick={() => setAdding(true)}
          >
            {t("add")}
          </Action>
        }
      />
      <ul className={classes.list}>
        {lifecycles.map((lifecycle) => (
          <LifecycleCard key={lifecycle.Id} lifecycle={lifecycle} />
        ))}
      </ul>
      <Dialog title={t("addTitle")} opened={isAdding} onClose={() => setAdding(false)}>
        <NewLifecycle onCancel={() => setAdding(false)} />
      </Dialog>
    </Frame>
  );
}

function LifecycleCard({ lifecycle }: { lifecycle: Lifecycle }) {
  const { data: projects } = useQuery(usersQuery(lifecycle.Id ?? ""));
  return (
    <li className="card stack">
      <div className="row" style={{ justifyContent: "space-between" }}>
        <h2>
          <Link to={paths.lifecycle(lifecycle.Slug ?? lifecycle.Id ?? "")}>{lifecycle.Name}</Link>
        </h2>
        <span className="meta">{projects && t("usedByShort", { n: projects.length })}</span>
      </div>
      {lifecycle.Description && <p className="muted">{lifecycle.Description}</p>}
      <PhasePath phases={lifecycle.Phases ?? []} />
    </li>
  );
}

function NewLifecycle({ onCancel }: { onCancel: () => void }) {
  const [name, setName] = useState("");
  const work = useWork();
  const navigate = useNavigate();
  const create = async () => {
    const made = await saveLifecycle({ Name: name });
    await navigate({ to: paths.lifecycle(made.Slug ?? made.Id ?? "") });
  };
  return (
    <Form work={work} onSubmit={create} verb={t("add")} onCancel={onCancel}>
      <TextInput
        label={t("name")}
        required
        maxLength={200}
        data-autofocus
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
    </Form>
  );
}
