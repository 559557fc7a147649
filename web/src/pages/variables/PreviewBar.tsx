/** The place one looks at the variables for: an environment, a target, a step. */
import { Select } from "@mantine/core";
import { Action } from "../../ui/Action.tsx";
import { type Place, places } from "./preview.ts";
import type { ScopeValues } from "./store.ts";
import { t } from "./text.ts";
import classes from "./variables.module.css";

interface PreviewBarProps {
  place: Place;
  values: ScopeValues;
  onChange: (place: Place) => void;
}

export function PreviewBar({ place, values, onChange }: PreviewBarProps) {
  const offered = places.filter(({ word, list }) => values[list].length > (word === "channel" ? 1 : 0) || place[word]);
  if (offered.length === 0) return null;
  return (
    <section className={classes.preview} aria-label={t("preview")}>
      <span className={classes.previewTitle}>{t("preview")}</span>
      {offered.map(({ word, list, label }) => (
        <Select
          key={word}
          aria-label={t("previewFor", { what: t(label) })}
          placeholder={t(label)}
          w={170}
          clearable
          searchable={values[list].length > 8}
          clearButtonProps={{ "aria-label": t("previewClear", { what: t(label) }) }}
          comboboxProps={{ withinPortal: false }}
          data={[...new Set([...values[list].map((one) => one.Name), ...(place[word] ? [place[word]] : [])])]}
          value={place[word] ?? null}
          onChange={(name) => onChange({ ...place, [word]: name ?? undefined })}
        />
      ))}
      {Object.values(place).some(Boolean) && (
        <Action look="quiet" onClick={() => onChange({})}>
          {t("previewEnd")}
        </Action>
      )}
    </section>
  );
}
