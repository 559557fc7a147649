/** Says honestly that there are no triggers yet. */
import { CalendarClock } from "lucide-react";
import { Page as Frame, PageHeader } from "../../ui/Page.tsx";
import { Empty } from "../../ui/states.tsx";
import { t } from "./settings-text.ts";

export function Page() {
  return (
    <Frame>
      <PageHeader title={t("triggers")} />
      <Empty icon={<CalendarClock size={24} strokeWidth={1.5} aria-hidden />} text={t("triggersText")} />
    </Frame>
  );
}
