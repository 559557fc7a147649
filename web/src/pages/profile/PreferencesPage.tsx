/** How the portal looks and behaves on this device. */
import { Radio, Switch } from "@mantine/core";
import { useState } from "react";
import { letterShortcuts } from "../../shell/keys.ts";
import { messages } from "../../text/messages.ts";
import { appearance, type Density, type Theme } from "../../ui/appearance.ts";
import { Page as Frame, PageHeader, Section } from "../../ui/Page.tsx";

const t = messages({
  title: "Preferences",
  meta: "Kept on this device.",
  theme: "Theme",
  system: "As the system",
  light: "Light",
  dark: "Dark",
  contrast: "High contrast",
  density: "Density of tables",
  compact: "Compact",
  normal: "Normal",
  comfortable: "Comfortable",
  keyboard: "Keyboard",
  letters: "Single-letter shortcuts",
});

const themes: Theme[] = ["system", "light", "dark", "contrast"];
const densities: Density[] = ["compact", "normal", "comfortable"];

export function Page() {
  const [theme, setTheme] = useState(appearance.theme());
  const [density, setDensity] = useState(appearance.density());
  const [letters, setLetters] = useState(letterShortcuts.areOn());
  return (
    <Frame>
      <PageHeader title={t("title")} meta={t("meta")} />
      <Section title={t("theme")}>
        <Radio.Group
          aria-label={t("theme")}
          value={theme}
          onChange={(next) => {
            appearance.setTheme(next as Theme);
            setTheme(next as Theme);
          }}
        >
          <div className="stack">
            {themes.map((known) => (
              <Radio key={known} value={known} label={t(known)} />
            ))}
          </div>
        </Radio.Group>
      </Section>
      <Section title={t("density")}>
        <Radio.Group
          aria-label={t("density")}
          value={density}
          onChange={(next) => {
            appearance.setDensity(next as Density);
            setDensity(next as Density);
          }}
        >
          <div className="stack">
            {densities.map((known) => (
              <Radio key={known} value={known} label={t(known)} />
            ))}
          </div>
        </Radio.Group>
      </Section>
      <Section title={t("keyboard")}>
        <Switch
          label={t("letters")}
          checked={letters}
          onChange={(event) => {
            letterShortcuts.set(event.currentTarget.checked);
            setLetters(event.currentTarget.checked);
          }}
        />
      </Section>
    </Frame>
  );
}
