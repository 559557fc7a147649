/** One radio with its note. Denied, it can be reached and read, but not changed. */
import { useId } from "react";
import classes from "./settings/fields.module.css";

interface RadioProps {
  name: string;
  label: string;
  note?: string;
  checked: boolean;
  denied: string | undefined;
  onChoose: () => void;
}

export function Radio({ name, label, note, checked, denied, onChoose }: RadioProps) {
  const noteId = useId();
  return (
    <div className={classes.choice}>
      <label>
        <input
          type="radio"
          name={name}
          checked={checked}
          aria-disabled={denied !== undefined || undefined}
          aria-describedby={note || denied ? noteId : undefined}
          onChange={() => denied === undefined && onChoose()}
        />
        {label}
      </label>
      {(note || denied) && (
        <span id={noteId} className="muted" title={denied}>
          {note}
          {denied && <span className="visually-hidden">{denied}</span>}
        </span>
      )}
    </div>
  );
}
