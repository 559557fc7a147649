/** Dialogs. The focus is kept inside and goes back where it came from. */
import { Modal } from "@mantine/core";
import { type ReactNode, useLayoutEffect, useState } from "react";
import { asApiError } from "../api/errors.ts";
import { common } from "../text/common.ts";
import { Action } from "./Action.tsx";
import classes from "./Dialog.module.css";
import { Banner } from "./states.tsx";

interface DialogProps {
  title: string;
  opened: boolean;
  onClose: () => void;
  children: ReactNode;
  size?: number | string;
}

/** The focus goes back also when a dialog that is open is taken away, of which the library knows nothing. */
function useFocusBack(opened: boolean) {
  useLayoutEffect(() => {
    if (!opened) return;
    const before = document.activeElement;
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true });
    };
  }, [opened]);
}

export function Dialog({ title, opened, onClose, children, size = 480 }: DialogProps) {
  useFocusBack(opened);
  return (
    <Modal.Root
      opened={opened}
      onClose={onClose}
      size={size}
      centered
      // Locking the scroll would add a style element, which the Content-Security-Policy forbids.
      lockScroll={false}
      transitionProps={{ duration: 120 }}
    >
      <Modal.Overlay />
      <Modal.Content>
        {/* Not the library's own header: that would be a second banner of the page. */}
        <div className={classes.header}>
          <Modal.Title>{title}</Modal.Title>
          <Modal.CloseButton aria-label={common("close")} />
        </div>
        <Modal.Body>{children}</Modal.Body>
      </Modal.Content>
    </Modal.Root>
  );
}

interface ConfirmProps {
  title: string;
  /** The object and what will follow. */
  children: ReactNode;
  /** Repeats the verb: "Cancel deployment". */
  verb: string;
  opened: boolean;
  onClose: () => void;
  onConfirm: () => Promise<void> | void;
}

/** Asks before something that cannot be undone or reaches machines. The safe choice has the focus. */
export function Confirm({ title, children, verb, opened, onClose, onConfirm }: ConfirmProps) {
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const confirm = async () => {
    setBusy(true);
    setError(undefined);
    try {
      await onConfirm();
      onClose();
    } catch (failure) {
      setError(failure);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog title={title} opened={opened} onClose={onClose}>
      <div className="stack">
        <div>{children}</div>
        {error !== undefined && <Banner tone="error">{reasons(error)}</Banner>}
        <div className="row" style={{ justifyContent: "flex-end" }}>
          <Action onClick={onClose} data-autofocus>
            {common("cancel")}
          </Action>
          <Action look="danger" busy={isBusy} onClick={confirm}>
            {verb}
          </Action>
        </div>
      </div>
    </Dialog>
  );
}

function reasons(error: unknown): string {
  const known = asApiError(error);
  return known.errors.length > 0 ? known.errors.join(" ") : known.message;
}
