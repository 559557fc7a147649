/** Something that is being done by the server on the person's behalf: whether it goes on, and why it was refused. */
import { useState } from "react";

export interface Work {
  isBusy: boolean;
  failure: unknown;
  /** Does it unless it is being done already. Answers whether it succeeded. */
  run(work: () => Promise<unknown>): Promise<boolean>;
  /** Forgets why it was refused. */
  reset(): void;
}

export function useWork(): Work {
  const [isBusy, setBusy] = useState(false);
  const [failure, setFailure] = useState<unknown>();
  const run = async (work: () => Promise<unknown>) => {
    if (isBusy) return false;
    setBusy(true);
    setFailure(undefined);
    try {
      await work();
      return true;
    } catch (error) {
      setFailure(error);
      return false;
    } finally {
      setBusy(false);
    }
  };
  return { isBusy, failure, run, reset: () => setFailure(undefined) };
}
