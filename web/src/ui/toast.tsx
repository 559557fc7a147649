/**
 * Toasts: only the result of something that left the screen, with a way to it or back. Never for validation, never
 * the only record of a failure.
 */
import { X } from "lucide-react";
import { type ReactNode, useEffect, useState, useSyncExternalStore } from "react";
import { common } from "../text/common.ts";
import { Action } from "./Action.tsx";
import classes from "./toast.module.css";

interface Toast {
  id: number;
  text: ReactNode;
  action?: { label: string; run: () => void } | undefined;
  lasts_ms: number;
}

const SHOWN_MAX = 3;
let toasts: Toast[] = [];
let nextId = 1;
const listeners = new Set<() => void>();

function set(next: Toast[]) {
  toasts = next;
  for (const listener of listeners) listener();
}

/** Answers how to take it away before its time. */
export function toast(text: ReactNode, action?: Toast["action"]): () => void {
  const added = { id: nextId++, text, action, lasts_ms: action ? 10_000 : 6_000 };
  set([...toasts, added].slice(-SHOWN_MAX));
  return () => dismiss(added.id);
}

function dismiss(id: number) {
  set(toasts.filter((shown) => shown.id !== id));
}

export function Toasts() {
  const shown = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => toasts,
  );
  return (
    <section className={classes.region} aria-live="polite" aria-label="Notifications">
      {shown.map((item) => (
        <ToastItem key={item.id} item={item} />
      ))}
    </section>
  );
}

function ToastItem({ item }: { item: Toast }) {
  const [isHeld, setHeld] = useState(false);
  useEffect(() => {
    if (isHeld) return;
    const timer = setTimeout(() => dismiss(item.id), item.lasts_ms);
    return () => clearTimeout(timer);
  }, [isHeld, item]);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: hovering only keeps the toast from leaving
    <div
      className={classes.toast}
      onMouseEnter={() => setHeld(true)}
      onMouseLeave={() => setHeld(false)}
      onFocus={() => setHeld(true)}
      onBlur={() => setHeld(false)}
    >
      <span className={classes.text}>{item.text}</span>
      {item.action && (
        <Action
          onClick={() => {
            item.action?.run();
            dismiss(item.id);
          }}
        >
          {item.action.label}
        </Action>
      )}
      <Action
        look="quiet"
        label={common("close")}
        icon={<X size={16} aria-hidden />}
        onClick={() => dismiss(item.id)}
      />
    </div>
  );
}
