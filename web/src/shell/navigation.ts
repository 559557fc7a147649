/** What the rail, the bottom bar and the palette lead to. */
import {
  BookOpen,
  CircleUserRound,
  FolderKanban,
  Layers,
  LayoutDashboard,
  ListChecks,
  ScrollText,
  Server,
  Settings,
} from "lucide-react";
import { paths } from "../paths.ts";
import { t } from "./text.ts";

export interface Destination {
  text: string;
  to: string;
  icon: typeof Settings;
  /** Which part of the addresses belongs to it. */
  owns: RegExp;
  /** The person sees it only with this permission somewhere. */
  needs?: string;
  /** After `g`. */
  key?: string;
}

export const destinations: Destination[] = [
  { text: t("dashboard"), to: paths.dashboard(), icon: LayoutDashboard, owns: /^\/$/, key: "d" },
  { text: t("projects"), to: paths.projects(), icon: FolderKanban, owns: /^\/projects/, key: "p" },
  { text: t("tasks"), to: paths.tasks(), icon: ListChecks, owns: /^\/tasks/, key: "t" },
  { text: t("attention"), to: paths.attention(), icon: CircleUserRound, owns: /^\/attention/, key: "a" },
  { text: t("targets"), to: paths.targets(), icon: Server, owns: /^\/(targets|workers)/, needs: "MachineView" },
  {
    text: t("environments"),
    to: paths.environments(),
    icon: Layers,
    owns: /^\/environments/,
    needs: "EnvironmentView",
  },
  { text: t("library"), to: paths.library(), icon: BookOpen, owns: /^\/library/, needs: "LifecycleView" },
  { text: t("audit"), to: paths.audit(), icon: ScrollText, owns: /^\/audit/, needs: "EventView" },
  { text: t("settings"), to: paths.settings(), icon: Settings, owns: /^\/settings/ },
];
