/** Whether the window is as narrow as a phone's, where matrices become cards. */
import { useSyncExternalStore } from "react";

const query = matchMedia("(max-width: 640px)");

export function useIsNarrow(): boolean {
  return useSyncExternalStore(
    (listener) => {
      query.addEventListener("change", listener);
      return () => query.removeEventListener("change", listener);
    },
    () => query.matches,
  );
}
