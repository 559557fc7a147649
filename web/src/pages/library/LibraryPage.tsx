/** What several projects share: where it is, and what has no page yet. */
import { paths } from "../../paths.ts";
import { Links } from "../../ui/Links.tsx";
import { Page as Frame, PageHeader, Section } from "../../ui/Page.tsx";
import { t } from "./text.ts";

export function Page() {
  return (
    <Frame>
      <PageHeader title={t("library")} meta={t("libraryText")} />
      <Links places={[{ title: t("lifecycles"), text: t("lifecyclesText"), to: paths.lifecycles() }]} />
      <Section title={t("laterTitle")}>
        <p className="muted">{t("laterText")}</p>
        <ul style={{ paddingInlineStart: 16, marginBlockStart: 8 }}>
          {[t("variableSets"), t("feeds"), t("accounts")].map((name) => (
            <li key={name}>{name}</li>
          ))}
        </ul>
      </Section>
    </Frame>
  );
}
