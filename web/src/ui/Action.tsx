/**
 * Buttons. What is denied or not possible right now stays focusable and says why, in a tooltip and to screen readers;
 * what is going on shows it on the button, which keeps its width.
 */
import { Tooltip } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { type ComponentPropsWithoutRef, forwardRef, type KeyboardEvent, type ReactNode, useId } from "react";
import classes from "./Action.module.css";

type Look = "primary" | "default" | "quiet" | "danger";

/** Of one action a page: what its list is added to by, or what is deployed. */
type Mark = "create" | "deploy";

interface Shared {
  look?: Look;
  icon?: ReactNode;
  /** For icons without a text beside them: the name, shown as a tooltip. */
  label?: string;
}

export interface ActionProps extends Shared, Omit<ComponentPropsWithoutRef<"button">, "disabled"> {
  /** Why it cannot be done. `undefined` = it can. */
  denied?: string | undefined;
  /** True while it is being done. */
  busy?: boolean;
}

function looks(look: Look, isIconOnly: boolean, isBusy = false): string {
  return [classes.action, classes[look], isIconOnly && classes.iconOnly, isBusy && classes.busy]
    .filter(Boolean)
    .join(" ");
}

export const Action = forwardRef<HTMLButtonElement, ActionProps>(function Action(
  { denied, busy = false, look = "default", icon, label, children, onClick, className, ...rest },
  ref,
) {
  const reasonId = useId();
  const isOff = denied !== undefined || busy;
  const button = (
    <button
      ref={ref}
      type="button"
      {...rest}
      aria-label={label}
      aria-disabled={isOff || undefined}
      aria-describedby={denied ? reasonId : rest["aria-describedby"]}
      aria-busy={busy || undefined}
      className={`${looks(look, children === undefined, busy)} ${className ?? ""}`}
      onClick={(event) => {
        if (isOff) event.preventDefault();
        else onClick?.(event);
      }}
    >
      {icon}
      {children !== undefined && <span className={classes.text}>{children}</span>}
    </button>
  );
  const hint = denied ?? label;
  if (!hint) return button;
  return (
    <>
      <Tooltip label={hint} multiline maw={320} events={{ hover: true, focus: true, touch: true }}>
        {button}
      </Tooltip>
      {denied && (
        <span id={reasonId} className="visually-hidden">
          {denied}
        </span>
      )}
    </>
  );
});

interface LinkActionProps extends Shared {
  to: string;
  /** Why there is nothing to do there. `undefined` = there is. */
  denied?: string | undefined;
  /** Called a button, as the seed story has it; it still opens in a new tab like a link. */
  isButton?: boolean;
  /** What the key `c` or `d` presses. */
  mark?: Mark | undefined;
  children: ReactNode;
}

/** A link that looks like a button: it leads somewhere and changes nothing. Denied, it is a button that says why. */
export function LinkAction(props: LinkActionProps) {
  const { to, look = "default", icon, denied, isButton = false, mark, children } = props;
  const marked = mark && { [`data-${mark}`]: true };
  if (denied !== undefined) {
    return (
      <Action look={look} denied={denied} icon={icon} {...marked}>
        {children}
      </Action>
    );
  }
  // What is called a button is pressed with the space bar, too.
  const asButton = isButton && {
    role: "button",
    onKeyDown: (event: KeyboardEvent<HTMLAnchorElement>) => {
      if (event.key !== " ") return;
      event.preventDefault();
      event.currentTarget.click();
    },
  };
  return (
    <Link to={to} className={looks(look, false)} {...marked} {...asButton}>
      {icon}
      <span className={classes.text}>{children}</span>
    </Link>
  );
}
