/** The button of who is signed in. */
import { useSuspenseQuery } from "@tanstack/react-query";
import { type ComponentPropsWithoutRef, forwardRef } from "react";
import { meQuery } from "../api/queries.ts";
import classes from "./shell.module.css";
import { t } from "./text.ts";

export const UserButton = forwardRef<HTMLButtonElement, ComponentPropsWithoutRef<"button">>(
  function UserButton(props, ref) {
    const { data: me } = useSuspenseQuery(meQuery);
    const name = me.DisplayName || me.Username || "";
    return (
      <button {...props} ref={ref} type="button" className={classes.avatar}>
        {name.slice(0, 2).toUpperCase()}
        <span className="visually-hidden">{` ${t("userMenu", { name })}`}</span>
      </button>
    );
  },
);
