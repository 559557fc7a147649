/** What of the log is shown, and how. */
import { Menu } from "@mantine/core";
import { ChevronDown } from "lucide-react";
import { spacePath } from "../../../api/client.ts";
import { CopyAction } from "../../../ui/states.tsx";
import type { Run } from "../run.ts";
import type { Filter } from "./lines.ts";
import classes from "./log.module.css";
import { t } from "./text.ts";

interface Props {
  run: Run;
  filter: Filter;
  setStep: (step: string) => void;
  setTarget: (target: string) => void;
  setLevel: (level: string) => void;
  wrap: string;
  setWrap: (wrap: "on" | "off") => void;
  clockKind: string;
  setClock: (kind: string) => void;
  isFollowing: boolean;
  onFollow: (on: boolean) => void;
}

export function LogTools(props: Props) {
  const { run, filter, wrap, isFollowing } = props;
  const steps = run.Steps.map((step) => ({ value: step.StepSlug, text: `${step.Number} ${step.StepName}` }));
  const machines = run.Machines.map((machine) => ({ value: machine.Id, text: machine.Name }));
  const levels = (["Warning", "Error"] as const).map((value) => ({ value, text: t(value) }));
  const clocks = [
    { value: "local", text: t("local") },
    { value: "utc", text: t("utc") },
  ];
  const time = props.clockKind === "start" ? "" : props.clockKind;
  return (
    <>
      <div className={classes.choices}>
        <Choice label={t("step")} all={t("allSteps")} options={steps} value={filter.step} onChange={props.setStep} />
        <Choice
          label={t("target")}
          all={t("allTargets")}
          options={machines}
          value={filter.target}
          onChange={props.setTarget}
        />
        <Choice
          label={t("level")}
          all={t("allLevels")}
          options={levels}
          value={filter.level}
          onChange={props.setLevel}
        />
        <Choice
          label={t("time")}
          all={t("sinceStart")}
          options={clocks}
          value={time}
          onChange={(kind) => props.setClock(kind || "start")}
        />
      </div>
      <div className={classes.ends}>
        <label className={classes.check}>
          <input type="checkbox" checked={isFollowing} onChange={(event) => props.onFollow(event.target.checked)} />
          {t("follow")}
        </label>
        <label className={classes.check}>
          <input
            type="checkbox"
            checked={wrap === "on"}
            onChange={(event) => props.setWrap(event.target.checked ? "on" : "off")}
          />
          {t("wrap")}
        </label>
        <CopyAction text={location.href}>{t("copyLink")}</CopyAction>
        <Download task={run.Task.Id} filter={filter} />
      </div>
    </>
  );
}

/** The log as a file: all of it as text or as JSON lines, or what the filters leave of it. */
function Download({ task, filter }: { task: string; filter: Filter }) {
  const address = (search: Record<string, string | undefined>) => {
    const pairs = Object.entries(search).filter((pair): pair is [string, string] => Boolean(pair[1]));
    return `${spacePath(`tasks/${task}/raw`)}?${new URLSearchParams(pairs)}`;
  };
  const isFiltered = Object.values(filter).some(Boolean);
  return (
    <Menu position="bottom-end" width={240}>
      <Menu.Target>
        <button type="button" className={classes.download}>
          {t("download")} <ChevronDown size={14} aria-hidden />
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item component="a" href={address({})} download={`${task}.txt`}>
          {t("downloadText")}
        </Menu.Item>
        <Menu.Item component="a" href={address({ format: "jsonl" })} download={`${task}.jsonl`}>
          {t("downloadLines")}
        </Menu.Item>
        {isFiltered && (
          <Menu.Item
            component="a"
            href={address({ format: "jsonl", ...filter })}
            download={`${[task, filter.step, filter.target].filter(Boolean).join("-")}.jsonl`}
          >
            {t("downloadShown")}
          </Menu.Item>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}

interface ChoiceProps {
  label: string;
  all: string;
  options: { value: string; text: string }[];
  value: string | undefined;
  onChange: (value: string) => void;
}

function Choice({ label, all, options, value, onChange }: ChoiceProps) {
  return (
    <select aria-label={label} value={value ?? ""} onChange={(event) => onChange(event.target.value)}>
      <option value="">{all}</option>
      {options.map((option) => (
        <option key={option.value} value={option.value}>
          {option.text}
        </option>
      ))}
    </select>
  );
}
