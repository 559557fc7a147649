/** What became different in a document, place by place. */
import classes from "./audit.module.css";
import type { Difference } from "./queries.ts";
import { t } from "./text.ts";

/** Says nothing to people: it goes up with every save. */
const isNoise = (difference: Difference) => difference.path === "/Version";

export function Differences({ differences }: { differences: Difference[] }) {
  const shown = differences.filter((difference) => !isNoise(difference));
  if (shown.length === 0) return null;
  return (
    <details className={classes.differences}>
      <summary>{t("differences", { n: shown.length })}</summary>
      <dl>
        {shown.map((difference) => (
          <div key={difference.path}>
            <dt className="mono">{difference.path.slice(1).replaceAll("/", " › ")}</dt>
            <dd>
              <Value sign="−" tone={classes.before ?? ""} name={t("before")} value={difference.oldValue} />
              <Value sign="+" tone={classes.after ?? ""} name={t("after")} value={difference.newValue} />
            </dd>
          </div>
        ))}
      </dl>
    </details>
  );
}

function Value({ sign, tone, name, value }: { sign: string; tone: string; name: string; value: unknown }) {
  if (value === null || value === undefined) return null;
  const text = typeof value === "string" ? value : JSON.stringify(value, null, 2);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <pre className={`${classes.value} ${tone}`} tabIndex={0}>
      <span aria-hidden>{sign} </span>
      <span className="visually-hidden">{`${name}: `}</span>
      {text === "" ? '""' : text}
    </pre>
  );
}
