import { expect, test, vi } from "vitest";
import { toast } from "./toast.tsx";
import { sayUndoable } from "./undoable.ts";

vi.mock("./toast.tsx", () => ({ toast: vi.fn() }));

test("the way back goes when something else was done, for then it would take back that", () => {
  const close = vi.fn();
  vi.mocked(toast).mockReturnValue(close);
  let state = "without assets";
  const listeners = new Set<() => void>();
  const become = (next: string) => {
    state = next;
    for (const listener of [...listeners]) listener();
  };
  const undo = vi.fn();
  sayUndoable("Upload assets was deleted.", {
    state: () => state,
    undo,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  });
  become(state);
  expect(close).not.toHaveBeenCalled();
  vi.mocked(toast).mock.calls[0]?.[1]?.run();
  expect(undo).toHaveBeenCalledOnce();
  become("without assets and cache");
  become("without anything");
  expect(close).toHaveBeenCalledOnce();
});
