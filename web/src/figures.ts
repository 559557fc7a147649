/** What the figures of a plan or a run are worth saying. The figures themselves are the server's. */

/** Of the time one by one. */
const SAVED_MIN = 0.05;

/** Whether running side by side saves enough to be worth a word. */
export function isWorthSaying(saved_ms: number | null | undefined, oneByOne_ms: number | null | undefined): boolean {
  return (saved_ms ?? 0) > SAVED_MIN * (oneByOne_ms ?? 0);
}
