/**
 * What steps do, in words and with an icon, and what a new step of a kind begins with. An action of a type that is not
 * here is shown by the name of its type.
 */
import {
  FileCode,
  HeartPulse,
  Layers,
  type LucideIcon,
  Mail,
  Package,
  Puzzle,
  Rocket,
  Terminal,
  Truck,
  UserCheck,
} from "lucide-react";
import { k } from "./kinds-text.ts";
import { type Step, text } from "./model.ts";
import { DEPLOY_PACKAGE, key, MANUAL, SCRIPT } from "./settings/keys.ts";

type Action = Step["Actions"][number];

export interface Kind {
  name: string;
  Icon: LucideIcon;
}

const kinds: Record<string, Kind> = {
  [SCRIPT]: { name: k("script"), Icon: Terminal },
  [DEPLOY_PACKAGE]: { name: k("package"), Icon: Package },
  [MANUAL]: { name: k("manual"), Icon: UserCheck },
  "Octopus.Email": { name: k("email"), Icon: Mail },
  "Octopus.HealthCheck": { name: k("healthCheck"), Icon: HeartPulse },
  "Octopus.DeployRelease": { name: k("deployRelease"), Icon: Rocket },
  "Octopus.TransferPackage": { name: k("transfer"), Icon: Truck },
};
const packagedScript: Kind = { name: k("packagedScript"), Icon: FileCode };

export function kindOfAction(action: Action | undefined): Kind {
  if (!action) return { name: k("nothing"), Icon: Puzzle };
  const isPackaged = text(action.Properties, key.source).toLowerCase() === "package";
  if (action.ActionType === SCRIPT && isPackaged) return packagedScript;
  return kinds[action.ActionType ?? ""] ?? { name: action.ActionType ?? "", Icon: Puzzle };
}

export function kindOf(step: Step): Kind {
  const n = step.Actions.length;
  return n > 1 ? { name: k("several", { n }), Icon: Layers } : kindOfAction(step.Actions[0]);
}

const onWorker = { [key.onWorker]: "True" };
const beginnings = {
  script: {
    ActionType: SCRIPT,
    Properties: { ...onWorker, [key.source]: "Inline", [key.syntax]: "Bash", [key.body]: 'echo "hello"' },
  },
  packagedScript: { ActionType: SCRIPT, Properties: { ...onWorker, [key.source]: "Package" } },
  package: { ActionType: DEPLOY_PACKAGE, Properties: { [key.onWorker]: "False" } },
  manual: { ActionType: MANUAL, Properties: { [key.instructions]: k("firstInstructions") } },
} satisfies Record<string, Partial<Action>>;

export type NewKind = keyof typeof beginnings;

export const newKinds = Object.keys(beginnings) as NewKind[];

export function newStep(kind: NewKind, Name: string, Slug: string): Step {
  return {
    Name,
    Slug,
    StartTrigger: "StartAfterPrevious",
    Condition: "Success",
    Properties: {},
    Actions: [{ Name, ...beginnings[kind] }],
  };
}
