// biome-ignore-all lint/a11y/noNoninteractiveTabindex: cells of a grid take the focus
/** A cell of the grid whose text is edited in place. */
import { useRef } from "react";
import { flushSync } from "react-dom";
import classes from "./variables.module.css";

interface EditableProps {
  label: string;
  text: string;
  isEditing: boolean;
  canEdit: boolean;
  onStart: () => void;
  onEnd: (text?: string) => void;
  children: React.ReactNode;
  isRepeat?: boolean;
  isEntry?: boolean;
  isMono?: boolean;
}

export function EditableCell({ label, text, isEditing, canEdit, onStart, onEnd, children, ...is }: EditableProps) {
  const ref = useRef<HTMLTableCellElement>(null);
  // The focus moves on before the next key comes, which would else be lost.
  const end = (next: string | undefined, to: Element | null | undefined = ref.current) => {
    flushSync(() => onEnd(next));
    (to as HTMLElement | null | undefined)?.focus();
  };
  return (
    <td
      ref={ref}
      tabIndex={is.isEntry ? 0 : -1}
      data-cell
      data-label={label}
      data-repeat={is.isRepeat || undefined}
      className={is.isMono ? `mono ${classes.value}` : undefined}
      onDoubleClick={() => canEdit && onStart()}
      onKeyDown={(event) => {
        if (isEditing || !canEdit || (event.key !== "Enter" && event.key !== "F2")) return;
        event.preventDefault();
        onStart();
      }}
    >
      {isEditing ? (
        <textarea
          className={classes.input}
          aria-label={label}
          defaultValue={text}
          rows={Math.min(6, text.split("\n").length)}
          // biome-ignore lint/a11y/noAutofocus: the person just asked to edit this cell
          autoFocus
          onFocus={(event) => event.currentTarget.select()}
          onBlur={(event) => onEnd(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === "Escape") end(undefined);
            else if (event.key === "Tab") {
              const to = event.shiftKey ? ref.current?.previousElementSibling : ref.current?.nextElementSibling;
              end(event.currentTarget.value, to);
            } else if (event.key === "Enter" && !event.shiftKey) end(event.currentTarget.value);
            else return;
            event.preventDefault();
            event.stopPropagation();
          }}
        />
      ) : (
        children
      )}
    </td>
  );
}
