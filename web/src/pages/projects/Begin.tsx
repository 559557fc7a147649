/** Four things to try with the sample project, above its process until one puts them away. */
import { Link } from "@tanstack/react-router";
import { Check, X } from "lucide-react";
import { paths } from "../../paths.ts";
import { Action } from "../../ui/Action.tsx";
import { TRIES, type Try, useBegun } from "./begin.ts";
import classes from "./projects.module.css";
import { t } from "./text.ts";

export function Begin({ slug, step }: { slug: string; step: string | undefined }) {
  const begun = useBegun(slug);
  if (!begun || step === undefined) return null;
  const places: Record<Try, string> = {
    openStep: paths.step(slug, step),
    changeCondition: paths.step(slug, step, "run-condition"),
    createRelease: paths.newRelease(slug),
    watchRun: paths.deployments(slug),
  };
  return (
    <section className={`card ${classes.begin}`} aria-labelledby="begin">
      <h2 id="begin">{t("begin")}</h2>
      <ol>
        {TRIES.map((one) => (
          <li key={one} data-done={begun.tried.includes(one) || undefined}>
            <span aria-hidden>{begun.tried.includes(one) && <Check size={14} />}</span>
            <Link to={places[one]} onClick={() => begun.mark(one)}>
              {t(one)}
            </Link>
            {begun.tried.includes(one) && <span className="visually-hidden">{t("tried")}</span>}
          </li>
        ))}
      </ol>
      <Action look="quiet" label={t("putAway")} icon={<X size={16} aria-hidden />} onClick={begun.dismiss} />
    </section>
  );
}
