/** The frame of every page inside: rail or bottom bar, top bar, palette and help. */
import { Outlet } from "@tanstack/react-router";
import { lazy, Suspense, useState } from "react";
import { useLive } from "../live/live.ts";
import { common } from "../text/common.ts";
import { Action } from "../ui/Action.tsx";
import { Banner } from "../ui/states.tsx";
import { useGlobalKeys } from "./keys.ts";
import { BottomBar, Rail } from "./Rail.tsx";
import classes from "./shell.module.css";
import { useSignOut } from "./sign-out.ts";
import { TopBar } from "./TopBar.tsx";
import { t } from "./text.ts";

const Palette = lazy(() => import("./Palette.tsx"));
const Help = lazy(() => import("./Help.tsx"));

export type Opened = "palette" | "help" | undefined;

export function Shell() {
  const [opened, setOpened] = useState<Opened>();
  useGlobalKeys(setOpened);
  const { signOut, why } = useSignOut();
  const close = () => setOpened(undefined);
  return (
    <div className={classes.shell}>
      <a className={classes.skip} href="#content">
        {t("skip")}
      </a>
      <Rail />
      <div className={classes.column}>
        <TopBar open={setOpened} signOut={signOut} />
        <main id="content" className={classes.main} tabIndex={-1}>
          <Upgraded />
          {why !== undefined && (
            <div className={classes.upgraded}>
              <Banner tone="error" actions={<Action onClick={signOut}>{common("retry")}</Action>}>
                {t("stillSignedIn", { why })}
              </Banner>
            </div>
          )}
          <Outlet />
        </main>
      </div>
      <BottomBar />
      <Suspense>
        {opened === "palette" && <Palette onClose={close} />}
        {opened === "help" && <Help onClose={close} />}
      </Suspense>
    </div>
  );
}

/** The page on the screen is of an older version; reloading is left to the person, who may be in the middle of something. */
function Upgraded() {
  const { isUpgraded } = useLive();
  if (!isUpgraded) return null;
  return (
    <div className={classes.upgraded}>
      <Banner actions={<Action onClick={() => location.reload()}>{t("reload")}</Action>}>{t("upgraded")}</Banner>
    </div>
  );
}
