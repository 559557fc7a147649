/** In which environments a step runs: in all, only in some, or in all but some. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { environmentsQuery } from "../../../api/queries.ts";
import { Radio } from "../Radio.tsx";
import { Checks, named } from "./Checks.tsx";
import classes from "./fields.module.css";
import { type SectionProps, useAction } from "./property.ts";
import { s } from "./settings-text.ts";

type Scope = "every" | "only" | "but";

export function Environments(props: SectionProps) {
  const { denied } = props.editor;
  const { data = [] } = useQuery(environmentsQuery);
  const all = named(data);
  const [action, set] = useAction(props);
  const only = action?.Environments ?? [];
  const but = action?.ExcludedEnvironments ?? [];
  const stored: Scope = only.length > 0 ? "only" : but.length > 0 ? "but" : "every";
  // Chosen, and none of them ticked yet.
  const [asked, ask] = useState<Scope>();
  const scope = stored === "every" ? (asked ?? stored) : stored;
  const choose = (next: Scope) => {
    ask(next);
    set({ Environments: next === "only" ? only : [], ExcludedEnvironments: next === "but" ? but : [] });
  };
  const choice = (known: Scope) => (
    <Radio
      name="environments"
      label={s(`env_${known}`)}
      checked={scope === known}
      denied={denied}
      onChoose={() => choose(known)}
    />
  );
  return (
    <>
      <div className={classes.choices} role="radiogroup" aria-label={s("environmentsHelp")}>
        {choice("every")}
        {choice("only")}
        {choice("but")}
      </div>
      {scope === "only" && (
        <Checks
          legend={s("env_only")}
          {...{ all, denied }}
          chosen={only}
          onChange={(Environments) => set({ Environments })}
        />
      )}
      {(scope === "but" || but.length > 0) && (
        <Checks
          legend={s(scope === "but" ? "env_but" : "env_andNot")}
          {...{ all, denied }}
          chosen={but}
          onChange={(ExcludedEnvironments) => set({ ExcludedEnvironments })}
        />
      )}
      {scope !== stored && <p className="muted">{s("env_none")}</p>}
    </>
  );
}
